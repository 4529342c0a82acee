/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "table.h"
#include "base/strv.h"

struct Table {
        const char *const *heads; /* weak */
        size_t n_columns;
        char **cells;
        size_t n_cells;
};

/* Characters of UTF-8. */
static size_t text_width(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

Table *table_new(const char *const *heads) {
        Table *table = new0(Table, 1);

        if (!table)
                return NULL;
        table->heads = heads;
        while (heads[table->n_columns])
                table->n_columns++;
        return table;
}

Table *table_free(Table *table) {
        if (!table)
                return NULL;
        strv_free(table->cells);
        free(table);
        return NULL;
}

int table_add(Table *table, const char *cell) {
        int r;

        r = strv_extend(&table->cells, cell ?: "");
        if (r < 0)
                return r;
        for (char *p = table->cells[table->n_cells++]; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        return 0;
}

static const char *head_text(const Table *table, size_t column) {
        return table->heads[column] + (*table->heads[column] == '>');
}

static size_t column_width(const Table *table, size_t column) {
        size_t width = text_width(head_text(table, column));

        for (size_t i = column; i < table->n_cells; i += table->n_columns)
                width = MAX(width, text_width(table->cells[i]));
        return width;
}

static void print_cell(const Table *table, size_t column, const char *text, FILE *file) {
        int padding = (int)(column_width(table, column) - text_width(text));
        bool right = *table->heads[column] == '>', last = column + 1 == table->n_columns;

        fprintf(file, "%*s%s%*s%s", right ? padding : 0, "", text, right || last ? 0 : padding, "",
                last ? "\n" : "  ");
}

void table_print(const Table *table, FILE *file) {
        for (size_t i = 0; i < table->n_columns; i++)
                print_cell(table, i, head_text(table, i), file);
        for (size_t i = 0; i < table->n_cells; i++)
                print_cell(table, i % table->n_columns, table->cells[i], file);
}
