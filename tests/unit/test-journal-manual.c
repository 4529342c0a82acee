/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The ids in the header, the table, the catalog and streametl-journal(7) are the same, and what they say of
 * each fits together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "base/macros.h"
#include "base/message-table.h"

static char *page, *catalog, *header;

static char *read_file(const char *name) {
        char path[4096], *text = NULL;
        size_t size = 0;
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", getenv("srcdir") ?: ".", name);
        file = fopen(path, "re");
        if (!file || getdelim(&text, &size, '\0', file) <= 0)
                print_error("%s: %s\n", path, strerror(errno));
        if (file)
                fclose(file);
        return text;
}

static int set_up(void **state) {
        page = read_file("man/streametl-journal.7");
        catalog = read_file("units/streametl.catalog");
        header = read_file("lib/base/message-ids.h");
        return page && catalog && header ? 0 : -1;
}

static int tear_down(void **state) {
        free(page);
        free(catalog);
        free(header);
        return 0;
}

static const MessageType *find(const char *name) {
        for (const MessageType *type = message_types; type->name; type++)
                if (strcmp(type->name, name) == 0)
                        return type;
        return NULL;
}

/* Calls check() with what stands behind each occurrence of a mark, up to a blank. */
static size_t for_each(const char *text, const char *mark, void (*check)(const char *word)) {
        size_t n = 0;

        for (const char *p = text; (p = strstr(p, mark)); n++) {
                char word[128] = "";

                p += strlen(mark);
                (void)sscanf(p, "%127[^ \n\"]", word);
                check(word);
        }
        return n;
}

static void check_in_table(const char *name) {
        if (!find(name))
                fail_msg("%s is not in the table of messages", name);
}

static size_t count_types(void) {
        size_t n = 0;

        while (message_types[n].name)
                n++;
        return n;
}

static void test_every_id_is_in_the_table(void **state) {
        assert_int_equal(for_each(header, "#define MESSAGE_", check_in_table), count_types());
}

/* The entry, up to the next; the caller frees. */
static char *catalog_entry(const MessageType *type) {
        char mark[64];
        const char *start, *end;

        snprintf(mark, sizeof(mark), "\n-- %s\n", type->id);
        start = strstr(catalog, mark);
        if (!start)
                fail_msg("%s is not in the catalog", type->name);
        start += strlen(mark);
        end = strstr(start, "\n-- ");
        return end ? strndup(start, (size_t)(end - start)) : strdup(start);
}

static bool has_field(const MessageType *type, const char *name, size_t size) {
        for (const char *p = type->fields; *p; p += strcspn(p, " "), p += strspn(p, " "))
                if (strncmp(p, name, size) == 0 && (p[size] == ' ' || p[size] == '\0'))
                        return true;
        return false;
}

/* What the catalog puts in place of @FIELD@ is always there. */
static void check_fields(const MessageType *type, const char *entry) {
        static const char mark[] = "@STREAMETL_";

        for (const char *p = entry; (p = strstr(p, mark));) {
                size_t size;

                p += strlen(mark);
                size = strcspn(p, "@");
                if (!has_field(type, p, size))
                        fail_msg("the catalog's entry of %s uses STREAMETL_%.*s, which it has not always",
                                 type->name, (int)size, p);
        }
}

static void check_page_exists(const char *name) {
        char path[4096];

        if (strncmp(name, "etl", 3) != 0 && strncmp(name, "streametl", 9) != 0)
                return;
        snprintf(path, sizeof(path), "%s/man/%.*s.%c", getenv("srcdir") ?: ".", (int)strcspn(name, "("),
                 name, name[strcspn(name, "(") + 1]);
        if (access(path, F_OK) < 0)
                fail_msg("the catalog points to %s, which does not exist", name);
}

static void check_is_id(const char *word) {
        assert_int_equal(strspn(word, "0123456789abcdef"), 32);
}

static void test_catalog(void **state) {
        for (const MessageType *type = message_types; type->name; type++) {
                _cleanup_free_ char *entry = catalog_entry(type);
                const char *text = strstr(entry, "\n\n");

                if (strncmp(entry, "Subject: ", strlen("Subject: ")) != 0 ||
                    !strstr(entry, "\nDefined-By: StreamETL\n"))
                        fail_msg("the catalog's entry of %s:\n%s", type->name, entry);
                if (for_each(entry, "man:", check_page_exists) == 0)
                        fail_msg("the catalog's entry of %s names no manual page", type->name);
                /* What happened, and what to do. */
                if (!text || !strstr(text + 2, "\n\n"))
                        fail_msg("the catalog's entry of %s says too little", type->name);
                check_fields(type, entry);
        }
        assert_int_equal(for_each(catalog, "\n-- ", check_is_id), count_types());
}

/* "ID. By etl-job; fields STREAMETL_JOB, STREAMETL_SINK. A sink does not ..." */
static char *describe(const MessageType *type) {
        _cleanup_free_ char *entry = catalog_entry(type), *by = strdup(type->by),
                            *fields = strdup(type->fields);
        const char *subject = entry + strlen("Subject: "), *separator = "";
        char *text = NULL, *rest = by;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        fprintf(out, "%s. By ", type->id);
        for (const char *word; (word = strsep(&rest, " ")); separator = " and ")
                fprintf(out, "%setl-%s", separator, word);
        separator = "; fields ";
        rest = fields;
        for (const char *word; (word = strsep(&rest, " ")) && *word; separator = ", ")
                fprintf(out, *word == '(' ? "%s(STREAMETL_%s" : "%sSTREAMETL_%s", separator,
                        word + (*word == '('));
        fprintf(out, ". %.*s.", (int)strcspn(subject, "\n"), subject);
        fclose(out);
        return text;
}

/* Compares what stands in the page with the text, where a line break counts as a blank. */
static bool begins_with(const char *found, const char *text) {
        for (; *text; found++, text++)
                if (*found != *text && !(*found == '\n' && *text == ' '))
                        return false;
        return *found == '\n';
}

static void test_manual(void **state) {
        for (const MessageType *type = message_types; type->name; type++) {
                _cleanup_free_ char *text = describe(type);
                const char *found;
                char item[128];

                snprintf(item, sizeof(item), "\n.It Sy %s\n", type->name);
                found = strstr(page, item);
                if (!found)
                        fail_msg("man/streametl-journal.7 lacks %s", type->name);
                if (!begins_with(found + strlen(item), text))
                        fail_msg("expected below %s:\n%s\nfound:\n%.300s", type->name, text,
                                 found + strlen(item));
        }
        assert_int_equal(for_each(page, "\n.It Sy ", check_in_table), count_types());
}

static void check_field_documented(const char *name) {
        char item[128];

        snprintf(item, sizeof(item), "\n.It Va STREAMETL_%.*s\n", (int)strcspn(name, "@)"), name);
        if (!strstr(page, item))
                fail_msg("man/streametl-journal.7 does not say what STREAMETL_%s is", name);
}

static void test_fields(void **state) {
        for (const MessageType *type = message_types; type->name; type++) {
                _cleanup_free_ char *fields = strdup(type->fields);
                char *rest = fields;

                for (const char *word; (word = strsep(&rest, " ")) && *word;)
                        check_field_documented(word + (*word == '('));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_id_is_in_the_table),
                cmocka_unit_test(test_catalog),
                cmocka_unit_test(test_manual),
                cmocka_unit_test(test_fields),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
