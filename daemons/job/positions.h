/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "lease-table.h"

/* Tells Kafka how far the job is, as offsets of the group streametl.JOB, so that tools for lag see it. Best
 * effort, never waited for, and nothing reads it back: what counts is the store. */
typedef struct Positions Positions;

/* config: its name and kafka_properties count; copied. leases: weak. Returns 0 or a negative errno. */
int positions_new(sd_event *event, const JobConfig *config, const LeaseTable *leases, Positions **ret);
Positions *positions_free(Positions *positions);
DEFINE_CLEANUP(Positions *, positions_free);

/* The positions have changed: they are told soon. */
void positions_publish(Positions *positions);
/* The last ones are told now. Returns whether that is worth waiting for: then done() is called once, after a
 * second at most. */
bool positions_finish(Positions *positions, void (*done)(void *userdata), void *userdata);
