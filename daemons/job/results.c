/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "results.h"
#include <stdatomic.h>
#include <sys/queue.h>

#include "aggregate/group-table.h"
#include "base/log.h"
#include "columns/rows.h"
#include "expression/expression.h"
#include "load-json.h"
#include "load.h"
#include "result-page.h"
#include "snapshot.h"
#include "wire/control.h"

enum {
        QUESTIONS_MAX = 8,                /* that wait or are being answered */
        KEPT_BYTES_MAX = 4 * 1024 * 1024, /* of rows of a query without GROUP BY */
};

typedef struct Asked {
        STAILQ_ENTRY(Asked) asked;
        uint64_t id;
        ResultQuestion question;
} Asked;

struct Results {
        Job *job; /* weak */
        TaskThread *thread;
        STAILQ_HEAD(, Asked) asked; /* the first is being answered */
        size_t n_asked;
        atomic_bool ending;

        ResultPage page; /* of the thread, while it is at it */
        uint64_t epoch;
        int64_t watermark_usec;
        int error;

        Buffer kept; /* columns/rows.h */
        size_t n_kept;
        uint64_t kept_epoch;
        int64_t kept_at_usec, kept_watermark_usec;
};

static void asked_free(Asked *asked) {
        result_question_done(&asked->question);
        free(asked);
}

static void send_error(Results *results, uint64_t id, unsigned status, const char *why) {
        struct json_object *answer = json_object_new_object();

        add_u64(answer, "id", id);
        add_u64(answer, "status", status);
        add_text(answer, "error", why);
        (void)load_send_object(results->job, CONTROL_RESULTS, answer);
}

static void send_page(Results *results, ResultPage *page, uint64_t id, uint64_t epoch, int64_t at_usec,
                      int64_t watermark_usec) {
        struct json_object *answer = json_object_new_object();

        add_u64(answer, "id", id);
        add_u64(answer, "epoch", epoch);
        add_time(answer, "epoch_at_usec", at_usec);
        add_time(answer, "watermark_usec", watermark_usec);
        result_page_finish(page, answer);
        (void)load_send_object(results->job, CONTROL_RESULTS, answer);
}

/* Groups on their way from the store to the page. */
typedef struct GroupReader {
        Results *results;
        GroupTable *table; /* what a batch holds */
        Batch *batch;
        ResultPlace places[BATCH_ROWS_MAX]; /* of its rows */
        uint16_t selection[BATCH_ROWS_MAX];
} GroupReader;

static void group_reader_done(GroupReader *reader) {
        batch_free(reader->batch);
        group_table_free(reader->table);
}

/* Groups -> HAVING -> outputs -> rows of the page. */
static int flush(GroupReader *reader) {
        const Query *query = reader->results->job->plan->query;
        ResultPage *page = &reader->results->page;
        Vector *outputs;
        size_t n_selected;
        int r;

        outputs = arena_alloc(&page->arena, query->n_outputs * sizeof(Vector));
        if (!outputs)
                return -ENOMEM;
        r = expr_select(query->having, reader->batch, &page->arena, reader->selection, &n_selected);
        for (size_t i = 0; r >= 0 && i < query->n_outputs; i++)
                r = expr_evaluate(query->outputs[i].expr, reader->batch, &page->arena, &outputs[i]);
        for (size_t i = 0; r >= 0 && i < n_selected; i++)
                r = result_page_add(page, outputs, reader->selection[i],
                                    &reader->places[reader->selection[i]]);
        arena_reset(&page->arena);
        batch_reset(reader->batch);
        group_table_clear(reader->table);
        return r < 0 ? r : atomic_load(&reader->results->ending) ? -ECANCELED : 0;
}

static int read_group(Reader key, Reader value, void *userdata) {
        GroupReader *reader = userdata;
        ResultPlace *place = &reader->places[reader->batch->n_rows];
        int r;

        r = store_key_read_i64(&key, &place->start_usec);
        if (r >= 0)
                r = store_key_read_u64(&key, &place->id);
        if (r >= 0)
                r = group_table_restore_row(reader->table, place->id, &value, reader->batch);
        if (r < 0)
                return r;
        return reader->batch->n_rows < BATCH_ROWS_MAX ? 0 : flush(reader);
}

static int read_groups(Results *results, StoreView *view) {
        _cleanup_(group_reader_done) GroupReader reader = {.results = results};
        const Query *query = results->job->plan->query;
        int r;

        r = group_table_new(query, &reader.table);
        if (r >= 0)
                r = batch_new(query->group, NULL, &reader.batch);
        if (r >= 0)
                r = store_view_walk(view, STORE_GROUPS, /* backwards= */ true, read_group, &reader);
        return r < 0 || reader.batch->n_rows == 0 ? r : flush(&reader);
}

/* In the thread. It sees of the job what does not change while the job runs, and the store. */
static TaskResult work(void *userdata, TaskError *error) {
        Results *results = userdata;
        _cleanup_(store_view_freep) StoreView *view = NULL;
        int r;

        r = store_view_new(results->job->store, &view);
        if (r >= 0)
                r = snapshot_read_epoch(view, &results->epoch, &results->watermark_usec);
        if (r >= 0)
                r = read_groups(results, view);
        results->error = r;
        return TASK_DONE;
}

static int begin(Results *results) {
        int r;

        r = result_page_init(&results->page, &STAILQ_FIRST(&results->asked)->question,
                             state_schema(results->job->state));
        if (r >= 0)
                task_thread_start(results->thread, work);
        else
                result_page_done(&results->page);
        return r;
}

static void drop_first(Results *results) {
        Asked *asked = STAILQ_FIRST(&results->asked);

        STAILQ_REMOVE_HEAD(&results->asked, asked);
        results->n_asked--;
        asked_free(asked);
}

static void begin_first(Results *results) {
        while (!STAILQ_EMPTY(&results->asked) && begin(results) < 0) {
                send_error(results, STAILQ_FIRST(&results->asked)->id, 503, "there is no memory for it now");
                drop_first(results);
        }
}

static void on_over(const TaskError *error, void *userdata) {
        Results *results = userdata;
        const Job *job = results->job;
        uint64_t id = STAILQ_FIRST(&results->asked)->id;

        if (results->error < 0)
                send_error(results, id, 500, "the state cannot be read");
        else
                send_page(results, &results->page, id, results->epoch,
                          results->epoch == job->last_epoch ? job->epoch_at_usec : TIME_NONE,
                          results->watermark_usec);
        result_page_done(&results->page);
        drop_first(results);
        begin_first(results);
}

/* Rows that were kept; the newest come first, and so with falling places. */
static int answer_kept(Results *results, const Asked *asked) {
        _cleanup_(result_page_done) ResultPage page = {};
        _cleanup_(batch_freep) Batch *batch = NULL;
        const Schema *schema = state_schema(results->job->state);
        Reader reader = {results->kept.data, results->kept.size};
        int r;

        r = result_page_init(&page, &asked->question, schema);
        if (r >= 0)
                r = batch_new(schema, NULL, &batch);
        if (r >= 0)
                r = rows_decode(&reader, results->n_kept, batch);
        for (size_t row = results->n_kept; r >= 0 && row-- > 0;)
                r = result_page_add(&page, batch->columns, row, &(ResultPlace){.id = row + 1});
        if (r >= 0)
                send_page(results, &page, asked->id, results->kept_epoch, results->kept_at_usec,
                          results->kept_watermark_usec);
        return r;
}

static int add_question(Results *results, uint64_t id, struct json_object *object) {
        Asked *asked = new0(Asked, 1);
        char why[1024];
        int r;

        if (!asked)
                return -ENOMEM;
        asked->id = id;
        r = result_question_parse(&asked->question, state_schema(results->job->state), object, why,
                                  sizeof(why));
        if (r == -EINVAL)
                send_error(results, id, 400, why);
        if (r >= 0 && !results->job->plan->query->grouped)
                r = answer_kept(results, asked);
        else if (r >= 0) {
                STAILQ_INSERT_TAIL(&results->asked, asked, asked);
                if (results->n_asked++ == 0)
                        begin_first(results);
                return 0;
        }
        asked_free(asked);
        return r == -EINVAL ? 0 : r;
}

int results_ask(Results *results, struct json_object *question) {
        struct json_object *id = json_object_object_get(question, "id");

        if (!json_object_is_type(id, json_type_int))
                return -EBADMSG;
        if (results->n_asked >= QUESTIONS_MAX) {
                send_error(results, json_object_get_uint64(id), 503,
                           "others ask for results as well; try again in a moment");
                return 0;
        }
        return add_question(results, json_object_get_uint64(id), question);
}

/* Where the last rows begin that may be kept, at most RESULTS_ROWS_MAX and, but for the very last one,
 * KEPT_BYTES_MAX. */
static int find_last_rows(const RowSet *rows, size_t *ret_begin, size_t *ret_n) {
        Reader reader = {rows->rows.data, rows->rows.size};
        _cleanup_free_ ValueType *types = new0(ValueType, rows->schema->n_columns);
        _cleanup_free_ size_t *begins = new0(size_t, RESULTS_ROWS_MAX); /* a ring */
        size_t n;

        if (!types || !begins)
                return -ENOMEM;
        for (size_t i = 0; i < rows->schema->n_columns; i++)
                types[i] = rows->schema->columns[i].type;
        for (size_t i = 0; i < rows->n_rows; i++) {
                int r;

                begins[i % RESULTS_ROWS_MAX] = (size_t)(reader.data - rows->rows.data);
                r = row_skip(&reader, types, rows->schema->n_columns);
                if (r < 0)
                        return r;
        }
        n = MIN(rows->n_rows, (size_t)RESULTS_ROWS_MAX);
        while (n > 1 &&
               (size_t)(reader.data - rows->rows.data) - begins[(rows->n_rows - n) % RESULTS_ROWS_MAX] >
                       KEPT_BYTES_MAX)
                n--;
        *ret_begin = begins[(rows->n_rows - n) % RESULTS_ROWS_MAX];
        *ret_n = n;
        return 0;
}

int results_keep(Results *results, const Epoch *epoch) {
        const RowSet *rows = &epoch->rows[ROWS_RESULTS];
        size_t begin, n;
        int r;

        if (results->job->plan->query->grouped || rows->n_rows == 0)
                return 0;
        r = find_last_rows(rows, &begin, &n);
        if (r < 0)
                return r;
        results->kept.size = 0;
        results->n_kept = 0;
        r = buffer_append(&results->kept, rows->rows.data + begin, rows->rows.size - begin);
        if (r < 0)
                return r;
        results->n_kept = n;
        results->kept_epoch = epoch->number;
        results->kept_at_usec = (int64_t)realtime_usec();
        results->kept_watermark_usec = epoch->watermark_usec;
        return 0;
}

int results_new(Job *job, Results **ret) {
        static const TaskLabel label = {.what = "Results"};
        Results *results = new0(Results, 1);
        int r;

        if (!results)
                return log_oom();
        results->job = job;
        results->kept_at_usec = results->kept_watermark_usec = TIME_NONE;
        STAILQ_INIT(&results->asked);
        r = task_thread_new(job->event, &label, on_over, results, &results->thread);
        if (r < 0) {
                results_free(results);
                return log_error_errno(r, "Cannot start the thread of the results: %m");
        }
        *ret = results;
        return 0;
}

Results *results_free(Results *results) {
        if (!results)
                return NULL;
        atomic_store(&results->ending, true);
        task_thread_free(results->thread);
        result_page_done(&results->page);
        while (!STAILQ_EMPTY(&results->asked))
                drop_first(results);
        buffer_done(&results->kept);
        free(results);
        return NULL;
}
