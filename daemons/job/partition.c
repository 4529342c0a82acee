/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "partition.h"
#include "wire/messages.h"

Partition *partition_new(uint32_t index, struct Topic *topic, uint32_t number, int64_t start) {
        Partition *partition = new0(Partition, 1);

        if (partition)
                *partition = (Partition){
                        .index = index,
                        .topic = topic,
                        .number = number,
                        .position = start,
                        .next = start,
                        .end = start,
                        .max_event_time_usec = TIME_NONE,
                        .caught_up_since_usec = USEC_INFINITY,
                        .past_end_since_usec = USEC_INFINITY,
                };
        return partition;
}

Partition *partition_free(Partition *partition) {
        if (!partition)
                return NULL;
        free(partition->ahead.ranges);
        free(partition->returned.ranges);
        free(partition);
        return NULL;
}

static void range_list_remove(RangeList *list, size_t index, size_t n) {
        memmove(list->ranges + index, list->ranges + index + n, (list->n - index - n) * sizeof(Range));
        list->n -= n;
}

/* Inserts in order and joins with neighbours that touch. */
static int range_list_insert(RangeList *list, Range range) {
        size_t at = 0;

        if (list->n == list->allocated) {
                size_t wanted = MAX(list->allocated * 2, (size_t)8);
                Range *ranges = reallocarray(list->ranges, wanted, sizeof(Range));

                if (!ranges)
                        return -ENOMEM;
                list->ranges = ranges;
                list->allocated = wanted;
        }
        while (at < list->n && list->ranges[at].from < range.from)
                at++;
        memmove(list->ranges + at + 1, list->ranges + at, (list->n - at) * sizeof(Range));
        list->ranges[at] = range;
        list->n++;

        if (at + 1 < list->n && list->ranges[at].to == list->ranges[at + 1].from) {
                list->ranges[at].to = list->ranges[at + 1].to;
                list->ranges[at].max_event_time_usec =
                        MAX(list->ranges[at].max_event_time_usec, list->ranges[at + 1].max_event_time_usec);
                range_list_remove(list, at + 1, 1);
        }
        if (at > 0 && list->ranges[at - 1].to == list->ranges[at].from) {
                list->ranges[at - 1].to = list->ranges[at].to;
                list->ranges[at - 1].max_event_time_usec =
                        MAX(list->ranges[at - 1].max_event_time_usec, list->ranges[at].max_event_time_usec);
                range_list_remove(list, at, 1);
        }
        return 0;
}

static void partition_update_caught_up(Partition *partition, usec_t now_usec) {
        if (!partition->away &&
            (!partition->end_known || partition->end_is_old || partition->position < partition->end))
                partition->caught_up_since_usec = USEC_INFINITY;
        else if (partition->caught_up_since_usec == USEC_INFINITY)
                partition->caught_up_since_usec = now_usec;
}

void partition_set_end(Partition *partition, int64_t end, usec_t now_usec) {
        /* Something came and was read between two measurements: that is no idle partition either. */
        if (partition->end_known && end > partition->end)
                partition->caught_up_since_usec = USEC_INFINITY;
        partition->end = end;
        partition->end_known = true;
        partition->end_is_old = false;
        if (partition->position <= end)
                partition->past_end_since_usec = USEC_INFINITY;
        else
                partition->past_end_since_usec = MIN(partition->past_end_since_usec, now_usec);
        partition_update_caught_up(partition, now_usec);
}

void partition_lose_end(Partition *partition) {
        partition->end_is_old = true;
        if (!partition->away)
                partition->caught_up_since_usec = USEC_INFINITY;
}

bool partition_set_away(Partition *partition, bool away, usec_t now_usec) {
        if (partition->away == away)
                return false;
        partition->away = away;
        partition_update_caught_up(partition, now_usec);
        return true;
}

int partition_merge(Partition *partition, int64_t from, int64_t to, int64_t max_event_time_usec,
                    usec_t now_usec) {
        RangeList *ahead = &partition->ahead;
        int r;

        if (from < to) {
                r = range_list_insert(ahead, (Range){from, to, max_event_time_usec});
                if (r < 0)
                        return r;
                partition->caught_up_since_usec = USEC_INFINITY;
        }
        if (ahead->n > 0 && ahead->ranges[0].from == partition->position) {
                partition->position = ahead->ranges[0].to;
                partition->max_event_time_usec =
                        MAX(partition->max_event_time_usec, ahead->ranges[0].max_event_time_usec);
                range_list_remove(ahead, 0, 1);
        }
        partition_update_caught_up(partition, now_usec);
        return 0;
}

bool partition_is_readable(const Partition *partition) {
        return !partition->away && !partition->held && !partition->unsaved;
}

bool partition_has_unleased(const Partition *partition) {
        return partition->returned.n > 0 || partition->next < partition->end;
}

bool partition_take(Partition *partition, uint64_t n, Range *ret) {
        Range *first = partition->returned.ranges;

        if (partition->returned.n > 0) {
                *ret = (Range){first->from, first->to, TIME_NONE};
                if ((uint64_t)(first->to - first->from) > n) {
                        ret->to = first->from + (int64_t)n;
                        first->from = ret->to;
                } else
                        range_list_remove(&partition->returned, 0, 1);
                return true;
        }
        if (partition->next >= partition->end)
                return false;
        partition_take_tail(partition, n, ret);
        return true;
}

void partition_take_tail(Partition *partition, uint64_t n, Range *ret) {
        *ret = (Range){partition->next, partition->next + (int64_t)n, TIME_NONE};
        partition->next = ret->to;
}

int partition_give_back(Partition *partition, int64_t from, int64_t to) {
        RangeList *returned = &partition->returned;
        int r;

        if (from >= to)
                return 0;
        r = range_list_insert(returned, (Range){from, to, TIME_NONE});
        if (r < 0)
                return r;
        /* What borders on the part never leased joins it: it may lie past the log's end. */
        if (returned->ranges[returned->n - 1].to == partition->next) {
                partition->next = returned->ranges[returned->n - 1].from;
                returned->n--;
        }
        return 0;
}

int partition_restore_ahead(Partition *partition, const Range *range) {
        int64_t before = partition->next;
        Range taken;
        int r;

        if (range->from <= before || range->to <= range->from)
                return -EINVAL;
        partition_take_tail(partition, (uint64_t)(range->to - before), &taken);
        r = partition_give_back(partition, before, range->from);
        return r < 0 ? r : partition_merge(partition, range->from, range->to, range->max_event_time_usec, 0);
}

int partition_skip_removed(Partition *partition, int64_t beginning, usec_t now_usec, uint64_t *removed) {
        for (;;) {
                bool back = partition->returned.n > 0;
                int64_t from = back ? partition->returned.ranges[0].from : partition->next;
                Range range;
                int r;

                if (from >= beginning)
                        return 0;
                if (back)
                        (void)partition_take(partition, (uint64_t)(beginning - from), &range);
                else
                        partition_take_tail(partition, (uint64_t)(beginning - from), &range);
                r = partition_merge(partition, range.from, range.to, TIME_NONE, now_usec);
                if (r < 0)
                        return r;
                *removed += (uint64_t)(range.to - range.from);
        }
}

uint64_t partition_lag(const Partition *partition) {
        int64_t lag = partition->away ? 0 : partition->end - partition->position;

        for (const Range *range = partition->ahead.ranges;
             range < partition->ahead.ranges + partition->ahead.n; range++)
                lag -= MIN(range->to, MAX(partition->end, range->from)) - range->from;
        return partition->end_known && lag > 0 ? (uint64_t)lag : 0;
}
