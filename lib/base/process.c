/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <sys/resource.h>

#include "base/process.h"

usec_t process_cpu_usec(void) {
        struct rusage usage;

        if (getrusage(RUSAGE_SELF, &usage) < 0)
                return 0;
        return (usec_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * USEC_PER_SEC +
               (usec_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

uint64_t process_rss_bytes(void) {
        unsigned long pages = 0;
        FILE *file;

        file = fopen("/proc/self/statm", "re");
        if (!file)
                return 0;
        if (fscanf(file, "%*u %lu", &pages) != 1)
                pages = 0;
        fclose(file);
        return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
