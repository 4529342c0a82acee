/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>

#include "config/config.h"
#include "unit-name.h"

/* Takes what stands between prefix and suffix. */
static bool take_middle(const char *text, const char *prefix, const char *suffix, char *ret, size_t size) {
        size_t length = strlen(text), n_prefix = strlen(prefix), n_suffix = strlen(suffix);

        if (length < n_prefix + n_suffix || length - n_prefix - n_suffix >= size ||
            strncmp(text, prefix, n_prefix) != 0 || strcmp(text + length - n_suffix, suffix) != 0)
                return false;
        length -= n_prefix + n_suffix;
        memcpy(ret, text + n_prefix, length);
        ret[length] = '\0';
        return true;
}

/* "1" to "9999", without signs, spaces or leading zeros: one number, one name. */
static bool parse_worker_number(const char *text, unsigned *ret) {
        unsigned number = 0;

        if (*text == '0')
                return false;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                number = number * 10 + (unsigned)(*text - '0');
                if (number > WORKER_NUMBER_MAX)
                        return false;
        }
        *ret = number;
        return number > 0;
}

bool unit_name_parse(const char *text, UnitName *ret) {
        char instance[UNIT_NAME_MAX], *colon;
        UnitName name = {};

        if (strcmp(text, OWN_UNIT) == 0)
                name.kind = UNIT_COORDINATOR;
        else if (take_middle(text, "etl-job@", ".service", instance, sizeof(instance)))
                name.kind = UNIT_JOB;
        else if (take_middle(text, "etl-worker@", ".service", instance, sizeof(instance)))
                name.kind = UNIT_WORKER;
        else
                return false;

        if (name.kind == UNIT_WORKER) {
                colon = strchr(instance, ':');
                if (!colon || !parse_worker_number(colon + 1, &name.worker))
                        return false;
                *colon = '\0';
        }
        if (name.kind != UNIT_COORDINATOR) {
                if (!job_name_is_valid(instance))
                        return false;
                strcpy(name.job, instance);
        }
        *ret = name;
        return true;
}

char *unit_name_format(char buffer[static UNIT_NAME_MAX], const UnitName *name) {
        switch (name->kind) {
        case UNIT_COORDINATOR: strcpy(buffer, OWN_UNIT); break;
        case UNIT_JOB: snprintf(buffer, UNIT_NAME_MAX, "etl-job@%s.service", name->job); break;
        case UNIT_WORKER:
                snprintf(buffer, UNIT_NAME_MAX, "etl-worker@%s:%u.service", name->job, name->worker);
                break;
        }
        return buffer;
}
