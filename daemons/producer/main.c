/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/log.h"
#include "producer.h"

static int run(int argc, char *argv[]) {
        _cleanup_(options_done) Options options = {};
        _cleanup_(producer_freep) Producer *producer = NULL;
        int r;

        log_open("etl-producer");
        r = options_parse(argc, argv, &options);
        if (r <= 0)
                return r;
        r = producer_new(&options, &producer);
        if (r < 0)
                return r;
        return producer_run(producer);
}

int main(int argc, char *argv[]) {
        return run(argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
