/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "plan/plan-change.h"
#include "expression/build.h"

static bool expressions_are_equal(const Expr *old, const Expr *new) {
        return !old || !new ? old == new : expr_equal(old, new);
}

/* Expressions name columns by their index, so those that both queries use must be the same columns. */
static bool columns_are_equal(const Query *old, const Query *new) {
        for (size_t i = 0; i < MIN(old->source->n_columns, new->source->n_columns); i++) {
                const Column *a = &old->source->columns[i], *b = &new->source->columns[i];

                if (old->used[i] && new->used[i] && (a->type != b->type || strcmp(a->name, b->name) != 0))
                        return false;
        }
        return true;
}

static bool keys_are_equal(const Query *old, const Query *new) {
        if (old->n_keys != new->n_keys)
                return false;
        for (size_t i = 0; i < old->n_keys; i++)
                if (!expressions_are_equal(old->keys[i], new->keys[i]))
                        return false;
        return true;
}

static bool aggregates_are_equal(const Query *old, const Query *new) {
        if (old->n_aggregates != new->n_aggregates)
                return false;
        for (size_t i = 0; i < old->n_aggregates; i++)
                if (old->aggregates[i].function != new->aggregates[i].function ||
                    !expressions_are_equal(old->aggregates[i].input, new->aggregates[i].input))
                        return false;
        return true;
}

const char *job_plan_state_change(const JobPlan *old, const JobPlan *new) {
        const Query *a = old->query, *b = new->query;

        if (old->id == new->id)
                return NULL;
        if (strcmp(old->table, new->table) != 0)
                return "the table's name (source.table, or source.topic)";
        if (strcmp(old->event_time, new->event_time) != 0)
                return "source.event_time";
        if (a->grouped != b->grouped)
                return "whether there is a GROUP BY";
        if (!a->grouped)
                return NULL;
        if (!columns_are_equal(a, b))
                return "the columns that the query uses";
        if (!expressions_are_equal(a->where, b->where))
                return "WHERE";
        if (a->window.kind != b->window.kind || a->window.size_usec != b->window.size_usec ||
            a->window.key_index != b->window.key_index)
                return "the window";
        if (!keys_are_equal(a, b))
                return "the GROUP BY keys";
        return aggregates_are_equal(a, b) ? NULL : "the aggregates, or their order";
}
