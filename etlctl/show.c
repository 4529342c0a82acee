/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "show.h"
#include "printable.h"

int show_answer(const Call *call, json_object *answer) {
        const Options *options = call->options;
        bool watch = option_is_given(options, OPTION_WATCH);
        const Style style = {
                .file = stdout,
                .legend = !option_is_given(options, OPTION_NO_LEGEND),
                .csv = options->format == PRINT_CSV,
        };
        View view = call->job ? call->verb->job_view : call->verb->view;

        /* With --watch one answer a line. */
        if (options->format == PRINT_JSON)
                json_print(answer,
                           watch ? JSON_C_TO_STRING_PLAIN
                                 : JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED,
                           stdout);
        else if (view(answer, &style) < 0) {
                fputs("etlctl: out of memory\n", stderr);
                return STATUS_FAILED;
        }
        return fflush(stdout) < 0 ? STATUS_FAILED : 0;
}

/* On a terminal each answer takes the last one's place. */
static void clear(const Call *call) {
        if (option_is_given(call->options, OPTION_WATCH) && call->options->format == PRINT_TABLE &&
            isatty(STDOUT_FILENO))
                fputs("\033[H\033[2J", stdout); /* top left, clear */
}

int show(const Call *call, Fetch fetch) {
        bool watch = option_is_given(call->options, OPTION_WATCH);
        bool shown = false;
        int r;

        if (!watch)
                output_page(call->options);
        for (;;) {
                _cleanup_(json_object_putp) json_object *answer = NULL;

                r = fetch(call, &answer);
                if (r == 0) {
                        clear(call);
                        r = show_answer(call, answer);
                        shown = true;
                }
                /* What was there once may come back: a coordinator that restarts. */
                if (!watch || (r != 0 && !(shown && r == STATUS_NOT_RUNNING)) || ferror(stdout))
                        return r;
                sleep(1);
        }
}

static int add_query(const Options *options, Buffer *path) {
        char mark = '?';
        int r = 0;

        for (char **where = options->where; r >= 0 && where && *where; where++, mark = '&') {
                r = buffer_append_format(path, "%cwhere=", mark);
                if (r >= 0)
                        r = client_escape(path, *where);
        }
        return r >= 0 && options->lines > 0 ? buffer_append_format(path, "%climit=%u", mark, options->lines)
                                            : r;
}

static int fetch_path(const Call *call, json_object **ret) {
        _cleanup_buffer_ Buffer path = {};
        int r;

        r = call->job ? buffer_append_format(&path, "jobs/%s%s", call->job, call->verb->job_path)
                      : buffer_append_format(&path, "%s", call->verb->path);
        if (r >= 0)
                r = add_query(call->options, &path);
        if (r >= 0)
                r = buffer_append_u8(&path, '\0');
        return r < 0 ? STATUS_FAILED : client_get((const char *)path.data, ret);
}

int run_show(const Call *call) {
        return show(call, fetch_path);
}

/* A job that does not run is shown, and is not a success: as with systemctl. */
int run_status(const Call *call) {
        _cleanup_(json_object_putp) json_object *answer = NULL;
        int r;

        if (!call->job || option_is_given(call->options, OPTION_WATCH))
                return show(call, fetch_path);
        r = fetch_path(call, &answer);
        if (r != 0)
                return r;
        output_page(call->options);
        r = show_answer(call, answer);
        return r != 0 || strcmp(text_of(answer, "unit_state"), "active") == 0 ? r : STATUS_NOT_RUNNING;
}
