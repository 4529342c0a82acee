/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "dead-letters.h"
#include "json/scan-string.h"

enum { PRINTED_BYTES_MAX = 1024 };

struct DeadLetters {
        const char *job;
        const Schema *source;
        Schema *schema; /* of the rows */
        Buffer rows;
        size_t n_rows;
        usec_t second_usec; /* monotonic: start of the second that is counted */
        unsigned in_second;
        uint64_t unprinted;
        DeadLetterWatcher watcher; /* or NULL */
        void *watcher_userdata;
};

int dead_letters_new(const char *job, const Schema *source, DeadLetters **ret) {
        _cleanup_(dead_letters_freep) DeadLetters *letters = new0(DeadLetters, 1);

        if (!letters)
                return -ENOMEM;
        letters->job = job;
        letters->source = source;
        letters->schema = dead_letter_schema_new();
        if (!letters->schema)
                return -ENOMEM;
        *ret = TAKE_PTR(letters);
        return 0;
}

DeadLetters *dead_letters_free(DeadLetters *letters) {
        if (!letters)
                return NULL;
        schema_free(letters->schema);
        buffer_done(&letters->rows);
        free(letters);
        return NULL;
}

void dead_letters_watch(DeadLetters *letters, DeadLetterWatcher watcher, void *userdata) {
        letters->watcher = watcher;
        letters->watcher_userdata = userdata;
}

static bool may_print(DeadLetters *letters) {
        usec_t now_usec = monotonic_usec();

        if (now_usec - letters->second_usec >= USEC_PER_SEC) {
                if (letters->unprinted > 0)
                        log_message(LOG_WARNING, MESSAGE_DEAD_LETTER, 0,
                                    "%" PRIu64 " more dead letters were counted and not printed",
                                    letters->unprinted);
                letters->second_usec = now_usec;
                letters->in_second = 0;
                letters->unprinted = 0;
        }
        if (letters->in_second >= DEAD_LETTERS_PER_SEC) {
                letters->unprinted++;
                return false;
        }
        letters->in_second++;
        return true;
}

/* The journal takes any bytes as a field, but readers show only text. */
static void printable(const DeadRecord *record, char text[static PRINTED_BYTES_MAX + 1]) {
        size_t n = MIN(record->size, (size_t)PRINTED_BYTES_MAX);
        bool is_text = string_is_utf8(record->data, n);

        for (size_t i = 0; i < n; i++) {
                uint8_t byte = (uint8_t)record->data[i];

                text[i] = byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_text) ? '?' : (char)byte;
        }
        text[n] = '\0';
}

/* "topic/3@17", or nothing for what has no place in a topic. */
static void place_text(const DeadLetterPlace *place, const DeadRecord *record, char *text, size_t size) {
        *text = '\0';
        if (place->topic)
                snprintf(text, size, " %s/%" PRIu32 "@%" PRIi64, place->topic, place->partition,
                         record->offset);
}

static void print(DeadLetters *letters, const DeadLetterPlace *place, const DeadRecord *record) {
        const char *reason = record->fault == RECORD_OK ? "late" : record_fault_name(record->fault);
        char where[320], text[PRINTED_BYTES_MAX + 1];
        const char *column = NULL;

        if (!may_print(letters))
                return;
        if (letters->watcher)
                letters->watcher(place, record, letters->watcher_userdata);
        printable(record, text);
        place_text(place, record, where, sizeof(where));
        if (record->column < place->source->n_columns)
                column = place->source->columns[record->column].name;
        log_message_fields(LOG_WARNING, MESSAGE_DEAD_LETTER, 0,
                           LOG_FIELDS(FIELD_TEXT("STREAMETL_REASON", reason),
                                      FIELD_TEXT("STREAMETL_VALUE", text),
                                      FIELD_TEXT("STREAMETL_COLUMN", column ?: ""),
                                      FIELD_TEXT("STREAMETL_TOPIC", place->topic),
                                      {"STREAMETL_PARTITION", NULL, place->topic, place->partition},
                                      {"STREAMETL_OFFSET", NULL, place->topic, record->offset}),
                           "Dead letter (%s%s%s)%s, %" PRIu64 " bytes: %s", reason,
                           column ? ", column " : "", column ?: "", where, record->full_size, text);
}

static int add(DeadLetters *letters, const DeadLetterPlace *place, const DeadRecord *record, bool keep) {
        int r;

        print(letters, place, record);
        if (!keep)
                return 0;
        r = dead_letter_row_encode(place, record, &letters->rows);
        letters->n_rows += r >= 0;
        return r;
}

int dead_letters_add(DeadLetters *letters, const char *topic, uint32_t partition, const DeadRecord *record,
                     bool keep) {
        const DeadLetterPlace place = {
                .job = letters->job,
                .topic = topic,
                .partition = partition,
                .source = letters->source,
                .failed_at_usec = (int64_t)realtime_usec(),
        };

        return add(letters, &place, record, keep);
}

int dead_letters_add_row(DeadLetters *letters, const Schema *schema, const DeadRecord *record, bool keep) {
        const DeadLetterPlace place = {
                .job = letters->job,
                .partition = UINT32_MAX,
                .source = schema,
                .failed_at_usec = (int64_t)realtime_usec(),
        };

        return add(letters, &place, record, keep);
}

void dead_letters_take(DeadLetters *letters, RowSet *ret) {
        *ret = (RowSet){
                .schema = letters->schema,
                .rows = letters->rows,
                .n_rows = letters->n_rows,
                .mode = OUTPUT_APPEND,
                .are_ordered = true,
        };
        letters->rows = (Buffer){};
        letters->n_rows = 0;
}

size_t dead_letters_bytes(const DeadLetters *letters) {
        return letters->rows.size;
}
