/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/log.h"
#include "options.h"

#define DEFAULT_BROKERS "bootstrap.servers=localhost:9092"
#define DEFAULT_TOPIC "cs_student_logs"

/* Of a number on the command line: far more than can be meant, and its microseconds still fit 64 bits. */
#define MOST_SECONDS 1e12

enum { OPTION_START_TIME = 256, OPTION_TIME_STEP, OPTION_KEYS, OPTION_VERSION };

static const struct option long_options[] = {
        {"brokers", required_argument, NULL, 'b'},
        {"topic", required_argument, NULL, 't'},
        {"rate", required_argument, NULL, 'r'},
        {"count", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"start-time", required_argument, NULL, OPTION_START_TIME},
        {"time-step", required_argument, NULL, OPTION_TIME_STEP},
        {"keys", no_argument, NULL, OPTION_KEYS},
        {"quiet", no_argument, NULL, 'q'},
        {"property", required_argument, NULL, 'X'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {},
};

static void print_help(void) {
        printf("Usage: %s [OPTION...]\n"
               "Sends made-up activity records of students to a Kafka topic.\n\n"
               "  -b, --brokers=LIST       Kafka's addresses (localhost:9092)\n"
               "  -t, --topic=NAME         the topic (" DEFAULT_TOPIC ")\n"
               "  -r, --rate=N             records a second; 0: as fast as possible\n"
               "                           (default: a pause of 0.05 to 0.3 s after each)\n"
               "  -n, --count=N            end after so many records\n"
               "  -s, --seed=N             the same seed makes the same records\n"
               "      --start-time=EPOCH   event time of the first record, in seconds since 1970, and\n"
               "      --time-step=SECONDS  from each record to the next (default: the clock's time)\n"
               "      --keys               give each record its student_id as key\n"
               "  -q, --quiet              do not print the records\n"
               "  -X, --property=KEY=VALUE set a property of librdkafka\n"
               "  -h, --help               print this\n"
               "      --version            print the version\n\n"
               "See etl-producer(8).\n",
               program_invocation_short_name);
}

static int parse_count(const char *text, uint64_t *ret) {
        char *end;
        unsigned long long value;

        errno = 0;
        value = strtoull(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end || errno != 0)
                return -EINVAL;
        *ret = value;
        return 0;
}

static int parse_number(const char *text, double *ret) {
        char *end;
        double value;

        value = strtod(text, &end);
        if (end == text || *end || !isfinite(value) || value < 0 || value > MOST_SECONDS)
                return -EINVAL;
        *ret = value;
        return 0;
}

static int parse_seconds(const char *text, int64_t *ret_usec) {
        double seconds;
        int r;

        r = parse_number(text, &seconds);
        if (r < 0)
                return r;
        *ret_usec = llround(seconds * USEC_PER_SEC);
        return 0;
}

static int parse_rate(const char *text, Options *options) {
        int r;

        r = parse_number(text, &options->per_sec);
        if (r < 0)
                return r;
        options->pacing = options->per_sec > 0 ? PACING_RATE : PACING_UNLIMITED;
        return 0;
}

static int add_property(Options *options, const char *prefix, const char *text) {
        char **properties, *property;

        properties = reallocarray(options->properties, options->n_properties + 2, sizeof(char *));
        if (!properties)
                return -ENOMEM;
        options->properties = properties;
        properties[options->n_properties] = NULL;
        if (asprintf(&property, "%s%s", prefix, text) < 0)
                return -ENOMEM;
        properties[options->n_properties++] = property;
        properties[options->n_properties] = NULL;
        return 0;
}

static int set_option(Options *options, int option, const char *value, bool *has_start, bool *has_step) {
        switch (option) {
        case 'b': return add_property(options, "bootstrap.servers=", value);
        case 't': options->topic = value; return *value ? 0 : -EINVAL;
        case 'r': return parse_rate(value, options);
        case 'n': return parse_count(value, &options->count);
        case 's': return parse_count(value, &options->seed);
        case OPTION_START_TIME: *has_start = true; return parse_seconds(value, &options->start_usec);
        case OPTION_TIME_STEP: *has_step = true; return parse_seconds(value, &options->step_usec);
        case OPTION_KEYS: options->keys = true; return 0;
        case 'q': options->quiet = true; return 0;
        case 'X': return add_property(options, "", value);
        default: return -EINVAL;
        }
}

static const char *option_name(int option) {
        const struct option *o = long_options;

        while (o->val != option)
                o++;
        return o->name;
}

static int parse(int argc, char *argv[], Options *options) {
        bool has_start = false, has_step = false;
        int option, r;

        while ((option = getopt_long(argc, argv, "b:t:r:n:s:qX:h", long_options, NULL)) >= 0) {
                if (option == 'h') {
                        print_help();
                        return 0;
                }
                if (option == OPTION_VERSION) {
                        puts(PACKAGE_STRING);
                        return 0;
                }
                if (option == '?')
                        return -EINVAL; /* getopt has said why */
                r = set_option(options, option, optarg, &has_start, &has_step);
                if (r == -ENOMEM)
                        return log_oom();
                if (r < 0)
                        return log_error_errno(r, "--%s=%s is not a value this option takes",
                                               option_name(option), optarg);
        }
        if (optind < argc)
                return log_error_errno(EINVAL, "Unexpected argument \"%s\"", argv[optind]);
        if (has_start != has_step)
                return log_error_errno(EINVAL, "--start-time and --time-step need each other");
        options->fixed_times = has_start;
        return 1;
}

int options_parse(int argc, char *argv[], Options *ret) {
        _cleanup_(options_done) Options options = {
                .topic = DEFAULT_TOPIC, .pacing = PACING_REFERENCE, .count = UINT64_MAX};
        int r;

        if (getrandom(&options.seed, sizeof(options.seed), 0) < 0)
                return log_error_errno(errno, "Cannot get a random seed: %m");
        if (add_property(&options, "", DEFAULT_BROKERS) < 0)
                return log_oom();
        r = parse(argc, argv, &options);
        if (r > 0) {
                *ret = options;
                options = (Options){};
        }
        return r;
}

void options_done(Options *options) {
        for (size_t i = 0; i < options->n_properties; i++)
                free(options->properties[i]);
        free(options->properties);
        *options = (Options){};
}
