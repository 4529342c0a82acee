/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "epoch.h"
#include "columns/rows.h"
#include "wire/messages.h"

int row_set_walk(const RowSet *rows, RowVisitor visitor, void *userdata) {
        _cleanup_(batch_freep) Batch *batch = NULL;
        Reader reader = {rows->rows.data, rows->rows.size};
        int r;

        r = batch_new(rows->schema, NULL, &batch);
        for (size_t left = rows->n_rows; r >= 0 && left > 0; left -= batch->n_rows) {
                batch_reset(batch);
                r = rows_decode(&reader, MIN(left, (size_t)BATCH_ROWS_MAX), batch);
                if (r >= 0)
                        r = visitor(batch, userdata);
        }
        return r;
}

Epoch *epoch_new(uint64_t number, int64_t watermark_usec) {
        Epoch *epoch = new0(Epoch, 1);

        if (epoch)
                *epoch = (Epoch){
                        .number = number,
                        .watermark_usec = watermark_usec,
                        .oldest_kafka_usec = TIME_NONE,
                };
        return epoch;
}

Epoch *epoch_free(Epoch *epoch) {
        if (!epoch)
                return NULL;
        for (size_t i = 0; i < _ROW_KIND_MAX; i++) {
                schema_free(epoch->rows[i].own_schema);
                buffer_done(&epoch->rows[i].rows);
        }
        buffer_done(&epoch->changes);
        free(epoch);
        return NULL;
}

bool epoch_is_for_sinks(const Epoch *epoch) {
        for (size_t i = 0; i < _ROW_KIND_MAX; i++)
                if (epoch->rows[i].n_rows > 0)
                        return true;
        return epoch->renews;
}
