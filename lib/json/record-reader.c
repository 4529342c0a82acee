/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "json/record-reader.h"
#include "json/known-keys.h"
#include "json/scan-number.h"
#include "json/scan-value.h"
#include "json/store-value.h"

enum { ESCAPED_BYTE_MAX = 6 }; /* "\u0041" */

struct RecordReader {
        KnownKeys keys;
        size_t *used; /* columns */
        size_t n_used;
        uint8_t *faults; /* RecordFault by column; all RECORD_OK unless has_faults */
        size_t n_columns;
        bool has_faults, nulls_for_faults;
        uint8_t *name; /* room for a decoded key */
};

/* The record that is being read. Handed on by value: where its address is never taken it lives in registers.
 */
typedef struct Record {
        RecordReader *reader;
        Batch *batch;
        Extent extent;
} Record;

static const char *const fault_names[_RECORD_FAULT_MAX] = {
        [RECORD_OK] = "ok",
        [RECORD_EMPTY] = "empty",
        [RECORD_NOT_JSON] = "not_json",
        [RECORD_NOT_OBJECT] = "not_object",
        [RECORD_WRONG_TYPE] = "wrong_type",
        [RECORD_OUT_OF_RANGE] = "out_of_range",
        [RECORD_NO_EVENT_TIME] = "no_event_time",
        [RECORD_TOO_LARGE] = "too_large",
        [RECORD_REFUSED] = "refused",
        [RECORD_NO_MEMORY] = "no_memory",
};

const char *record_fault_name(RecordFault fault) {
        return fault < _RECORD_FAULT_MAX ? fault_names[fault] : "unknown";
}

int record_reader_new(const Schema *schema, const bool *used, RecordReader **ret) {
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        int r;

        reader = new0(RecordReader, 1);
        if (!reader)
                return -ENOMEM;
        r = known_keys_init(&reader->keys, schema, used);
        if (r < 0)
                return r;
        reader->n_columns = schema->n_columns;
        reader->used = new0(size_t, schema->n_columns + 1);
        reader->faults = new0(uint8_t, schema->n_columns + 1);
        reader->name = malloc(reader->keys.longest_name_bytes * ESCAPED_BYTE_MAX + 1);
        if (!reader->used || !reader->faults || !reader->name)
                return -ENOMEM;
        for (size_t i = 0; i < schema->n_columns; i++)
                if (!used || used[i])
                        reader->used[reader->n_used++] = i;
        *ret = TAKE_PTR(reader);
        return 0;
}

RecordReader *record_reader_free(RecordReader *reader) {
        if (!reader)
                return NULL;
        known_keys_done(&reader->keys);
        free(reader->used);
        free(reader->faults);
        free(reader->name);
        free(reader);
        return NULL;
}

/* Of duplicate keys the last one decides, so a fault can still be undone. */
static void note_fault(RecordReader *reader, size_t column, RecordFault fault) {
        if (likely(fault == RECORD_OK && !reader->has_faults))
                return;
        reader->faults[column] = (uint8_t)fault;
        reader->has_faults = true;
}

void record_reader_set_nulls_for_faults(RecordReader *reader, bool nulls) {
        reader->nulls_for_faults = nulls;
}

static void replace_faults(RecordReader *reader, Batch *batch) {
        for (size_t i = 0; i < reader->n_columns; i++)
                if (reader->faults[i] == RECORD_WRONG_TYPE || reader->faults[i] == RECORD_OUT_OF_RANGE) {
                        store_null((Cell){.vector = &batch->columns[i], .row = batch->n_rows});
                        reader->faults[i] = RECORD_OK;
                }
}

static RecordFault take_fault(RecordReader *reader, size_t *ret_column) {
        RecordFault fault = RECORD_OK;

        for (size_t i = reader->n_columns; i-- > 0; reader->faults[i] = RECORD_OK)
                if (reader->faults[i] != RECORD_OK) {
                        fault = reader->faults[i];
                        *ret_column = i;
                }
        reader->has_faults = false;
        return fault;
}

/* A key that was not foreseen. p: behind the '{' or ',' before it; before: the key before it. Returns the
 * start of the value. */
static const uint8_t *read_key(Record record, const uint8_t *p, KnownKey *before, KnownKey **ret) {
        const uint8_t *lead = p, *end = record.extent.end, *name;
        RecordReader *reader = record.reader;
        KnownKeys *keys = &reader->keys;
        size_t name_size;
        bool escaped;

        p = skip_blanks(p, end);
        if (p == end || *p != '"')
                return NULL;
        name = p + 1;
        p = scan_string(name, end, &escaped);
        if (!p)
                return NULL;
        name_size = (size_t)(p - name);
        p = scan_colon(p + 1, end);
        if (!p || p == end)
                return NULL;
        if (!escaped)
                *ret = known_keys_learn(keys, lead, (size_t)(p - lead), (size_t)(name - lead), name_size);
        else if (name_size <= keys->longest_name_bytes * ESCAPED_BYTE_MAX)
                *ret = known_keys_find(keys, reader->name, decode_string(name, name_size, reader->name));
        else
                *ret = &keys->unknown;
        before->next = *ret;
        return p;
}

static Cell cell_of(Record record, const KnownKey *key) {
        return (Cell){
                .vector = &record.batch->columns[key->column],
                .row = record.batch->n_rows,
        };
}

static RecordFault store_literal(Cell cell, const uint8_t *text, size_t size) {
        if (*text != 'n')
                return store_boolean(cell, text, size);
        store_null(cell);
        return RECORD_OK;
}

static inline __attribute__((always_inline)) const uint8_t *read_string(Record record, const KnownKey *key,
                                                                        const uint8_t *p) {
        const uint8_t *text = p + 1;
        bool escaped;

        p = scan_string_in(record.extent, text, &escaped);
        if (unlikely(!p))
                return NULL;
        if (key->column != NO_COLUMN)
                note_fault(record.reader, key->column,
                           store_string_in(cell_of(record, key), &record.batch->arena, text,
                                           (size_t)(p - text), escaped));
        return p + 1;
}

static __attribute__((noinline)) const uint8_t *read_rare_number(Record record, const KnownKey *key,
                                                                 const uint8_t *p) {
        const uint8_t *text = p;
        Number number;

        p = scan_number(text, record.extent.end, &number);
        if (p && key->column != NO_COLUMN)
                note_fault(record.reader, key->column,
                           store_number(cell_of(record, key), &number, text, (size_t)(p - text)));
        return p;
}

static inline __attribute__((always_inline)) const uint8_t *read_number(Record record, const KnownKey *key,
                                                                        const uint8_t *p) {
        const uint8_t *text = p;
        ShortNumber number;

        p = scan_short_number(record.extent, text, &number);
        if (unlikely(!p))
                return read_rare_number(record, key, text);
        if (key->column == NO_COLUMN)
                return p;
        if (unlikely(!store_short_number(cell_of(record, key), number)))
                return read_rare_number(record, key, text);
        note_fault(record.reader, key->column, RECORD_OK);
        return p;
}

/* A value that is neither a string nor a number, or not a value at all. */
static __attribute__((noinline)) const uint8_t *read_rare_value(Record record, const KnownKey *key,
                                                                const uint8_t *p) {
        const uint8_t *text = p, *end = record.extent.end;
        RecordFault (*store)(Cell cell, const uint8_t *text, size_t size);

        switch (*p) {
        case 't':
        case 'f':
        case 'n':
                p = scan_literal(p, end);
                store = store_literal;
                break;
        case '{':
        case '[':
                p = scan_nested(p, end, /* depth= */ 1);
                store = store_nested;
                break;
        default: return NULL;
        }
        if (p && key->column != NO_COLUMN)
                note_fault(record.reader, key->column,
                           store(cell_of(record, key), text, (size_t)(p - text)));
        return p;
}

static inline __attribute__((always_inline)) const uint8_t *read_value(Record record, const KnownKey *key,
                                                                       const uint8_t *p) {
        if (*p == '"')
                return read_string(record, key, p);
        if (*p == '-' || (*p >= '0' && *p <= '9'))
                return read_number(record, key, p);
        return read_rare_value(record, key, p);
}

/* p: behind the record's '{'. */
static const uint8_t *read_members(Record record, const uint8_t *p) {
        KnownKey *key = &record.reader->keys.start;
        const uint8_t *end = record.extent.end, *first = skip_blanks(p, end);

        if (first < end && *first == '}')
                return first + 1;
        for (;; p++) {
                KnownKey *before = key;

                key = before->next;
                if (likely(known_key_matches(key, p, end)))
                        p += key->lead_size;
                else {
                        p = read_key(record, p, before, &key);
                        if (!p)
                                return NULL;
                }
                p = read_value(record, key, p);
                if (unlikely(!p))
                        return NULL;
                if (likely(p < end && *p == ','))
                        continue;
                p = skip_blanks(p, end);
                if (p == end)
                        return NULL;
                if (*p == '}')
                        return p + 1;
                if (*p != ',')
                        return NULL;
        }
}

/* Nothing but blanks may stand behind the record's value. */
static bool ends(const uint8_t *p, const uint8_t *end) {
        return p && skip_blanks(p, end) == end;
}

RecordFault record_reader_read(RecordReader *reader, const void *data, size_t size, Batch *batch,
                               size_t *ret_column) {
        Record record = {.reader = reader, .batch = batch, .extent = {data, (const uint8_t *)data + size}};
        const uint8_t *p = data;
        RecordFault fault = RECORD_OK;

        *ret_column = SIZE_MAX;
        if (size == 0)
                return RECORD_EMPTY;
        for (size_t i = 0; i < reader->n_used; i++)
                store_null((Cell){.vector = &batch->columns[reader->used[i]], .row = batch->n_rows});
        p = skip_blanks(p, record.extent.end);
        if (p < record.extent.end && *p != '{')
                return ends(scan_value(p, record.extent.end, 0), record.extent.end) ? RECORD_NOT_OBJECT
                                                                                    : RECORD_NOT_JSON;
        p = p < record.extent.end ? read_members(record, p + 1) : NULL;
        if (unlikely(reader->has_faults)) {
                if (reader->nulls_for_faults)
                        replace_faults(reader, batch);
                fault = take_fault(reader, ret_column);
        }
        if (!ends(p, record.extent.end)) {
                *ret_column = SIZE_MAX;
                return RECORD_NOT_JSON;
        }
        if (fault == RECORD_OK)
                batch->n_rows++;
        return fault;
}
