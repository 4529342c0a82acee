/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "questions.h"

#include "api-json.h"
#include "http-error.h"
#include "job.h"
#include "wire/control.h"

/* A large state takes a second or two to be looked through. */
static const usec_t timeout_usec = 10 * USEC_PER_SEC;

typedef struct Question {
        LIST_ENTRY(Question) questions;
        uint64_t id;
        Request *request; /* weak */
        sd_event_source *timer;
} Question;

struct Questions {
        sd_event *event; /* weak */
        LIST_HEAD(, Question) questions;
        uint64_t last_id;
};

int questions_new(sd_event *event, Questions **ret) {
        Questions *questions = new0(Questions, 1);

        if (!questions)
                return -ENOMEM;
        questions->event = event;
        LIST_INIT(&questions->questions);
        *ret = questions;
        return 0;
}

Questions *questions_free(Questions *questions) {
        free(questions);
        return NULL;
}

static void question_free(Question *question) {
        LIST_REMOVE(question, questions);
        sd_event_source_disable_unref(question->timer);
        free(question);
}

static void on_gone(Request *request) {
        question_free(request->waiter);
}

static int on_timeout(sd_event_source *source, uint64_t at_usec, void *userdata) {
        Question *question = userdata;
        Request *request = question->request;

        request_fail(request, MHD_HTTP_GATEWAY_TIMEOUT, "the job has not answered within %d s",
                     (int)(timeout_usec / USEC_PER_SEC));
        question_free(question);
        request_resume(request);
        return 0;
}

static int add(Questions *questions, Request *request, Question **ret) {
        Question *question = new0(Question, 1);
        int r;

        if (!question)
                return -ENOMEM;
        question->id = ++questions->last_id;
        question->request = request;
        LIST_INSERT_HEAD(&questions->questions, question, questions);
        r = sd_event_add_time_relative(questions->event, &question->timer, CLOCK_MONOTONIC, timeout_usec,
                                       USEC_PER_SEC, on_timeout, question);
        if (r < 0) {
                question_free(question);
                return r;
        }
        *ret = question;
        return 0;
}

void questions_ask(Questions *questions, Request *request, json_object *message) {
        Question *question;
        int r;

        r = add(questions, request, &question);
        if (r >= 0) {
                json_add_count(message, "id", question->id);
                r = job_link_send(request->job->link, CONTROL_RESULTS, message);
                if (r < 0)
                        question_free(question);
        }
        json_object_put(message);
        if (r == -ENOTCONN || r == -EPIPE)
                request_fail(
                        request, MHD_HTTP_CONFLICT,
                        "job \"%s\" does not run, and only a running job shows its results; \"etlctl status "
                        "%s\" says why",
                        request->job->name, request->job->name);
        else if (r < 0)
                request_fail(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the job cannot be asked: %s",
                             strerror(-r));
        else
                request_wait(request, on_gone, question);
}

static Question *find(const Questions *questions, uint64_t id) {
        Question *question;

        LIST_FOREACH(question, &questions->questions, questions) {
                if (question->id == id)
                        return question;
        }
        return NULL;
}

static void answer_request(Request *request, const Job *job, json_object *answer) {
        json_object *error = json_object_object_get(answer, "error");

        json_object_object_del(answer, "id");
        if (error) {
                request_fail(request,
                             (unsigned)json_object_get_int(json_object_object_get(answer, "status")), "%s",
                             json_object_get_string(error));
                return;
        }
        json_add_text(answer, "job", job->name);
        json_add(answer, "last_epoch", json_object_get(job->results));
        request_answer(request, json_object_get(answer));
}

void questions_answered(Questions *questions, const Job *job, json_object *answer) {
        Question *question = find(questions, json_object_get_uint64(json_object_object_get(answer, "id")));
        Request *request;

        if (!question)
                return;
        request = question->request;
        question_free(question);
        answer_request(request, job, answer);
        request_resume(request);
}
