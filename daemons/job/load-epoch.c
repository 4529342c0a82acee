/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "columns/rows.h"
#include "load-json.h"
#include "load.h"
#include "wire/control.h"

/* Rows of an epoch that go to the coordinator at once: what a page or a terminal shows first. */
enum { SAMPLE_ROWS_MAX = 100 };

int load_send_epoch(Job *job, const Epoch *epoch) {
        _cleanup_(batch_freep) Batch *batch = NULL;
        struct json_object *object, *columns, *sample;
        const RowSet *rows = &epoch->rows[ROWS_RESULTS];
        Reader reader = {rows->rows.data, rows->rows.size};
        int r;

        if (!load_is_wanted(job) || rows->n_rows == 0)
                return 0;
        r = batch_new(rows->schema, NULL, &batch);
        if (r >= 0)
                r = rows_decode(&reader, MIN(rows->n_rows, (size_t)SAMPLE_ROWS_MAX), batch);
        if (r < 0)
                return r;

        object = json_object_new_object();
        columns = json_object_new_array();
        sample = json_object_new_array();
        for (size_t i = 0; i < schema_shown_columns(rows->schema); i++)
                json_object_array_add(columns, json_object_new_string(rows->schema->columns[i].name));
        for (size_t row = 0; row < batch->n_rows; row++) {
                struct json_object *values = json_object_new_array();

                for (size_t i = 0; i < schema_shown_columns(rows->schema); i++)
                        json_object_array_add(values, value_object(&batch->columns[i], row, &batch->arena));
                json_object_array_add(sample, values);
        }
        add_u64(object, "epoch", epoch->number);
        add_u64(object, "rows", rows->n_rows);
        add_time(object, "watermark_usec", epoch->watermark_usec);
        add_object(object, "columns", columns);
        add_object(object, "sample", sample);
        return load_send_object(job, CONTROL_EPOCH, object);
}
