/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* What reading a JSON record into columns costs: the record reader beside yyjson, in the same run and on the
 * same records. Both validate the whole record, both deliver timestamp, course, activity, lines_of_code and
 * cpu_usage_pct into the same batch. Prints nanoseconds a record, the median (and the least) of the repeats,
 * which alternate between the two.
 * json-reader [REPEATS [reference|foreign|shuffled]] */

#include <stdio.h>
#include <yyjson.h>

#include "base/units.h"
#include "json/record-reader.h"

enum { N_RECORDS = 20480, RECORD_BYTES_MAX = 512, REPEATS = 31, REPEATS_MAX = 1001 };

enum { TIMESTAMP, COURSE, ACTIVITY, LINES_OF_CODE, CPU_USAGE_PCT };
static const Column columns[] = {
        [TIMESTAMP] = {(char *)"timestamp", TYPE_DOUBLE},
        [COURSE] = {(char *)"course", TYPE_STRING},
        [ACTIVITY] = {(char *)"activity", TYPE_STRING},
        [LINES_OF_CODE] = {(char *)"lines_of_code", TYPE_INT},
        [CPU_USAGE_PCT] = {(char *)"cpu_usage_pct", TYPE_DOUBLE},
};

typedef struct Records {
        char *data;
        size_t starts[N_RECORDS + 1];
} Records;

static const char *const names[] = {"Ayesha Khan",  "Bilal Ahmed", "Fatima Noor", "Hamza Ali Raza",
                                    "Zainab Tariq", "Omar Farooq", "Sana Malik",  "Usman Ghani",
                                    "Hira Shah",    "Ali Hassan"};
static const char *const foreign_names[] = {
        "\xd8\xb9\xd8\xa7\xd8\xa6\xd8\xb4\xdb\x81 \xd8\xae\xd8\xa7\xd9\x86", "\xe5\xbc\xa0\xe4\xbc\x9f",
        "Zo\xc3\xab", "J\xc3\xbcrgen \xc3\x96st"};
static const char *const courses[] = {"Operating Systems", "Data Structures", "Web Engineering",
                                      "Artificial Intelligence", "Linear Algebra"};
static const char *const activities[] = {"coding", "debugging", "reading_docs", "committing_code",
                                         "running_tests"};
static const char *const tools[] = {"VS Code",          "Vim",           "Terminal",
                                    "Jupyter Notebook", "IntelliJ IDEA", "Browser"};
static const char *const errors[] = {"None", "SegmentationFault", "NullPointerException", "SyntaxError",
                                     "TimeoutError"};

/* The same records in every run. */
static uint64_t random_state;

static unsigned random_below(unsigned limit) {
        random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned)(random_state >> 33) % limit;
}

#define PICK(list) list[random_below(ELEMENTSOF(list))]

typedef int (*WriteRecord)(char *to, size_t size, double timestamp);

static int write_reference(char *to, size_t size, double timestamp) {
        const char *activity = PICK(activities);

        return snprintf(
                to, size,
                "{\"timestamp\": %.*f, \"student_id\": \"CS-202%04u\", \"student_name\": \"%s\", "
                "\"course\": \"%s\", \"activity\": \"%s\", \"tool_used\": \"%s\", \"lines_of_code\": %u, "
                "\"last_error\": \"%s\", \"cpu_usage_pct\": %.1f}",
                random_below(4) == 0 ? 6 : 7, timestamp, random_below(5000) + 1000, PICK(names),
                PICK(courses), activity, PICK(tools), activity == activities[0] ? 5 + random_below(146) : 0,
                random_below(2) ? PICK(errors) : "None", 10.5 + random_below(845) / 10.0);
}

/* The same fields without blanks, with a name that is not ASCII and a text with escapes. */
static int write_foreign(char *to, size_t size, double timestamp) {
        return snprintf(to, size,
                        "{\"timestamp\":%.6f,\"student_id\":\"CS-202%04u\",\"student_name\":\"%s\","
                        "\"course\":\"%s\",\"activity\":\"%s\",\"tool_used\":\"%s\",\"lines_of_code\":%u,"
                        "\"last_error\":\"at \\\"main\\\"\\n\",\"cpu_usage_pct\":%.2f}",
                        timestamp, random_below(5000) + 1000, PICK(foreign_names), PICK(courses),
                        PICK(activities), PICK(tools), random_below(150), random_below(9500) / 100.0);
}

/* Nothing can be foreseen: every record has its keys in another order, some are missing, one is new. */
static int write_shuffled(char *to, size_t size, double timestamp) {
        unsigned order[] = {0, 1, 2, 3, 4, 5, 6};
        char fields[ELEMENTSOF(order)][64];
        int n = 1;

        snprintf(fields[0], sizeof(fields[0]), "\"timestamp\": %.6f", timestamp);
        snprintf(fields[1], sizeof(fields[1]), "\"student_name\": \"%s\"", PICK(names));
        snprintf(fields[2], sizeof(fields[2]), "\"course\": \"%s\"", PICK(courses));
        snprintf(fields[3], sizeof(fields[3]), "\"activity\": \"%s\"", PICK(activities));
        snprintf(fields[4], sizeof(fields[4]), "\"lines_of_code\": %u", random_below(150));
        snprintf(fields[5], sizeof(fields[5]), "\"key %u\": {\"a\": [1, 2]}", random_below(1000));
        snprintf(fields[6], sizeof(fields[6]), "\"cpu_usage_pct\": %.1f", random_below(950) / 10.0);
        to[0] = '{';
        for (unsigned i = 0; i < ELEMENTSOF(order); i++) {
                unsigned j = i + random_below((unsigned)ELEMENTSOF(order) - i), picked = order[j];

                order[j] = order[i];
                n += snprintf(to + n, size - (size_t)n, "%s%s", i > 0 ? ", " : "", fields[picked]);
        }
        return n + snprintf(to + n, size - (size_t)n, "}");
}

static Records *records_free(Records *records) {
        if (!records)
                return NULL;
        free(records->data);
        free(records);
        return NULL;
}
DEFINE_CLEANUP(Records *, records_free);

static int records_new(WriteRecord write_record, Records **ret) {
        _cleanup_(records_freep) Records *records = new0(Records, 1);
        size_t size = 0;

        if (!records)
                return -ENOMEM;
        records->data = malloc((size_t)N_RECORDS * RECORD_BYTES_MAX);
        if (!records->data)
                return -ENOMEM;
        random_state = 1;
        for (size_t i = 0; i < N_RECORDS; i++) {
                records->starts[i] = size;
                size += (size_t)write_record(records->data + size, RECORD_BYTES_MAX,
                                             1769875200 + (double)i * 0.1234567);
        }
        records->starts[N_RECORDS] = size;
        *ret = TAKE_PTR(records);
        return 0;
}

typedef struct Bench {
        RecordReader *reader;
        Batch *batch;
        const Records *records;
        void *pool; /* memory of yyjson, so that it need not ask for any */
        size_t pool_size;
} Bench;

static bool read_ours(Bench *bench, const char *data, size_t size) {
        size_t column;

        return record_reader_read(bench->reader, data, size, bench->batch, &column) == RECORD_OK;
}

static double to_double(yyjson_val *value) {
        return yyjson_is_real(value) ? yyjson_get_real(value) : (double)yyjson_get_sint(value);
}

static bool read_yyjson(Bench *bench, const char *data, size_t size) {
        Vector *to = bench->batch->columns;
        size_t row = bench->batch->n_rows, i, n;
        yyjson_val *root, *key, *value;
        static size_t name_sizes[ELEMENTSOF(columns)];
        yyjson_alc alc;
        yyjson_doc *doc;

        if (name_sizes[0] == 0)
                for (size_t j = 0; j < ELEMENTSOF(columns); j++)
                        name_sizes[j] = strlen(columns[j].name);
        yyjson_alc_pool_init(&alc, bench->pool, bench->pool_size);
        doc = yyjson_read_opts((char *)data, size, 0, &alc, NULL);
        if (!doc)
                return false;
        root = yyjson_doc_get_root(doc);
        yyjson_obj_foreach(root, i, n, key, value) {
                for (size_t j = 0; j < ELEMENTSOF(columns); j++) {
                        if (!yyjson_equals_strn(key, columns[j].name, name_sizes[j]))
                                continue;
                        to[j].valid[row] = 1;
                        if (columns[j].type == TYPE_DOUBLE)
                                to[j].doubles[row] = to_double(value);
                        else if (columns[j].type == TYPE_INT)
                                to[j].ints[row] = yyjson_get_int(value);
                        else
                                to[j].texts[row] = (Text){yyjson_get_str(value), yyjson_get_len(value)};
                        break;
                }
        }
        bench->batch->n_rows++;
        return true;
}

/* Nanoseconds a record. */
static double run(Bench *bench, bool (*read_record)(Bench *bench, const char *data, size_t size)) {
        const Records *records = bench->records;
        usec_t start = monotonic_usec();

        batch_reset(bench->batch);
        for (size_t i = 0; i < N_RECORDS; i++) {
                if (bench->batch->n_rows == BATCH_ROWS_MAX)
                        batch_reset(bench->batch);
                if (!read_record(bench, records->data + records->starts[i],
                                 records->starts[i + 1] - records->starts[i]))
                        abort();
        }
        return (double)(monotonic_usec() - start) * 1000 / N_RECORDS;
}

static int compare_doubles(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static void sort(double *values, size_t n) {
        qsort(values, n, sizeof(*values), compare_doubles);
}

static int run_kind(const char *name, WriteRecord write_record, Bench *bench, size_t repeats) {
        _cleanup_(records_freep) Records *records = NULL;
        double ours[REPEATS_MAX], theirs[REPEATS_MAX];
        int r;

        r = records_new(write_record, &records);
        if (r < 0)
                return r;
        bench->records = records;
        for (size_t i = 0; i < repeats; i++) {
                ours[i] = run(bench, read_ours);
                theirs[i] = run(bench, read_yyjson);
        }
        sort(ours, repeats);
        sort(theirs, repeats);
        printf("%-10s %6zu %8.1f (%6.1f) %8.1f (%6.1f) %8.2f\n", name,
               records->starts[N_RECORDS] / N_RECORDS, ours[repeats / 2], ours[0], theirs[repeats / 2],
               theirs[0], theirs[repeats / 2] / ours[repeats / 2]);
        return 0;
}

static const struct {
        const char *name;
        WriteRecord write_record;
} kinds[] = {
        {"reference", write_reference},
        {"foreign", write_foreign},
        {"shuffled", write_shuffled},
};

int main(int argc, char *argv[]) {
        _cleanup_(schema_freep) Schema *schema = schema_new();
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        _cleanup_(batch_freep) Batch *batch = NULL;
        _cleanup_free_ void *pool = NULL;
        size_t repeats = argc > 1 ? MIN((size_t)atoi(argv[1]), (size_t)REPEATS_MAX) : REPEATS;
        size_t pool_size = yyjson_read_max_memory_usage(RECORD_BYTES_MAX, 0);
        Bench bench;
        int r = 0;

        pool = malloc(pool_size);
        if (!schema || !pool || repeats == 0)
                return EXIT_FAILURE;
        for (size_t i = 0; i < ELEMENTSOF(columns); i++)
                if (schema_add(schema, columns[i].name, columns[i].type) < 0)
                        return EXIT_FAILURE;
        if (record_reader_new(schema, NULL, &reader) < 0 || batch_new(schema, NULL, &batch) < 0)
                return EXIT_FAILURE;
        bench = (Bench){.reader = reader, .batch = batch, .pool = pool, .pool_size = pool_size};

        printf("%-10s %6s %17s %17s %8s\n", "records", "bytes", "ours ns", "yyjson ns", "ratio");
        for (size_t i = 0; i < ELEMENTSOF(kinds) && r >= 0; i++)
                if (argc < 3 || strcmp(argv[2], kinds[i].name) == 0)
                        r = run_kind(kinds[i].name, kinds[i].write_record, &bench, repeats);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
