/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "outbox.h"

/* Small enough that LMDB finds room for a block among the pages of those before it. */
enum { BLOCK_BYTES = 64 * 1024 };

static void outbox_key(StoreKey *key, uint64_t epoch, uint8_t kind, uint32_t block) {
        *key = (StoreKey){};
        store_key_add_u64(key, epoch);
        store_key_add_u8(key, kind);
        store_key_add_u32(key, block);
}

static int encode_head(const Epoch *epoch, const RowSet *rows, Buffer *head) {
        int r;

        r = buffer_append_u64(head, (uint64_t)epoch->watermark_usec);
        if (r >= 0)
                r = buffer_append_u8(head, epoch->renews);
        if (r >= 0)
                r = buffer_append_u64(head, rows->n_rows);
        if (r >= 0)
                r = buffer_append_u64(head, rows->rows.size);
        if (r >= 0)
                r = buffer_append_u8(head, (uint8_t)rows->mode);
        if (r >= 0)
                r = buffer_append_u8(head, rows->are_ordered);
        for (size_t i = 0; r >= 0 && i < rows->schema->n_columns; i++) {
                const Column *column = &rows->schema->columns[i];

                r = buffer_append_u8(head, (uint8_t)column->type);
                if (r >= 0)
                        r = buffer_append_u8(head, (uint8_t)column->role);
                if (r >= 0)
                        r = buffer_append_text(head, column->name, strlen(column->name));
        }
        return r;
}

static int put_rows(const Epoch *epoch, uint8_t kind, Buffer *changes) {
        const RowSet *rows = &epoch->rows[kind];
        _cleanup_buffer_ Buffer head = {};
        StoreKey key;
        uint32_t block = 0;
        int r;

        r = encode_head(epoch, rows, &head);
        outbox_key(&key, epoch->number, kind, block++);
        if (r >= 0)
                r = store_put(changes, STORE_OUTBOX, &key, head.data, head.size);
        for (size_t at = 0; r >= 0 && at < rows->rows.size; at += BLOCK_BYTES) {
                outbox_key(&key, epoch->number, kind, block++);
                r = store_put(changes, STORE_OUTBOX, &key, rows->rows.data + at,
                              MIN(rows->rows.size - at, (size_t)BLOCK_BYTES));
        }
        return r;
}

int outbox_put(const Epoch *epoch, Buffer *changes) {
        int r = 0;

        if (!epoch_is_for_sinks(epoch))
                return 0;
        for (uint8_t kind = 0; r >= 0 && kind < _ROW_KIND_MAX; kind++)
                r = put_rows(epoch, kind, changes);
        return r;
}

int outbox_delete(uint64_t epoch, Buffer *changes) {
        StoreKey from, to;

        outbox_key(&from, epoch, 0, 0);
        outbox_key(&to, epoch + 1, 0, 0);
        return store_delete(changes, STORE_OUTBOX, &from, &to);
}

typedef struct OutboxReader {
        Epoch *epoch;
        uint64_t bytes[_ROW_KIND_MAX]; /* that there must be */
} OutboxReader;

static int decode_columns(Reader *reader, Schema *schema) {
        int r = 0;

        while (r >= 0 && reader->left > 0) {
                _cleanup_free_ char *name = NULL;
                uint8_t type, role;

                if (read_u8(reader, &type) < 0 || type >= _TYPE_MAX || read_u8(reader, &role) < 0 ||
                    role >= _COLUMN_ROLE_MAX || read_string(reader, &name) < 0)
                        return -EUCLEAN;
                r = schema_add(schema, name, type);
                if (r >= 0)
                        schema->columns[schema->n_columns - 1].role = role;
        }
        return r;
}

static int decode_head(OutboxReader *outbox, uint64_t number, uint8_t kind, Reader *reader) {
        _cleanup_(schema_freep) Schema *schema = schema_new();
        uint64_t watermark, n_rows;
        uint8_t renews, mode, ordered;
        RowSet *rows;
        int r;

        if (!schema)
                return -ENOMEM;
        if (read_u64(reader, &watermark) < 0 || read_u8(reader, &renews) < 0 ||
            read_u64(reader, &n_rows) < 0 || read_u64(reader, &outbox->bytes[kind]) < 0 ||
            read_u8(reader, &mode) < 0 || mode > OUTPUT_COMPLETE || read_u8(reader, &ordered) < 0)
                return -EUCLEAN;
        r = decode_columns(reader, schema);
        if (r < 0)
                return r;
        if (!outbox->epoch)
                outbox->epoch = epoch_new(number, (int64_t)watermark);
        if (!outbox->epoch)
                return -ENOMEM;
        outbox->epoch->renews = renews;
        rows = &outbox->epoch->rows[kind];
        rows->schema = rows->own_schema = TAKE_PTR(schema);
        rows->n_rows = n_rows;
        rows->mode = mode;
        rows->are_ordered = ordered;
        return 0;
}

static int on_block(Reader key, Reader value, void *userdata) {
        OutboxReader *outbox = userdata;
        uint64_t number;
        uint32_t block;
        RowSet *rows;
        uint8_t kind;

        if (store_key_read_u64(&key, &number) < 0 || read_u8(&key, &kind) < 0 || kind >= _ROW_KIND_MAX ||
            store_key_read_u32(&key, &block) < 0 || (outbox->epoch && number != outbox->epoch->number))
                return -EUCLEAN;
        rows = outbox->epoch ? &outbox->epoch->rows[kind] : NULL;
        if (block == 0)
                return rows && rows->schema ? -EUCLEAN : decode_head(outbox, number, kind, &value);
        return rows && rows->schema ? buffer_append(&rows->rows, value.data, value.left) : -EUCLEAN;
}

int outbox_read(Store *store, Epoch **ret) {
        OutboxReader outbox = {};
        int r;

        r = store_walk(store, STORE_OUTBOX, on_block, &outbox);
        for (size_t i = 0; r >= 0 && outbox.epoch && i < _ROW_KIND_MAX; i++)
                if (outbox.epoch->rows[i].rows.size != outbox.bytes[i])
                        r = -EUCLEAN;
        if (r < 0)
                outbox.epoch = epoch_free(outbox.epoch);
        *ret = outbox.epoch;
        return r;
}
