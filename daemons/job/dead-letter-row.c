/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "dead-letter-row.h"
#include <json-c/json.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>

#include "base/base64.h"
#include "columns/rows.h"
#include "row-text.h"
#include "json/scan-string.h"

static const Column columns[_DEAD_LETTER_COLUMNS] = {
        [DEAD_LETTER_FAILED_AT] = {"failed_at", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_JOB] = {"job", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_REASON] = {"reason", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_COLUMN] = {"column", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_TOPIC] = {"topic", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_PARTITION] = {"partition", TYPE_INT, COLUMN_VALUE},
        [DEAD_LETTER_OFFSET] = {"offset", TYPE_BIGINT, COLUMN_VALUE},
        [DEAD_LETTER_KAFKA_TIMESTAMP] = {"kafka_timestamp", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_SIZE] = {"size", TYPE_BIGINT, COLUMN_VALUE},
        [DEAD_LETTER_EVENT_TIME] = {"event_time", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_WINDOW_START] = {"window_start", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_WINDOW_END] = {"window_end", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_WATERMARK] = {"watermark", TYPE_TIMESTAMP, COLUMN_VALUE},
        [DEAD_LETTER_LATE_BY] = {"late_by", TYPE_DOUBLE, COLUMN_VALUE},
        [DEAD_LETTER_KEY] = {"key", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_KEY_ENCODING] = {"key_encoding", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_VALUE] = {"value", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_VALUE_ENCODING] = {"value_encoding", TYPE_STRING, COLUMN_VALUE},
        [DEAD_LETTER_HEADERS] = {"headers", TYPE_STRING, COLUMN_VALUE},
};

Schema *dead_letter_schema_new(void) {
        _cleanup_(schema_freep) Schema *schema = schema_new();

        for (size_t i = 0; schema && i < ELEMENTSOF(columns); i++)
                if (schema_add(schema, columns[i].name, columns[i].type) < 0)
                        return NULL;
        return TAKE_PTR(schema);
}

/* One row in vectors of one value each. */
typedef struct Row {
        Vector vectors[_DEAD_LETTER_COLUMNS];
        uint8_t valid[_DEAD_LETTER_COLUMNS];
        union {
                int32_t int32;
                int64_t int64;
                double real;
                Text text;
        } values[_DEAD_LETTER_COLUMNS];
} Row;

static void set_text(Row *row, size_t column, const char *data, size_t size) {
        row->valid[column] = data != NULL;
        row->values[column].text = (Text){data, data ? size : 0};
}

static void set_word(Row *row, size_t column, const char *word) {
        set_text(row, column, word, word ? strlen(word) : 0);
}

static void set_int64(Row *row, size_t column, int64_t value) {
        row->valid[column] = value != TIME_NONE;
        row->values[column].int64 = value;
}

static bool is_text(const char *data, size_t size) {
        return !memchr(data, '\0', size) && string_is_utf8(data, size);
}

/* out keeps what has to be encoded. */
static int set_bytes(Row *row, size_t column, const char *data, size_t size, Buffer *out) {
        int r;

        if (!data || is_text(data, size)) {
                set_text(row, column, data, size);
                set_word(row, column + 1, data ? "utf-8" : NULL);
                return 0;
        }
        r = base64_append(data, size, out);
        set_text(row, column, (const char *)out->data, out->size);
        set_word(row, column + 1, "base64");
        return r;
}

static struct json_object *header_object(const char *name, size_t name_size, const char *value,
                                         size_t size) {
        struct json_object *object = json_object_new_object(), *text = NULL;
        bool as_text = !value || is_text(value, size);
        _cleanup_buffer_ Buffer encoded = {};

        if (as_text)
                text = value ? json_object_new_string_len(value, (int)size) : NULL;
        else if (base64_append(value, size, &encoded) >= 0)
                text = json_object_new_string_len((const char *)encoded.data, (int)encoded.size);
        json_object_object_add(object, "name", json_object_new_string_len(name, (int)name_size));
        json_object_object_add(object, "value", text);
        if (!as_text)
                json_object_object_add(object, "encoding", json_object_new_string("base64"));
        return object;
}

/* NULL if there are no headers. */
static struct json_object *headers_object(const DeadRecord *record) {
        Reader reader = {(const uint8_t *)record->headers, record->headers_size};
        struct json_object *list = reader.left > 0 ? json_object_new_array() : NULL;
        const char *name, *value;
        size_t name_size, size;
        uint8_t has_value;

        while (list && read_text(&reader, &name, &name_size) >= 0 && read_u8(&reader, &has_value) >= 0 &&
               read_text(&reader, &value, &size) >= 0)
                json_object_array_add(list, header_object(name, name_size, has_value ? value : NULL, size));
        return list;
}

static void set_lateness(Row *row, const DeadRecord *record) {
        if (record->fault != RECORD_OK)
                return;
        set_int64(row, DEAD_LETTER_EVENT_TIME, record->event_time_usec);
        set_int64(row, DEAD_LETTER_WINDOW_START, record->window_start_usec);
        set_int64(row, DEAD_LETTER_WINDOW_END, record->window_end_usec);
        set_int64(row, DEAD_LETTER_WATERMARK, record->watermark_usec);
        row->valid[DEAD_LETTER_LATE_BY] = true;
        row->values[DEAD_LETTER_LATE_BY].real =
                ((double)record->watermark_usec - (double)record->window_end_usec) / USEC_PER_SEC;
}

int dead_letter_row_encode(const DeadLetterPlace *place, const DeadRecord *record, Buffer *rows) {
        _cleanup_buffer_ Buffer key = {}, value = {};
        struct json_object *headers = headers_object(record);
        Row row = {};
        int r;

        for (size_t i = 0; i < _DEAD_LETTER_COLUMNS; i++)
                row.vectors[i] =
                        (Vector){.type = columns[i].type, .valid = &row.valid[i], .values = &row.values[i]};
        set_int64(&row, DEAD_LETTER_FAILED_AT, place->failed_at_usec);
        set_word(&row, DEAD_LETTER_JOB, place->job);
        set_word(&row, DEAD_LETTER_REASON,
                 record->fault == RECORD_OK ? "late" : record_fault_name(record->fault));
        if (record->column < place->source->n_columns)
                set_word(&row, DEAD_LETTER_COLUMN, place->source->columns[record->column].name);
        set_word(&row, DEAD_LETTER_TOPIC, place->topic);
        row.valid[DEAD_LETTER_PARTITION] = place->partition != UINT32_MAX;
        row.values[DEAD_LETTER_PARTITION].int32 = (int32_t)place->partition;
        set_int64(&row, DEAD_LETTER_OFFSET, record->offset);
        set_int64(&row, DEAD_LETTER_KAFKA_TIMESTAMP, kafka_time_usec(record->kafka_time_msec));
        set_int64(&row, DEAD_LETTER_SIZE, (int64_t)record->full_size);
        set_lateness(&row, record);
        if (headers)
                set_word(&row, DEAD_LETTER_HEADERS,
                         json_object_to_json_string_ext(headers, JSON_C_TO_STRING_PLAIN));
        r = set_bytes(&row, DEAD_LETTER_KEY, record->has_key ? record->key : NULL, record->key_size, &key);
        if (r >= 0)
                r = set_bytes(&row, DEAD_LETTER_VALUE, record->data, record->size, &value);
        if (r >= 0)
                r = row_encode(row.vectors, _DEAD_LETTER_COLUMNS, 0, rows);
        json_object_put(headers);
        return r;
}

int dead_letter_row_bytes(const Batch *batch, size_t row, size_t column, Buffer *out) {
        const Text *text = &batch->columns[column].texts[row], *encoding;

        if (!batch->columns[column].valid[row])
                return 0;
        encoding = &batch->columns[column + 1].texts[row];
        if (encoding->size == 6 && memcmp(encoding->data, "base64", 6) == 0)
                return base64_decode(text->data, text->size, out);
        return buffer_append(out, text->data, text->size);
}

static void add_record_header(rd_kafka_headers_t *headers, struct json_object *header) {
        struct json_object *name = json_object_object_get(header, "name");
        struct json_object *value = json_object_object_get(header, "value");
        _cleanup_buffer_ Buffer bytes = {};
        const char *data = value ? json_object_get_string(value) : NULL;
        size_t size = value ? (size_t)json_object_get_string_len(value) : 0;

        if (value && json_object_object_get(header, "encoding") && base64_decode(data, size, &bytes) >= 0) {
                data = (const char *)bytes.data;
                size = bytes.size;
        }
        (void)rd_kafka_header_add(headers, json_object_get_string(name), json_object_get_string_len(name),
                                  data, (ssize_t)size);
}

static void add_record_headers(rd_kafka_headers_t *headers, const Text *text) {
        struct json_tokener *tokener = json_tokener_new();
        struct json_object *list = json_tokener_parse_ex(tokener, text->data, (int)text->size);

        for (size_t i = 0; list && i < json_object_array_length(list); i++)
                add_record_header(headers, json_object_array_get_idx(list, i));
        json_object_put(list);
        json_tokener_free(tokener);
}

struct rd_kafka_headers_s *dead_letter_row_headers(const Batch *batch, size_t row, Arena *arena) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(_DEAD_LETTER_COLUMNS);
        _cleanup_buffer_ Buffer text = {};
        char name[64];

        for (size_t i = 0; i < _DEAD_LETTER_COLUMNS; i++) {
                const Vector *column = &batch->columns[i];
                const char *data;

                if (!column->valid[row])
                        continue;
                if (i == DEAD_LETTER_HEADERS)
                        add_record_headers(headers, &column->texts[row]);
                if (i >= DEAD_LETTER_KEY)
                        continue;
                text.size = 0;
                if (row_append_json_value(column, row, arena, &text) < 0) {
                        rd_kafka_headers_destroy(headers);
                        return NULL;
                }
                data = (const char *)text.data;
                if (*data == '"') { /* none of these texts has anything to escape */
                        data++;
                        text.size -= 2;
                }
                snprintf(name, sizeof(name), "streametl.%s", columns[i].name);
                (void)rd_kafka_header_add(headers, name, -1, data, (ssize_t)text.size);
        }
        return headers;
}
