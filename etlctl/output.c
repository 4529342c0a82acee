/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <sys/ioctl.h>
#include <sys/wait.h>

#include "output.h"

enum { WIDTH_ELSEWHERE = 100 };

static pid_t pager; /* 0: none */

bool output_has_colours(void) {
        static int has = -1; /* asked before the pager takes the terminal's place */
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        if (has < 0)
                has = isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
        return has;
}

const char *output_colour(Colour colour) {
        static const char *const sequences[_COLOUR_MAX] = {
                [COLOUR_NONE] = "\033[0m",    [COLOUR_BOLD] = "\033[1m", [COLOUR_GREEN] = "\033[32m",
                [COLOUR_YELLOW] = "\033[33m", [COLOUR_RED] = "\033[31m",
        };

        return output_has_colours() ? sequences[colour] : "";
}

Colour colour_of_state(const char *state) {
        static const struct {
                const char *state;
                Colour colour;
        } colours[] = {
                {"running", COLOUR_GREEN},    {"active", COLOUR_GREEN},    {"ready", COLOUR_GREEN},
                {"delivering", COLOUR_GREEN}, {"failed", COLOUR_RED},      {"retrying", COLOUR_RED},
                {"stopped", COLOUR_YELLOW},   {"paused", COLOUR_YELLOW},   {"waiting", COLOUR_YELLOW},
                {"starting", COLOUR_YELLOW},  {"draining", COLOUR_YELLOW},
        };

        for (size_t i = 0; i < ELEMENTSOF(colours); i++)
                if (strcmp(colours[i].state, state) == 0)
                        return colours[i].colour;
        return COLOUR_NONE;
}

unsigned output_width(void) {
        struct winsize size;

        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ? WIDTH_ELSEWHERE
                                                                               : size.ws_col;
}

static const char *pager_command(void) {
        static const char *const usual = "if command -v less >/dev/null; then exec less; else exec cat; fi";
        const char *command = getenv("SYSTEMD_PAGER") ?: getenv("PAGER") ?: usual;

        return *command == '\0' || strcmp(command, "cat") == 0 ? NULL : command;
}

static void run_pager(const char *command, int input) {
        const char *less = getenv("SYSTEMD_LESS") ?: "FRSXMK";

        if (dup2(input, STDIN_FILENO) < 0 || setenv("LESS", less, /* overwrite= */ 1) < 0)
                _exit(EXIT_FAILURE);
        close(input);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(EXIT_FAILURE);
}

void output_page(const Options *options) {
        const char *command = pager_command();
        int fds[2];

        if (!command || option_is_given(options, OPTION_NO_PAGER) || !isatty(STDOUT_FILENO) || pager > 0)
                return;
        (void)output_has_colours();
        if (pipe(fds) < 0)
                return;
        pager = fork();
        if (pager == 0) {
                close(fds[1]);
                run_pager(command, fds[0]);
        }
        if (pager > 0)
                dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
}

void output_end(void) {
        fflush(stdout);
        if (pager <= 0)
                return;
        fclose(stdout); /* what the pager waits for */
        while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
                ;
        pager = 0;
}
