/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/base64.h"
#include "load-json.h"
#include "load.h"
#include "wire/control.h"
#include "json/scan-string.h"

/* As text, or in base64 what is none. */
static void add_value(struct json_object *object, const DeadRecord *record) {
        bool is_text = string_is_utf8(record->data, record->size) &&
                       !memchr(record->data ?: "", '\0', record->size);
        _cleanup_buffer_ Buffer encoded = {};

        if (!is_text && base64_append(record->data, record->size, &encoded) < 0)
                return;
        add_object(object, "value",
                   json_object_new_string_len(is_text ? record->data ?: "" : (const char *)encoded.data,
                                              (int)(is_text ? record->size : encoded.size)));
        add_text(object, "value_encoding", is_text ? "utf-8" : "base64");
}

static int64_t late_by_usec(const DeadRecord *record) {
        int64_t usec;

        if (record->window_end_usec == TIME_NONE || record->watermark_usec == TIME_NONE)
                return TIME_NONE;
        /* The event's time may be anything, but is never ahead of the watermark. */
        return __builtin_sub_overflow(record->watermark_usec, record->window_end_usec, &usec) ? INT64_MAX
                                                                                              : usec;
}

void load_send_dead_letter(const DeadLetterPlace *place, const DeadRecord *record, void *userdata) {
        Job *job = userdata;
        struct json_object *object;
        bool has_place = place->topic, has_column = record->column < place->source->n_columns;

        if (!load_is_wanted(job))
                return;
        object = json_object_new_object();
        add_time(object, "at_usec", place->failed_at_usec);
        add_text(object, "reason", record->fault == RECORD_OK ? "late" : record_fault_name(record->fault));
        add_text(object, "column", has_column ? place->source->columns[record->column].name : NULL);
        add_text(object, "topic", place->topic);
        add_time(object, "partition", has_place ? (int64_t)place->partition : TIME_NONE);
        add_time(object, "offset", has_place ? record->offset : TIME_NONE);
        add_time(object, "kafka_timestamp_usec", kafka_time_usec(record->kafka_time_msec));
        add_u64(object, "size_bytes", record->full_size);
        add_value(object, record);
        add_time(object, "event_time_usec", record->event_time_usec);
        add_time(object, "window_start_usec", record->window_start_usec);
        add_time(object, "window_end_usec", record->window_end_usec);
        add_time(object, "late_by_usec", late_by_usec(record));
        (void)load_send_object(job, CONTROL_DEAD_LETTER, object);
}
