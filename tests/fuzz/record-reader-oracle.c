/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <stdio.h>
#include <yyjson.h>

#include "columns/timestamp.h"
#include "record-reader-oracle.h"
#include "json/record-reader.h"
#include "json/scan-value.h"

struct Oracle {
        Schema *schema;
        RecordReader *reader;
        Batch *batch;
        char error[512];
};

static const Column columns[] = {
        {.name = (char *)"timestamp", .type = TYPE_DOUBLE},
        {.name = (char *)"course", .type = TYPE_STRING},
        {.name = (char *)"activity", .type = TYPE_STRING},
        {.name = (char *)"lines_of_code", .type = TYPE_INT},
        {.name = (char *)"cpu_usage_pct", .type = TYPE_DOUBLE},
        {.name = (char *)"flag", .type = TYPE_BOOLEAN},
        {.name = (char *)"big", .type = TYPE_BIGINT},
        {.name = (char *)"time", .type = TYPE_TIMESTAMP},
        {.name = (char *)"student_id", .type = TYPE_INT},
};
static const bool used[] = {true, true, true, true, true, true, true, true, false};

int oracle_new(Oracle **ret) {
        _cleanup_(oracle_freep) Oracle *oracle = new0(Oracle, 1);
        int r;

        if (!oracle)
                return -ENOMEM;
        oracle->schema = schema_new();
        if (!oracle->schema)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                r = schema_add(oracle->schema, columns[i].name, columns[i].type);
                if (r < 0)
                        return r;
        }
        r = record_reader_new(oracle->schema, used, &oracle->reader);
        if (r < 0)
                return r;
        r = batch_new(oracle->schema, used, &oracle->batch);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(oracle);
        return 0;
}

Oracle *oracle_free(Oracle *oracle) {
        if (!oracle)
                return NULL;
        record_reader_free(oracle->reader);
        batch_free(oracle->batch);
        schema_free(oracle->schema);
        free(oracle);
        return NULL;
}

/* What a value should become in its column. */
typedef struct Expected {
        RecordFault fault; /* if not RECORD_OK, the rest is void */
        bool valid;
        int64_t integer; /* BOOLEAN, INT, BIGINT, TIMESTAMP */
        double real;
        yyjson_val *value; /* STRING */
} Expected;

/* Seconds to microseconds by decimal arithmetic on the text: its digits, with the point moved. */
static Expected expect_usec(const char *number) {
        int64_t point = 6, exponent = 0;
        size_t n = 0, n_used = 0;
        char digits[4096];
        unsigned __int128 usec = 0;
        bool minus = *number == '-', behind = false;

        for (const char *p = number + minus; *p; p++) {
                if (*p == '.')
                        behind = true;
                else if (*p == 'e' || *p == 'E') {
                        exponent = strtoll(p + 1, NULL, 10); /* LLONG_MAX where it is too much */
                        break;
                } else {
                        if (n < sizeof(digits))
                                digits[n++] = *p;
                        point += !behind;
                }
        }
        point += MIN(MAX(exponent, INT64_C(-1000000)), INT64_C(1000000));
        for (; point > 0 && (n_used < n || usec > 0); point--, n_used++) {
                usec = usec * 10 + (n_used < n ? (unsigned)(digits[n_used] - '0') : 0);
                if (usec > (unsigned __int128)INT64_MAX + 1)
                        return (Expected){.fault = RECORD_OUT_OF_RANGE};
        }
        if (usec > (unsigned __int128)INT64_MAX + minus)
                return (Expected){.fault = RECORD_OUT_OF_RANGE};
        return (Expected){.valid = true, .integer = (int64_t)(minus ? -usec : usec)};
}

static Expected expect_integer(const char *number, int64_t least, int64_t greatest) {
        long long value;

        if (number[strcspn(number, ".eE")] != '\0')
                return (Expected){.fault = RECORD_WRONG_TYPE};
        errno = 0;
        value = strtoll(number, NULL, 10);
        if (errno != 0 || value < least || value > greatest)
                return (Expected){.fault = RECORD_OUT_OF_RANGE};
        return (Expected){.valid = true, .integer = value};
}

static Expected expect_number(ValueType type, yyjson_val *value) {
        const char *number = yyjson_get_raw(value);
        double real;

        switch (type) {
        case TYPE_INT: return expect_integer(number, INT32_MIN, INT32_MAX);
        case TYPE_BIGINT: return expect_integer(number, INT64_MIN, INT64_MAX);
        case TYPE_TIMESTAMP: return expect_usec(number);
        case TYPE_DOUBLE:
                real = strtod(number, NULL);
                if (isinf(real))
                        return (Expected){.fault = RECORD_OUT_OF_RANGE};
                return (Expected){.valid = true, .real = real};
        case TYPE_STRING: return (Expected){.valid = true, .value = value};
        default: return (Expected){.fault = RECORD_WRONG_TYPE};
        }
}

static Expected expect_text(ValueType type, yyjson_val *value) {
        const char *text = yyjson_get_str(value);
        int64_t usec;
        int r;

        if (type == TYPE_STRING)
                return (Expected){.valid = true, .value = value};
        if (type == TYPE_DOUBLE && yyjson_equals_str(value, "NaN"))
                return (Expected){.valid = true, .real = NAN};
        if (type == TYPE_DOUBLE && yyjson_equals_str(value, "Infinity"))
                return (Expected){.valid = true, .real = INFINITY};
        if (type == TYPE_DOUBLE && yyjson_equals_str(value, "-Infinity"))
                return (Expected){.valid = true, .real = -INFINITY};
        if (type != TYPE_TIMESTAMP)
                return (Expected){.fault = RECORD_WRONG_TYPE};
        r = timestamp_parse(text, yyjson_get_len(value), &usec);
        if (r < 0)
                return (Expected){.fault = r == -ERANGE ? RECORD_OUT_OF_RANGE : RECORD_WRONG_TYPE};
        return (Expected){.valid = true, .integer = usec};
}

static Expected expect_value(ValueType type, yyjson_val *value) {
        if (!value || yyjson_is_null(value))
                return (Expected){};
        if (yyjson_is_raw(value))
                return expect_number(type, value);
        if (yyjson_is_str(value))
                return expect_text(type, value);
        if (type == TYPE_STRING)
                return (Expected){.valid = true, .value = value};
        if (type == TYPE_BOOLEAN && yyjson_is_bool(value))
                return (Expected){.valid = true, .integer = yyjson_get_bool(value)};
        return (Expected){.fault = RECORD_WRONG_TYPE};
}

/* The last of duplicate keys; yyjson's own look-up takes the first. */
static yyjson_val *find_member(yyjson_val *root, const char *name) {
        yyjson_val *key, *value = NULL;
        yyjson_obj_iter iter;

        yyjson_obj_iter_init(root, &iter);
        while ((key = yyjson_obj_iter_next(&iter)))
                if (yyjson_equals_str(key, name))
                        value = yyjson_obj_iter_get_val(key);
        return value;
}

/* A text is the decoded string, or the JSON of any other value, which must then mean the same. */
static bool text_matches(const Text *text, yyjson_val *value) {
        yyjson_doc *doc;
        bool equal;

        if (yyjson_is_str(value))
                return yyjson_equals_strn(value, text->data, text->size);
        doc = yyjson_read(text->data, text->size, YYJSON_READ_NUMBER_AS_RAW);
        equal = yyjson_equals(yyjson_doc_get_root(doc), value);
        yyjson_doc_free(doc);
        return equal;
}

static bool cell_matches(const Vector *vector, const Expected *expected) {
        if (vector->valid[0] != expected->valid)
                return false;
        if (!expected->valid)
                return vector->type != TYPE_STRING || vector->texts[0].size == 0;
        switch (vector->type) {
        case TYPE_BOOLEAN: return vector->booleans[0] == expected->integer;
        case TYPE_INT: return vector->ints[0] == expected->integer;
        case TYPE_BIGINT: return vector->bigints[0] == expected->integer;
        case TYPE_TIMESTAMP: return vector->timestamps[0] == expected->integer;
        case TYPE_DOUBLE:
                return memcmp(&vector->doubles[0], &expected->real, sizeof(double)) == 0 ||
                       (isnan(vector->doubles[0]) && isnan(expected->real));
        default: return text_matches(&vector->texts[0], expected->value);
        }
}

/* yyjson has no limit. The text is known to be JSON. */
static bool too_deep(const uint8_t *p, size_t size) {
        size_t depth = 0;
        bool in_string = false;

        for (size_t i = 0; i < size; i++) {
                if (p[i] == '"')
                        in_string = !in_string;
                else if (in_string)
                        i += p[i] == '\\';
                else if (p[i] == '{' || p[i] == '[') {
                        if (++depth > JSON_DEPTH_MAX)
                                return true;
                } else if (p[i] == '}' || p[i] == ']')
                        depth--;
        }
        return false;
}

static const char *check_once(Oracle *oracle, const void *data, size_t size, yyjson_val *root) {
        RecordFault expected_fault = RECORD_OK, fault;
        size_t expected_column = SIZE_MAX, column;
        Expected expected[ELEMENTSOF(columns)] = {};

        if (size == 0)
                expected_fault = RECORD_EMPTY;
        else if (!root || too_deep(data, size))
                expected_fault = RECORD_NOT_JSON;
        else if (!yyjson_is_obj(root))
                expected_fault = RECORD_NOT_OBJECT;
        else
                for (size_t i = ELEMENTSOF(columns); i-- > 0;) {
                        if (!used[i])
                                continue;
                        expected[i] = expect_value(columns[i].type, find_member(root, columns[i].name));
                        if (expected[i].fault != RECORD_OK) {
                                expected_fault = expected[i].fault;
                                expected_column = i;
                        }
                }

        batch_reset(oracle->batch);
        fault = record_reader_read(oracle->reader, data, size, oracle->batch, &column);
        if (fault != expected_fault || column != expected_column) {
                snprintf(oracle->error, sizeof(oracle->error), "%s in column %zd, expected %s in column %zd",
                         record_fault_name(fault), (ssize_t)column, record_fault_name(expected_fault),
                         (ssize_t)expected_column);
                return oracle->error;
        }
        if (oracle->batch->n_rows != (fault == RECORD_OK))
                return "number of rows";
        for (size_t i = 0; fault == RECORD_OK && i < ELEMENTSOF(columns); i++)
                if (used[i] && !cell_matches(&oracle->batch->columns[i], &expected[i])) {
                        snprintf(oracle->error, sizeof(oracle->error), "value of %s", columns[i].name);
                        return oracle->error;
                }
        return NULL;
}

const char *oracle_check(Oracle *oracle, const void *data, size_t size) {
        /* Without conversion of numbers: yyjson refuses those past a double's range, which are JSON. */
        yyjson_doc *doc = yyjson_read(data, size, YYJSON_READ_NUMBER_AS_RAW);
        yyjson_val *root = yyjson_doc_get_root(doc);
        const char *error;

        error = check_once(oracle, data, size, root);
        if (!error)
                error = check_once(oracle, data, size, root);
        yyjson_doc_free(doc);
        return error;
}
