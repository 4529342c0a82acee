/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "sql/analysis.h"

/* All functions of the dialect. A new one is a row of the table in function.c, and perhaps a builder. */

/* What arguments are cast to before the builder sees them. */
typedef enum ArgumentRule {
        ARGUMENTS_SYNTAX,  /* nothing: the builder rewrites the call and has it analyzed */
        ARGUMENTS_ANY,     /* each its own type, bare NULL included */
        ARGUMENTS_TYPED,   /* each its own type */
        ARGUMENTS_COMMON,  /* common_type() of all */
        ARGUMENTS_NUMERIC, /* INT, BIGINT or DOUBLE; text and NULL become DOUBLE */
        ARGUMENTS_DOUBLE,
        ARGUMENTS_BOOLEAN,
} ArgumentRule;

typedef enum ResultRule {
        RESULT_REWRITTEN, /* whatever the rewritten call has */
        RESULT_ARGUMENT,  /* the first argument's type */
        RESULT_TOTAL,     /* the same, but BIGINT for INT */
        RESULT_BIGINT,
        RESULT_DOUBLE,
        RESULT_BOOLEAN,
} ResultRule;

typedef struct SqlFunction SqlFunction;

/* arguments: analyzed and cast; may be emptied. type: of the result. */
typedef int (*FunctionBuilder)(Analysis *analysis, const SqlFunction *function, const Node *call,
                               ExprList *arguments, ValueType type, Expr **ret);

struct SqlFunction {
        const char *name;
        size_t min_arguments, max_arguments;
        ArgumentRule arguments;
        ResultRule result;
        bool is_aggregate;
        FunctionBuilder build;
        int code; /* of the builder: an ExprOp or an AggregateFunction */
};

/* Ends with a row without a name. */
extern const SqlFunction sql_functions[];

/* NULL if there is none. */
const SqlFunction *sql_function_find(const char *name) _pure_;
