/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The configuration in force, walked by the tables that it was read by. */

#include <stdio.h>

#include "api-json.h"
#include "api.h"
#include "base/strv.h"
#include "columns/timestamp.h"
#include "config/config-target.h"
#include "config/config-value.h"
#include "http-error.h"
#include "job.h"
#include "secrets.h"

static json_object *new_text(const char *text) {
        return text ? json_object_new_string(text) : NULL;
}

/* Drops the text. */
static json_object *new_owned_text(char *text) {
        json_object *value = new_text(text);

        free(text);
        return value;
}

static json_object *choice_value(const ConfigKey *key, int value) {
        for (const ConfigChoice *choice = key->choices; choice->name; choice++)
                if (choice->value == value)
                        return json_object_new_string(choice->name);
        return NULL;
}

static json_object *list_value(char *const *texts) {
        json_object *array;

        if (!texts)
                return NULL;
        array = json_object_new_array();
        for (; *texts; texts++)
                json_object_array_add(array, json_object_new_string(*texts));
        return array;
}

static json_object *properties_value(char *const *properties) {
        json_object *array = json_object_new_array();

        for (; properties && *properties; properties++)
                json_object_array_add(array, new_owned_text(secrets_hide_in_property(*properties)));
        return array;
}

static json_object *start_value(const SourceConfig *source) {
        char text[TIMESTAMP_TEXT_MAX];

        switch (source->start) {
        case START_LATEST: return json_object_new_string("latest");
        case START_EARLIEST: return json_object_new_string("earliest");
        case START_TIMESTAMP: break;
        }
        return json_object_new_string_len(text, (int)timestamp_format(source->start_usec, text));
}

static json_object *key_value(const ConfigKey *key, const void *object) {
        const void *field = (const uint8_t *)object + key->offset;
        char text[CONFIG_TEXT_MAX];

        switch (key->type) {
        case CONFIG_BOOL: return json_object_new_boolean(*(const bool *)field);
        case CONFIG_INT: return json_object_new_uint64((uint64_t)config_value_number(key, object));
        case CONFIG_REAL: return json_object_new_double(*(const double *)field);
        case CONFIG_DURATION:
        case CONFIG_SIZE: return json_object_new_string(config_value_text(text, key, object));
        case CONFIG_ENUM: return choice_value(key, *(const int *)field);
        case CONFIG_START: return start_value(field);
        case CONFIG_TOPICS: return list_value(*(char *const *const *)field);
        case CONFIG_PROPERTIES: return properties_value(*(char *const *const *)field);
        default: break;
        }
        if (strcmp(key->name, "connection") == 0 && *(char *const *)field)
                return new_owned_text(secrets_hide_in_connection(*(char *const *)field));
        return new_text(*(char *const *)field);
}

/* Where settings are added to. */
typedef struct Listing {
        json_object *settings;
        const ConfigTable *table;
        const void *object;   /* whose settings they are */
        const void *defaults; /* another with the built-in ones */
        const char *section;  /* instead of what the table calls it: "sinks[0]"; NULL: as there */
        unsigned type;        /* 1 << the value of the key "type" beside them, where keys depend on it */
} Listing;

static void add_setting(const Listing *listing, const ConfigKey *key) {
        const char *section = listing->section ?: key->section;
        json_object *setting, *value, *built_in;
        char path[CONFIG_TEXT_MAX];

        (void)snprintf(path, sizeof(path), "%s%s%s", section, *section ? "." : "", key->name);
        value = key_value(key, listing->object);
        built_in = key_value(key, listing->defaults);
        setting = json_object_new_object();
        json_add(setting, "key", json_object_new_string(path));
        json_add(setting, "section", json_object_new_string(section));
        json_add(setting, "value", value);
        json_add_flag(setting, "default", !key->required && json_object_equal(value, built_in));
        json_object_put(built_in);
        json_object_array_add(listing->settings, setting);
}

static void add_settings(const Listing *listing) {
        const ConfigTable *table = listing->table;

        for (const ConfigKey *key = table->keys; key < table->keys + table->n_keys; key++)
                if (key->only == 0 || (key->only & listing->type))
                        add_setting(listing, key);
}

static int add_suite(json_object *settings, const SuiteConfig *suite) {
        _cleanup_config_error_ ConfigError error = {};
        SuiteConfig *defaults = new0(SuiteConfig, 1);
        int r = defaults ? 0 : -ENOMEM;

        if (r >= 0) /* the first property is made of bootstrap_servers */
                r = strv_extend(&defaults->kafka_properties, suite->kafka_properties[0]);
        if (r >= 0)
                r = config_target_set_defaults(
                        &(ConfigTarget){.table = &config_suite_table, .object = defaults}, &error);
        if (r >= 0)
                add_settings(&(Listing){settings, &config_suite_table, suite, defaults, NULL, 0});
        suite_config_free(defaults);
        return r;
}

static int add_sink(json_object *settings, const SuiteConfig *suite, const SinkConfig *sink,
                    const char *section) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_(sink_config_done) SinkConfig defaults = {};
        int r;

        r = strv_extend_all(&defaults.kafka_properties, suite->kafka_properties);
        if (r >= 0)
                r = config_target_set_defaults(
                        &(ConfigTarget){.table = &config_sink_table, .object = &defaults}, &error);
        if (r >= 0)
                add_settings(&(Listing){settings, &config_sink_table, sink, &defaults, section,
                                        1u << sink->type});
        return r;
}

static int add_job(json_object *settings, const SuiteConfig *suite, const JobConfig *job) {
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_(job_config_freep) JobConfig *defaults = new0(JobConfig, 1);
        char section[32];
        int r = defaults ? 0 : -ENOMEM;

        if (r >= 0)
                r = strv_extend_all(&defaults->kafka_properties, suite->kafka_properties);
        if (r >= 0)
                r = config_target_set_defaults(
                        &(ConfigTarget){.table = &config_job_table, .object = defaults}, &error);
        if (r >= 0)
                add_settings(&(Listing){settings, &config_job_table, job, defaults, NULL, 0});
        for (size_t i = 0; r >= 0 && i < job->n_sinks; i++) {
                (void)snprintf(section, sizeof(section), "sinks[%zu]", i);
                r = add_sink(settings, suite, &job->sinks[i], section);
        }
        if (r >= 0 && job->dead_letter)
                r = add_sink(settings, suite, job->dead_letter, "dead_letter");
        return r;
}

/* Consumes the object. */
static void answer(Request *request, json_object *object, int r) {
        if (r >= 0) {
                request_answer(request, object);
                return;
        }
        json_object_put(object);
        request_fail(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the configuration cannot be shown: %s",
                     strerror(-r));
}

void api_get_config(Request *request) {
        const SuiteConfig *suite = request->manager->suite;
        json_object *object = json_object_new_object(), *settings = json_object_new_array();

        json_add_text(object, "file", suite->path);
        json_add(object, "settings", settings);
        json_add_text(object, "jobs_folder", suite->jobs_folder);
        answer(request, object, add_suite(settings, suite));
}

void api_get_job_config(Request *request) {
        const JobConfig *config = request->job->config;
        json_object *object, *settings;

        if (!config) {
                request_fail(request, MHD_HTTP_NOT_FOUND, "the file of job \"%s\" is gone",
                             request->job->name);
                return;
        }
        object = json_object_new_object();
        settings = json_object_new_array();
        json_add_text(object, "job", request->job->name);
        json_add_text(object, "file", config->path);
        json_add(object, "settings", settings);
        answer(request, object, add_job(settings, request->manager->suite, config));
}
