/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "outbox.h"

/* Small enough that LMDB finds room for a block among the pages of those before it. */
enum { BLOCK_BYTES = 64 * 1024 };

static void outbox_key(StoreKey *key, uint64_t epoch, uint32_t block) {
        *key = (StoreKey){};
        store_key_add_u64(key, epoch);
        store_key_add_u32(key, block);
}

static int encode_head(const Epoch *epoch, Buffer *head) {
        const RowSet *rows = &epoch->results;
        int r;

        r = buffer_append_u64(head, (uint64_t)epoch->watermark_usec);
        if (r >= 0)
                r = buffer_append_u64(head, rows->n_rows);
        if (r >= 0)
                r = buffer_append_u64(head, rows->rows.size);
        if (r >= 0)
                r = buffer_append_u8(head, rows->are_ordered);
        for (size_t i = 0; r >= 0 && i < rows->schema->n_columns; i++) {
                const Column *column = &rows->schema->columns[i];

                r = buffer_append_u8(head, (uint8_t)column->type);
                if (r >= 0)
                        r = buffer_append_text(head, column->name, strlen(column->name));
        }
        return r;
}

int outbox_put(const Epoch *epoch, Buffer *changes) {
        const Buffer *rows = &epoch->results.rows;
        _cleanup_buffer_ Buffer head = {};
        StoreKey key;
        uint32_t block = 0;
        int r;

        if (epoch->results.n_rows == 0)
                return 0;
        r = encode_head(epoch, &head);
        outbox_key(&key, epoch->number, block++);
        if (r >= 0)
                r = store_put(changes, STORE_OUTBOX, &key, head.data, head.size);
        for (size_t at = 0; r >= 0 && at < rows->size; at += BLOCK_BYTES) {
                outbox_key(&key, epoch->number, block++);
                r = store_put(changes, STORE_OUTBOX, &key, rows->data + at,
                              MIN(rows->size - at, (size_t)BLOCK_BYTES));
        }
        return r;
}

int outbox_delete(uint64_t epoch, Buffer *changes) {
        StoreKey from, to;

        outbox_key(&from, epoch, 0);
        outbox_key(&to, epoch + 1, 0);
        return store_delete(changes, STORE_OUTBOX, &from, &to);
}

typedef struct OutboxReader {
        Epoch *epoch;
        uint64_t bytes; /* that there must be */
} OutboxReader;

static int decode_head(OutboxReader *outbox, uint64_t number, Reader *reader) {
        _cleanup_(schema_freep) Schema *schema = schema_new();
        uint64_t watermark, n_rows;
        uint8_t ordered, type;
        int r;

        if (!schema)
                return -ENOMEM;
        if (read_u64(reader, &watermark) < 0 || read_u64(reader, &n_rows) < 0 ||
            read_u64(reader, &outbox->bytes) < 0 || read_u8(reader, &ordered) < 0)
                return -EUCLEAN;
        while (reader->left > 0) {
                _cleanup_free_ char *name = NULL;

                if (read_u8(reader, &type) < 0 || type >= _TYPE_MAX || read_string(reader, &name) < 0)
                        return -EUCLEAN;
                r = schema_add(schema, name, type);
                if (r < 0)
                        return r;
        }
        outbox->epoch = epoch_new(number, (int64_t)watermark, schema);
        if (!outbox->epoch)
                return -ENOMEM;
        outbox->epoch->own_schema = TAKE_PTR(schema);
        outbox->epoch->results.n_rows = n_rows;
        outbox->epoch->results.are_ordered = ordered;
        return 0;
}

static int on_block(Reader key, Reader value, void *userdata) {
        OutboxReader *outbox = userdata;
        uint64_t number;
        uint32_t block;

        if (store_key_read_u64(&key, &number) < 0 || store_key_read_u32(&key, &block) < 0)
                return -EUCLEAN;
        if (block == 0)
                return outbox->epoch ? -EUCLEAN : decode_head(outbox, number, &value);
        if (!outbox->epoch || number != outbox->epoch->number)
                return -EUCLEAN;
        return buffer_append(&outbox->epoch->results.rows, value.data, value.left);
}

int outbox_read(Store *store, Epoch **ret) {
        OutboxReader outbox = {};
        int r;

        r = store_walk(store, STORE_OUTBOX, on_block, &outbox);
        if (r >= 0 && outbox.epoch && outbox.epoch->results.rows.size != outbox.bytes)
                r = -EUCLEAN;
        if (r < 0)
                outbox.epoch = epoch_free(outbox.epoch);
        *ret = outbox.epoch;
        return r;
}
