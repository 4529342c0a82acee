/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config/text-map.h"

void text_map_done(TextMap *map) {
        free(map->pieces);
        *map = (TextMap){};
}

int text_map_add(TextMap *map, size_t offset, unsigned line, unsigned column) {
        const TextPiece *last = map->n_pieces > 0 ? &map->pieces[map->n_pieces - 1] : NULL;

        if (last && last->line == line && offset - last->offset == column - last->column)
                return 0;
        if (map->n_pieces == map->n_allocated) {
                size_t n = map->n_allocated > 0 ? 2 * map->n_allocated : 16;
                TextPiece *grown = reallocarray(map->pieces, n, sizeof(TextPiece));

                if (!grown)
                        return -ENOMEM;
                map->pieces = grown;
                map->n_allocated = n;
        }
        map->pieces[map->n_pieces++] = (TextPiece){.offset = offset, .line = line, .column = column};
        return 0;
}

void text_map_locate(const TextMap *map, size_t offset, unsigned *ret_line, unsigned *ret_column) {
        size_t low = 0, high = map->n_pieces;

        if (map->n_pieces == 0) {
                *ret_line = *ret_column = 0;
                return;
        }
        /* The last piece that begins at or before the offset; the first begins at 0. */
        while (high - low > 1) {
                size_t middle = (low + high) / 2;

                if (map->pieces[middle].offset <= offset)
                        low = middle;
                else
                        high = middle;
        }
        *ret_line = map->pieces[low].line;
        *ret_column = map->pieces[low].column + (unsigned)(offset - map->pieces[low].offset);
}
