/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <ctype.h>
#include <strings.h>

#include "sql/analysis.h"

/* The SELECT list: what * stands for, names, which outputs are keys. */

/* The end of a comment that begins at p, or NULL. Comments may nest. */
static const char *skip_comment(const char *p, const char *end) {
        unsigned depth = 0;

        if (end - p < 2)
                return NULL;
        if (memcmp(p, "--", 2) == 0) {
                while (p < end && *p != '\n')
                        p++;
                return p;
        }
        if (memcmp(p, "/*", 2) != 0)
                return NULL;
        do {
                bool opens = memcmp(p, "/*", 2) == 0, closes = memcmp(p, "*/", 2) == 0;

                depth += opens;
                depth -= closes;
                p += opens || closes ? 2 : 1;
        } while (depth > 0 && end - p >= 2);
        return p;
}

/* The text of an expression, with one blank for every run of blanks and comments outside of quotes. */
static char *expression_text(const char *text, SqlSpan span) {
        const char *p = text + span.begin, *end = text + span.end;
        char *result = malloc((size_t)(end - p) + 1), *out = result, quote = '\0';

        if (!result)
                return NULL;
        while (p < end) {
                const char *behind = quote ? NULL : skip_comment(p, end);

                if (behind || (!quote && isspace((unsigned char)*p))) {
                        if (out > result && out[-1] != ' ')
                                *out++ = ' ';
                        p = behind ?: p + 1;
                        continue;
                }
                if (quote && *p == '\\' && quote != '`' && p + 1 < end)
                        *out++ = *p++;
                else if (*p == quote)
                        quote = '\0';
                else if (!quote && strchr("'\"`", *p))
                        quote = *p;
                *out++ = *p++;
        }
        *out = '\0';
        return result;
}

static char *item_name(const Analysis *analysis, const SelectItem *item) {
        if (item->alias)
                return strdup(item->alias);
        if (item->node->kind == NODE_NAME || item->node->kind == NODE_FIELD)
                return strdup(item->node->name);
        return expression_text(analysis->text, item->span);
}

/* Takes expr and name over, also on failure. */
static int add_output(const Analysis *analysis, SqlSpan span, char *name, Expr *expr, bool is_key) {
        _cleanup_(expr_freep) Expr *owned_expr = expr;
        _cleanup_free_ char *owned_name = name;
        Query *query = analysis->query;
        Output *outputs;

        if (!expr || !name)
                return -ENOMEM;
        if (query->n_outputs == SQL_LIST_MAX)
                return analysis_fail(analysis, span, "more than %d outputs", SQL_LIST_MAX);
        for (size_t i = 0; i < query->n_outputs; i++)
                if (strcasecmp(query->outputs[i].name, name) == 0)
                        return analysis_fail(
                                analysis, span,
                                "there already is an output \"%s\"; give one of them a name with AS", name);

        outputs = reallocarray(query->outputs, query->n_outputs + 1, sizeof(Output));
        if (!outputs)
                return -ENOMEM;
        query->outputs = outputs;
        query->outputs[query->n_outputs++] =
                (Output){.name = TAKE_PTR(owned_name), .expr = TAKE_PTR(owned_expr), .is_key = is_key};
        return 0;
}

static int add_star(const Analysis *analysis, const Node *star) {
        const Schema *source = analysis->query->source;
        int r;

        if (analysis->over_groups)
                return analysis_fail(analysis, star->span,
                                     "* does not go with groups; name the keys and aggregates");
        if (!qualifier_is_table(analysis, star->qualifier))
                return fail_qualifier(analysis, star);

        for (size_t i = 0; i < analysis->n_columns; i++) {
                r = add_output(analysis, star->span, strdup(source->columns[i].name),
                               expr_new_column(i, source->columns[i].type), false);
                if (r < 0)
                        return r;
        }
        return 0;
}

int analyze_outputs(Analysis *analysis) {
        int r;

        for (const SelectItem *item = analysis->select->items; item; item = item->next) {
                const Node *node = item->node;
                bool is_key;
                Expr *expr;

                analysis->clause = "SELECT";
                if (node->kind == NODE_STAR) {
                        r = add_star(analysis, node);
                        if (r < 0)
                                return r;
                        continue;
                }

                r = analyze(analysis, node, &expr);
                if (r < 0)
                        return r;
                if (expr_type(expr) == TYPE_NULL) {
                        expr_free(expr);
                        return fail_untyped(analysis, node);
                }
                is_key = analysis->over_groups &&
                         (find_key(analysis, node) >= 0 || node_is_window_bound(analysis, node));
                r = add_output(analysis, item->alias ? item->alias_span : item->span,
                               item_name(analysis, item), expr, is_key);
                if (r < 0)
                        return r;
        }
        return 0;
}
