/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "job.h"

/* STATUS= for `systemctl status`: what a person wants to know of the job, in one line. */
Status *status_new(void);
Status *status_free(Status *status);
/* Sends it if it says something new and the last one was sent a second ago. */
void status_send(Job *job, usec_t now_usec);
