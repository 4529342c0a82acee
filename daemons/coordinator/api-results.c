/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "api-json.h"
#include "api.h"
#include "job.h"

void api_get_results(Request *request) {
        json_object *object = json_object_new_object();

        json_add_text(object, "job", request->job->name);
        json_add(object, "last_epoch", json_object_get(request->job->results));
        request_answer(request, object);
}
