/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include "show.h"

/* What changes the suite or a job. */

/* Longer than all but a drain takes, which is then shown as under way. */
enum { FOLLOW_STEPS = 50, SETTLE_STEPS = 600, FOLLOW_STEP_USEC = 100 * 1000 };

static bool state_is(json_object *job, const char *state) {
        return strcmp(text_of(job, "state"), state) == 0;
}

static bool is_up(json_object *job) {
        return strcmp(text_of(job, "unit_state"), "active") == 0 && !state_is(job, "active");
}

static bool is_paused(json_object *job, json_object *before) {
        return state_is(job, "paused") || !is_up(before);
}

static bool is_resumed(json_object *job, json_object *before) {
        return !state_is(job, "paused");
}

static bool is_down(json_object *job, json_object *before) {
        const char *state = text_of(job, "unit_state");

        return strcmp(state, "inactive") == 0 || strcmp(state, "failed") == 0;
}

static bool is_started(json_object *job, json_object *before) {
        return is_up(job) || strcmp(text_of(job, "unit_state"), "failed") == 0;
}

static bool is_another_process(json_object *job, json_object *before) {
        return is_started(job, before) && number_of(job, "generation") != number_of(before, "generation");
}

/* The answer to a change is from before it: what is shown is what came of it, if that comes soon. Of a job
 * that is gone by then the last answer is. */
static void follow(const Call *call, json_object **answer) {
        static const struct {
                const char *verb;
                bool (*is_done)(json_object *job, json_object *before);
        } ends[] = {
                {"pause", is_paused},  {"resume", is_resumed},          {"drain", is_down},
                {"start", is_started}, {"restart", is_another_process}, {"reset", is_another_process},
        };
        _cleanup_(json_object_putp) json_object *before = json_object_get(*answer);
        bool (*is_done)(json_object *job, json_object *before) = NULL;
        char path[128];

        for (size_t i = 0; i < ELEMENTSOF(ends); i++)
                if (strcmp(call->verb->name, ends[i].verb) == 0)
                        is_done = ends[i].is_done;
        snprintf(path, sizeof(path), "jobs/%s", call->job ?: "");
        for (int i = 0; is_done && i < FOLLOW_STEPS && !is_done(*answer, before); i++) {
                _cleanup_free_ char *error = NULL;
                json_object *now = NULL;

                if (i > 0)
                        usleep(FOLLOW_STEP_USEC);
                if (client_try("GET", path, NULL, &now, &error) != 0)
                        return;
                json_object_put(*answer);
                *answer = now;
        }
}

static int change(const Call *call, const char *method, json_object *body) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        char path[256];
        int r;

        if (call->job)
                snprintf(path, sizeof(path), "jobs/%s%s", call->job, call->verb->job_path);
        else
                snprintf(path, sizeof(path), "%s", call->verb->path);
        r = client_ask(method, path, body, &answer);
        if (r != 0)
                return r;
        follow(call, &answer);
        return show_answer(call, answer);
}

int run_change(const Call *call) {
        return change(call, "POST", NULL);
}

/* Returns 0 or -EINVAL, of which the user has been told. */
static int add_limit(json_object *body, const char *key, const Options *options, OptionId option) {
        const char *text = options->values[option];
        char *end;
        unsigned long n;

        if (!option_is_given(options, option))
                return 0;
        n = strtoul(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || n > UINT16_MAX) {
                fprintf(stderr, "etlctl: %s takes a number of workers, not \"%s\"\n", option_name(option),
                        text);
                return -EINVAL;
        }
        json_object_object_add(body, key, json_object_new_int64((int64_t)n));
        return 0;
}

int run_scale(const Call *call) {
        const Options *options = call->options;
        _cleanup_(json_object_putp) json_object *body = json_object_new_object();
        bool limits = option_is_given(options, OPTION_MIN) || option_is_given(options, OPTION_MAX);

        if (!body)
                return -ENOMEM;
        if (limits == option_is_given(options, OPTION_DEFAULT)) {
                fputs("etlctl: scale needs --min=N, --max=N or both, or --default\n", stderr);
                return STATUS_USAGE;
        }
        if (!limits) {
                json_object_object_add(body, "min", NULL);
                json_object_object_add(body, "max", NULL);
        }
        if (add_limit(body, "min", options, OPTION_MIN) < 0 ||
            add_limit(body, "max", options, OPTION_MAX) < 0)
                return STATUS_USAGE;
        return change(call, "PUT", body);
}

/* Only returns if it fails. */
static int run_etl_job(const char *option, const char *job) {
        execl(LIBEXECDIR "/etl-job", "etl-job", option, job, NULL);
        fprintf(stderr, "etlctl: cannot run " LIBEXECDIR "/etl-job: %s\n", strerror(errno));
        return STATUS_FAILED;
}

static bool is_confirmed(const Call *call) {
        char answer[16];

        if (option_is_given(call->options, OPTION_YES))
                return true;
        if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
                fprintf(stderr,
                        "etlctl: reset drops all that job %s has counted and its place in the log; if that "
                        "is wanted: etlctl reset --yes %s\n",
                        call->job, call->job);
                return false;
        }
        fprintf(stderr,
                "Job %s forgets all that it has counted and its place in the log, and begins anew at\n"
                "source.start. What its sinks have got stays. Go on? [y/N] ",
                call->job);
        return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

/* Whether the coordinator can tell the job something. While it starts, reloads or drains it cannot, and its
 * process may hold its state: what comes of that is waited for. */
static bool is_reached(const char *job) {
        char path[128];

        snprintf(path, sizeof(path), "jobs/%s", job);
        for (int i = 0; i < SETTLE_STEPS; i++) {
                _cleanup_(json_object_putp) json_object *now = NULL;
                _cleanup_free_ char *error = NULL;

                if (client_try("GET", path, NULL, &now, &error) != 0 || is_down(now, NULL))
                        return false;
                if (is_up(now))
                        return true;
                usleep(FOLLOW_STEP_USEC);
        }
        return true;
}

/* The coordinator does it to a job that runs; the state of one that does not is changed where it lies. */
int run_reset(const Call *call) {
        _cleanup_(json_object_putp) json_object *body = NULL;

        if (!is_confirmed(call))
                return STATUS_USAGE;
        if (!is_reached(call->job))
                return run_etl_job("--reset", call->job);
        body = json_object_new_object();
        if (!body)
                return -ENOMEM;
        json_object_object_add(body, "confirm", json_object_new_string(call->job));
        return change(call, "POST", body);
}

int run_adopt(const Call *call) {
        return run_etl_job("--adopt", call->job);
}
