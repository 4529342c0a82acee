/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postgresql-sql.h"
#include "row-text.h"

/* One row of each type; the last column is not shown. */
typedef struct Fixture {
        Schema *schema;
        Batch *batch;
        Arena arena;
        Buffer out;
} Fixture;

static Fixture make(const char *text, double number, int64_t time_usec) {
        static const struct {
                const char *name;
                ValueType type;
                ColumnRole role;
        } columns[] = {
                {"start", TYPE_TIMESTAMP, COLUMN_KEY}, {"a \"b\"", TYPE_STRING, COLUMN_KEY},
                {"n", TYPE_BIGINT, COLUMN_VALUE},      {"mean", TYPE_DOUBLE, COLUMN_VALUE},
                {"ok", TYPE_BOOLEAN, COLUMN_VALUE},    {"", TYPE_STRING, COLUMN_RECORD_KEY},
        };
        Fixture fixture = {.schema = schema_new()};
        Vector *vectors;

        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                assert_int_equal(schema_add(fixture.schema, columns[i].name, columns[i].type), 0);
                fixture.schema->columns[i].role = columns[i].role;
        }
        assert_int_equal(batch_new(fixture.schema, NULL, &fixture.batch), 0);
        vectors = fixture.batch->columns;
        fixture.batch->n_rows = 1;
        for (size_t i = 0; i < ELEMENTSOF(columns); i++)
                vectors[i].valid[0] = 1;
        vectors[0].timestamps[0] = time_usec;
        vectors[1].valid[0] = text != NULL;
        vectors[1].texts[0] = (Text){text, text ? strlen(text) : 0};
        vectors[2].bigints[0] = -5;
        vectors[3].doubles[0] = number;
        vectors[4].booleans[0] = 1;
        vectors[5].texts[0] = (Text){"hidden", 6};
        return fixture;
}

static void done(Fixture *fixture) {
        batch_free(fixture->batch);
        schema_free(fixture->schema);
        arena_done(&fixture->arena);
        buffer_done(&fixture->out);
}

static void assert_out(Fixture *fixture, const char *expected) {
        assert_int_equal(buffer_append_u8(&fixture->out, '\0'), 0);
        assert_string_equal((char *)fixture->out.data, expected);
        fixture->out.size = 0;
}

static void test_json(void **state) {
        Fixture fixture = make("x\"\\\n\x01\xc3\xa4", 0.1, INT64_C(1700000000500000));

        assert_int_equal(row_append_json(fixture.schema, fixture.batch, 0, -1, &fixture.arena, &fixture.out),
                         0);
        assert_out(
                &fixture,
                "{\"start\":\"2023-11-14T22:13:20.5Z\",\"a \\\"b\\\"\":\"x\\\"\\\\\\u000a\\u0001\xc3\xa4\","
                "\"n\":-5,\"mean\":0.1,\"ok\":true}");
        assert_int_equal(row_append_json(fixture.schema, fixture.batch, 0, COLUMN_RECORD_KEY, &fixture.arena,
                                         &fixture.out),
                         0);
        assert_out(&fixture, "{}");
        done(&fixture);

        fixture = make(NULL, NAN, 0);
        assert_int_equal(
                row_append_json(fixture.schema, fixture.batch, 0, COLUMN_KEY, &fixture.arena, &fixture.out),
                0);
        assert_out(&fixture, "{\"start\":\"1970-01-01T00:00:00Z\",\"a \\\"b\\\"\":null}");
        assert_int_equal(row_append_json_value(&fixture.batch->columns[3], 0, &fixture.arena, &fixture.out),
                         0);
        assert_out(&fixture, "\"NaN\"");
        done(&fixture);
}

static void test_csv(void **state) {
        Fixture fixture = make("x\", y\n", 1e300, 0);

        assert_int_equal(row_append_csv_header(fixture.schema, &fixture.out), 0);
        assert_out(&fixture, "start,\"a \"\"b\"\"\",n,mean,ok\r\n");
        assert_int_equal(row_append_csv(fixture.schema, fixture.batch, 0, &fixture.arena, &fixture.out), 0);
        assert_out(&fixture, "1970-01-01T00:00:00Z,\"x\"\", y\n\",-5,1.0E300,true\r\n");
        done(&fixture);

        fixture = make(NULL, 1, 0);
        assert_int_equal(row_append_csv(fixture.schema, fixture.batch, 0, &fixture.arena, &fixture.out), 0);
        assert_out(&fixture, "1970-01-01T00:00:00Z,,-5,1.0,true\r\n");
        done(&fixture);

        fixture = make("", 1, 0);
        assert_int_equal(row_append_csv(fixture.schema, fixture.batch, 0, &fixture.arena, &fixture.out), 0);
        assert_out(&fixture, "1970-01-01T00:00:00Z,\"\",-5,1.0,true\r\n");
        done(&fixture);
}

static void append_copy(Fixture *fixture) {
        assert_int_equal(postgresql_append_row(fixture->batch, schema_shown_columns(fixture->schema), 0,
                                               &fixture->arena, &fixture->out),
                         0);
}

static void test_postgresql_copy(void **state) {
        Fixture fixture = make("tab\tback\\line\nreturn\r", INFINITY, INT64_C(-62135596800000000));

        append_copy(&fixture);
        assert_out(&fixture, "0001-01-01 00:00:00\ttab\\tback\\\\line\\nreturn\\r\t-5\tInfinity\ttrue\n");
        done(&fixture);

        fixture = make(NULL, 1, INT64_C(253402300800000000));
        append_copy(&fixture);
        assert_out(&fixture, "10000-01-01 00:00:00\t\\N\t-5\t1.0\ttrue\n");
        done(&fixture);

        fixture = make("", 1, INT64_C(-62167219200000000));
        append_copy(&fixture);
        assert_out(&fixture, "0001-01-01 00:00:00 BC\t\t-5\t1.0\ttrue\n");
        done(&fixture);

        fixture = make("", 1, INT64_MIN);
        append_copy(&fixture);
        assert_out(&fixture, "-infinity\t\t-5\t1.0\ttrue\n");
        done(&fixture);
}

static void test_postgresql_statements(void **state) {
        Fixture fixture = make("", 1, 0);
        RowSet rows = {.schema = fixture.schema, .mode = OUTPUT_UPDATE};
        _cleanup_free_ char *create = postgresql_create_table("t", &rows);
        _cleanup_free_ char *merge = postgresql_merge("t", &rows);

        assert_string_equal(
                create,
                "CREATE TABLE IF NOT EXISTS t (\"start\" timestamp with time zone, \"a \"\"b\"\"\" text, "
                "\"n\" bigint, \"mean\" double precision, \"ok\" boolean, "
                "UNIQUE NULLS NOT DISTINCT (\"start\", \"a \"\"b\"\"\"))");
        assert_non_null(strstr(
                merge, "ON CONFLICT (\"start\", \"a \"\"b\"\"\") DO UPDATE SET \"n\" = EXCLUDED.\"n\""));
        assert_false(postgresql_replaces_all(&rows));
        rows.mode = OUTPUT_COMPLETE;
        assert_true(postgresql_replaces_all(&rows));
        done(&fixture);
}

static void test_postgresql_types(void **state) {
        static const struct {
                const char *type;
                ValueType value;
                bool as_value, as_key;
        } cases[] = {
                {"boolean", TYPE_BOOLEAN, true, true},
                {"text", TYPE_BOOLEAN, false, false},
                {"numeric", TYPE_DOUBLE, true, false},
                {"double precision", TYPE_DOUBLE, true, true},
                {"bigint", TYPE_DOUBLE, false, false},
                {"integer", TYPE_BIGINT, true, true},
                {"numeric", TYPE_BIGINT, true, true},
                {"double precision", TYPE_BIGINT, true, false},
                {"real", TYPE_INT, true, false},
                {"timestamp without time zone", TYPE_TIMESTAMP, true, true},
                {"date", TYPE_TIMESTAMP, false, false},
                {"character varying", TYPE_STRING, true, true},
                {"character", TYPE_STRING, true, false},
                {"uuid", TYPE_STRING, false, false},
        };
        _cleanup_free_ char *of_value = postgresql_types(TYPE_DOUBLE, false);
        _cleanup_free_ char *of_key = postgresql_types(TYPE_DOUBLE, true);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (postgresql_takes(cases[i].type, cases[i].value, false) != cases[i].as_value)
                        fail_msg("%s as a value", cases[i].type);
                if (postgresql_takes(cases[i].type, cases[i].value, true) != cases[i].as_key)
                        fail_msg("%s as a key", cases[i].type);
        }
        for (ValueType type = 0; type < _TYPE_MAX; type++)
                assert_true(postgresql_takes(postgresql_type(type), type, true));
        assert_string_equal(of_value, "double precision, real, numeric");
        assert_string_equal(of_key, "double precision");
}

static void test_postgresql_mends(void **state) {
        Fixture fixture = make("", 1, 0);
        RowSet rows = {.schema = fixture.schema, .mode = OUTPUT_UPDATE};
        const Column *columns = fixture.schema->columns;
        _cleanup_free_ char *index = postgresql_create_index("s.t", &rows);
        _cleanup_free_ char *add = postgresql_add_column("s.t", &columns[1]);
        _cleanup_free_ char *change = postgresql_change_column("s.t", &columns[3]);
        _cleanup_free_ char *drop = postgresql_drop_not_null("s.t", &columns[2]);

        assert_string_equal(index,
                            "CREATE UNIQUE INDEX ON s.t (\"start\", \"a \"\"b\"\"\") NULLS NOT DISTINCT");
        assert_string_equal(add, "ALTER TABLE s.t ADD COLUMN \"a \"\"b\"\"\" text");
        assert_string_equal(change, "ALTER TABLE s.t ALTER COLUMN \"mean\" TYPE double precision "
                                    "USING \"mean\"::double precision");
        assert_string_equal(drop, "ALTER TABLE s.t ALTER COLUMN \"n\" DROP NOT NULL");
        done(&fixture);
}

static void test_postgresql_refusals(void **state) {
        static char key[3000];
        Fixture fixture = make("good", 1, 0);
        RowSet rows = {.schema = fixture.schema, .mode = OUTPUT_UPDATE};

        assert_int_equal(postgresql_refused_column(&rows, fixture.batch, 0), -1);
        fixture.batch->columns[1].texts[0] = (Text){"a\0b", 3};
        assert_int_equal(postgresql_refused_column(&rows, fixture.batch, 0), 1);
        memset(key, 'x', sizeof(key));
        fixture.batch->columns[1].texts[0] = (Text){key, sizeof(key)};
        assert_int_equal(postgresql_refused_column(&rows, fixture.batch, 0), 1);
        rows.mode = OUTPUT_APPEND; /* there is no index */
        assert_int_equal(postgresql_refused_column(&rows, fixture.batch, 0), -1);
        done(&fixture);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_csv),
                cmocka_unit_test(test_postgresql_copy),
                cmocka_unit_test(test_postgresql_statements),
                cmocka_unit_test(test_postgresql_types),
                cmocka_unit_test(test_postgresql_mends),
                cmocka_unit_test(test_postgresql_refusals),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
