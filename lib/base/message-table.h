/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* Every message id of message-ids.h: who logs it, and the fields that it has beside those that all lines
 * have. streametl-journal(7) and the catalog say of each what this table says. */
typedef struct MessageType {
        const char *name; /* without MESSAGE_ */
        const char *id;
        const char *by;     /* daemons, separated by blanks */
        const char *fields; /* without STREAMETL_, separated by blanks; those in () are not always there */
} MessageType;

extern const MessageType message_types[]; /* ends with a name of NULL */
