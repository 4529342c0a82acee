/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>

#include "aggregate/aggregate-functions.h"
#include "aggregate/fixed-value.h"

typedef __int128 Int128 __attribute__((aligned(8)));

typedef struct CountState {
        uint64_t n;
} CountState;

typedef struct IntegerSum {
        uint64_t sum; /* unsigned: wraps */
        uint64_t n;
} IntegerSum;

typedef struct IntegerAverage {
        Int128 sum;
        uint64_t n;
} IntegerAverage;

typedef struct DoubleSum {
        double sum, compensation;
        uint64_t n;
} DoubleSum;

typedef struct FixedExtreme {
        int64_t value; /* see fixed-value.h */
        uint64_t n;    /* 0: no value yet */
} FixedExtreme;

typedef struct TextExtreme {
        char *data; /* in the arena of the window */
        uint32_t size, capacity;
        uint64_t n;
} TextExtreme;

_Static_assert(sizeof(IntegerAverage) <= AGGREGATE_STATE_BYTES_MAX &&
                       sizeof(DoubleSum) <= AGGREGATE_STATE_BYTES_MAX &&
                       sizeof(TextExtreme) <= AGGREGATE_STATE_BYTES_MAX,
               "a state is larger than AggregateState");

#define STATE(rows, i, offset) ((void *)((uint8_t *)(rows)->groups[i] + (offset)))

/* count */

static int count_all_add(const GroupedRows *rows, size_t offset, const Vector *input) {
        for (size_t i = 0; i < rows->n_rows; i++)
                ((CountState *)STATE(rows, i, offset))->n++;
        return 0;
}

static int count_add(const GroupedRows *rows, size_t offset, const Vector *input) {
        for (size_t i = 0; i < rows->n_rows; i++)
                ((CountState *)STATE(rows, i, offset))->n += input->valid[rows->selection[i]];
        return 0;
}

static int count_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {
        ((CountState *)state)->n += ((const CountState *)other)->n;
        return 0;
}

static void count_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        column->valid[row] = 1;
        column->bigints[row] = (int64_t)((const CountState *)state)->n;
}

/* sum and avg of integers */

static int integer_sum_add(const GroupedRows *rows, size_t offset, const Vector *input) {
        int64_t values[BATCH_ROWS_MAX];

        fixed_values_load(input, rows->selection, rows->n_rows, values);
        for (size_t i = 0; i < rows->n_rows; i++)
                if (likely(input->valid[rows->selection[i]])) {
                        IntegerSum *state = STATE(rows, i, offset);

                        state->sum += (uint64_t)values[i];
                        state->n++;
                }
        return 0;
}

static int integer_sum_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {
        ((IntegerSum *)state)->sum += ((const IntegerSum *)other)->sum;
        ((IntegerSum *)state)->n += ((const IntegerSum *)other)->n;
        return 0;
}

static void integer_sum_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        const IntegerSum *sum = state;

        column->valid[row] = sum->n > 0;
        column->bigints[row] = (int64_t)sum->sum;
}

static int integer_average_add(const GroupedRows *rows, size_t offset, const Vector *input) {
        int64_t values[BATCH_ROWS_MAX];

        fixed_values_load(input, rows->selection, rows->n_rows, values);
        for (size_t i = 0; i < rows->n_rows; i++)
                if (likely(input->valid[rows->selection[i]])) {
                        IntegerAverage *state = STATE(rows, i, offset);

                        state->sum += values[i];
                        state->n++;
                }
        return 0;
}

static int integer_average_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {
        IntegerAverage *average = state;

        /* Only a forged sum can overflow. */
        average->sum = (Int128)((unsigned __int128)average->sum +
                                (unsigned __int128)((const IntegerAverage *)other)->sum);
        average->n += ((const IntegerAverage *)other)->n;
        return 0;
}

static void integer_average_result(const AggregateKind *kind, const void *state, Vector *column,
                                   size_t row) {
        const IntegerAverage *average = state;

        column->valid[row] = average->n > 0;
        column->doubles[row] = average->n > 0 ? (double)average->sum / (double)average->n : 0;
}

/* sum and avg of DOUBLE */

/* Neumaier's sum: compensation collects what rounding takes from the sum. The error of one addition is found
 * as in Knuth's TwoSum (The Art of Computer Programming 2, 4.2.2, theorem B), which needs no branch on
 * which of the two is larger. */
static inline void compensated_add(DoubleSum *state, double value) {
        double sum = state->sum + value, added = sum - state->sum;

        state->compensation += (state->sum - (sum - added)) + (value - added);
        state->sum = sum;
}

static int double_sum_add(const GroupedRows *rows, size_t offset, const Vector *input) {
        for (size_t i = 0; i < rows->n_rows; i++) {
                size_t row = rows->selection[i];

                if (likely(input->valid[row])) {
                        DoubleSum *state = STATE(rows, i, offset);

                        compensated_add(state, input->doubles[row]);
                        state->n++;
                }
        }
        return 0;
}

static int double_sum_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {
        const DoubleSum *more = other;
        DoubleSum *sum = state;

        compensated_add(sum, more->sum);
        sum->compensation += more->compensation;
        sum->n += more->n;
        return 0;
}

/* Once the sum is infinite or NaN it stays so, and the compensation (then mostly infinity - infinity) says
 * nothing. */
static double double_sum_value(const DoubleSum *sum) {
        return isfinite(sum->compensation) ? sum->sum + sum->compensation : sum->sum;
}

static void double_sum_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        const DoubleSum *sum = state;

        column->valid[row] = sum->n > 0;
        column->doubles[row] = double_sum_value(sum);
}

static void double_average_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        const DoubleSum *sum = state;

        column->valid[row] = sum->n > 0;
        column->doubles[row] = sum->n > 0 ? double_sum_value(sum) / (double)sum->n : 0;
}

/* States without pointers, of which any bytes are a state: they travel as they are. */

static int plain_encode(const AggregateKind *kind, const void *state, Buffer *buffer) {
        return buffer_append(buffer, state, kind->state_bytes);
}

static int plain_decode(const AggregateKind *kind, Reader *reader, AggregateState *ret) {
        const uint8_t *bytes;
        int r;

        r = read_bytes(reader, kind->state_bytes, &bytes);
        if (r < 0)
                return r;
        memcpy(ret->bytes, bytes, kind->state_bytes);
        return 0;
}

/* min and max of types of fixed size */

static inline void fixed_min(FixedExtreme *state, int64_t value) {
        if (state->n == 0 || value < state->value)
                *state = (FixedExtreme){value, 1};
}

static inline void fixed_max(FixedExtreme *state, int64_t value) {
        if (state->n == 0 || value > state->value)
                *state = (FixedExtreme){value, 1};
}

#define DEFINE_FIXED_EXTREME(name)                                                                          \
        static int name##_add(const GroupedRows *rows, size_t offset, const Vector *input) {                \
                int64_t values[BATCH_ROWS_MAX];                                                             \
                                                                                                            \
                fixed_values_load(input, rows->selection, rows->n_rows, values);                            \
                for (size_t i = 0; i < rows->n_rows; i++)                                                   \
                        if (likely(input->valid[rows->selection[i]]))                                       \
                                name(STATE(rows, i, offset), values[i]);                                    \
                return 0;                                                                                   \
        }                                                                                                   \
        static int name##_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {  \
                if (((const FixedExtreme *)other)->n > 0)                                                   \
                        name(state, ((const FixedExtreme *)other)->value);                                  \
                return 0;                                                                                   \
        }                                                                                                   \
        struct _useless_struct_to_allow_trailing_semicolon_

DEFINE_FIXED_EXTREME(fixed_min);
DEFINE_FIXED_EXTREME(fixed_max);

static int fixed_extreme_encode(const AggregateKind *kind, const void *state, Buffer *buffer) {
        const FixedExtreme *extreme = state;
        int r;

        r = buffer_append_u8(buffer, extreme->n > 0);
        if (r < 0 || extreme->n == 0)
                return r;
        return fixed_value_encode(kind->input, extreme->value, buffer);
}

static int decode_presence(Reader *reader, uint64_t *ret) {
        uint8_t present;
        int r;

        r = read_u8(reader, &present);
        if (r < 0)
                return r;
        if (present > 1)
                return -EBADMSG;
        *ret = present;
        return 0;
}

static int fixed_extreme_decode(const AggregateKind *kind, Reader *reader, AggregateState *ret) {
        FixedExtreme extreme = {};
        int r;

        r = decode_presence(reader, &extreme.n);
        if (r < 0)
                return r;
        if (extreme.n > 0) {
                r = fixed_value_decode(kind->input, reader, &extreme.value);
                if (r < 0)
                        return r;
        }
        memcpy(ret->bytes, &extreme, sizeof(extreme));
        return 0;
}

static void fixed_extreme_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        const FixedExtreme *extreme = state;

        column->valid[row] = extreme->n > 0;
        fixed_value_set(column, row, extreme->value);
}

/* min and max of STRING */

static int text_compare(const char *a, size_t a_size, const char *b, size_t b_size) {
        size_t common = MIN(a_size, b_size);
        int r = common > 0 ? memcmp(a, b, common) : 0;

        return r != 0 ? r : (a_size > b_size) - (a_size < b_size);
}

enum { MIN_TEXT_ROOM = 16 };

/* A room that is outgrown is left behind in the arena. As the next is at least twice as large, all that was
 * left is less than the last one. */
static int text_keep(TextExtreme *state, const char *data, size_t size, Arena *arena) {
        if (!state->data || size > state->capacity) {
                size_t capacity = MAX((size_t)state->capacity * 2, (size_t)MIN_TEXT_ROOM);

                capacity = MIN(MAX(capacity, size), (size_t)UINT32_MAX);
                state->data = arena_alloc(arena, capacity);
                if (!state->data)
                        return -ENOMEM;
                state->capacity = (uint32_t)capacity;
        }
        if (size > 0)
                memcpy(state->data, data, size);
        state->size = (uint32_t)size;
        state->n = 1;
        return 0;
}

static inline int text_min(TextExtreme *state, const char *data, size_t size, Arena *arena) {
        if (state->n > 0 && text_compare(data, size, state->data, state->size) >= 0)
                return 0;
        return text_keep(state, data, size, arena);
}

static inline int text_max(TextExtreme *state, const char *data, size_t size, Arena *arena) {
        if (state->n > 0 && text_compare(data, size, state->data, state->size) <= 0)
                return 0;
        return text_keep(state, data, size, arena);
}

#define DEFINE_TEXT_EXTREME(name)                                                                           \
        static int name##_add(const GroupedRows *rows, size_t offset, const Vector *input) {                \
                for (size_t i = 0; i < rows->n_rows; i++) {                                                 \
                        size_t row = rows->selection[i];                                                    \
                        const Text *text = &input->texts[row];                                              \
                        int r;                                                                              \
                                                                                                            \
                        if (!input->valid[row])                                                             \
                                continue;                                                                   \
                        r = name(STATE(rows, i, offset), text->data, text->size,                            \
                                 &rows->groups[i]->window->arena);                                          \
                        if (r < 0)                                                                          \
                                return r;                                                                   \
                }                                                                                           \
                return 0;                                                                                   \
        }                                                                                                   \
        static int name##_merge(const AggregateKind *kind, void *state, const void *other, Arena *arena) {  \
                const TextExtreme *text = other;                                                            \
                                                                                                            \
                return text->n > 0 ? name(state, text->data, text->size, arena) : 0;                        \
        }                                                                                                   \
        struct _useless_struct_to_allow_trailing_semicolon_

DEFINE_TEXT_EXTREME(text_min);
DEFINE_TEXT_EXTREME(text_max);

static int text_extreme_encode(const AggregateKind *kind, const void *state, Buffer *buffer) {
        const TextExtreme *extreme = state;
        int r;

        r = buffer_append_u8(buffer, extreme->n > 0);
        if (r < 0 || extreme->n == 0)
                return r;
        return buffer_append_text(buffer, extreme->data, extreme->size);
}

static int text_extreme_decode(const AggregateKind *kind, Reader *reader, AggregateState *ret) {
        TextExtreme extreme = {};
        const char *data;
        size_t size;
        int r;

        r = decode_presence(reader, &extreme.n);
        if (r < 0)
                return r;
        if (extreme.n > 0) {
                r = read_text(reader, &data, &size);
                if (r < 0)
                        return r;
                extreme.data = (char *)data; /* only read */
                extreme.size = (uint32_t)size;
        }
        memcpy(ret->bytes, &extreme, sizeof(extreme));
        return 0;
}

static void text_extreme_result(const AggregateKind *kind, const void *state, Vector *column, size_t row) {
        const TextExtreme *extreme = state;

        column->valid[row] = extreme->n > 0;
        column->texts[row] = (Text){extreme->data, extreme->size};
}

#define COUNT(type, add_function)                                                                           \
        {type, sizeof(CountState), add_function, count_merge, plain_encode, plain_decode, count_result}
#define SUM(type, State, name)                                                                              \
        {type, sizeof(State), name##_add, name##_merge, plain_encode, plain_decode, name##_result}
#define FIXED_EXTREME(type, name)                                                                           \
        {type,                                                                                              \
         sizeof(FixedExtreme),                                                                              \
         name##_add,                                                                                        \
         name##_merge,                                                                                      \
         fixed_extreme_encode,                                                                              \
         fixed_extreme_decode,                                                                              \
         fixed_extreme_result}
#define TEXT_EXTREME(name)                                                                                  \
        {TYPE_STRING,         sizeof(TextExtreme), name##_add,         name##_merge,                        \
         text_extreme_encode, text_extreme_decode, text_extreme_result}
#define EXTREME(fixed, text)                                                                                \
        {                                                                                                   \
                [TYPE_BOOLEAN] = FIXED_EXTREME(TYPE_BOOLEAN, fixed),                                        \
                [TYPE_INT] = FIXED_EXTREME(TYPE_INT, fixed),                                                \
                [TYPE_BIGINT] = FIXED_EXTREME(TYPE_BIGINT, fixed),                                          \
                [TYPE_DOUBLE] = FIXED_EXTREME(TYPE_DOUBLE, fixed),                                          \
                [TYPE_TIMESTAMP] = FIXED_EXTREME(TYPE_TIMESTAMP, fixed),                                    \
                [TYPE_STRING] = TEXT_EXTREME(text),                                                         \
        }

static const AggregateKind kinds[_AGGREGATE_MAX][_TYPE_MAX] = {
        [AGGREGATE_COUNT_ALL] = {[TYPE_NULL] = COUNT(TYPE_NULL, count_all_add)},
        [AGGREGATE_COUNT] =
                {
                        [TYPE_NULL] = COUNT(TYPE_NULL, count_add),
                        [TYPE_BOOLEAN] = COUNT(TYPE_BOOLEAN, count_add),
                        [TYPE_INT] = COUNT(TYPE_INT, count_add),
                        [TYPE_BIGINT] = COUNT(TYPE_BIGINT, count_add),
                        [TYPE_DOUBLE] = COUNT(TYPE_DOUBLE, count_add),
                        [TYPE_TIMESTAMP] = COUNT(TYPE_TIMESTAMP, count_add),
                        [TYPE_STRING] = COUNT(TYPE_STRING, count_add),
                },
        [AGGREGATE_SUM] =
                {
                        [TYPE_INT] = SUM(TYPE_INT, IntegerSum, integer_sum),
                        [TYPE_BIGINT] = SUM(TYPE_BIGINT, IntegerSum, integer_sum),
                        [TYPE_DOUBLE] = SUM(TYPE_DOUBLE, DoubleSum, double_sum),
                },
        [AGGREGATE_AVG] =
                {
                        [TYPE_INT] = SUM(TYPE_INT, IntegerAverage, integer_average),
                        [TYPE_BIGINT] = SUM(TYPE_BIGINT, IntegerAverage, integer_average),
                        [TYPE_DOUBLE] = {TYPE_DOUBLE, sizeof(DoubleSum), double_sum_add, double_sum_merge,
                                         plain_encode, plain_decode, double_average_result},
                },
        [AGGREGATE_MIN] = EXTREME(fixed_min, text_min),
        [AGGREGATE_MAX] = EXTREME(fixed_max, text_max),
};

const AggregateKind *aggregate_kind(AggregateFunction function, ValueType input) {
        const AggregateKind *kind = &kinds[function][input];

        return kind->add ? kind : NULL;
}
