/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "expression/build.h"
#include "load-json.h"

struct json_object *value_object(const Vector *column, size_t row, Arena *arena) {
        Text text;

        if (!column->valid[row])
                return NULL;
        switch (column->type) {
        case TYPE_BOOLEAN: return json_object_new_boolean(column->booleans[row]);
        case TYPE_INT: return json_object_new_int(column->ints[row]);
        case TYPE_BIGINT: return json_object_new_int64(column->bigints[row]);
        case TYPE_DOUBLE:
                if (isfinite(column->doubles[row]))
                        return json_object_new_double(column->doubles[row]);
                break;
        default: break;
        }
        if (vector_value_text(column, row, arena, &text) < 0)
                return NULL;
        return json_object_new_string_len(text.data, (int)MIN(text.size, (size_t)INT32_MAX));
}
