/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "table.h"
#include "printable.h"

typedef struct Cell {
        char *text;
        Colour colour;
} Cell;

struct Table {
        const char *const *heads; /* weak */
        size_t n_columns, *widths;
        Cell *cells;
        size_t n_cells, n_allocated;
};

/* Characters of UTF-8. */
static size_t text_width(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

Table *table_new(const char *const *heads) {
        _cleanup_(table_freep) Table *table = new0(Table, 1);

        if (!table)
                return NULL;
        table->heads = heads;
        while (heads[table->n_columns])
                table->n_columns++;
        table->widths = new0(size_t, table->n_columns + 1);
        return table->widths ? TAKE_PTR(table) : NULL;
}

Table *table_free(Table *table) {
        if (!table)
                return NULL;
        for (size_t i = 0; i < table->n_cells; i++)
                free(table->cells[i].text);
        free(table->cells);
        free(table->widths);
        free(table);
        return NULL;
}

int table_add_coloured(Table *table, const char *cell, Colour colour) {
        _cleanup_free_ char *text = strdup(cell ?: "");
        size_t n = table->n_allocated;
        Cell *cells;

        if (!text)
                return -ENOMEM;
        if (table->n_cells == n) {
                n = MAX(2 * n, (size_t)64);
                cells = reallocarray(table->cells, n, sizeof(Cell));
                if (!cells)
                        return -ENOMEM;
                table->cells = cells;
                table->n_allocated = n;
        }
        text_make_printable(text, "");
        table->cells[table->n_cells++] = (Cell){TAKE_PTR(text), colour};
        return 0;
}

int table_add(Table *table, const char *cell) {
        return table_add_coloured(table, cell, COLOUR_NONE);
}

static const char *head_text(const Table *table, size_t column) {
        return table->heads[column] + (*table->heads[column] == '>');
}

static size_t column_width(const Table *table, size_t column, bool head) {
        size_t width = head ? text_width(head_text(table, column)) : 0;

        for (size_t i = column; i < table->n_cells; i += table->n_columns)
                width = MAX(width, text_width(table->cells[i].text));
        return width;
}

static void print_cell(const Table *table, size_t column, size_t width, const Cell *cell, FILE *file) {
        int padding = (int)(width - text_width(cell->text));
        bool right = *table->heads[column] == '>', last = column + 1 == table->n_columns;
        bool coloured = cell->colour != COLOUR_NONE;

        fprintf(file, "%*s%s%s%s%*s%s", right ? padding : 0, "", coloured ? output_colour(cell->colour) : "",
                cell->text, coloured ? output_colour(COLOUR_NONE) : "", right || last ? 0 : padding, "",
                last ? "\n" : "  ");
}

void table_print(const Table *table, bool head, FILE *file) {
        size_t *widths = table->widths;

        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = column_width(table, i, head);
        for (size_t i = 0; head && i < table->n_columns; i++)
                print_cell(table, i, widths[i], &(Cell){(char *)head_text(table, i), COLOUR_BOLD}, file);
        for (size_t i = 0; i < table->n_cells; i++)
                print_cell(table, i % table->n_columns, widths[i % table->n_columns], &table->cells[i],
                           file);
}
