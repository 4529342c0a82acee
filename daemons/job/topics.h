/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <regex.h>

#include "config/config.h"
#include "lease-table.h"

/* The topics that a job reads or has read, and which Kafka has. Pure: no I/O.
 *
 * Partition numbers are Kafka's, 0 .. n - 1 in each topic. The job's own numbers, dense over all topics in
 * the order in which they were found, are called indexes (partition.h). */
typedef enum TopicTrouble {
        TOPIC_FINE,
        TOPIC_GONE, /* it matched the pattern: no trouble, but told of */
        TOPIC_FAILED,
        TOPIC_MISSING,
        TOPIC_OTHER,
} TopicTrouble;

typedef struct Topic {
        char *name;
        char *id; /* that Kafka gave it when it was made, and the positions are of; NULL: not known */
        Partition **partitions; /* weak, by number */
        uint32_t n_partitions;
        uint32_t n_in_cluster; /* partitions that the cluster has */
        bool is_wanted;        /* by the configuration; else only its positions are kept */
        bool is_named;         /* in it, and not found by its pattern */
        bool exists;           /* in the cluster, when that was asked last */
        bool is_other;         /* it was deleted and made anew: the positions say nothing of it */
        bool from_beginning;   /* its first partitions, too, start there: it came later than the job */
        char *error;           /* what went wrong when it was asked for last; or NULL */
        bool failed;           /* that was in this round of questions */
        bool is_unknown;       /* it was when topics were searched last: whether it exists is not known */
        bool is_saved;         /* the store has it, or is told of it; if only that it was missing */
        TopicTrouble told;     /* what the journal knows of it */
} Topic;

typedef struct Topics {
        Topic **topics; /* owned, as they were found */
        size_t n_topics;
        char *job;
        char **names; /* those wanted; NULL: by the pattern */
        char *pattern_text;
        regex_t pattern;
        bool is_first_search; /* of a job that has read nothing: what matches was there before it */
        bool was_searched;
} Topics;

/* Of what the source says, which is copied; a pattern is one. Returns 0 or -ENOMEM. */
int topics_new(const JobConfig *config, Topics **ret);
Topics *topics_free(Topics *topics);
DEFINE_CLEANUP(Topics *, topics_free);

/* Whether the configuration wants a topic of that name: it is named, or all of the name matches and it is
 * none of Kafka's own, which begin with "__". */
bool topics_want(const Topics *topics, const char *name);

/* The one of that name; made if there is none. Returns 0 or -ENOMEM. */
int topics_get(Topics *topics, const char *name, Topic **ret);
/* The topic's next partition, to be leased from start on. Returns 0 or -ENOMEM. */
int topic_add_partition(Topic *topic, LeaseTable *leases, int64_t start);

/* A search of the cluster: what it has is told between begin and end; error: what is wrong with the topic. A
 * topic that is not told of does not exist. Topics that are not wanted are passed over. Each returns 0 or
 * -ENOMEM. */
int topics_begin_search(Topics *topics);
int topics_found(Topics *topics, const char *name, uint32_t n_in_cluster, const char *error);
void topics_end_search(Topics *topics);

/* A round of questions: what went wrong in it stands until one in which it does not. */
void topics_begin_round(Topics *topics);
int topic_fail(Topic *topic, const char *error);
void topics_end_round(Topics *topics);

/* The cluster's topic has this id now. Sets is_other if the positions are of another one. Returns 0 or
 * -ENOMEM. */
int topic_identify(Topic *topic, const char *id);

/* Whether the store must learn of it: that it was missing, so that it is read from its beginning when it
 * comes, whatever becomes of this process until then. Its partitions say for themselves. */
bool topic_is_to_be_saved(const Topic *topic);
void topic_saved(Topic *topic);

/* Whether it can be asked for ends, and leased. */
bool topic_is_readable(const Topic *topic);
/* Whether there is nothing of it to be read, for all that is known. */
bool topic_is_away(const Topic *topic);
/* What is wrong with it; nothing ever is with one that is not wanted. */
TopicTrouble topic_trouble(const Topic *topic);
/* The same in words for the job's admin. */
void topic_describe_trouble(const Topic *topic, const char *job, char *text, size_t size);
/* Whether it is well to search for topics soon: one is in trouble, or none can be read. */
bool topics_are_searched_for(const Topics *topics);
/* Of all; false if nothing is wrong. */
bool topics_trouble(const Topics *topics, char *text, size_t size);
