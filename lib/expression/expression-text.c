/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/units.h"
#include "expression/node.h"

/* How an operation is written between or behind its operands; those without are functions of their own. */
static const char *const signs[_EXPR_OP_MAX] = {
        [OP_ADD] = "+",
        [OP_SUBTRACT] = "-",
        [OP_MULTIPLY] = "*",
        [OP_DIVIDE] = "/",
        [OP_REMAINDER] = "%",
        [OP_EQUAL] = "=",
        [OP_NOT_EQUAL] = "<>",
        [OP_LESS] = "<",
        [OP_LESS_OR_EQUAL] = "<=",
        [OP_GREATER] = ">",
        [OP_GREATER_OR_EQUAL] = ">=",
        [OP_EQUAL_NULL_SAFE] = "<=>",
        [OP_AND] = "AND",
        [OP_OR] = "OR",
        [OP_LIKE] = "LIKE",
};

/* Control characters would break the line; all else stays as it is. */
static int append_string(Buffer *buffer, const Text *text) {
        int r;

        r = buffer_append_u8(buffer, '\'');
        for (size_t i = 0; r >= 0 && i < text->size; i++) {
                unsigned char c = (unsigned char)text->data[i];

                if (c == '\'' || c == '\\')
                        r = buffer_append_format(buffer, "\\%c", c);
                else if (c < 0x20 || c == 0x7f)
                        r = buffer_append_format(buffer, "\\u%04x", c);
                else
                        r = buffer_append_u8(buffer, c);
        }
        return r < 0 ? r : buffer_append_u8(buffer, '\'');
}

static int append_literal(Buffer *buffer, ValueType type, const Literal *literal) {
        const Vector vector = {
                .type = type, .valid = (uint8_t[]){!literal->is_null}, .values = (void *)&literal->boolean};
        _cleanup_arena_ Arena arena = {};
        Text text;
        int r;

        if (type == TYPE_STRING && !literal->is_null)
                return append_string(buffer, &literal->text);
        r = vector_value_text(&vector, 0, &arena, &text);
        if (r == -ENODATA)
                return buffer_append_format(buffer, "NULL");
        if (r < 0)
                return r;
        return buffer_append_format(buffer, type == TYPE_TIMESTAMP ? "TIMESTAMP '%.*s'" : "%.*s",
                                    (int)text.size, text.data);
}

/* An operation within another stands in brackets. */
static int append_operand(Buffer *buffer, const Expr *expr, const char *const *names) {
        bool brackets = expr->kind == EXPR_SHIFT ||
                        (expr->kind == EXPR_CALL && expr->op != OP_COALESCE && expr->op != OP_CASE);
        int r;

        if (!brackets)
                return expr_append_text(expr, names, buffer);
        r = buffer_append_u8(buffer, '(');
        if (r >= 0)
                r = expr_append_text(expr, names, buffer);
        return r < 0 ? r : buffer_append_u8(buffer, ')');
}

/* From the argument at first on, with commas between. */
static int append_list(Buffer *buffer, const Expr *expr, size_t first, const char *const *names) {
        int r = buffer_append_u8(buffer, '(');

        for (size_t i = first; r >= 0 && i < expr->n_arguments; i++) {
                r = buffer_append_format(buffer, "%s", i > first ? ", " : "");
                if (r >= 0)
                        r = expr_append_text(expr->arguments[i], names, buffer);
        }
        return r < 0 ? r : buffer_append_u8(buffer, ')');
}

static int append_case(Buffer *buffer, const Expr *expr, const char *const *names) {
        int r = buffer_append_format(buffer, "CASE");

        for (size_t i = 0; r >= 0 && i < expr->n_arguments; i++) {
                bool otherwise = i + 1 == expr->n_arguments;

                r = buffer_append_format(buffer, otherwise ? " ELSE " : i % 2 == 0 ? " WHEN " : " THEN ");
                if (r >= 0)
                        r = expr_append_text(expr->arguments[i], names, buffer);
        }
        return r < 0 ? r : buffer_append_format(buffer, " END");
}

/* before, the first operand, behind. */
static int append_around(Buffer *buffer, const char *before, const Expr *expr, const char *behind,
                         const char *const *names) {
        int r;

        r = buffer_append_format(buffer, "%s", before);
        if (r >= 0)
                r = append_operand(buffer, expr->arguments[0], names);
        return r < 0 ? r : buffer_append_format(buffer, "%s", behind);
}

static int append_call(Buffer *buffer, const Expr *expr, const char *const *names) {
        int r;

        switch (expr->op) {
        case OP_NEGATE: return append_around(buffer, "-", expr, "", names);
        case OP_NOT: return append_around(buffer, "NOT ", expr, "", names);
        case OP_IS_NULL: return append_around(buffer, "", expr, " IS NULL", names);
        case OP_IS_NOT_NULL: return append_around(buffer, "", expr, " IS NOT NULL", names);
        case OP_IN:
                r = append_around(buffer, "", expr, " IN ", names);
                return r < 0 ? r : append_list(buffer, expr, 1, names);
        case OP_COALESCE:
                r = buffer_append_format(buffer, "coalesce");
                return r < 0 ? r : append_list(buffer, expr, 0, names);
        case OP_CASE: return append_case(buffer, expr, names);
        default:
                r = append_operand(buffer, expr->arguments[0], names);
                if (r >= 0)
                        r = buffer_append_format(buffer, " %s ", signs[expr->op]);
                return r < 0 ? r : append_operand(buffer, expr->arguments[1], names);
        }
}

int expr_append_text(const Expr *expr, const char *const *names, Buffer *buffer) {
        char text[UNIT_TEXT_MAX];
        int r;

        switch (expr->kind) {
        case EXPR_COLUMN: return buffer_append_format(buffer, "%s", names[expr->column]);
        case EXPR_LITERAL: return append_literal(buffer, expr->type, &expr->literal);
        case EXPR_CALL: return append_call(buffer, expr, names);
        case EXPR_CAST:
                r = buffer_append_format(buffer, "CAST(");
                if (r >= 0)
                        r = expr_append_text(expr->arguments[0], names, buffer);
                return r < 0 ? r : buffer_append_format(buffer, " AS %s)", value_type_name(expr->type));
        case EXPR_SHIFT:
                r = append_operand(buffer, expr->arguments[0], names);
                if (r < 0)
                        return r;
                return buffer_append_format(buffer, " %c %s", expr->shift_usec < 0 ? '-' : '+',
                                            format_duration(text, expr->shift_usec < 0
                                                                          ? -(usec_t)expr->shift_usec
                                                                          : (usec_t)expr->shift_usec));
        }
        return 0;
}
