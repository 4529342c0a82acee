/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/buffer.h"

/* RFC 4648, section 4, with padding. Returns 0 or -ENOMEM. */
int base64_append(const void *data, size_t size, Buffer *out);
/* Appends the bytes. Returns 0, -EINVAL (no such text; some bytes may have been appended) or -ENOMEM. */
int base64_decode(const char *text, size_t size, Buffer *out);
