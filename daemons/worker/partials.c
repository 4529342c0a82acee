/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "partials.h"

int partials_init(Partials *partials, const Query *query) {
        *partials = (Partials){.max_event_time_usec = TIME_NONE, .oldest_kafka_msec = TIME_NONE};
        return query->grouped ? group_table_new(query, &partials->groups) : 0;
}

void partials_done(Partials *partials) {
        group_table_free(partials->groups);
        buffer_done(&partials->rows);
        buffer_done(&partials->dead);
        *partials = (Partials){};
}

void partials_clear(Partials *partials) {
        if (partials->groups)
                group_table_clear(partials->groups);
        partials->rows.size = partials->dead.size = 0;
        *partials = (Partials){
                .groups = partials->groups,
                .rows = partials->rows,
                .dead = partials->dead,
                .max_event_time_usec = TIME_NONE,
                .oldest_kafka_msec = TIME_NONE,
        };
}

size_t partials_bytes(const Partials *partials) {
        return partials->rows.size + partials->dead.size +
               (partials->groups ? group_table_bytes(partials->groups) : 0);
}

void partials_describe(const Partials *partials, ReportMessage *report) {
        report->max_event_time_usec = partials->max_event_time_usec;
        report->oldest_kafka_msec = partials->oldest_kafka_msec;
        report->records = partials->records;
        report->late = partials->late;
        report->future = partials->future;
        memcpy(report->faults, partials->faults, sizeof(report->faults));
}

int partials_encode(const Partials *partials, Buffer *buffer) {
        int r;

        r = buffer_append_u32(buffer, partials->n_dead);
        if (r >= 0)
                r = buffer_append(buffer, partials->dead.data, partials->dead.size);
        if (r < 0)
                return r;
        if (partials->groups)
                return group_table_encode(partials->groups, buffer);
        r = buffer_append_u32(buffer, partials->n_rows);
        return r < 0 ? r : buffer_append(buffer, partials->rows.data, partials->rows.size);
}

int partials_add_dead(Partials *partials, const DeadRecord *record) {
        int r;

        r = dead_record_encode(record, &partials->dead);
        if (r < 0)
                return r;
        partials->n_dead++;
        if (record->fault == RECORD_OK)
                partials->late++;
        else
                partials->faults[record->fault]++;
        return 0;
}
