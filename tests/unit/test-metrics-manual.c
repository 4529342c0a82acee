/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The manual page says of every metric what the table says, and of no other metric anything. */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* Behind the others, as it asks. */
#include <cmocka.h>

#include "base/macros.h"
#include "metrics-table.h"

static char *page;

static int set_up(void **state) {
        char path[4096];
        size_t size = 0;
        FILE *file;

        snprintf(path, sizeof(path), "%s/man/streametl-metrics.7", getenv("srcdir") ?: ".");
        file = fopen(path, "re");
        if (!file || getdelim(&page, &size, '\0', file) <= 0) {
                print_error("%s: %s\n", path, strerror(errno));
                return -1;
        }
        fclose(file);
        return 0;
}

static int tear_down(void **state) {
        free(page);
        return 0;
}

/* "Counter; labels job, topic, partition. Records that ..." */
static void describe(char *buffer, size_t size, const Metric *metric) {
        const char *type = metric_type_name(metric->type);
        const char *const *labels = metric_labels(metric->of);
        _cleanup_free_ char *texts = metric->value == VALUE_TEXTS ? strdup(metric->member) : NULL;
        const char *separator = "; labels ";
        char *rest = texts;
        FILE *out = fmemopen(buffer, size, "w");

        fprintf(out, "%c%s", toupper(type[0]), type + 1);
        for (; *labels; labels++, separator = ", ")
                fprintf(out, "%s%s", separator, *labels);
        if (metric->label)
                fprintf(out, "%s%s", separator, metric->label);
        for (const char *name; (name = strsep(&rest, ",")); separator = ", ")
                fprintf(out, "%s%s", separator, name);
        fprintf(out, ". %s", metric->help);
        fclose(out);
}

/* Compares what stands in the page with the text, where a line break counts as a blank. */
static bool begins_with(const char *found, const char *text) {
        for (; *text; found++, text++)
                if (*found != *text && !(*found == '\n' && *text == ' '))
                        return false;
        return *found == '\n';
}

static void test_table_is_documented(void **state) {
        for (const Metric *metric = metrics; metric->name; metric++) {
                char item[256], text[1024];
                const char *found;

                snprintf(item, sizeof(item), "\n.It Sy " METRIC_PREFIX "%s%s\n", metric->name,
                         metric_suffix(metric->type));
                describe(text, sizeof(text), metric);
                found = strstr(page, item);
                if (!found)
                        fail_msg("man/streametl-metrics.7 lacks \"%s\"", item + 1);
                if (!begins_with(found + strlen(item), text))
                        fail_msg("expected below %s:\n%s\nfound:\n%.300s", metric->name, text,
                                 found + strlen(item));
        }
}

static bool exists(const char *name) {
        for (const Metric *metric = metrics; metric->name; metric++) {
                size_t size = strlen(metric->name);

                if (strncmp(name, metric->name, size) == 0 &&
                    strcmp(name + size, metric_suffix(metric->type)) == 0)
                        return true;
        }
        return false;
}

static void test_documented_exist(void **state) {
        size_t n = 0;

        for (const char *p = page; (p = strstr(p, "\n.It Sy " METRIC_PREFIX)); n++) {
                char name[128] = "";

                p += strlen("\n.It Sy " METRIC_PREFIX);
                (void)sscanf(p, "%127[a-z0-9_]", name);
                if (!exists(name))
                        fail_msg("man/streametl-metrics.7 describes %s, which does not exist", name);
        }
        assert_in_range(n, 40, 100);
}

/* The values of labels that are words of ours are explained. */
static void test_label_values_are_documented(void **state) {
        for (const Metric *metric = metrics; metric->name; metric++)
                for (const char *const *known = metric->known; metric->label && *known; known++) {
                        char word[64];

                        snprintf(word, sizeof(word), "\n.It Cm %s\n", *known);
                        if (!strstr(page, word))
                                fail_msg("man/streametl-metrics.7 does not say what %s=\"%s\" is",
                                         metric->label, *known);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table_is_documented),
                cmocka_unit_test(test_documented_exist),
                cmocka_unit_test(test_label_values_are_documented),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
