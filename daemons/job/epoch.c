/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "epoch.h"
#include "wire/messages.h"

Epoch *epoch_new(uint64_t number, const Schema *schema) {
        Epoch *epoch = new0(Epoch, 1);

        if (epoch)
                *epoch = (Epoch){.number = number, .watermark_usec = TIME_NONE, .schema = schema};
        return epoch;
}

Epoch *epoch_free(Epoch *epoch) {
        if (!epoch)
                return NULL;
        buffer_done(&epoch->rows);
        free(epoch);
        return NULL;
}
