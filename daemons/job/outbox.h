/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "epoch.h"
#include "store.h"

/* The rows of an epoch that are not yet known to be in every sink, as the store keeps them; with their
 * schemas, since the query's may be another when they are read again. Returns 0 or -ENOMEM. */
int outbox_put(const Epoch *epoch, Buffer *changes);
int outbox_delete(uint64_t epoch, Buffer *changes);
/* *ret is NULL if the outbox is empty; an epoch that is read owns its schemas. Returns 0, -EUCLEAN or
 * another errno. */
int outbox_read(Store *store, Epoch **ret);
