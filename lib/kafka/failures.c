/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "kafka/failures.h"

static const usec_t silence_usec = USEC_PER_MINUTE;

static void append(char text[static KAFKA_FAILURE_TEXT_MAX], const char *begin, const char *end) {
        size_t used = strlen(text), size = MIN((size_t)(end - begin), KAFKA_FAILURE_TEXT_MAX - 1 - used);

        memcpy(text + used, begin, size);
        text[used + size] = '\0';
}

/* Without the client, the number of the connection, the address that a name stands for and the time. */
static void make_key(const char *text, char ret[static KAFKA_FAILURE_TEXT_MAX]) {
        const char *colon = strstr(text, ": "), *hash = strchr(text, '#'), *slash, *connect, *failed, *end;

        ret[0] = '\0';
        if (colon && hash && hash < colon) {
                text = colon + strlen(": ");
                colon = strstr(text, ": ");
        }
        end = strstr(text, " (after ") ?: text + strlen(text);
        if (!colon || colon > end) {
                append(ret, text, end);
                return;
        }
        slash = memchr(text, '/', (size_t)(colon - text)) ?: colon;
        append(ret, text, slash);
        connect = strstr(colon, "Connect to ");
        failed = connect ? strstr(connect, " failed: ") : NULL;
        append(ret, failed && failed < end ? failed : colon, end);
}

bool kafka_failure_is_known(KafkaFailures *failures, const char *text, usec_t now_usec) {
        char key[KAFKA_FAILURE_TEXT_MAX];
        size_t oldest = 0;

        make_key(text, key);
        for (size_t i = 0; i < KAFKA_FAILURES_MAX; i++) {
                if (failures->told[i].told_usec < failures->told[oldest].told_usec)
                        oldest = i;
                if (failures->told[i].told_usec == 0 || strcmp(failures->told[i].text, key) != 0)
                        continue;
                if (now_usec - failures->told[i].told_usec < silence_usec)
                        return true;
                failures->told[i].told_usec = now_usec;
                return false;
        }
        memcpy(failures->told[oldest].text, key, sizeof(key));
        failures->told[oldest].told_usec = now_usec;
        return false;
}
