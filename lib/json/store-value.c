/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "columns/timestamp.h"
#include "json/store-value.h"

static RecordFault store_text(Cell cell, const uint8_t *text, size_t size) {
        cell.vector->texts[cell.row] = (Text){.data = (const char *)text, .size = size};
        cell.vector->valid[cell.row] = 1;
        return RECORD_OK;
}

/* JSON has no numbers for these. */
static RecordFault store_special_double(Cell cell, const uint8_t *text, size_t size) {
        static const struct {
                const char *name;
                double value;
        } specials[] = {
                {"NaN", NAN},
                {"Infinity", INFINITY},
                {"-Infinity", -INFINITY},
        };

        for (size_t i = 0; i < ELEMENTSOF(specials); i++)
                if (size == strlen(specials[i].name) && memcmp(text, specials[i].name, size) == 0) {
                        cell.vector->doubles[cell.row] = specials[i].value;
                        cell.vector->valid[cell.row] = 1;
                        return RECORD_OK;
                }
        return RECORD_WRONG_TYPE;
}

static RecordFault store_timestamp(Cell cell, const uint8_t *text, size_t size) {
        int r;

        r = timestamp_parse((const char *)text, size, &cell.vector->timestamps[cell.row]);
        if (r < 0)
                return r == -ERANGE ? RECORD_OUT_OF_RANGE : RECORD_WRONG_TYPE;
        cell.vector->valid[cell.row] = 1;
        return RECORD_OK;
}

RecordFault store_string(Cell cell, Arena *arena, const uint8_t *text, size_t size, bool escaped) {
        ValueType type = cell.vector->type;

        if (type != TYPE_STRING && type != TYPE_DOUBLE && type != TYPE_TIMESTAMP)
                return RECORD_WRONG_TYPE;
        if (escaped) {
                uint8_t *decoded = arena_alloc(arena, size);

                if (!decoded)
                        return RECORD_NO_MEMORY;
                size = decode_string(text, size, decoded);
                text = decoded;
        }
        switch (type) {
        case TYPE_DOUBLE: return store_special_double(cell, text, size);
        case TYPE_TIMESTAMP: return store_timestamp(cell, text, size);
        default: return store_text(cell, text, size);
        }
}

RecordFault store_number(Cell cell, const Number *number, const uint8_t *text, size_t size) {
        Vector *vector = cell.vector;
        int64_t integer = 0;
        int r;

        switch (vector->type) {
        case TYPE_INT:
                r = number_to_integer(number, INT32_MIN, INT32_MAX, &integer);
                if (r >= 0)
                        vector->ints[cell.row] = (int32_t)integer;
                break;
        case TYPE_BIGINT:
                r = number_to_integer(number, INT64_MIN, INT64_MAX, &vector->bigints[cell.row]);
                break;
        case TYPE_DOUBLE: r = number_to_double(number, text, size, &vector->doubles[cell.row]); break;
        case TYPE_TIMESTAMP: r = number_to_usec(number, &vector->timestamps[cell.row]); break;
        case TYPE_STRING: return store_text(cell, text, size);
        default: return RECORD_WRONG_TYPE;
        }
        if (r < 0)
                return r == -ERANGE ? RECORD_OUT_OF_RANGE : RECORD_WRONG_TYPE;
        vector->valid[cell.row] = 1;
        return RECORD_OK;
}

RecordFault store_boolean(Cell cell, const uint8_t *text, size_t size) {
        if (cell.vector->type == TYPE_STRING)
                return store_text(cell, text, size);
        if (cell.vector->type != TYPE_BOOLEAN)
                return RECORD_WRONG_TYPE;
        cell.vector->booleans[cell.row] = *text == 't';
        cell.vector->valid[cell.row] = 1;
        return RECORD_OK;
}

RecordFault store_nested(Cell cell, const uint8_t *text, size_t size) {
        return cell.vector->type == TYPE_STRING ? store_text(cell, text, size) : RECORD_WRONG_TYPE;
}
