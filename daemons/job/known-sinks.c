/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "known-sinks.h"

typedef struct KnownSink {
        char *identity;
        uint64_t epoch;
} KnownSink;

void known_sinks_done(KnownSinks *known) {
        for (size_t i = 0; i < known->n; i++)
                free(known->sinks[i].identity);
        free(known->sinks);
        *known = (KnownSinks){};
}

static KnownSink *find(const KnownSinks *known, const char *identity) {
        for (size_t i = 0; i < known->n; i++)
                if (strcmp(known->sinks[i].identity, identity) == 0)
                        return &known->sinks[i];
        return NULL;
}

uint64_t known_sinks_epoch(const KnownSinks *known, const char *identity) {
        const KnownSink *sink = find(known, identity);

        return sink ? sink->epoch : 0;
}

static int remember(KnownSinks *known, const char *identity, uint64_t epoch) {
        KnownSink *sinks, *sink = find(known, identity);

        if (!sink) {
                _cleanup_free_ char *copy = strdup(identity);

                sinks = reallocarray(known->sinks, known->n + 1, sizeof(KnownSink));
                if (sinks)
                        known->sinks = sinks;
                if (!sinks || !copy)
                        return -ENOMEM;
                sink = &sinks[known->n++];
                *sink = (KnownSink){.identity = TAKE_PTR(copy)};
        }
        sink->epoch = epoch;
        return 0;
}

int known_sinks_set(KnownSinks *known, const char *identity, uint64_t epoch, Buffer *changes) {
        _cleanup_buffer_ Buffer value = {};
        StoreKey key = {};
        int r;

        r = remember(known, identity, epoch);
        if (r >= 0)
                r = store_key_add_text(&key, identity);
        if (r >= 0)
                r = buffer_append_u64(&value, epoch);
        return r < 0 ? r : store_put(changes, STORE_SINKS, &key, value.data, value.size);
}

static int on_sink(Reader key, Reader value, void *userdata) {
        _cleanup_free_ char *identity = strndup((const char *)key.data, key.left);
        uint64_t epoch;

        if (!identity)
                return -ENOMEM;
        return read_u64(&value, &epoch) < 0 ? -EUCLEAN : remember(userdata, identity, epoch);
}

int known_sinks_restore(KnownSinks *known, Store *store) {
        return store_walk(store, STORE_SINKS, on_sink, known);
}
