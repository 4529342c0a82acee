/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "base/strv.h"
#include "config/config-error.h"
#include "config/suite-config.h"

bool job_name_is_valid(const char *name) {
        size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

        return size >= 1 && size <= 64 && name[size] == '\0';
}

static void source_config_done(SourceConfig *source) {
        free(source->topic);
        strv_free(source->topics);
        free(source->topic_pattern);
        free(source->table);
        free(source->columns_text);
        text_map_done(&source->columns_map);
        free(source->event_time);
        text_map_done(&source->event_time_map);
}

void sink_config_done(SinkConfig *sink) {
        free(sink->name);
        free(sink->folder);
        free(sink->topic);
        strv_free(sink->kafka_properties);
        free(sink->connection);
        free(sink->table);
}

bool sink_config_equal(const SinkConfig *a, const SinkConfig *b) {
        return config_objects_are_equal(&config_sink_table, a, b);
}

JobConfig *job_config_free(JobConfig *config) {
        if (!config)
                return NULL;
        for (size_t i = 0; i < config->n_sinks; i++)
                sink_config_done(&config->sinks[i]);
        free(config->sinks);
        if (config->dead_letter)
                sink_config_done(config->dead_letter);
        free(config->dead_letter);
        free(config->query_text);
        text_map_done(&config->query_map);
        source_config_done(&config->source);
        strv_free(config->kafka_properties);
        free(config->path);
        free(config->name);
        free(config);
        return NULL;
}

/* The job's name is its file's. */
static int set_name(JobConfig *job, ConfigError *error) {
        const char *slash = strrchr(job->path, '/'), *base = slash ? slash + 1 : job->path;
        size_t size = strlen(base);

        if (size <= 5 || strcmp(base + size - 5, ".conf") != 0)
                return config_error_set(error, job->path, 0, 0, "the file of a job is called NAME.conf");
        job->name = strndup(base, size - 5);
        if (!job->name)
                return -ENOMEM;
        if (!job_name_is_valid(job->name))
                return config_error_set(
                        error, job->path, 0, 0,
                        "\"%s\" cannot be a job's name; 1 to 64 characters a-z, 0-9 or _ are allowed",
                        job->name);
        return 0;
}

static const char *sink_type_name(SinkType type) {
        const ConfigKey *key = config_table_find(&config_sink_table, "sink", "type");

        for (const ConfigChoice *choice = key->choices; choice->name; choice++)
                if (choice->value == (int)type)
                        return choice->name;
        return "sink";
}

/* The built-in defaults, over them the suite's, over them the file's. */
static int read_target(ConfigTarget *target, const SuiteConfig *suite, const ConfigFile *file,
                       const config_setting_t *group, const char *section, const char *const *others,
                       ConfigError *error) {
        int r;

        r = config_target_set_defaults(target, error);
        if (r < 0)
                return r;
        r = job_defaults_set(suite->defaults, target, error);
        if (r < 0)
                return r;
        target->given = 0;
        r = config_target_set(target, file, group, section, CONFIG_JOB, others, error);
        if (r < 0)
                return r;
        return config_target_check(target, file, group, section, error);
}

/* The last one given counts. */
static const char *bootstrap_servers(char *const *properties) {
        static const char *const names[] = {"bootstrap.servers=", "metadata.broker.list="};
        const char *servers = "";

        for (; properties && *properties; properties++)
                for (size_t i = 0; i < ELEMENTSOF(names); i++)
                        if (strncmp(*properties, names[i], strlen(names[i])) == 0)
                                servers = *properties + strlen(names[i]);
        return servers;
}

/* What a job writes into a topic that it reads comes back for ever. */
static int check_loop(const JobConfig *job, const SinkConfig *sink, const ConfigFile *file,
                      const config_setting_t *group, ConfigError *error) {
        const config_setting_t *topic = config_setting_get_member(group, "topic");
        int r;

        if (sink->type != SINK_KAFKA || !sink->topic ||
            strcmp(bootstrap_servers(sink->kafka_properties), bootstrap_servers(job->kafka_properties)) != 0)
                return 0;
        r = source_wants_topic(&job->source, sink->topic);
        return r <= 0 ? r
                      : config_file_error(file, config_file_value_token(topic ?: group), error,
                                          "the job would read what it writes into topic \"%s\"; give the "
                                          "sink another topic, or %s that leaves it out",
                                          sink->topic,
                                          job->source.topics ? "source.topics" : "a source.topic_pattern");
}

static int read_sink(const JobConfig *job, SinkConfig *sink, const SuiteConfig *suite,
                     const ConfigFile *file, const config_setting_t *group, ConfigError *error) {
        ConfigTarget target = {.table = &config_sink_table, .object = sink};
        int r;

        if (!config_setting_is_group(group))
                return config_file_error(file, config_file_value_token(group), error,
                                         "a sink is a group; write { type = \"console\"; }");
        r = strv_extend_all(&sink->kafka_properties, suite->kafka_properties);
        if (r >= 0)
                r = read_target(&target, suite, file, group, "sink", NULL, error);
        return r < 0 ? r : check_loop(job, sink, file, group, error);
}

static int add_sink(JobConfig *job, const SuiteConfig *suite, const ConfigFile *file,
                    const config_setting_t *group, ConfigError *error) {
        SinkConfig *sink = &job->sinks[job->n_sinks++];
        int r;

        r = read_sink(job, sink, suite, file, group, error);
        if (r < 0)
                return r;
        if (!sink->name)
                sink->name = strdup(sink_type_name(sink->type));
        if (!sink->name)
                return -ENOMEM;
        for (size_t i = 0; i + 1 < job->n_sinks; i++)
                if (strcmp(job->sinks[i].name, sink->name) == 0)
                        return config_file_error(
                                file, config_file_value_token(group), error,
                                "two sinks are called \"%s\"; give one of them another sink.name",
                                sink->name);
        return 0;
}

/* sink : { ... } or sinks = ( { ... }, { ... } ) */
static int set_sinks(JobConfig *job, const SuiteConfig *suite, const ConfigFile *file, ConfigError *error) {
        const config_setting_t *root = config_root_setting(&file->config);
        const config_setting_t *one = config_setting_get_member(root, "sink");
        const config_setting_t *many = config_setting_get_member(root, "sinks");
        size_t n = one ? 1 : many && config_setting_is_list(many) ? (size_t)config_setting_length(many) : 0;
        int r = 0;

        if (one && many)
                return config_file_error(
                        file, config_file_name_token(many), error,
                        "sink and sinks are both given; put all into sinks = ( { ... }, { ... } )");
        if (many && !config_setting_is_list(many))
                return config_file_error(file, config_file_value_token(many), error,
                                         "sinks is a list; write sinks = ( { ... }, { ... } );");
        if (n == 0)
                return config_error_set(error, file->path, 0, 0,
                                        "the job has no sink; write sink : { type = \"console\"; };");
        job->sinks = new0(SinkConfig, n);
        if (!job->sinks)
                return -ENOMEM;
        for (size_t i = 0; i < n && r == 0; i++)
                r = add_sink(job, suite, file, one ?: config_setting_get_elem(many, (unsigned)i), error);
        return r;
}

/* dead_letter : { ... } */
static int set_dead_letter(JobConfig *job, const SuiteConfig *suite, const ConfigFile *file,
                           ConfigError *error) {
        const config_setting_t *group =
                config_setting_get_member(config_root_setting(&file->config), "dead_letter");
        int r;

        if (!group)
                return 0;
        job->dead_letter = new0(SinkConfig, 1);
        if (!job->dead_letter)
                return -ENOMEM;
        r = read_sink(job, job->dead_letter, suite, file, group, error);
        if (r < 0)
                return r;
        if (job->dead_letter->name)
                return config_file_error(file, config_file_name_token(group), error,
                                         "the sink of dead letters is called dead_letter; remove sink.name");
        job->dead_letter->name = strdup("dead_letter");
        return job->dead_letter->name ? 0 : -ENOMEM;
}

/* What is read is said in one of three ways; afterwards there are either names or a pattern. */
static int set_topics(JobConfig *job, const ConfigFile *file, ConfigError *error) {
        static const char *const names[] = {"topic", "topics", "topic_pattern"};
        const config_setting_t *root = config_root_setting(&file->config);
        const config_setting_t *group = config_setting_get_member(root, "source"), *first = NULL;
        const ConfigToken *place = group ? config_file_name_token(group) : NULL;
        SourceConfig *source = &job->source;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const config_setting_t *setting = group ? config_setting_get_member(group, names[i]) : NULL;

                if (first && setting)
                        return config_file_error(file, config_file_name_token(setting), error,
                                                 "source.%s and source.%s are both given; remove one",
                                                 config_setting_name(first), names[i]);
                first = first ?: setting;
        }
        if (!first)
                return config_error_set(
                        error, file->path, place ? place->line : 0, place ? place->column : 0,
                        "source.topic is missing: The topic that is read; or give source.topics or "
                        "source.topic_pattern.");
        if (source->topic)
                r = strv_extend(&source->topics, source->topic);
        if (!source->table)
                source->table = strdup(source->topic ?: job->name);
        return r < 0 || !source->table ? -ENOMEM : 0;
}

static int set_keys(JobConfig *job, const SuiteConfig *suite, const ConfigFile *file, ConfigError *error) {
        static const char *const sinks[] = {"sink", "sinks", "dead_letter", NULL};
        ConfigTarget target = {.table = &config_job_table, .object = job};
        const config_setting_t *root = config_root_setting(&file->config);
        int r;

        r = strv_extend_all(&job->kafka_properties, suite->kafka_properties);
        if (r < 0)
                return r;
        r = read_target(&target, suite, file, root, "", sinks, error);
        return r < 0 ? r : set_topics(job, file, error);
}

int job_config_load(const SuiteConfig *suite, const char *path, JobConfig **ret, ConfigError *error) {
        _cleanup_(job_config_freep) JobConfig *job = new0(JobConfig, 1);
        _cleanup_(config_file_freep) ConfigFile *file = NULL;
        int r;

        if (!job)
                return -ENOMEM;
        job->path = strdup(path);
        if (!job->path)
                return -ENOMEM;
        r = set_name(job, error);
        if (r < 0)
                return r;
        r = config_file_read(path, &file, error);
        if (r < 0)
                return r;
        r = set_keys(job, suite, file, error);
        if (r < 0)
                return r;
        r = set_sinks(job, suite, file, error);
        if (r >= 0)
                r = set_dead_letter(job, suite, file, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(job);
        return 0;
}
