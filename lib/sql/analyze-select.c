/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <stdio.h>
#include <strings.h>

#include "sql/function.h"

static int analyze_from(const Analysis *analysis, const char *table) {
        const Select *select = analysis->select;

        if (strcasecmp(select->table, table) == 0)
                return 0;
        return analysis_fail(analysis, select->table_span,
                             "table \"%s\" not found; the source is called \"%s\"", select->table, table);
}

/* WHERE, HAVING */
static int analyze_condition(Analysis *analysis, const char *clause, const Node *node, Expr **ret) {
        _cleanup_(expr_freep) Expr *condition = NULL;
        int r;

        if (!node)
                return 0;
        analysis->clause = clause;
        r = analyze(analysis, node, &condition);
        if (r < 0)
                return r;
        if (!type_is_implicitly(expr_type(condition), TYPE_BOOLEAN))
                return analysis_fail(analysis, node->span, "%s takes a condition (BOOLEAN), and this is %s",
                                     clause, value_type_name(expr_type(condition)));
        r = expr_coerce(&condition, TYPE_BOOLEAN);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(condition);
        return 0;
}

/* Groups */

static bool has_aggregate(const Node *node) {
        if (node->kind == NODE_CALL) {
                const SqlFunction *function = sql_function_find(node->name);

                if (function && function->is_aggregate)
                        return true;
        }
        for (size_t i = 0; i < node->n_arguments; i++)
                if (has_aggregate(node->arguments[i]))
                        return true;
        return false;
}

static bool is_grouped(const Select *select) {
        if (select->group_by || (select->having && has_aggregate(select->having)))
                return true;
        for (const SelectItem *item = select->items; item; item = item->next)
                if (has_aggregate(item->node))
                        return true;
        return false;
}

/* GROUP BY 2: the second output. */
static int find_ordinal(const Analysis *analysis, const Node *node, const Node **ret) {
        const SelectItem *item = analysis->select->items;
        size_t n_items = analysis->select->n_items;
        unsigned long ordinal = strtoul(node->name, NULL, 10);

        if (node->name[strspn(node->name, "0123456789")] != '\0' || ordinal < 1 || ordinal > n_items)
                return analysis_fail(analysis, node->span,
                                     "a number in GROUP BY is that of an output, 1 to %zu", n_items);
        for (; ordinal > 1; ordinal--)
                item = item->next;
        if (item->node->kind == NODE_STAR)
                return analysis_fail(analysis, node->span, "output %s is *, which is not one expression",
                                     node->name);
        if (has_aggregate(item->node))
                return analysis_fail(analysis, node->span,
                                     "output %s is an aggregate, which cannot be grouped by", node->name);
        *ret = item->node;
        return 0;
}

/* What an element of GROUP BY stands for: an output by its number or alias, else itself. */
static int resolve_key(const Analysis *analysis, const Node *node, const Node **ret) {
        const SelectItem *item;

        if (node->kind == NODE_NUMBER)
                return find_ordinal(analysis, node, ret);

        item = find_column(analysis, node) < 0 ? find_alias(analysis, node) : NULL;
        if (item && has_aggregate(item->node))
                return analysis_fail(analysis, node->span,
                                     "output \"%s\" is an aggregate, which cannot be grouped by",
                                     node->name);
        *ret = item ? item->node : node;
        return 0;
}

static int analyze_key(Analysis *analysis, const Node *node) {
        _cleanup_(expr_freep) Expr *key = NULL;
        Query *query = analysis->query;
        int r;

        if (find_key(analysis, node) >= 0)
                return 0;

        if (node_is_window(node)) {
                usec_t size_usec = 0;

                r = analyze_window(analysis, node, &key, &size_usec);
                if (r < 0)
                        return r;
                if (query->window.kind != WINDOW_NONE)
                        return analysis_fail(analysis, node->span, "a query has one window");
                query->window = (WindowSpec){
                        .kind = WINDOW_TUMBLING, .key_index = query->n_keys, .size_usec = size_usec};
        } else {
                r = analyze(analysis, node, &key);
                if (r < 0)
                        return r;
                if (expr_type(key) == TYPE_NULL)
                        return fail_untyped(analysis, node);
        }

        analysis->key_nodes[query->n_keys] = node;
        query->keys[query->n_keys++] = TAKE_PTR(key);
        return 0;
}

static int analyze_group_by(Analysis *analysis) {
        const Node *list = analysis->select->group_by;
        int r;

        if (!list)
                return 0;
        if (list->n_arguments > SQL_LIST_MAX)
                return analysis_fail(analysis, list->span, "more than %d keys in GROUP BY", SQL_LIST_MAX);

        analysis->clause = "GROUP BY";
        analysis->query->keys = new0(Expr *, list->n_arguments);
        analysis->key_nodes = arena_alloc(analysis->arena, list->n_arguments * sizeof(Node *));
        if (!analysis->query->keys || !analysis->key_nodes)
                return -ENOMEM;

        for (size_t i = 0; i < list->n_arguments; i++) {
                const Node *node = NULL;

                r = resolve_key(analysis, list->arguments[i], &node);
                if (r < 0)
                        return r;
                r = analyze_key(analysis, node);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The group's columns have names of no meaning: outputs have their own. */
static int make_group_schema(Query *query) {
        _cleanup_(schema_freep) Schema *group = schema_new();
        char name[32];
        int r;

        if (!group)
                return -ENOMEM;
        for (size_t i = 0; i < query->n_keys; i++) {
                snprintf(name, sizeof(name), "key %zu", i + 1);
                r = schema_add(group, name, expr_type(query->keys[i]));
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < query->n_aggregates; i++) {
                snprintf(name, sizeof(name), "aggregate %zu", i + 1);
                r = schema_add(group, name, query->aggregates[i].type);
                if (r < 0)
                        return r;
        }
        query->group = TAKE_PTR(group);
        return 0;
}

static int mark_used(Query *query) {
        query->used = new0(bool, query->source->n_columns);
        if (!query->used)
                return -ENOMEM;

        query->used[query_event_time_column(query)] = true;
        if (query->where)
                expr_mark_columns(query->where, query->used);
        for (size_t i = 0; i < query->n_keys; i++)
                expr_mark_columns(query->keys[i], query->used);
        for (size_t i = 0; i < query->n_aggregates; i++)
                if (query->aggregates[i].input)
                        expr_mark_columns(query->aggregates[i].input, query->used);
        for (size_t i = 0; i < query->n_outputs && !query->grouped; i++)
                expr_mark_columns(query->outputs[i].expr, query->used);
        return 0;
}

int analyze_select(const char *text, const char *table, size_t n_columns, const Select *select, Arena *arena,
                   Query *query, SqlError *error) {
        Analysis analysis = {.text = text,
                             .error = error,
                             .arena = arena,
                             .select = select,
                             .query = query,
                             .n_columns = n_columns};
        int r;

        r = analyze_from(&analysis, table);
        if (r < 0)
                return r;
        r = analyze_condition(&analysis, "WHERE", select->where, &query->where);
        if (r < 0)
                return r;

        query->grouped = is_grouped(select);
        r = analyze_group_by(&analysis);
        if (r < 0)
                return r;

        analysis.over_groups = query->grouped;
        r = analyze_outputs(&analysis);
        if (r < 0)
                return r;
        if (select->having && !query->grouped)
                return analysis_fail(&analysis, select->having->span,
                                     "HAVING needs groups: GROUP BY or an aggregate");
        r = analyze_condition(&analysis, "HAVING", select->having, &query->having);
        if (r < 0)
                return r;

        if (query->grouped) {
                r = make_group_schema(query);
                if (r < 0)
                        return r;
        }
        return mark_used(query);
}
