/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buffer.h"
#include "new-partitions.h"
#include "topics.h"
#include "wire/messages.h"

typedef struct Fixture {
        Topics *topics;
        LeaseTable *leases;
} Fixture;

static const LeasePolicy policy = {.lease_usec = USEC_PER_SEC, .first_lease_records = 10};

static int make(void **state) {
        Fixture *fixture = new0(Fixture, 1);

        assert_non_null(fixture);
        assert_int_equal(lease_table_new(1, &policy, &fixture->leases), 0);
        *state = fixture;
        return 0;
}

static int destroy(void **state) {
        Fixture *fixture = *state;

        topics_free(fixture->topics);
        lease_table_free(fixture->leases);
        free(fixture);
        return 0;
}

static void use_names(Fixture *fixture, char **names) {
        const JobConfig config = {.name = (char *)"j", .source.topics = names};

        assert_int_equal(topics_new(&config, &fixture->topics), 0);
}

static void use_pattern(Fixture *fixture, const char *pattern) {
        const JobConfig config = {.name = (char *)"j", .source.topic_pattern = (char *)pattern};

        fixture->topics = topics_free(fixture->topics);
        assert_int_equal(topics_new(&config, &fixture->topics), 0);
}

/* "a=2 b" is what the cluster has: topics, and the numbers of their partitions; 0 stands for an error. */
static void search(Fixture *fixture, const char *found) {
        char name[32];
        unsigned n;

        topics_begin_round(fixture->topics);
        assert_int_equal(topics_begin_search(fixture->topics), 0);
        for (int read; sscanf(found, " %31[^= ]=%u%n", name, &n, &read) == 2; found += read)
                assert_int_equal(topics_found(fixture->topics, name, n, n == 0 ? "not for you" : NULL), 0);
        topics_end_search(fixture->topics);
}

static Topic *get(Fixture *fixture, const char *name) {
        Topic *topic;

        assert_int_equal(topics_get(fixture->topics, name, &topic), 0);
        return topic;
}

/* Compares what is asked with "topic/partition@what ...". */
static void assert_asked(rd_kafka_topic_partition_list_t *list, const char *expected) {
        _cleanup_buffer_ Buffer text = {};

        for (int i = 0; list && i < list->cnt; i++)
                assert_int_equal(buffer_append_format(&text, "%s%s/%d@%lld", i > 0 ? " " : "",
                                                      list->elems[i].topic, list->elems[i].partition,
                                                      (long long)list->elems[i].offset),
                                 0);
        assert_int_equal(buffer_append_u8(&text, 0), 0);
        assert_string_equal((const char *)text.data, expected);
        if (list)
                rd_kafka_topic_partition_list_destroy(list);
}

static void assert_new(Fixture *fixture, StartAt start, const char *expected) {
        assert_asked(new_partitions_find(fixture->topics, start, 7000), expected);
}

static void assert_trouble(const Fixture *fixture, const char *expected) {
        char text[640] = "";

        assert_int_equal(topics_trouble(fixture->topics, text, sizeof(text)), *expected != 0);
        assert_memory_equal(text, expected, strlen(expected));
}

static void test_patterns_match_whole_names(void **state) {
        static const struct {
                const char *pattern, *name;
                bool wanted;
        } cases[] = {
                {"clicks_.*", "clicks_eu", true},
                {"clicks_.*", "clicks_", true},
                {"clicks_.*", "old_clicks_eu", false},
                {"a|ab", "ab", true},
                {"a|ab", "abc", false},
                {"b", "abc", false},
                {".*", "__consumer_offsets", false},
                {".*", "_mine", true},
                {"__mine", "__mine", false},
                {"clicks\\.[0-9]+", "clicks.12", true},
                {"clicks\\.[0-9]+", "clicks-12", false},
        };
        Fixture *fixture = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                use_pattern(fixture, cases[i].pattern);
                print_message("%s %s\n", cases[i].pattern, cases[i].name);
                assert_int_equal(topics_want(fixture->topics, cases[i].name), cases[i].wanted);
        }
}

static void test_partitions_have_an_index_and_a_number(void **state) {
        char *names[] = {(char *)"a", (char *)"b", NULL};
        Fixture *fixture = *state;
        Topic *a, *b;

        use_names(fixture, names);
        a = get(fixture, "a");
        b = get(fixture, "b");
        assert_int_equal(topic_add_partition(a, fixture->leases, 10), 0);
        assert_int_equal(topic_add_partition(b, fixture->leases, 20), 0);
        assert_int_equal(topic_add_partition(a, fixture->leases, 30), 0);
        assert_int_equal(fixture->leases->n_partitions, 3);
        for (uint32_t i = 0; i < 3; i++)
                assert_int_equal(fixture->leases->partitions[i]->index, i);
        assert_ptr_equal(fixture->leases->partitions[1]->topic, b);
        assert_int_equal(fixture->leases->partitions[1]->number, 0);
        assert_ptr_equal(fixture->leases->partitions[2], a->partitions[1]);
        assert_int_equal(a->partitions[1]->number, 1);
        assert_int_equal(a->partitions[1]->position, 30);
        assert_ptr_equal(get(fixture, "a"), a);
}

static void test_named_topics_start_as_the_job_says_and_late_ones_at_their_beginning(void **state) {
        char *names[] = {(char *)"a", (char *)"b", (char *)"c", NULL};
        Fixture *fixture = *state;

        use_names(fixture, names);
        assert_trouble(fixture, "");
        search(fixture, "a=2 c=0 z=1");
        assert_trouble(fixture, "Topic b does not exist; so it is with 1 more; the other topics are read");
        assert_new(fixture, START_LATEST, "a/0@-1 a/1@-1");
        assert_new(fixture, START_EARLIEST, "a/0@-2 a/1@-2");
        assert_new(fixture, START_TIMESTAMP, "a/0@7 a/1@7");
        /* Of c it was not known that there is none. */
        search(fixture, "a=2 b=1 c=1");
        assert_trouble(fixture, "Topic c cannot be asked for: not for you");
        topics_end_round(fixture->topics);
        assert_trouble(fixture, "");
        assert_new(fixture, START_TIMESTAMP, "a/0@7 a/1@7 b/0@-2 c/0@7");
        assert_int_equal(topic_add_partition(get(fixture, "a"), fixture->leases, 0), 0);
        assert_new(fixture, START_LATEST, "a/1@-2 b/0@-2 c/0@-1");
}

static void test_what_matches_later_starts_at_its_beginning(void **state) {
        Fixture *fixture = *state;

        use_pattern(fixture, "[ab].*");
        search(fixture, "c=1 a=1 b=1 __b=1");
        assert_new(fixture, START_LATEST, "a/0@-1 b/0@-1");
        search(fixture, "a=1 ab=1 b=1");
        assert_new(fixture, START_LATEST, "a/0@-1 b/0@-1 ab/0@-2");

        use_pattern(fixture, "x");
        search(fixture, "a=1");
        assert_trouble(fixture, "No topic matches \"x\"");
        search(fixture, "x=1");
        assert_new(fixture, START_LATEST, "x/0@-2");
        assert_trouble(fixture, "");
}

static void test_a_topic_made_anew_is_not_read(void **state) {
        char *names[] = {(char *)"a", (char *)"b", NULL};
        Fixture *fixture = *state;
        Topic *a;

        use_names(fixture, names);
        search(fixture, "a=1 b=1");
        a = get(fixture, "a");
        assert_int_equal(topic_identify(a, "one"), 0);
        assert_int_equal(topic_identify(a, "two"), 0); /* nothing was read of the first */
        assert_true(topic_is_readable(a));
        assert_int_equal(topic_add_partition(a, fixture->leases, 0), 0);
        assert_int_equal(topic_identify(a, "three"), 0);
        assert_false(topic_is_readable(a));
        assert_trouble(fixture, "Topic a was deleted and made anew");
        assert_string_equal(a->id, "two");
        assert_new(fixture, START_LATEST, "b/0@-1");
        search(fixture, "b=1");
        assert_trouble(fixture, "Topic a does not exist");
        /* Kafka never gives an id twice; but what it says counts. */
        search(fixture, "a=1 b=1");
        assert_int_equal(topic_identify(a, "two"), 0);
        assert_trouble(fixture, "");
}

static void test_a_topic_that_cannot_be_asked_for_is_not_away(void **state) {
        char *names[] = {(char *)"a", (char *)"b", (char *)"c", NULL};
        Fixture *fixture = *state;

        use_names(fixture, names);
        search(fixture, "a=1 b=0");
        assert_false(topic_is_away(get(fixture, "a")));
        assert_false(topic_is_away(get(fixture, "b")));
        assert_true(topic_is_away(get(fixture, "c")));
        /* Nor has it gone when a round without a search is over. */
        topics_begin_round(fixture->topics);
        topics_end_round(fixture->topics);
        assert_int_equal(topic_trouble(get(fixture, "b")), TOPIC_FAILED);
        assert_false(topic_is_readable(get(fixture, "b")));
        assert_false(topic_is_away(get(fixture, "b")));
        search(fixture, "a=1");
        assert_true(topic_is_away(get(fixture, "b")));
        assert_true(topic_is_away(get(fixture, "not_wanted")));
}

static void test_what_was_missing_is_to_be_saved_once(void **state) {
        char *names[] = {(char *)"a", (char *)"b", (char *)"c", NULL};
        Fixture *fixture = *state;

        use_names(fixture, names);
        search(fixture, "a=1 c=0");
        assert_false(topic_is_to_be_saved(get(fixture, "a")));
        assert_true(topic_is_to_be_saved(get(fixture, "b")));
        assert_false(topic_is_to_be_saved(get(fixture, "c")));
        topic_saved(get(fixture, "a"));
        topic_saved(get(fixture, "b"));
        topic_saved(get(fixture, "c"));
        search(fixture, "a=1");
        assert_false(topic_is_to_be_saved(get(fixture, "b")));
        assert_true(topic_is_to_be_saved(get(fixture, "c")));
}

static void test_a_topic_of_a_pattern_may_go(void **state) {
        Fixture *fixture = *state;

        use_pattern(fixture, "[ab]");
        search(fixture, "");
        assert_true(topics_are_searched_for(fixture->topics));
        search(fixture, "a=1 b=1");
        assert_false(topics_are_searched_for(fixture->topics));
        search(fixture, "a=1");
        assert_int_equal(topic_trouble(get(fixture, "b")), TOPIC_GONE);
        assert_true(topic_is_away(get(fixture, "b")));
        assert_trouble(fixture, "");
        assert_false(topics_are_searched_for(fixture->topics));
        search(fixture, "");
        assert_trouble(fixture, "No topic matches \"[ab]\"");
        assert_true(topics_are_searched_for(fixture->topics));
}

static void answer(rd_kafka_topic_partition_list_t *answers, const char *topic, int partition,
                   int64_t offset) {
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_find(answers, topic, partition);

        assert_non_null(at);
        at->offset = offset;
}

static void assert_starts(Fixture *fixture, rd_kafka_topic_partition_list_t *answers, const char *topic,
                          uint32_t n, const int64_t *expected) {
        _cleanup_free_ int64_t *starts = NULL;
        uint32_t got;

        assert_int_equal(new_partitions_starts(answers, get(fixture, topic), &starts, &got), 0);
        assert_int_equal(got, n);
        if (n > 0)
                assert_memory_equal(starts, expected, n * sizeof(int64_t));
}

static void test_answers_become_starts_without_a_gap(void **state) {
        char *names[] = {(char *)"a", (char *)"b", NULL};
        Fixture *fixture = *state;
        rd_kafka_topic_partition_list_t *asked, *answers;

        use_names(fixture, names);
        search(fixture, "a=3 b=2");
        asked = new_partitions_find(fixture->topics, START_TIMESTAMP, 7000);
        answers = new_partitions_unanswered(asked);
        rd_kafka_topic_partition_list_destroy(asked);
        answer(answers, "a", 0, 5);
        answer(answers, "a", 2, 6);
        answer(answers, "b", 0, -1);
        answer(answers, "b", 1, 8);
        assert_asked(new_partitions_find_at_end(answers), "b/0@-1");
        assert_starts(fixture, answers, "a", 1, (const int64_t[]){5});
        assert_starts(fixture, answers, "b", 0, NULL);
        answer(answers, "b", 0, 7);
        assert_null(new_partitions_find_at_end(answers));
        assert_starts(fixture, answers, "b", 2, (const int64_t[]){7, 8});
        rd_kafka_topic_partition_list_destroy(answers);
}

static void count_grant(Lease *lease, void *userdata) {
        ((unsigned *)userdata)[lease->partition->index]++;
}

static void count_recall(Lease *lease, void *userdata) {
        ((unsigned *)userdata)[10 + lease->partition->index]++;
}

static void test_what_is_away_or_held_is_not_leased(void **state) {
        char *names[] = {(char *)"a", NULL};
        Fixture *fixture = *state;
        unsigned counts[20] = {};
        const LeaseActions actions = {count_grant, count_recall, counts};
        LeaseWorker *worker;
        Partition **partitions;

        use_names(fixture, names);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(topic_add_partition(get(fixture, "a"), fixture->leases, 0), 0);
        partitions = fixture->leases->partitions;
        assert_true(partition_set_away(partitions[0], true, 0)); /* with records */
        assert_true(partition_set_away(partitions[1], true, 0)); /* without */
        assert_false(partition_set_away(partitions[1], true, 0));
        partitions[2]->unsaved = true;
        for (size_t i = 0; i < 4; i++)
                partition_set_end(partitions[i], i == 1 ? 0 : 5, 0);
        assert_int_equal(partition_lag(partitions[0]), 0);
        assert_int_equal(partition_lag(partitions[2]), 5);

        assert_int_equal(lease_table_add_worker(fixture->leases, 1, NULL, &worker), 0);
        lease_table_schedule(fixture->leases, &actions);
        assert_memory_equal(counts, ((unsigned[4]){0, 0, 0, 1}), 4 * sizeof(unsigned));
        partitions[2]->unsaved = false;
        partitions[2]->held = true;
        lease_table_schedule(fixture->leases, &actions);
        assert_int_equal(counts[2], 0);
        partitions[2]->held = false;
        assert_true(partition_set_away(partitions[0], false, 0));
        assert_int_equal(partition_lag(partitions[0]), 5);
        lease_table_schedule(fixture->leases, &actions);
        assert_int_equal(counts[0] + counts[2], 1); /* a worker has two at hand */
        assert_int_equal(counts[1], 0);

        lease_table_recall_partition(fixture->leases, partitions[3], &actions);
        lease_table_recall_partition(fixture->leases, partitions[3], &actions);
        assert_memory_equal(counts + 10, ((unsigned[4]){0, 0, 0, 1}), 4 * sizeof(unsigned));
        assert_int_equal(lease_table_remove_worker(fixture->leases, worker), 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_patterns_match_whole_names, make, destroy),
                cmocka_unit_test_setup_teardown(test_partitions_have_an_index_and_a_number, make, destroy),
                cmocka_unit_test_setup_teardown(
                        test_named_topics_start_as_the_job_says_and_late_ones_at_their_beginning, make,
                        destroy),
                cmocka_unit_test_setup_teardown(test_what_matches_later_starts_at_its_beginning, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_a_topic_made_anew_is_not_read, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_topic_that_cannot_be_asked_for_is_not_away, make,
                                                destroy),
                cmocka_unit_test_setup_teardown(test_what_was_missing_is_to_be_saved_once, make, destroy),
                cmocka_unit_test_setup_teardown(test_a_topic_of_a_pattern_may_go, make, destroy),
                cmocka_unit_test_setup_teardown(test_what_is_away_or_held_is_not_leased, make, destroy),
                cmocka_unit_test_setup_teardown(test_answers_become_starts_without_a_gap, make, destroy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
