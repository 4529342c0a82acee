/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "wire/messages.h"
#include "base/strv.h"

/* Messages are lists of fields; a table per message says where each lies, and one pair of loops walks it. */
typedef enum FieldType { FIELD_END, FIELD_BOOL, FIELD_U32, FIELD_U64, FIELD_STRING, FIELD_STRV } FieldType;

typedef struct Field {
        FieldType type;
        size_t offset;
} Field;

#define U32(type, field) {FIELD_U32, offsetof(type, field)}
#define U64(type, field) {FIELD_U64, offsetof(type, field)} /* also int64_t and usec_t */
#define BOOL(type, field) {FIELD_BOOL, offsetof(type, field)}
#define STRING(type, field) {FIELD_STRING, offsetof(type, field)}
#define STRV(type, field) {FIELD_STRV, offsetof(type, field)}

static const Field hello_fields[] = {
        U32(HelloMessage, version),
        U32(HelloMessage, number),
        U32(HelloMessage, pid),
        {},
};

static const Field welcome_fields[] = {
        U32(WelcomeMessage, version),
        U64(WelcomeMessage, generation),
        U64(WelcomeMessage, plan_id),
        STRING(WelcomeMessage, columns_text),
        STRING(WelcomeMessage, table),
        STRING(WelcomeMessage, query_text),
        STRING(WelcomeMessage, event_time),
        STRV(WelcomeMessage, kafka_properties),
        U64(WelcomeMessage, rate_limit_per_sec),
        U64(WelcomeMessage, report_max_bytes),
        U64(WelcomeMessage, queue_bytes),
        U64(WelcomeMessage, record_max_bytes),
        U64(WelcomeMessage, max_future_usec),
        BOOL(WelcomeMessage, nulls_for_faults),
        {},
};

static const Field lease_fields[] = {
        U64(LeaseMessage, id),
        STRING(LeaseMessage, topic),
        U32(LeaseMessage, partition),
        U64(LeaseMessage, start),
        U64(LeaseMessage, end),
        U64(LeaseMessage, watermark_usec),
        {},
};

static const Field ack_fields[] = {
        U64(AckMessage, id),
        U64(AckMessage, watermark_usec),
        {},
};

static const Field report_fields[] = {
        U64(ReportMessage, id),
        U64(ReportMessage, from),
        U64(ReportMessage, to),
        BOOL(ReportMessage, final),
        U64(ReportMessage, max_event_time_usec),
        U64(ReportMessage, next_watermark_usec),
        U64(ReportMessage, oldest_kafka_msec),
        U64(ReportMessage, records),
        U64(ReportMessage, late),
        U64(ReportMessage, future),
        {},
};

static const Field heartbeat_fields[] = {
        U64(HeartbeatMessage, records),
        U64(HeartbeatMessage, busy_usec),
        U64(HeartbeatMessage, cpu_usec),
        U64(HeartbeatMessage, rss_bytes),
        {},
};

static const Field lease_failed_fields[] = {
        U64(LeaseFailedMessage, id),
        U64(LeaseFailedMessage, position),
        BOOL(LeaseFailedMessage, out_of_range),
        STRING(LeaseFailedMessage, reason),
        {},
};

static int strv_encode(char *const *strv, Buffer *buffer) {
        int r;

        r = buffer_append_u32(buffer, (uint32_t)strv_length(strv));
        for (size_t i = 0; r >= 0 && strv && strv[i]; i++)
                r = buffer_append_text(buffer, strv[i], strlen(strv[i]));
        return r;
}

static int strv_decode(Reader *reader, char ***ret) {
        _cleanup_strv_ char **strv = NULL;
        uint32_t n;
        int r;

        r = read_u32(reader, &n);
        if (r < 0)
                return r;
        if (n > reader->left / sizeof(uint32_t))
                return -EBADMSG;
        strv = new0(char *, n + 1);
        if (!strv)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                r = read_string(reader, &strv[i]);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(strv);
        return 0;
}

static int fields_encode(const Field *fields, const void *message, Buffer *buffer) {
        int r = 0;

        for (const Field *field = fields; r >= 0 && field->type != FIELD_END; field++) {
                const void *value = (const uint8_t *)message + field->offset;

                switch (field->type) {
                case FIELD_BOOL: r = buffer_append_u8(buffer, *(const bool *)value); break;
                case FIELD_U32: r = buffer_append_u32(buffer, *(const uint32_t *)value); break;
                case FIELD_U64: r = buffer_append_u64(buffer, *(const uint64_t *)value); break;
                case FIELD_STRING: {
                        const char *text = *(char *const *)value ?: "";

                        r = buffer_append_text(buffer, text, strlen(text));
                        break;
                }
                case FIELD_STRV: r = strv_encode(*(char **const *)value, buffer); break;
                case FIELD_END: break;
                }
        }
        return r;
}

static void fields_done(const Field *fields, void *message) {
        for (const Field *field = fields; field->type != FIELD_END; field++) {
                void *value = (uint8_t *)message + field->offset;

                if (field->type == FIELD_STRING)
                        free(*(char **)value);
                else if (field->type == FIELD_STRV)
                        strv_free(*(char ***)value);
        }
}

static int fields_decode(const Field *fields, Reader *reader, void *message, size_t size) {
        int r = 0;

        memset(message, 0, size);
        for (const Field *field = fields; r >= 0 && field->type != FIELD_END; field++) {
                void *value = (uint8_t *)message + field->offset;
                uint8_t byte;

                switch (field->type) {
                case FIELD_BOOL:
                        r = read_u8(reader, &byte);
                        if (r >= 0)
                                *(bool *)value = byte != 0;
                        break;
                case FIELD_U32: r = read_u32(reader, value); break;
                case FIELD_U64: r = read_u64(reader, value); break;
                case FIELD_STRING: r = read_string(reader, value); break;
                case FIELD_STRV: r = strv_decode(reader, value); break;
                case FIELD_END: break;
                }
        }
        if (r < 0)
                fields_done(fields, message);
        return r;
}

/* A message that fills its frame. */
static int message_decode(const Field *fields, Reader *reader, void *message, size_t size) {
        int r;

        r = fields_decode(fields, reader, message, size);
        if (r < 0)
                return r;
        if (reader->left > 0) {
                fields_done(fields, message);
                return -EBADMSG;
        }
        return 0;
}

int hello_encode(const HelloMessage *message, Buffer *buffer) {
        return fields_encode(hello_fields, message, buffer);
}

int hello_decode(Reader *reader, HelloMessage *ret) {
        return message_decode(hello_fields, reader, ret, sizeof(*ret));
}

int welcome_encode(const WelcomeMessage *message, Buffer *buffer) {
        return fields_encode(welcome_fields, message, buffer);
}

int welcome_decode(Reader *reader, WelcomeMessage *ret) {
        return message_decode(welcome_fields, reader, ret, sizeof(*ret));
}

void welcome_done(WelcomeMessage *message) {
        fields_done(welcome_fields, message);
        *message = (WelcomeMessage){};
}

int lease_encode(const LeaseMessage *message, Buffer *buffer) {
        return fields_encode(lease_fields, message, buffer);
}

int lease_decode(Reader *reader, LeaseMessage *ret) {
        int r;

        r = message_decode(lease_fields, reader, ret, sizeof(*ret));
        if (r < 0 || (ret->start >= 0 && ret->start < ret->end))
                return r;
        lease_done(ret);
        return -EBADMSG;
}

void lease_done(LeaseMessage *message) {
        fields_done(lease_fields, message);
        *message = (LeaseMessage){};
}

int ack_encode(const AckMessage *message, Buffer *buffer) {
        return fields_encode(ack_fields, message, buffer);
}

int ack_decode(Reader *reader, AckMessage *ret) {
        return message_decode(ack_fields, reader, ret, sizeof(*ret));
}

int report_encode(const ReportMessage *message, Buffer *buffer) {
        int r;

        r = fields_encode(report_fields, message, buffer);
        for (size_t i = 0; r >= 0 && i < _RECORD_FAULT_MAX; i++)
                r = buffer_append_u64(buffer, message->faults[i]);
        return r;
}

int report_decode(Reader *reader, ReportMessage *ret) {
        int r;

        r = fields_decode(report_fields, reader, ret, sizeof(*ret));
        for (size_t i = 0; r >= 0 && i < _RECORD_FAULT_MAX; i++)
                r = read_u64(reader, &ret->faults[i]);
        return r < 0 ? r : ret->from < 0 || ret->from > ret->to ? -EBADMSG : 0;
}

_Static_assert(sizeof(RecordFault) == sizeof(uint32_t), "a fault travels as u32");

static const Field dead_record_fields[] = {
        U64(DeadRecord, offset),
        U64(DeadRecord, kafka_time_msec),
        U32(DeadRecord, fault),
        U32(DeadRecord, column),
        U64(DeadRecord, full_size),
        U64(DeadRecord, event_time_usec),
        U64(DeadRecord, window_start_usec),
        U64(DeadRecord, window_end_usec),
        U64(DeadRecord, watermark_usec),
        BOOL(DeadRecord, has_key),
        {},
};

int dead_record_encode(const DeadRecord *record, Buffer *buffer) {
        int r;

        r = fields_encode(dead_record_fields, record, buffer);
        if (r >= 0)
                r = buffer_append_text(buffer, record->data, record->size);
        if (r >= 0)
                r = buffer_append_text(buffer, record->key, record->key_size);
        return r < 0 ? r : buffer_append_text(buffer, record->headers, record->headers_size);
}

int dead_record_decode(Reader *reader, DeadRecord *ret) {
        int r;

        r = fields_decode(dead_record_fields, reader, ret, sizeof(*ret));
        if (r >= 0)
                r = read_text(reader, &ret->data, &ret->size);
        if (r >= 0)
                r = read_text(reader, &ret->key, &ret->key_size);
        if (r >= 0)
                r = read_text(reader, (const char **)&ret->headers, &ret->headers_size);
        return r < 0 ? r : ret->fault >= _RECORD_FAULT_MAX ? -EBADMSG : 0;
}

int heartbeat_encode(const HeartbeatMessage *message, Buffer *buffer) {
        return fields_encode(heartbeat_fields, message, buffer);
}

int heartbeat_decode(Reader *reader, HeartbeatMessage *ret) {
        return message_decode(heartbeat_fields, reader, ret, sizeof(*ret));
}

int lease_failed_encode(const LeaseFailedMessage *message, Buffer *buffer) {
        return fields_encode(lease_failed_fields, message, buffer);
}

int lease_failed_decode(Reader *reader, LeaseFailedMessage *ret) {
        return message_decode(lease_failed_fields, reader, ret, sizeof(*ret));
}

void lease_failed_done(LeaseFailedMessage *message) {
        fields_done(lease_failed_fields, message);
        *message = (LeaseFailedMessage){};
}
