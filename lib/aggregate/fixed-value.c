/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "aggregate/fixed-value.h"

int64_t fixed_value_get(const Vector *vector, size_t row) {
        switch (vector->type) {
        case TYPE_BOOLEAN: return vector->booleans[row];
        case TYPE_INT: return vector->ints[row];
        case TYPE_BIGINT: return vector->bigints[row];
        case TYPE_TIMESTAMP: return vector->timestamps[row];
        case TYPE_DOUBLE: return double_to_rank(vector->doubles[row]);
        default: return 0;
        }
}

void fixed_value_set(Vector *vector, size_t row, int64_t value) {
        switch (vector->type) {
        case TYPE_BOOLEAN: vector->booleans[row] = (uint8_t)value; break;
        case TYPE_INT: vector->ints[row] = (int32_t)value; break;
        case TYPE_BIGINT: vector->bigints[row] = value; break;
        case TYPE_TIMESTAMP: vector->timestamps[row] = value; break;
        case TYPE_DOUBLE: vector->doubles[row] = double_from_rank(value); break;
        default: break;
        }
}

/* One loop per type, so that the type is looked at once per vector and not once per row. */
#define LOAD(expression)                                                                                    \
        for (size_t i = 0; i < n_rows; i++)                                                                 \
        ret[i] = (expression)

void fixed_values_load(const Vector *vector, const uint16_t *selection, size_t n_rows, int64_t *ret) {
        switch (vector->type) {
        case TYPE_BOOLEAN: LOAD(vector->booleans[selection[i]]); break;
        case TYPE_INT: LOAD(vector->ints[selection[i]]); break;
        case TYPE_BIGINT: LOAD(vector->bigints[selection[i]]); break;
        case TYPE_TIMESTAMP: LOAD(vector->timestamps[selection[i]]); break;
        case TYPE_DOUBLE: LOAD(double_to_rank(vector->doubles[selection[i]])); break;
        default: LOAD(0); break;
        }
}

int fixed_value_encode(ValueType type, int64_t value, Buffer *buffer) {
        switch (type) {
        case TYPE_BOOLEAN: return buffer_append_u8(buffer, (uint8_t)value);
        case TYPE_INT: return buffer_append_u32(buffer, (uint32_t)value);
        case TYPE_DOUBLE: return buffer_append_double(buffer, double_from_rank(value));
        case TYPE_NULL: return 0;
        default: return buffer_append_u64(buffer, (uint64_t)value);
        }
}

int fixed_value_decode(ValueType type, Reader *reader, int64_t *ret) {
        union {
                uint8_t u8;
                uint32_t u32;
                uint64_t u64;
                double number;
        } value;
        int r;

        switch (type) {
        case TYPE_BOOLEAN:
                r = read_u8(reader, &value.u8);
                if (r < 0)
                        return r;
                if (value.u8 > 1)
                        return -EBADMSG;
                *ret = value.u8;
                return 0;
        case TYPE_INT:
                r = read_u32(reader, &value.u32);
                if (r < 0)
                        return r;
                *ret = (int32_t)value.u32;
                return 0;
        case TYPE_DOUBLE:
                r = read_double(reader, &value.number);
                if (r < 0)
                        return r;
                *ret = double_to_rank(value.number);
                return 0;
        case TYPE_NULL: return -EBADMSG; /* has no value that could be valid */
        default:
                r = read_u64(reader, &value.u64);
                if (r < 0)
                        return r;
                *ret = (int64_t)value.u64;
                return 0;
        }
}
