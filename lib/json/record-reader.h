/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "columns/batch.h"

/* Reads one JSON record after another into the columns of a batch. The syntax of the whole record is
 * validated (RFC 8259, UTF-8 included); types are checked only for the columns that are used. Keys that no
 * column names are skipped, a column without a key or with null is NULL, of duplicate keys the last wins.
 * Column names match keys exactly, byte by byte. */
typedef struct RecordReader RecordReader;

/* Why a record cannot be used. */
typedef enum RecordFault {
        RECORD_OK,
        RECORD_EMPTY,        /* no bytes: a tombstone (null value) or an empty value */
        RECORD_NOT_JSON,     /* broken syntax, bad UTF-8, nested too deeply, or anything behind the object */
        RECORD_NOT_OBJECT,   /* JSON, but not an object */
        RECORD_WRONG_TYPE,   /* a value that its column cannot take, e.g. a string for an INT */
        RECORD_OUT_OF_RANGE, /* a number that its column cannot hold */
        RECORD_NO_EVENT_TIME, /* event time missing, null, or not a point in time (decided by the worker) */
        RECORD_TOO_LARGE,     /* (decided by the worker) */
        RECORD_REFUSED,       /* by a sink, for good: a row of results (decided by the job) */
        RECORD_NO_MEMORY,     /* not the record's fault: the arena of the batch could not grow */
        _RECORD_FAULT_MAX,
} RecordFault;

/* A stable lower-case name for metrics and dead letters ("not_json"). */
const char *record_fault_name(RecordFault fault);

/* Which JSON values a column takes:
 *   BOOLEAN    true, false
 *   INT/BIGINT numbers written without fraction and exponent, within 32 / 64 bits
 *   DOUBLE     any number within the range of a double; the strings "NaN", "Infinity", "-Infinity"
 *   TIMESTAMP  strings as timestamp_parse() takes them (ISO 8601, "2026-01-31T12:34:56.789+01:00");
 *              numbers: seconds since the epoch, fractions truncated to microseconds
 *   STRING     strings; any other value but null as its JSON text, as Spark does
 * schema and used are copied as far as needed; used: one bool per column, or NULL for all. Returns 0, -E2BIG
 * (more columns than fit the tables) or -ENOMEM. */
int record_reader_new(const Schema *schema, const bool *used, RecordReader **ret);
RecordReader *record_reader_free(RecordReader *reader);
DEFINE_CLEANUP(RecordReader *, record_reader_free);

/* From now on a value that its column cannot take is NULL, and the record is good; as Spark's from_json().
 */
void record_reader_set_nulls_for_faults(RecordReader *reader, bool nulls);

/* Writes the record to row batch->n_rows of the used columns and, if it is good, counts it (n_rows + 1).
 * Texts point into data (which must outlive the batch's rows) or, where escapes had to be decoded, into
 * batch->arena. data needs no padding and no NUL. *ret_column is the column at fault, or SIZE_MAX.
 * The batch must have a free row. */
RecordFault record_reader_read(RecordReader *reader, const void *data, size_t size, Batch *batch,
                               size_t *ret_column);
