/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The shipped file and the manual pages say of every key what the tables say, and of no other key anything.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/config-file.h"
#include "config/config-table.h"
#include "config/config-target.h"
#include "config/config.h"

static char *read_document(const char *name) {
        char path[4096];
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        snprintf(path, sizeof(path), TOP_SRCDIR "/%s", name);
        f = fopen(path, "re");
        assert_non_null(f);
        assert_true(getdelim(&text, &size, '\0', f) > 0);
        fclose(f);
        return text;
}

/* A # with a key behind it at once is a setting, with a blank behind it a sentence. */
static void uncomment(char *text) {
        for (char *p = text; (p = strchr(p, '#')); p++)
                if (p[1] >= 'a' && p[1] <= 'z')
                        *p = ' ';
}

/* The setting's value as the file has it. */
static void check_value(const config_setting_t *group, const char *section, const ConfigKey *key) {
        const config_setting_t *parent = *section ? config_setting_get_member(group, section) : group,
                               *setting;
        char expected[CONFIG_TEXT_MAX], path[CONFIG_TEXT_MAX];
        const ConfigToken *token;

        print_message("%s\n", config_key_path(path, key));
        assert_non_null(parent);
        setting = config_setting_get_member(parent, key->name);
        assert_non_null(setting);
        token = config_file_value_token(setting);
        config_key_default(expected, key);
        assert_int_equal(strncmp(token->text, expected, strlen(expected)), 0);
        assert_int_equal(token->text[strlen(expected)], ';');
}

static void check_table(const ConfigTable *table, unsigned scope, const config_setting_t *group) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (key->scope & scope)
                        check_value(group, key->section, key);
}

/* Names that are not keys are the loader's to refuse. */
static void test_shipped_file(void **state) {
        _cleanup_free_ char *text = read_document("etc/streametl.conf");
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        const config_setting_t *root, *defaults;
        char path[] = "/tmp/test-config-documents.XXXXXX";
        ConfigError error = {};
        int fd, r;

        assert_int_equal(suite_config_load(TOP_SRCDIR "/etc/streametl.conf", &suite, &error), 0);
        suite = suite_config_free(suite);

        uncomment(text);
        r = config_file_parse("streametl.conf", text, &file, &error);
        assert_string_equal(error.message, "");
        assert_int_equal(r, 0);
        root = config_root_setting(&file->config);
        defaults = config_setting_get_member(root, "defaults");
        assert_non_null(defaults);
        check_table(&config_suite_table, CONFIG_SUITE, root);
        check_table(&config_job_table, CONFIG_DEFAULT, defaults);
        check_table(&config_sink_table, CONFIG_DEFAULT, defaults);

        fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        r = suite_config_load(path, &suite, &error);
        unlink(path);
        assert_string_equal(error.message, "");
        assert_int_equal(r, 0);
}

/* "Takes an integer from 1 to 256; default 4." */
static void describe(char *buffer, size_t size, const ConfigKey *key) {
        char allowed[CONFIG_TEXT_MAX], value[CONFIG_TEXT_MAX];
        const char *otherwise = key->default_text ? "default " : key->required ? "required" : "optional";

        snprintf(buffer, size, "Takes %s; %s%s.", config_key_allowed(allowed, key), otherwise,
                 config_key_default(value, key));
}

/* Compares what stands in the page with the text, where a line break counts as a blank. */
static bool begins_with(const char *page, const char *text) {
        for (; *text; page++, text++)
                if (*page != *text && !(*page == '\n' && *text == ' '))
                        return false;
        return *page == '\n';
}

static void check_keys_in_page(const char *page, const ConfigTable *table, unsigned scope) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++) {
                char path[CONFIG_TEXT_MAX], item[CONFIG_TEXT_MAX + 16], text[3 * CONFIG_TEXT_MAX];
                const char *found;

                if (!(key->scope & scope))
                        continue;
                snprintf(item, sizeof(item), "\n.It Ic %s\n", config_key_path(path, key));
                describe(text, sizeof(text), key);
                found = strstr(page, item);
                if (!found)
                        fail_msg("%s is missing", path);
                if (!begins_with(found + strlen(item), text))
                        fail_msg("expected below %s:\n%s\nfound:\n%.200s", path, text, found + strlen(item));
        }
}

static bool is_key(const ConfigTable *table, const char *name) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++) {
                char path[CONFIG_TEXT_MAX];

                if (strcmp(config_key_path(path, key), name) == 0 || strcmp(key->section, name) == 0)
                        return true;
        }
        return false;
}

/* Whatever the page marks as a name of the configuration is a key or a group of keys. */
static void check_names_in_page(const char *page) {
        static const char *const others[] = {"defaults", "sinks", "dead_letter", "group.key"};

        for (const char *p = page; (p = strstr(p, "Ic ")); p++) {
                char name[64] = "";
                bool known;

                assert_int_equal(sscanf(p + 3, "%63[a-z_.]", name), 1);
                known = is_key(&config_suite_table, name) || is_key(&config_job_table, name) ||
                        is_key(&config_sink_table, name);
                for (size_t i = 0; i < ELEMENTSOF(others); i++)
                        known = known || strcmp(name, others[i]) == 0;
                if (!known)
                        fail_msg("%s is not a key", name);
        }
}

static void check_defaults_in_page(const char *page, const ConfigTable *table) {
        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++) {
                char path[CONFIG_TEXT_MAX], item[CONFIG_TEXT_MAX + 16];
                bool listed;

                snprintf(item, sizeof(item), "\n.Ic %s", config_key_path(path, key));
                listed = strstr(page, item);
                if (listed != !!(key->scope & CONFIG_DEFAULT))
                        fail_msg("%s: %s", path, listed ? "has no default" : "is missing");
        }
}

static void test_suite_page(void **state) {
        _cleanup_free_ char *page = read_document("man/streametl.conf.5");

        check_keys_in_page(page, &config_suite_table, CONFIG_SUITE);
        check_defaults_in_page(page, &config_job_table);
        check_defaults_in_page(page, &config_sink_table);
        check_names_in_page(page);
}

static void test_job_page(void **state) {
        _cleanup_free_ char *page = read_document("man/streametl-job.5");

        check_keys_in_page(page, &config_job_table, CONFIG_JOB);
        check_keys_in_page(page, &config_sink_table, CONFIG_JOB);
        check_names_in_page(page);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shipped_file),
                cmocka_unit_test(test_suite_page),
                cmocka_unit_test(test_job_page),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
