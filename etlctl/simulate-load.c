/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "simulate-load.h"

static int complain_of(const char *part, size_t size, const char *what, char **ret_error) {
        return asprintf(ret_error, "\"%.*s\": %s", (int)size, part, what) < 0 ? -ENOMEM : -EINVAL;
}

/* "5000/s", "5k/s", "1.5M/s" */
static int parse_rate(const char *text, double *ret) {
        char *end;
        double rate = strtod(text, &end);

        if (end == text || !isfinite(rate) || rate < 0 || !isdigit((unsigned char)*text))
                return -EINVAL;
        if (*end == 'k' || *end == 'M')
                rate *= *end++ == 'k' ? 1e3 : 1e6;
        if (strcmp(end, "/s") != 0 || rate > 1e9)
                return -EINVAL;
        *ret = rate;
        return 0;
}

/* A time, a blank, a rate. part is changed. */
static int parse_step(char *part, LoadPoint *ret) {
        char *rate = strrchr(part, ' ');
        usec_t at_usec;

        if (!rate)
                return -EINVAL;
        *rate++ = '\0';
        if (parse_duration(part, &at_usec) < 0 || parse_rate(rate, &ret->per_sec) < 0)
                return -EINVAL;
        ret->at_sec = (double)at_usec / USEC_PER_SEC;
        return 0;
}

/* Two points make a step: the old rate and the new one at the same time. */
static int add_step(Load *load, size_t *n, const LoadPoint *step) {
        LoadPoint *points = reallocarray(load->points, *n + 3, sizeof(LoadPoint));

        if (!points)
                return -ENOMEM;
        load->points = points;
        if (*n > 0) {
                points[*n] = (LoadPoint){step->at_sec, points[*n - 1].per_sec};
                (*n)++;
        }
        points[(*n)++] = *step;
        points[*n] = (LoadPoint){};
        load->last_sec = step->at_sec;
        return 0;
}

static int parse_steps(const char *text, Load *load, char **ret_error) {
        size_t n = 0;

        for (const char *p = text;; p++) {
                size_t size = strcspn(p, ",");
                _cleanup_free_ char *part = NULL;
                const char *end = p + size;
                LoadPoint step;
                int r;

                for (; size > 0 && isspace((unsigned char)*p); size--)
                        p++;
                while (size > 0 && isspace((unsigned char)p[size - 1]))
                        size--;
                part = strndup(p, size);
                if (!part)
                        return -ENOMEM;
                if (parse_step(part, &step) < 0)
                        return complain_of(p, size, "a time and a rate are expected, such as 10s 5000/s",
                                           ret_error);
                if (n == 0 ? step.at_sec != 0 : step.at_sec <= load->last_sec)
                        return complain_of(p, size,
                                           n == 0 ? "the first time is 0s"
                                                  : "this is not later than the time before",
                                           ret_error);
                r = add_step(load, &n, &step);
                if (r < 0)
                        return r;
                p = end;
                if (*p == '\0')
                        return 0;
        }
}

int load_parse(const char *text, Load *ret, char **ret_error) {
        Load load = {};
        int r;

        r = parse_steps(text, &load, ret_error);
        if (r < 0) {
                free(load.points);
                return r;
        }
        *ret = load;
        return 0;
}

static int find_field(json_object *history, const char *name) {
        json_object *fields = json_object_object_get(history, "fields");

        for (size_t i = 0; fields && i < json_object_array_length(fields); i++)
                if (strcmp(json_object_get_string(json_object_array_get_idx(fields, i)), name) == 0)
                        return (int)i;
        return -ENODATA;
}

int load_from_history(json_object *history, Load *ret) {
        json_object *points = json_object_object_get(history, "points");
        size_t n = points ? json_object_array_length(points) : 0, n_kept = 0;
        int at = find_field(history, "at_usec"), rate = find_field(history, "arrival_per_sec");
        Load load = {};
        double first_sec = 0;

        if (n == 0 || at < 0 || rate < 0)
                return -ENODATA;
        load.points = new0(LoadPoint, n + 1);
        if (!load.points)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                json_object *point = json_object_array_get_idx(points, i);
                double sec = (double)json_object_get_int64(json_object_array_get_idx(point, (size_t)at)) /
                             USEC_PER_SEC;

                if (i == 0)
                        first_sec = sec;
                else if (sec - first_sec <= load.last_sec)
                        continue; /* the clock went back */
                load.last_sec = sec - first_sec;
                load.points[n_kept++] =
                        (LoadPoint){load.last_sec,
                                    json_object_get_double(json_object_array_get_idx(point, (size_t)rate))};
        }
        *ret = load;
        return 0;
}
