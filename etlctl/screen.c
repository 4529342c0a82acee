/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "screen.h"

/* Sequences of ECMA-48 and xterm, which every terminal of today knows. */
#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

enum { ROWS_ELSEWHERE = 24, COLUMNS_ELSEWHERE = 80 };

static struct termios before;
static volatile sig_atomic_t is_open, ends;
static char *text;
static size_t text_size;

/* Only what may be called from a signal's handler. */
static void restore(void) {
        if (!is_open)
                return;
        is_open = false;
        (void)!write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void on_end(int number) {
        ends = true;
}

static void on_resize(int number) {
}

static void on_crash(int number) {
        restore();
        raise(number); /* SA_RESETHAND: now as without us */
}

/* Those that end or wake are let in only by ppoll(), so that none is missed. */
static int handle_signals(void) {
        static const struct {
                int number, flags;
                void (*handler)(int number);
                bool blocked;
        } signals[] = {
                {SIGINT, 0, on_end, true},
                {SIGTERM, 0, on_end, true},
                {SIGHUP, 0, on_end, true},
                {SIGQUIT, 0, on_end, true},
                {SIGWINCH, 0, on_resize, true},
                {SIGSEGV, SA_RESETHAND | SA_NODEFER, on_crash, false},
                {SIGBUS, SA_RESETHAND | SA_NODEFER, on_crash, false},
                {SIGFPE, SA_RESETHAND | SA_NODEFER, on_crash, false},
                {SIGILL, SA_RESETHAND | SA_NODEFER, on_crash, false},
                {SIGABRT, SA_RESETHAND | SA_NODEFER, on_crash, false},
        };
        sigset_t blocked;

        sigemptyset(&blocked);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                struct sigaction action = {.sa_handler = signals[i].handler, .sa_flags = signals[i].flags};

                if (sigaction(signals[i].number, &action, NULL) < 0)
                        return -errno;
                if (signals[i].blocked)
                        sigaddset(&blocked, signals[i].number);
        }
        return sigprocmask(SIG_BLOCK, &blocked, NULL) < 0 ? -errno : 0;
}

int screen_open(void) {
        struct termios raw;
        int r;

        if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
                return -ENOTTY;
        if (tcgetattr(STDIN_FILENO, &before) < 0)
                return -errno;
        r = handle_signals();
        if (r < 0)
                return r;
        raw = before;
        raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* the screen would stay behind */
        is_open = true;
        (void)atexit(screen_close);
        if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
                return -errno;
        return write(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1) < 0 ? -errno : 0;
}

void screen_close(void) {
        restore();
        free(text);
        text = NULL;
}

ScreenSize screen_size(void) {
        struct winsize size;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
                return (ScreenSize){ROWS_ELSEWHERE, COLUMNS_ELSEWHERE};
        return (ScreenSize){size.ws_row, size.ws_col};
}

/* An arrow comes as three bytes at once, with [ or O in the middle. */
static ScreenKey key_of(const char *bytes, size_t n, char *ret_character) {
        if (n >= 3 && bytes[0] == '\033' && (bytes[1] == '[' || bytes[1] == 'O'))
                return bytes[2] == 'A' ? KEY_UP : bytes[2] == 'B' ? KEY_DOWN : KEY_NONE;
        switch (bytes[0]) {
        case 'k': return KEY_UP;
        case 'j': return KEY_DOWN;
        case 'q': return KEY_QUIT;
        default: *ret_character = bytes[0]; return KEY_OTHER;
        }
}

ScreenKey screen_wait(usec_t timeout_usec, char *ret_character) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        const struct timespec timeout = {(time_t)(timeout_usec / USEC_PER_SEC),
                                         (long)(timeout_usec % USEC_PER_SEC * 1000)};
        sigset_t none;
        char bytes[16];
        ssize_t n;
        int r;

        sigemptyset(&none);
        r = ppoll(&input, 1, &timeout, &none);
        if (ends)
                return KEY_QUIT;
        if (r <= 0)
                return KEY_NONE;
        n = read(STDIN_FILENO, bytes, sizeof(bytes));
        return n <= 0 ? KEY_QUIT : key_of(bytes, (size_t)n, ret_character);
}

FILE *screen_begin(void) {
        free(text);
        text = NULL;
        return open_memstream(&text, &text_size);
}

/* A line up to the width; sequences of colours take no room, nor do continuation bytes of UTF-8. */
static void put_line(FILE *out, const char *line, size_t size, unsigned columns) {
        unsigned column = 0;

        for (size_t i = 0; i < size; i++) {
                if (line[i] == '\033') {
                        while (i < size && line[i] != 'm')
                                fputc(line[i++], out);
                        fputc('m', out);
                        continue;
                }
                column += ((unsigned char)line[i] & 0xc0) != 0x80;
                if (column <= columns)
                        fputc(line[i], out);
        }
        fputs("\033[0m" CLEAR_LINE, out);
}

int screen_show(FILE *file) {
        ScreenSize size = screen_size();
        unsigned row = 0;

        if (fclose(file) != 0)
                return -ENOMEM;
        fputs(HOME, stdout);
        for (const char *line = text; *line && row < size.rows; row++) {
                size_t length = strcspn(line, "\n");

                if (row > 0)
                        fputs("\r\n", stdout);
                put_line(stdout, line, length, size.columns);
                line += length + (line[length] == '\n');
        }
        fputs(CLEAR_BELOW, stdout);
        return fflush(stdout) < 0 ? -errno : 0;
}
