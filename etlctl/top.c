/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <time.h>

#include "screen.h"
#include "show.h"

/* The suite, its jobs and the workers of the chosen one, once a second. */

typedef struct Top {
        json_object *status, *workers; /* the last answers; NULL: none */
        char *error;                   /* why there is none */
        char message[256];             /* of the last key */
        char job[128];                 /* the chosen one */
} Top;

static void forget(Top *top) {
        json_object_put(top->status);
        json_object_put(top->workers);
        free(top->error);
        top->status = top->workers = NULL;
        top->error = NULL;
}

static json_object *jobs_of(const Top *top) {
        return top->status ? json_object_object_get(top->status, "jobs") : NULL;
}

static size_t count_jobs(const Top *top) {
        return jobs_of(top) ? json_object_array_length(jobs_of(top)) : 0;
}

static const char *job_name(const Top *top, size_t i) {
        return text_of(json_object_array_get_idx(jobs_of(top), i), "name");
}

/* The chosen job, or the first one if that is gone. */
static size_t chosen(const Top *top) {
        for (size_t i = 0; i < count_jobs(top); i++)
                if (strcmp(job_name(top, i), top->job) == 0)
                        return i;
        return 0;
}

static void choose(Top *top, size_t i) {
        if (i < count_jobs(top))
                snprintf(top->job, sizeof(top->job), "%s", job_name(top, i));
}

static void fetch(Top *top) {
        char path[256];

        forget(top);
        if (client_try("GET", "status", NULL, &top->status, &top->error) != 0 || count_jobs(top) == 0)
                return;
        choose(top, chosen(top));
        snprintf(path, sizeof(path), "jobs/%s/workers", top->job);
        (void)client_try("GET", path, NULL, &top->workers, &top->error);
}

/* Turned around, which colours within would end. */
static void draw_chosen(const char *line, FILE *file) {
        fputs("\033[7m", file);
        for (; *line; line++)
                if (*line == '\033')
                        line += strcspn(line, "m");
                else
                        fputc(*line, file);
        fputc('\n', file);
}

/* The first line is that of the heads. */
static int draw_jobs(const Top *top, FILE *file) {
        _cleanup_free_ char *text = NULL;
        size_t size, row = 0;
        FILE *memory = open_memstream(&text, &size);
        int r;

        if (!memory)
                return -ENOMEM;
        r = view_jobs(top->status, &(Style){.file = memory, .legend = true});
        if (fclose(memory) != 0 || r < 0)
                return -ENOMEM;
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), row++)
                if (row == chosen(top) + 1)
                        draw_chosen(line, file);
                else
                        fprintf(file, "%s\n", line);
        return 0;
}

static void draw_head(const Top *top, FILE *file) {
        json_object *problems;
        time_t now = time(NULL);
        char clock[16];

        strftime(clock, sizeof(clock), "%T", localtime(&now));
        fprintf(file, "etlctl top  %s  ", clock);
        if (!top->status) {
                fprintf(file, "\n\n%s%s%s\n", output_colour(COLOUR_RED), top->error ?: "out of memory",
                        output_colour(COLOUR_NONE));
                return;
        }
        print_summary(top->status, file);
        problems = json_object_object_get(top->status, "problems");
        for (size_t i = 0; problems && i < json_object_array_length(problems); i++)
                fprintf(file, "%s! %s%s\n", output_colour(COLOUR_RED),
                        json_object_get_string(json_object_array_get_idx(problems, i)),
                        output_colour(COLOUR_NONE));
}

static int draw(const Top *top) {
        FILE *file = screen_begin();
        int r = 0;

        if (!file)
                return -ENOMEM;
        draw_head(top, file);
        if (count_jobs(top) > 0) {
                fputc('\n', file);
                r = draw_jobs(top, file);
        }
        if (r >= 0 && top->workers) {
                fprintf(file, "\nWorkers of %s\n", top->job);
                r = view_workers(top->workers, &(Style){.file = file, .legend = true});
        }
        fprintf(file, "\n%s\nq quit  up/down or j/k choose a job  p pause or resume it\n", top->message);
        if (r < 0) {
                fclose(file);
                return r;
        }
        return screen_show(file);
}

static void pause_or_resume(Top *top) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        _cleanup_free_ char *error = NULL;
        json_object *job = count_jobs(top) > 0 ? json_object_array_get_idx(jobs_of(top), chosen(top)) : NULL;
        const char *verb;
        char path[256];

        if (!job)
                return;
        verb = json_object_get_boolean(json_object_object_get(job, "paused")) ? "resume" : "pause";
        snprintf(path, sizeof(path), "jobs/%s/%s", top->job, verb);
        if (client_try("POST", path, NULL, &answer, &error) != 0)
                snprintf(top->message, sizeof(top->message), "%s", error ?: "out of memory");
        else
                snprintf(top->message, sizeof(top->message), "%s %s: done", verb, top->job);
}

/* Returns whether to go on. */
static bool handle_key(Top *top, ScreenKey key, char character) {
        size_t i = chosen(top);

        *top->message = key == KEY_NONE ? *top->message : '\0';
        switch (key) {
        case KEY_QUIT: return false;
        case KEY_UP: choose(top, i > 0 ? i - 1 : 0); break;
        case KEY_DOWN: choose(top, i + 1); break;
        case KEY_OTHER:
                if (character == 'p')
                        pause_or_resume(top);
                break;
        case KEY_NONE: break;
        }
        return true;
}

int run_top(const Call *call) {
        Top top = {};
        char character = '\0';
        ScreenKey key;
        int r;

        r = screen_open();
        if (r < 0) {
                fprintf(stderr, "etlctl: top needs a terminal; etlctl --watch status goes without\n");
                return STATUS_FAILED;
        }
        do {
                fetch(&top);
                r = draw(&top);
                if (r < 0)
                        break;
                key = screen_wait(USEC_PER_SEC, &character);
        } while (handle_key(&top, key, character));
        screen_close();
        forget(&top);
        return r;
}
