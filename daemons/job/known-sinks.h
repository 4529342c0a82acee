/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "store.h"

/* Which epoch each sink that the job ever had got last. Zero-initialise; known_sinks_done() frees. */
typedef struct KnownSinks {
        struct KnownSink *sinks;
        size_t n;
} KnownSinks;

void known_sinks_done(KnownSinks *known);

/* 0: none. */
uint64_t known_sinks_epoch(const KnownSinks *known, const char *identity) _pure_;
/* From now on, and in the store with the changes. Returns 0, -ENAMETOOLONG or -ENOMEM. */
int known_sinks_set(KnownSinks *known, const char *identity, uint64_t epoch, Buffer *changes);
/* Returns 0, -EUCLEAN or another errno. */
int known_sinks_restore(KnownSinks *known, Store *store);
