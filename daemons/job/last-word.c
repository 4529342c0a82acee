/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "last-word.h"
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/text.h"

/* systemd passes over a notification of more than 4096 bytes. */
enum { STATUS_BYTES_MAX = 2048 };

static void send_status(char *text) {
        size_t size = strlen(text);

        if (size > STATUS_BYTES_MAX) {
                size = STATUS_BYTES_MAX;
                while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
                        size--; /* not within a character, or it is passed over as well */
        }
        for (size_t i = 0; i < size; i++)
                if (text[i] == '\n')
                        text[i] = ' '; /* a field of the notification ends there */
        (void)sd_notifyf(0, "STATUS=%.*s", (int)size, text);
}

int last_word(const char *message_id, int error, const LogField *fields, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = text_vformat(format, ap);
        va_end(ap);
        if (!text)
                return log_oom();
        (void)log_message_fields(LOG_ERR, message_id, error, fields, "%s", text);
        send_status(text);
        return -abs(error);
}

bool error_is_for_the_admin(int error) {
        return error == -EUCLEAN || error == -ESTALE || error == -EPROTONOSUPPORT;
}
