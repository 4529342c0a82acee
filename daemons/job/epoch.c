/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "epoch.h"

Epoch *epoch_new(uint64_t number, int64_t watermark_usec, const Schema *schema) {
        Epoch *epoch = new0(Epoch, 1);

        if (epoch)
                *epoch = (Epoch){
                        .number = number,
                        .watermark_usec = watermark_usec,
                        .results.schema = schema,
                };
        return epoch;
}

Epoch *epoch_free(Epoch *epoch) {
        if (!epoch)
                return NULL;
        schema_free(epoch->own_schema);
        buffer_done(&epoch->results.rows);
        buffer_done(&epoch->changes);
        free(epoch);
        return NULL;
}
