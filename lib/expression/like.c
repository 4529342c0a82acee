/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "expression/like.h"
#include "expression/evaluate.h"

static bool is_continuation(char c) {
        return ((uint8_t)c & 0xc0) == 0x80;
}

/* Behind the code point at p < end. */
static const char *code_point_next(const char *p, const char *end) {
        for (p++; p < end && is_continuation(*p);)
                p++;
        return p;
}

static bool is_special(char c) {
        return c == '%' || c == '_' || c == '\\';
}

/* -EINVAL or how many pieces the pattern has. */
static ssize_t pattern_pieces(Text pattern) {
        ssize_t n = 1;

        for (size_t i = 0; i < pattern.size; i++) {
                if (pattern.data[i] == '%')
                        n++;
                if (pattern.data[i] != '\\')
                        continue;
                if (++i == pattern.size || !is_special(pattern.data[i]))
                        return -EINVAL;
        }
        return n;
}

bool like_pattern_is_valid(const char *pattern, size_t size) {
        return pattern_pieces((Text){pattern, size}) > 0;
}

int like_compile(Text pattern, Arena *arena, LikePattern *ret) {
        size_t room = MAX(pattern.size, (size_t)1);
        ssize_t n_pieces = pattern_pieces(pattern);
        LikePiece *pieces, *piece;
        uint8_t *is_any;
        char *bytes;

        if (n_pieces < 0)
                return (int)n_pieces;
        bytes = arena_alloc(arena, room);
        is_any = arena_alloc(arena, room);
        pieces = arena_alloc(arena, (size_t)n_pieces * sizeof(LikePiece));
        if (!bytes || !is_any || !pieces)
                return -ENOMEM;

        piece = pieces;
        *piece = (LikePiece){.bytes = bytes, .is_any = is_any, .is_plain = true};
        for (size_t i = 0; i < pattern.size; i++) {
                char c = pattern.data[i];

                if (c == '%') {
                        *++piece = (LikePiece){.bytes = bytes, .is_any = is_any, .is_plain = true};
                        continue;
                }
                *is_any = c == '_';
                piece->is_plain = piece->is_plain && c != '_';
                *bytes = c == '\\' ? pattern.data[++i] : c;
                piece->n_code_points += !is_continuation(*bytes);
                piece->size++;
                bytes++;
                is_any++;
        }
        *ret = (LikePattern){.pieces = pieces, .n_pieces = (size_t)n_pieces};
        return 0;
}

/* Behind the piece's match at p, or NULL. */
static const char *piece_match(const LikePiece *piece, const char *p, const char *end) {
        if (piece->is_plain) {
                if ((size_t)(end - p) < piece->size || memcmp(p, piece->bytes, piece->size) != 0)
                        return NULL;
                return p + piece->size;
        }
        for (size_t i = 0; i < piece->size; i++) {
                if (p == end || (!piece->is_any[i] && *p != piece->bytes[i]))
                        return NULL;
                p = piece->is_any[i] ? code_point_next(p, end) : p + 1;
        }
        return p;
}

/* Behind the piece's first match at or after p, or NULL. The first is as good as any: what follows has the
 * more room. */
static const char *piece_find(const LikePiece *piece, const char *p, const char *end) {
        if (piece->is_plain) {
                p = memmem(p, (size_t)(end - p), piece->bytes, piece->size);
                return p ? p + piece->size : NULL;
        }
        for (; p < end; p = code_point_next(p, end)) {
                const char *behind = piece_match(piece, p, end);

                if (behind)
                        return behind;
        }
        return NULL;
}

/* A piece has as many code points as its match, so there is one place where it can begin. */
static bool piece_match_end(const LikePiece *piece, const char *p, const char *end) {
        const char *begin = end;

        for (size_t n = piece->n_code_points; n > 0; n--) {
                if (begin == p)
                        return false;
                while (--begin > p && is_continuation(*begin))
                        ;
        }
        return piece_match(piece, begin, end) == end;
}

bool like_match(const LikePattern *pattern, Text text) {
        /* Never NULL: an empty text may have no bytes to point to. */
        const char *p = text.size > 0 ? text.data : "", *end = p + text.size;
        size_t last = pattern->n_pieces - 1;

        p = piece_match(&pattern->pieces[0], p, end);
        if (!p || last == 0)
                return p == end;
        for (size_t i = 1; i < last; i++) {
                p = piece_find(&pattern->pieces[i], p, end);
                if (!p)
                        return false;
        }
        return piece_match_end(&pattern->pieces[last], p, end);
}

static bool text_same(const Text *a, const Text *b) {
        return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

int evaluate_like(const Evaluation *evaluation, const Expr *expr, Vector *ret) {
        Vector text, pattern, result;
        const Text *compiled_from = NULL;
        LikePattern compiled;
        int r;

        r = evaluate_operands(evaluation, expr, &text, &pattern);
        if (r < 0)
                return r;
        r = vector_new_like_both(evaluation, TYPE_BOOLEAN, &text, &pattern, &result);
        if (r < 0)
                return r;
        for (size_t i = 0; i < evaluation->batch->n_rows; i++) {
                result.booleans[i] = 0;
                if (!result.valid[i])
                        continue;
                /* Most often all rows have the same pattern, a literal. */
                if (!compiled_from || !text_same(compiled_from, &pattern.texts[i])) {
                        compiled_from = NULL;
                        r = like_compile(pattern.texts[i], evaluation->arena, &compiled);
                        if (r == -ENOMEM)
                                return r;
                        if (r < 0) {
                                result.valid[i] = 0;
                                continue;
                        }
                        compiled_from = &pattern.texts[i];
                }
                result.booleans[i] = like_match(&compiled, text.texts[i]);
        }
        *ret = result;
        return 0;
}
