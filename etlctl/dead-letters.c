/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <stdio.h>
#include <systemd/sd-journal.h>

#include "base/macros.h"
#include "base/message-ids.h"
#include "show.h"

enum { SHOWN_MAX = 50 };

static void add_field(sd_journal *journal, const char *field, json_object *object, const char *key) {
        size_t size, skip = strlen(field) + 1;
        const void *data;

        if (sd_journal_get_data(journal, field, &data, &size) >= 0)
                json_object_object_add(
                        object, key,
                        json_object_new_string_len((const char *)data + skip, (int)(size - skip)));
}

static json_object *entry_object(sd_journal *journal) {
        json_object *object = json_object_new_object();
        uint64_t usec;

        if (sd_journal_get_realtime_usec(journal, &usec) >= 0)
                json_object_object_add(object, "at_usec", json_object_new_int64((int64_t)usec));
        add_field(journal, "STREAMETL_REASON", object, "reason");
        add_field(journal, "STREAMETL_TOPIC", object, "topic");
        add_field(journal, "STREAMETL_PARTITION", object, "partition");
        add_field(journal, "STREAMETL_OFFSET", object, "offset");
        add_field(journal, "STREAMETL_COLUMN", object, "column");
        add_field(journal, "STREAMETL_VALUE", object, "value");
        return object;
}

/* Those with a reason; a line that only counts others has none. */
static int open_journal(const char *job, sd_journal **ret) {
        _cleanup_free_ char *match = NULL;
        int r;

        if (asprintf(&match, "STREAMETL_JOB=%s", job) < 0)
                return -ENOMEM;
        r = sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r >= 0)
                r = sd_journal_add_match(*ret, "MESSAGE_ID=" MESSAGE_DEAD_LETTER, 0);
        if (r >= 0)
                r = sd_journal_add_match(*ret, match, 0);
        if (r >= 0)
                r = sd_journal_seek_tail(*ret);
        return r < 0 ? r : sd_journal_previous_skip(*ret, SHOWN_MAX);
}

static int fetch_dead_letters(const Call *call, json_object **ret) {
        const char *job = call->job;
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;
        json_object *list;
        int r;

        r = open_journal(job, &journal);
        if (r < 0) {
                fprintf(stderr, "etlctl: cannot read the journal: %s\n", strerror(-r));
                return STATUS_FAILED;
        }
        list = json_object_new_array();
        for (; r > 0; r = sd_journal_next(journal)) {
                json_object *object = entry_object(journal);

                if (json_object_object_get(object, "reason"))
                        json_object_array_add(list, object);
                else
                        json_object_put(object);
        }
        *ret = json_object_new_object();
        json_object_object_add(*ret, "job", json_object_new_string(job));
        json_object_object_add(*ret, "dead_letters", list);
        return r < 0 ? STATUS_FAILED : 0;
}

int run_dead_letters(const Call *call) {
        return show(call, fetch_dead_letters);
}
