/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

/* As vasprintf(): the text, which the caller frees, or NULL if there is no memory. */
char *text_vformat(const char *format, va_list ap) _printf_(1, 0);
