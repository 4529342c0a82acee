/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "base/buffer.h"
#include "sql/query.h"

#define COLUMNS "i INT, b BIGINT, d DOUBLE, s STRING, t TIMESTAMP, f BOOLEAN, `group` INT, course STRING"

static Schema *schema;

static int set_up(void **state) {
        SqlError error;

        return schema_parse(COLUMNS, &schema, &error);
}

static int tear_down(void **state) {
        schema = schema_free(schema);
        return 0;
}

static void check_error(const char *text, const SqlError *error, unsigned line, unsigned column,
                        const char *message) {
        if (error->line != line || error->column != column || strcmp(error->message, message) != 0)
                fail_msg("%s\n  is       %u:%u: %s\n  expected %u:%u: %s", text, error->line, error->column,
                         error->message, line, column, message);
}

static void check_query(const char *text, unsigned line, unsigned column, const char *message) {
        Query *query = NULL;
        SqlError error = {};
        int r;

        r = query_parse(text, "logs", schema, &query, &error);
        if (r != -EINVAL)
                fail_msg("%s: returned %d, expected an error", text, r);
        assert_null(query);
        check_error(text, &error, line, column, message);
}

static unsigned count_characters(const char *text) {
        unsigned n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xC0) != 0x80;
        return n;
}

static bool read_line(FILE *file, char *buffer, size_t size) {
        if (!fgets(buffer, (int)size, file))
                return false;
        buffer[strcspn(buffer, "\n")] = '\0';
        return true;
}

/* sql-errors.txt: a query, a mark below the place, the message. */
static void test_messages(void **state) {
        char path[4096], text[256], mark[256], message[512];
        unsigned n = 0;
        FILE *file;

        snprintf(path, sizeof(path), "%s/tests/unit/sql-errors.txt", getenv("srcdir") ?: ".");
        file = fopen(path, "re");
        if (!file)
                fail_msg("%s: %s", path, strerror(errno));

        while (read_line(file, text, sizeof(text))) {
                if (text[0] == '\0' || text[0] == '#')
                        continue;
                assert_true(read_line(file, mark, sizeof(mark)));
                assert_true(read_line(file, message, sizeof(message)));
                check_query(text, 1, count_characters(mark), message);
                n++;
        }

        fclose(file);
        assert_in_range(n, 150, 10000);
}

static void test_positions(void **state) {
        check_query("", 1, 1, "the text ends too early; expected SELECT");
        check_query(" \n\t", 2, 2, "the text ends too early; expected SELECT");
        check_query("SELECT i\nFROM logs\n\tWHERE  x", 3, 9, "column \"x\" not found in \"logs\"");
        check_query("SELECT i,\r\n\"\xC3\xA4\xF0\x9F\x98\x80\", x FROM logs", 2, 7,
                    "column \"x\" not found in \"logs\"");
        check_query("SELECT i -- \xE2\x82\xAC\n, x FROM logs", 2, 3, "column \"x\" not found in \"logs\"");
        check_query("SELECT /* \n */ 'a\nb' FROM logs GROUP", 3, 19, "the text ends too early; expected BY");
}

static void test_not_utf8(void **state) {
        check_query("SELECT \xFF FROM logs", 1, 8, "byte 0xFF is not UTF-8");
        check_query("SELECT 'a\x80' FROM logs", 1, 10, "byte 0x80 is not UTF-8");
        check_query("SELECT '\xC0\xAF' FROM logs", 1, 9, "byte 0xC0 is not UTF-8");
        check_query("SELECT `\xED\xA0\x80` FROM logs", 1, 9, "byte 0xED is not UTF-8");
        check_query("SELECT \x01 FROM logs", 1, 8, "unexpected character 0x01");
}

static void test_columns(void **state) {
        static const struct {
                const char *text;
                unsigned line, column;
                const char *message;
        } cases[] = {
                {"", 1, 1, "the text ends too early; expected a name"},
                {"i", 1, 2, "the text ends too early; expected a name"},
                {"i INT,", 1, 7, "the text ends too early; expected a name"},
                {"i INT s STRING", 1, 7, "unexpected \"s\"; expected a comma or the end"},
                {"i INT,\n  s STRNG", 2, 5, "there is no type \"STRNG\"; did you mean STRING?"},
                {"i FLOAT", 1, 3,
                 "there is no type \"FLOAT\"; expected BOOLEAN, INT, BIGINT, DOUBLE, TIMESTAMP or STRING"},
                {"i VOID", 1, 3,
                 "there is no type \"VOID\"; expected BOOLEAN, INT, BIGINT, DOUBLE, TIMESTAMP or STRING"},
                {"i INT, s VARCHAR(10)", 1, 10,
                 "types with a size are not supported; take STRING for text, DOUBLE for decimals"},
                {"i INT, I STRING", 1, 8,
                 "there already is a column \"I\"; names do not differ by case alone"},
                {"from STRING", 1, 1, "unexpected \"from\"; expected a name"},
                {"i INT; s STRING", 1, 6, "unexpected \";\"; expected a comma or the end"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Schema *parsed = NULL;
                SqlError error = {};

                assert_int_equal(schema_parse(cases[i].text, &parsed, &error), -EINVAL);
                assert_null(parsed);
                check_error(cases[i].text, &error, cases[i].line, cases[i].column, cases[i].message);
        }
}

/* Where the source has a column event_time of another type. */
static void test_event_time(void **state) {
        _cleanup_(schema_freep) Schema *columns = NULL;
        Query *query = NULL;
        SqlError error = {};
        const char *text = "SELECT count(*) FROM logs GROUP BY window(event_time, '1 s')";

        assert_int_equal(schema_parse("event_time DOUBLE", &columns, &error), 0);
        assert_int_equal(query_parse(text, "logs", columns, &query, &error), -EINVAL);
        check_error(text, &error, 1, 43,
                    "event_time must be a TIMESTAMP, and the source's column of this name is DOUBLE");
}

static void test_picture(void **state) {
        static const struct {
                const char *text;
                size_t offset;
                const char *picture;
        } cases[] = {
                {"SELECT x", 7, "SELECT x\n       ^"},
                {"SELECT\n\t x\nFROM", 9, "\t x\n\t ^"},
                {"SELECT\r\nx\r\nFROM", 8, "x\n^"},
                {"SELECT", 6, "SELECT\n      ^"},
                {"SELECT\n", 7, "\n^"},
                {"", 0, "\n^"},
                {"'\xC3\xA4\xE2\x82\xAC' x", 8, "'\xC3\xA4\xE2\x82\xAC' x\n     ^"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                SqlError error = {.offset = cases[i].offset};
                _cleanup_free_ char *picture = sql_error_picture(cases[i].text, &error);

                assert_string_equal(picture, cases[i].picture);
        }
}

/* Of a long line the part around the mark is shown. */
static void test_picture_of_long_line(void **state) {
        char text[3001];

        for (size_t i = 0; i < sizeof(text) - 1; i += 3)
                memcpy(text + i, "\xE2\x82\xAC", 3);
        text[sizeof(text) - 1] = '\0';

        for (size_t i = 0; i < sizeof(text) - 1; i += 3) {
                SqlError error = {.offset = i};
                _cleanup_free_ char *picture = sql_error_picture(text, &error), *line = NULL;
                char *mark = strchr(picture, '\n');

                assert_non_null(mark);
                line = strndup(picture, (size_t)(mark - picture));
                assert_in_range(count_characters(line), 1, 100);
                assert_in_range(strlen(mark + 1), 1, count_characters(line));
                assert_int_equal(mark[strlen(mark) - 1], '^');
        }
}

static char *repeated(const char *head, const char *part, size_t n, const char *tail) {
        Buffer text = {};

        assert_int_equal(buffer_append(&text, head, strlen(head)), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(buffer_append(&text, part, strlen(part)), 0);
        assert_int_equal(buffer_append(&text, tail, strlen(tail) + 1), 0);
        return (char *)text.data;
}

static void test_limits(void **state) {
        static const struct {
                const char *head, *part;
                size_t n;
                const char *tail, *message; /* NULL: it is good */
        } cases[] = {
                {"SELECT ", "(", 1000, "1", "the text ends too early; expected an operator or )"},
                {"SELECT ", "(", 60000, "1", "nested too deeply"},
                {"SELECT ", "NOT ", 400, "f FROM logs", NULL},
                {"SELECT ", "NOT ", 600, "f FROM logs",
                 "this expression is nested too deeply, more than 500 levels"},
                {"SELECT ", "NOT ", 16000, "f FROM logs", "nested too deeply"},
                {"SELECT ", "- ", 30000, "i FROM logs", "nested too deeply"},
                {"SELECT ", "CASE ", 10000, "i FROM logs", "nested too deeply"},
                {"SELECT ", "if(f,", 10000, "i FROM logs", "nested too deeply"},
                {"SELECT ", "i IN(", 10000, "i FROM logs", "nested too deeply"},
                {"SELECT i ", "+ i ", 400, "AS x FROM logs", NULL},
                {"SELECT i ", "+ i ", 15000, "AS x FROM logs",
                 "this expression is nested too deeply, more than 500 levels"},
                {"SELECT i IN (1", ", 2", 20000, ") AS x FROM logs", NULL},
                {"SELECT i IN (t", ", 2", 20000, ") AS x FROM logs",
                 "IN compares values of one type; this is TIMESTAMP, but the first is INT"},
                {"SELECT ", "nullif(", 200, "i, 1",
                 "the text ends too early; expected an operator, a comma or )"},
                {"SELECT i FROM logs WHERE f /*", "/*", 30000, "",
                 "this comment is not closed; expected */"},
                {"SELECT i FROM logs WHERE f", " ", 70000, "", "the text is longer than 65536 bytes"},
                {"SELECT i FROM logs", ";", 60000, "", NULL},
                {"SELECT ", "a", 256, " FROM logs", "this word is longer than 255 bytes"},
                {"SELECT `", "a", 256, "` FROM logs", "this name is longer than 255 bytes"},
                {"SELECT 1", ", 1", 1000, " FROM logs",
                 "there already is an output \"1\"; give one of them a name with AS"},
                {"SELECT s FROM logs GROUP BY s", ", s", 1000, "", "more than 1000 keys in GROUP BY"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text =
                        repeated(cases[i].head, cases[i].part, cases[i].n, cases[i].tail);
                _cleanup_(query_freep) Query *query = NULL;
                SqlError error = {};

                (void)query_parse(text, "logs", schema, &query, &error);
                assert_string_equal(error.message, cases[i].message ?: "");
        }
}

/* nullif() and BETWEEN read an operand twice: 200 of them would be 2^200 expressions. */
static void test_explosion(void **state) {
        _cleanup_free_ char *head = repeated("SELECT ", "nullif(", 200, "i"),
                            *nullifs = repeated(head, ", 1)", 200, " FROM logs"),
                            *opening = repeated("SELECT ", "(", 200, "f"),
                            *betweens = repeated(opening, " BETWEEN f AND f)", 200, " FROM logs");
        Query *query = NULL;
        SqlError error = {};

        assert_int_equal(query_parse(nullifs, "logs", schema, &query, &error), -EINVAL);
        assert_string_equal(error.message, "the query is too complex");
        assert_int_equal(query_parse(betweens, "logs", schema, &query, &error), -EINVAL);
        assert_string_equal(error.message, "the query is too complex");
}

/* Whatever the damage, an error stands within the text, and nothing leaks. */
static void test_damaged(void **state) {
        static const char good[] = "SELECT window.start, i + 1.5e3 AS `x``y`, CASE s WHEN 'a\\n\\u20ac' "
                                   "THEN 1 ELSE 2L END, /* c */\n"
                                   "count(*), sum(coalesce(i, b)) FROM logs l WHERE i NOT IN (1, 2) AND s "
                                   "LIKE '%x' OR t IS NOT NULL\n"
                                   "GROUP BY window(event_time, '10 s'), i, CAST(b AS INT), s HAVING max(d) "
                                   "BETWEEN 1 AND -2 -- end";
        static const char bytes[] = "'\"`\\(),.*-/;=<> 0aE\n\x80\xC3\xFF";
        char text[sizeof(good)];

        for (size_t i = 0; i < sizeof(good) - 1; i++)
                for (size_t j = 0; j < sizeof(bytes); j++) {
                        _cleanup_(query_freep) Query *query = NULL;
                        SqlError error = {};

                        memcpy(text, good, sizeof(good));
                        text[i] = bytes[j]; /* the last one cuts the text */
                        if (query_parse(text, "logs", schema, &query, &error) == 0)
                                continue;
                        assert_in_range(error.offset, 0, strlen(text));
                        assert_in_range(error.column, 1, strlen(text) + 1);
                        assert_true(error.message[0] != '\0');
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_messages),
                cmocka_unit_test(test_positions),
                cmocka_unit_test(test_not_utf8),
                cmocka_unit_test(test_columns),
                cmocka_unit_test(test_event_time),
                cmocka_unit_test(test_picture),
                cmocka_unit_test(test_picture_of_long_line),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_explosion),
                cmocka_unit_test(test_damaged),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
