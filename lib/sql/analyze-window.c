/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#include <ctype.h>
#include <strings.h>

#include "base/nearest.h"
#include "sql/analysis.h"

/* window(event_time, '10 seconds') in GROUP BY, and its bounds in SELECT and HAVING. */

/* Keeps the end of every window that a TIMESTAMP of some use can be in within 64 bits. */
#define WINDOW_USEC_MAX (36525 * 24 * 60 * USEC_PER_MINUTE)

bool node_is_window(const Node *node) {
        return node->kind == NODE_CALL && strcasecmp(node->name, "window") == 0;
}

/* Spark reads units in any case and takes a word INTERVAL in front. */
static int parse_window_size(const Analysis *analysis, const Node *node, usec_t *ret) {
        char text[64], *p = text;
        usec_t usec;
        int r = -EINVAL;

        if (node->kind == NODE_STRING && node->string.size < sizeof(text)) {
                for (size_t i = 0; i < node->string.size; i++)
                        text[i] = (char)tolower((unsigned char)node->string.data[i]);
                text[node->string.size] = '\0';
                p += strspn(p, " ");
                if (strncmp(p, "interval ", strlen("interval ")) == 0)
                        p += strlen("interval ");
                /* A string with a NUL in it is no duration. */
                if (strlen(text) == node->string.size)
                        r = parse_duration(p, &usec);
        }
        if (r == -EINVAL)
                return analysis_fail(analysis, node->span,
                                     "the size of a window is a string such as '10 seconds'");
        if (r == -ERANGE || usec > WINDOW_USEC_MAX)
                return analysis_fail(analysis, node->span, "a window is at most 36525 days long");
        if (usec == 0)
                return analysis_fail(analysis, node->span, "a window is longer than 0");

        *ret = usec;
        return 0;
}

int analyze_window(Analysis *analysis, const Node *call, Expr **ret_event_time, usec_t *ret_size_usec) {
        const Schema *source = analysis->query->source;
        size_t event_time = query_event_time_column(analysis->query);
        usec_t size_usec = 0;
        int index, r;

        if (call->n_arguments > 2)
                return analysis_fail(analysis, call->arguments[2]->span,
                                     "sliding windows are not supported yet");
        if (call->n_arguments != 2)
                return analysis_fail(
                        analysis, call->span,
                        "window() takes event_time and a size: window(event_time, '10 seconds')");

        index = call->arguments[0]->kind == NODE_NAME ? resolve_column(analysis, call->arguments[0])
                                                      : -ENOENT;
        if (index < 0 && index != -ENOENT)
                return index;
        if (index != (int)event_time)
                return analysis_fail(
                        analysis, call->arguments[0]->span,
                        "windows go by event_time; which column that is says the source's event_time");
        if (source->columns[index].type != TYPE_TIMESTAMP)
                return analysis_fail(
                        analysis, call->arguments[0]->span,
                        "event_time must be a TIMESTAMP, and the source's column of this name is %s",
                        value_type_name(source->columns[index].type));

        r = parse_window_size(analysis, call->arguments[1], &size_usec);
        if (r < 0)
                return r;
        *ret_event_time = expr_new_column(event_time, TYPE_TIMESTAMP);
        if (!*ret_event_time)
                return -ENOMEM;
        *ret_size_usec = size_usec;
        return 0;
}

bool node_is_window_bound(const Analysis *analysis, const Node *node) {
        if (node->kind == NODE_FIELD)
                return node_is_window(node->arguments[0]);
        if (node->kind != NODE_NAME || !node->qualifier || strcasecmp(node->qualifier, "window") != 0)
                return false;
        /* A table may be called window; within a window the name is the window's. */
        return analysis->query->window.kind != WINDOW_NONE || find_column(analysis, node) < 0;
}

static int fail_bound_name(const Analysis *analysis, const Node *node) {
        const char *nearest = nearest_name(node->name, (const char *const[]){"start", "end", NULL});

        return analysis_fail(analysis, node->name_span, "a window has a start and an end, no \"%s\"%s%s%s",
                             node->name, nearest ? "; did you mean window." : "", nearest ?: "",
                             nearest ? "?" : "");
}

int analyze_window_bound(const Analysis *analysis, const Node *node, Expr **ret) {
        const WindowSpec *window = &analysis->query->window;
        bool is_start = strcasecmp(node->name, "start") == 0;
        Expr *start;

        if (!is_start && strcasecmp(node->name, "end") != 0)
                return fail_bound_name(analysis, node);
        if (window->kind == WINDOW_NONE && !(analysis->select->group_by && !analysis->over_groups))
                return analysis_fail(analysis, node->span,
                                     "window.%s needs GROUP BY window(event_time, '10 seconds')",
                                     node->name);
        if (!analysis->over_groups)
                return analysis_fail(analysis, node->span,
                                     "window.%s can be read in SELECT and HAVING, not %s %s", node->name,
                                     analysis->inside_aggregate ? "inside" : "in",
                                     analysis->inside_aggregate ?: analysis->clause);
        if (node->kind == NODE_FIELD &&
            !same_meaning(analysis, node->arguments[0], analysis->key_nodes[window->key_index]))
                return analysis_fail(analysis, node->span,
                                     "this is not the window of GROUP BY; write window.%s", node->name);

        start = expr_new_column(window->key_index, TYPE_TIMESTAMP);
        *ret = is_start ? start : expr_new_shift(start, (int64_t)window->size_usec);
        return *ret ? 0 : -ENOMEM;
}

int analyze_field(const Analysis *analysis, const Node *node, Expr **ret) {
        if (node_is_window_bound(analysis, node))
                return analyze_window_bound(analysis, node, ret);
        return analysis_fail(analysis, node->name_span, "only window() has parts, not %s()",
                             node->arguments[0]->name);
}
