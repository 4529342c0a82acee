/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* The page at "/": one file, which asks the API every second. */
extern const char page_text[];

/* Nothing from elsewhere, and nowhere else to be framed; the page's own script and style stand in it. */
#define PAGE_SECURITY_POLICY                                                                                \
        "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "   \
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
