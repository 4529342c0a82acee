/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/strv.h"
#include "configuration.h"
#include "plan/plan-text.h"
#include "printable.h"
#include "verbs.h"

/* Another query over the same columns. Its mistakes stand in the text itself, not in the job's file. */
static int replace_query(JobConfig *config, const char *query) {
        char *text = strdup(query);

        if (!text)
                return -ENOMEM;
        free(config->query_text);
        config->query_text = text;
        text_map_done(&config->query_map);
        config->query_map = (TextMap){};
        return 0;
}

static json_object *columns_of(const Query *query) {
        json_object *columns = json_object_new_array();

        for (size_t i = 0; i < query->n_outputs; i++) {
                const Output *output = &query->outputs[i];
                json_object *column = json_object_new_object();

                json_object_object_add(column, "name", json_object_new_string(output->name));
                json_object_object_add(column, "type",
                                       json_object_new_string(value_type_name(expr_type(output->expr))));
                json_object_array_add(columns, column);
        }
        return columns;
}

/* As the API's /jobs/NAME/query has it. */
static void print_json(const JobConfig *config, const JobPlan *plan, char *const *lines) {
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();
        json_object *array = json_object_new_array();

        for (; *lines; lines++)
                json_object_array_add(array, json_object_new_string(*lines));
        json_object_object_add(object, "job", json_object_new_string(config->name));
        json_object_object_add(object, "query", json_object_new_string(plan->query_text));
        json_object_object_add(object, "plan", array);
        json_object_object_add(object, "columns", columns_of(plan->query));
        json_print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, stdout);
}

int run_explain(const Call *call) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_(job_plan_freep) JobPlan *plan = NULL;
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_strv_ char **lines = NULL;
        int r;

        r = load_suite(call->options->values[OPTION_CONFIG], &suite);
        if (r >= 0)
                r = load_job(suite, call->job, &config);
        if (r < 0)
                return r == -ENOENT ? STATUS_NO_JOB : r;
        if (call->query)
                r = replace_query(config, call->query);
        if (r >= 0)
                r = job_plan_from_config(config, &plan, &error);
        if (r < 0)
                return complain(&error, config->path, r);
        r = plan_describe(plan, config, &lines);
        if (r < 0)
                return r;
        output_page(call->options);
        if (call->options->format == PRINT_JSON)
                print_json(config, plan, lines);
        else
                for (char **line = lines; *line; line++)
                        puts(*line);
        return 0;
}
