/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <strings.h>

#include "base/nearest.h"
#include "sql/analysis.h"

/* What names mean: a column of the source, a key or an output of the query, a bound of the window. */

bool qualifier_is_table(const Analysis *analysis, const char *qualifier) {
        const Select *select = analysis->select;

        return !qualifier || strcasecmp(qualifier, select->table_alias ?: select->table) == 0;
}

int fail_qualifier(const Analysis *analysis, const Node *node) {
        return analysis_fail(analysis, node->span, "\"%s\" is no table here; the query reads from \"%s\"",
                             node->qualifier, analysis->select->table_alias ?: analysis->select->table);
}

int find_column(const Analysis *analysis, const Node *name) {
        if (name->kind != NODE_NAME || !qualifier_is_table(analysis, name->qualifier))
                return -ENOENT;
        return schema_find(analysis->query->source, name->name);
}

const SelectItem *find_alias(const Analysis *analysis, const Node *name) {
        if (name->kind != NODE_NAME || name->qualifier)
                return NULL;
        for (const SelectItem *item = analysis->select->items; item; item = item->next)
                if (item->alias && strcasecmp(item->alias, name->name) == 0)
                        return item;
        return NULL;
}

static int fail_not_found(const Analysis *analysis, const Node *name) {
        const Schema *source = analysis->query->source;
        _cleanup_free_ const char **candidates = NULL;
        const char *nearest;

        candidates = new (const char *, source->n_columns + 1);
        if (!candidates)
                return -ENOMEM;
        for (size_t i = 0; i < source->n_columns; i++)
                candidates[i] = source->columns[i].name;
        candidates[source->n_columns] = NULL;

        nearest = nearest_name(name->name, candidates);
        if (nearest)
                return analysis_fail(analysis, name->span, "column \"%s\" not found; did you mean \"%s\"?",
                                     name->name, nearest);
        return analysis_fail(analysis, name->span, "column \"%s\" not found in \"%s\"", name->name,
                             analysis->select->table);
}

int resolve_column(const Analysis *analysis, const Node *name) {
        int index = find_column(analysis, name);

        if (index >= 0)
                return index;
        if (!qualifier_is_table(analysis, name->qualifier))
                return fail_qualifier(analysis, name);
        if (find_alias(analysis, name))
                return analysis_fail(
                        analysis, name->span,
                        "\"%s\" is an output, and no column that %s can read; repeat its expression here",
                        name->name, analysis->clause);
        return fail_not_found(analysis, name);
}

/* Over groups: what is no key must come from an aggregate. */
static int analyze_name_over_groups(Analysis *analysis, const Node *node, Expr **ret) {
        bool in_having = strcmp(analysis->clause, "HAVING") == 0;
        const SelectItem *output = in_having ? find_alias(analysis, node) : NULL;
        int r;

        if (output) {
                /* Outputs do not see each other, so this ends here. */
                analysis->clause = "SELECT";
                r = analyze(analysis, output->node, ret);
                analysis->clause = "HAVING";
                return r;
        }

        r = resolve_column(analysis, node);
        if (r < 0)
                return r;
        return analysis_fail(analysis, node->span,
                             "column \"%s\" is neither in GROUP BY nor inside an aggregate such as max(%s)",
                             node->name, node->name);
}

int analyze_name(Analysis *analysis, const Node *node, Expr **ret) {
        int index;

        if (node_is_window_bound(analysis, node))
                return analyze_window_bound(analysis, node, ret);
        if (!node->qualifier && strcasecmp(node->name, "window") == 0 && find_column(analysis, node) < 0)
                return analysis_fail(analysis, node->span,
                                     "a window has two bounds; write window.start or window.end");
        if (analysis->over_groups)
                return analyze_name_over_groups(analysis, node, ret);

        index = resolve_column(analysis, node);
        if (index < 0)
                return index;
        *ret = expr_new_column((size_t)index, analysis->query->source->columns[index].type);
        return *ret ? 0 : -ENOMEM;
}

int analyze_type(SqlError *error, const char *text, SqlSpan span, const char *name, ValueType *ret) {
        static const char *const names[] = {"BOOLEAN",   "INT",    "BIGINT", "DOUBLE",
                                            "TIMESTAMP", "STRING", NULL};
        const char *nearest;

        if (value_type_from_name(name, ret) >= 0)
                return 0;
        nearest = nearest_name(name, names);
        if (nearest)
                return sql_error_set(error, text, span.begin, "there is no type \"%s\"; did you mean %s?",
                                     name, nearest);
        return sql_error_set(
                error, text, span.begin,
                "there is no type \"%s\"; expected BOOLEAN, INT, BIGINT, DOUBLE, TIMESTAMP or STRING", name);
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && strcasecmp(a, b) == 0);
}

static bool same_leaf(const Analysis *analysis, const Node *a, const Node *b) {
        if (a->kind == NODE_NAME && find_column(analysis, a) >= 0)
                return find_column(analysis, a) == find_column(analysis, b);
        return same_text(a->name, b->name) && same_text(a->qualifier, b->qualifier) &&
               a->boolean == b->boolean && a->op == b->op && a->string.size == b->string.size &&
               (a->string.size == 0 || memcmp(a->string.data, b->string.data, a->string.size) == 0);
}

bool same_meaning(const Analysis *analysis, const Node *a, const Node *b) {
        if (a->kind != b->kind || a->n_arguments != b->n_arguments || !same_leaf(analysis, a, b))
                return false;
        for (size_t i = 0; i < a->n_arguments; i++)
                if (!same_meaning(analysis, a->arguments[i], b->arguments[i]))
                        return false;
        return true;
}

int find_key(const Analysis *analysis, const Node *node) {
        for (size_t i = 0; i < analysis->query->n_keys; i++)
                if (!node_is_window(analysis->key_nodes[i]) &&
                    same_meaning(analysis, analysis->key_nodes[i], node))
                        return (int)i;
        return -ENOENT;
}
