/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* Preloaded into a process, gives it a clock of the day of its own: off by the seconds in the file that
 * OTHER_CLOCK names, from the moment they are written. No other clock is touched. */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int64_t *offset;

__attribute__((constructor)) static void map_offset(void) {
        const char *path = getenv("OTHER_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);

        if (map == MAP_FAILED)
                abort(); /* the test would test nothing */
        close(fd);
        offset = map;
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
        static int (*real)(clockid_t clock, struct timespec *ret);
        int r;

        if (!real)
                real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        r = real(clock, ret);
        if (r == 0 && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                ret->tv_sec += *offset;
        return r;
}
