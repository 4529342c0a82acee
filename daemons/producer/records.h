/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "random.h"

/* The reference's records: what a course's students do, one JSON object of nine fields each, spelled as
 * Python's json.dumps() spells it. Pure: a record follows from the state and the time alone. */

/* The largest record is below 300 bytes. */
#define RECORD_MAX_BYTES 384

typedef struct Record {
        char text[RECORD_MAX_BYTES];
        size_t size;
        size_t key_offset, key_size; /* student_id within text */
} Record;

/* Makes the next record; time_usec (since the epoch, not negative) becomes its timestamp. */
void record_make(Random *random, int64_t time_usec, Record *ret);
