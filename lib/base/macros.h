/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _pure_ __attribute__((pure))
#define _unused_ __attribute__((unused))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))
#define MIN(a, b)                                                                                           \
        ({                                                                                                  \
                __typeof__(a) _min_a = (a);                                                                 \
                __typeof__(b) _min_b = (b);                                                                 \
                _min_a < _min_b ? _min_a : _min_b;                                                          \
        })
#define MAX(a, b)                                                                                           \
        ({                                                                                                  \
                __typeof__(a) _max_a = (a);                                                                 \
                __typeof__(b) _max_b = (b);                                                                 \
                _max_a > _max_b ? _max_a : _max_b;                                                          \
        })

/* Hands the pointer over and leaves NULL behind: the last act of a constructor. */
#define TAKE_PTR(p)                                                                                         \
        ({                                                                                                  \
                __typeof__(p) *_take_p = &(p);                                                              \
                __typeof__(p) _take_v = *_take_p;                                                           \
                *_take_p = NULL;                                                                            \
                _take_v;                                                                                    \
        })

/* The same for file descriptors, which leave -EBADF behind. */
#define TAKE_FD(fd)                                                                                         \
        ({                                                                                                  \
                int *_take_fd = &(fd);                                                                      \
                int _take_n = *_take_fd;                                                                    \
                *_take_fd = -EBADF;                                                                         \
                _take_n;                                                                                    \
        })

/* Defines FUNCp() for _cleanup_(FUNCp) on variables of type TYPE (a pointer). */
#define DEFINE_CLEANUP(type, func)                                                                          \
        static inline void func##p(type *p) {                                                               \
                if (*p)                                                                                     \
                        func(*p);                                                                           \
        }                                                                                                   \
        struct _useless_struct_to_allow_trailing_semicolon_

static inline void freep(void *p) {
        free(*(void **)p);
}

static inline void closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)

#define new(t, n) ((t *)reallocarray(NULL, (n), sizeof(t)))
#define new0(t, n) ((t *)calloc((n), sizeof(t)))
