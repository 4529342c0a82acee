/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "topics.h"
#include <stdio.h>

#include "base/strv.h"

static Topic *topic_free(Topic *topic) {
        if (!topic)
                return NULL;
        free(topic->name);
        free(topic->id);
        free(topic->partitions);
        free(topic->error);
        free(topic);
        return NULL;
}

Topics *topics_free(Topics *topics) {
        if (!topics)
                return NULL;
        for (size_t i = 0; i < topics->n_topics; i++)
                topic_free(topics->topics[i]);
        free(topics->topics);
        strv_free(topics->names);
        if (topics->pattern_text)
                regfree(&topics->pattern);
        free(topics->pattern_text);
        free(topics->job);
        free(topics);
        return NULL;
}

int topics_new(const JobConfig *config, Topics **ret) {
        _cleanup_(topics_freep) Topics *topics = new0(Topics, 1);
        const SourceConfig *source = &config->source;

        if (!topics)
                return -ENOMEM;
        topics->job = strdup(config->name);
        if (!topics->job || strv_extend_all(&topics->names, source->topics) < 0)
                return -ENOMEM;
        if (source->topic_pattern) {
                topics->pattern_text = strdup(source->topic_pattern);
                /* It was tried when the configuration was read, so memory is all that can be missing. */
                if (!topics->pattern_text ||
                    regcomp(&topics->pattern, source->topic_pattern, REG_EXTENDED) != 0) {
                        free(topics->pattern_text);
                        topics->pattern_text = NULL;
                        return -ENOMEM;
                }
        }
        *ret = TAKE_PTR(topics);
        return 0;
}

bool topics_want(const Topics *topics, const char *name) {
        if (topics->pattern_text)
                return topic_pattern_matches(&topics->pattern, name);
        for (char *const *wanted = topics->names; wanted && *wanted; wanted++)
                if (strcmp(*wanted, name) == 0)
                        return true;
        return false;
}

int topics_get(Topics *topics, const char *name, Topic **ret) {
        Topic **all, *topic;

        for (size_t i = 0; i < topics->n_topics; i++)
                if (strcmp(topics->topics[i]->name, name) == 0) {
                        *ret = topics->topics[i];
                        return 0;
                }
        all = reallocarray(topics->topics, topics->n_topics + 1, sizeof(Topic *));
        if (!all)
                return -ENOMEM;
        topics->topics = all;
        topic = new0(Topic, 1);
        if (!topic)
                return -ENOMEM;
        topic->name = strdup(name);
        if (!topic->name) {
                topic_free(topic);
                return -ENOMEM;
        }
        topic->is_wanted = topics_want(topics, name);
        topic->is_named = topic->is_wanted && !topics->pattern_text;
        all[topics->n_topics++] = topic;
        *ret = topic;
        return 0;
}

int topic_add_partition(Topic *topic, LeaseTable *leases, int64_t start) {
        Partition **partitions =
                reallocarray(topic->partitions, topic->n_partitions + 1, sizeof(Partition *));
        int r;

        if (!partitions)
                return -ENOMEM;
        topic->partitions = partitions;
        r = lease_table_add_partition(leases, topic, topic->n_partitions, start);
        if (r < 0)
                return r;
        partitions[topic->n_partitions++] = leases->partitions[leases->n_partitions - 1];
        return 0;
}

int topics_begin_search(Topics *topics) {
        Topic *topic;
        int r = 0;

        topics->is_first_search = !topics->was_searched && topics->n_topics == 0;
        for (size_t i = 0; r >= 0 && topics->names && topics->names[i]; i++)
                r = topics_get(topics, topics->names[i], &topic);
        for (size_t i = 0; i < topics->n_topics; i++) {
                topics->topics[i]->exists = false;
                topics->topics[i]->failed = false;
                topics->topics[i]->is_unknown = false;
        }
        return r;
}

int topics_found(Topics *topics, const char *name, uint32_t n_in_cluster, const char *error) {
        size_t n_before = topics->n_topics;
        Topic *topic;
        int r;

        if (!topics_want(topics, name))
                return 0;
        r = topics_get(topics, name, &topic);
        if (r < 0)
                return r;
        if (topics->n_topics > n_before) /* so it matches the pattern */
                topic->from_beginning = !topics->is_first_search;
        if (error) {
                topic->is_unknown = true;
                return topic_fail(topic, error);
        }
        topic->exists = true;
        topic->n_in_cluster = n_in_cluster;
        return 0;
}

void topics_end_search(Topics *topics) {
        for (size_t i = 0; i < topics->n_topics; i++) {
                Topic *topic = topics->topics[i];

                if (topic->is_wanted && !topic->exists && !topic->is_unknown)
                        topic->from_beginning = true;
        }
        topics->was_searched = true;
}

void topics_begin_round(Topics *topics) {
        for (size_t i = 0; i < topics->n_topics; i++)
                topics->topics[i]->failed = false;
}

int topic_fail(Topic *topic, const char *error) {
        char *copy = strdup(error);

        if (!copy)
                return -ENOMEM;
        free(topic->error);
        topic->error = copy;
        topic->failed = true;
        return 0;
}

void topics_end_round(Topics *topics) {
        for (size_t i = 0; i < topics->n_topics; i++) {
                Topic *topic = topics->topics[i];

                if (topic->failed || topic->is_unknown)
                        continue;
                free(topic->error);
                topic->error = NULL;
        }
}

int topic_identify(Topic *topic, const char *id) {
        char *copy;

        if (topic->id && strcmp(topic->id, id) == 0) {
                topic->is_other = false;
                return 0;
        }
        if (topic->id && topic->n_partitions > 0) {
                topic->is_other = true;
                return 0;
        }
        copy = strdup(id);
        if (!copy)
                return -ENOMEM;
        free(topic->id);
        topic->id = copy;
        return 0;
}

static bool topic_was_missing(const Topic *topic) {
        return topic->is_named && topic->from_beginning && topic->n_partitions == 0;
}

bool topic_is_to_be_saved(const Topic *topic) {
        return topic_was_missing(topic) && !topic->is_saved;
}

void topic_saved(Topic *topic) {
        topic->is_saved |= topic_was_missing(topic);
}

bool topic_is_readable(const Topic *topic) {
        return topic->is_wanted && topic->exists && !topic->is_other;
}

bool topic_is_away(const Topic *topic) {
        return !topic->is_wanted || topic->is_other || (!topic->exists && !topic->is_unknown);
}

TopicTrouble topic_trouble(const Topic *topic) {
        if (!topic->is_wanted)
                return TOPIC_FINE;
        if (topic->error)
                return TOPIC_FAILED;
        if (!topic->exists)
                return topic->is_named ? TOPIC_MISSING : TOPIC_GONE;
        return topic->is_other ? TOPIC_OTHER : TOPIC_FINE;
}

static bool topic_is_in_trouble(const Topic *topic) {
        return topic_trouble(topic) > TOPIC_GONE;
}

bool topics_are_searched_for(const Topics *topics) {
        bool any_is_readable = false;

        for (size_t i = 0; i < topics->n_topics; i++) {
                if (topic_is_in_trouble(topics->topics[i]))
                        return true;
                any_is_readable |= topic_is_readable(topics->topics[i]);
        }
        return !any_is_readable;
}

/* Of a topic made anew the records at our position will never come, or others will come in their place:
 * nothing is read, and nothing can be counted twice, until somebody decides. */
void topic_describe_trouble(const Topic *topic, const char *job, char *text, size_t size) {
        switch (topic_trouble(topic)) {
        case TOPIC_FINE: snprintf(text, size, "Topic %s is read", topic->name); break;
        case TOPIC_FAILED:
                snprintf(text, size, "Topic %s cannot be asked for: %s", topic->name, topic->error);
                break;
        case TOPIC_GONE: snprintf(text, size, "Topic %s was deleted", topic->name); break;
        case TOPIC_MISSING: snprintf(text, size, "Topic %s does not exist", topic->name); break;
        case TOPIC_OTHER:
                snprintf(text, size,
                         "Topic %s was deleted and made anew, and what is read already was of the old one. "
                         "To begin anew: \"systemctl stop etl-job@%s && etlctl reset %s && systemctl start "
                         "etl-job@%s\"",
                         topic->name, job, job, job);
                break;
        }
}

bool topics_trouble(const Topics *topics, char *text, size_t size) {
        const Topic *first = NULL;
        size_t n = 0, n_readable = 0, used;

        for (size_t i = 0; i < topics->n_topics; i++) {
                const Topic *topic = topics->topics[i];

                n_readable += topic_is_readable(topic);
                if (!topic_is_in_trouble(topic))
                        continue;
                first = first ?: topic;
                n++;
        }
        if (!first) {
                if (!topics->was_searched || n_readable > 0)
                        return false;
                snprintf(text, size, "No topic matches \"%s\"", topics->pattern_text ?: "");
                return true;
        }
        topic_describe_trouble(first, topics->job, text, size);
        used = strlen(text);
        if (n > 1)
                used += (size_t)snprintf(text + used, size - used, "; so it is with %zu more", n - 1);
        if (n_readable > 0 && used < size)
                snprintf(text + used, size - used, "; the other topics are read");
        return true;
}
