/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api.h"
#include "base/log.h"
#include "job.h"

static void set_paused(Request *request, bool paused) {
        Job *job = request->job;
        int r;

        r = job_set_paused(job, paused);
        if (r < 0)
                log_warning_errno(r, "Cannot remember over a restart that job %s is %s: %m", job->name,
                                  paused ? "paused" : "resumed");
        request_answer(request, api_job(job));
}

void api_pause(Request *request) {
        set_paused(request, true);
}

void api_resume(Request *request) {
        set_paused(request, false);
}
