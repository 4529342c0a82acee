/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <math.h>
#include <stdio.h>

#include "scaling/simulation-chart.h"

enum { STEPS = 8, TICK_COLUMNS = 10 };

static const char *const blocks[STEPS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const characters[STEPS + 1] = {" ", ".", ".", ":", ":", "-", "=", "#", "#"};

typedef struct Chart {
        const Outcome *outcome;
        const ChartStyle *style;
        size_t n_columns;
        Buffer *buffer;
} Chart;

typedef double (*SecondValue)(const Second *second);

static double arrival_of(const Second *second) {
        return second->arrived_per_sec;
}

static double backlog_of(const Second *second) {
        return (double)second->backlog;
}

static double workers_of(const Second *second) {
        return second->wanted;
}

static size_t second_of(const Chart *chart, size_t column) {
        return column * chart->outcome->n_seconds / chart->n_columns;
}

/* The greatest value of the seconds that a column stands for. */
static double column_value(const Chart *chart, SecondValue value, size_t column) {
        size_t from = second_of(chart, column), to = second_of(chart, column + 1);
        double greatest = 0;

        for (size_t i = from; i < MAX(to, from + 1); i++)
                greatest = fmax(greatest, value(&chart->outcome->seconds[i]));
        return greatest;
}

/* row: from the bottom. A value above 0 shows, however small it is. */
static const char *cell(const Chart *chart, double part, size_t row) {
        double steps = ceil(part * (double)(chart->style->rows * STEPS)) - (double)(row * STEPS);
        size_t step = (size_t)fmin(fmax(steps, 0), STEPS);

        return chart->style->ascii ? characters[step] : blocks[step];
}

static int draw_row(const Chart *chart, SecondValue value, double greatest, size_t row) {
        int r = buffer_append_format(chart->buffer, "|");

        for (size_t i = 0; r >= 0 && i < chart->n_columns; i++) {
                double part = greatest > 0 ? column_value(chart, value, i) / greatest : 0;

                r = buffer_append_format(chart->buffer, "%s", cell(chart, part, row));
        }
        return r < 0 ? r : buffer_append_format(chart->buffer, "|\n");
}

/* The greatest value stands beside the top, where it is drawn. */
static int draw(const Chart *chart, const char *name, SecondValue value) {
        double greatest = 0;
        int r = 0;

        for (size_t i = 0; i < chart->outcome->n_seconds; i++)
                greatest = fmax(greatest, value(&chart->outcome->seconds[i]));
        for (size_t row = chart->style->rows; r >= 0 && row > 0; row--) {
                r = row == chart->style->rows
                            ? buffer_append_format(chart->buffer, "%-9s %9.9g ", name, round(greatest))
                            : buffer_append_format(chart->buffer, "%20s", "");
                if (r >= 0)
                        r = draw_row(chart, value, greatest, row - 1);
        }
        return r;
}

static int draw_axis(const Chart *chart) {
        int r = buffer_append_format(chart->buffer, "%21s", "");

        for (size_t i = 0; r >= 0 && i < chart->n_columns; i += TICK_COLUMNS) {
                char text[32];

                snprintf(text, sizeof(text), "%zus", second_of(chart, i));
                r = buffer_append_format(chart->buffer,
                                         i + TICK_COLUMNS < chart->n_columns ? "%-*s" : "%.*s",
                                         (int)TICK_COLUMNS, text);
        }
        return r < 0 ? r : buffer_append_format(chart->buffer, "\n");
}

int simulation_chart(const Outcome *outcome, const ChartStyle *style, Buffer *buffer) {
        const Chart chart = {
                .outcome = outcome,
                .style = style,
                .n_columns = MIN(outcome->n_seconds, MAX(style->columns, (size_t)1)),
                .buffer = buffer,
        };
        int r;

        if (outcome->n_seconds == 0)
                return 0;
        r = draw(&chart, "arrival/s", arrival_of);
        if (r >= 0)
                r = draw(&chart, "backlog", backlog_of);
        if (r >= 0)
                r = draw(&chart, "workers", workers_of);
        return r < 0 ? r : draw_axis(&chart);
}
