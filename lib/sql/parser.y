/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

/* The grammar of the SQL dialect; it follows Spark's SqlBaseParser.g4. Two languages share its tokens: a
 * query, and the columns of a source ("name TYPE, ..."). Which one it is says the first token.
 *
 * Everything that actions make lives in the arena of the state: an aborted parse leaves nothing behind. */

%require "3.8"
%define api.pure full
%define api.prefix {sql_parser_}
%define api.location.type {SqlSpan}
%define api.token.prefix {TOKEN_}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {void *lexer}
%parse-param {ParserState *state}

%code requires {
#include "sql/parser-state.h"
}

%code provides {
int sql_parser_lex(SQL_PARSER_STYPE *value, SqlSpan *span, void *lexer);
}

%union {
        const char *name;
        Text string;
        bool boolean;
        ExprOp op;
        Node *node;
        SelectItem *item;
}

%code {
#define YYLLOC_DEFAULT(current, rhs, n)                                                                      \
        do {                                                                                                 \
                (current).begin = (n) ? YYRHSLOC(rhs, 1).begin : YYRHSLOC(rhs, 0).end;                       \
                (current).end = YYRHSLOC(rhs, n).end;                                                        \
        } while (false)

/* One level of nesting takes at most eight entries of the parser's stack. */
#define YYMAXDEPTH (8 * SQL_DEPTH_MAX)

#define NODE(target, made)                                                                                   \
        do {                                                                                                 \
                (target) = (made);                                                                           \
                if (!parser_accepts(state, (target)))                                                        \
                        YYABORT;                                                                             \
        } while (false)

#define REFUSE(location, ...)                                                                                \
        do {                                                                                                 \
                parser_fail(state, (location).begin, __VA_ARGS__);                                           \
                YYABORT;                                                                                     \
        } while (false)

static void sql_parser_error(const SqlSpan *span, void *lexer, ParserState *state, const char *message);
}

/* What was expected is listed in this order; parser-error.c knows the names. */
%token END_OF_TEXT 0 "end"
%token START_SELECT START_COLUMNS
%token <name> NAME "a name" NUMBER "a number" END TIMESTAMP UNSUPPORTED "an unsupported word"
%token <string> STRING "a string"
%token SELECT FROM WHERE GROUP BY HAVING WHEN THEN ELSE AS
%token DISTINCT CASE CAST TRUE FALSE NULL
%token AND OR NOT IN BETWEEN LIKE IS
%token <op> COMPARISON "a comparison"

%left OR
%left AND
%precedence NOT '!'
%left COMPARISON
%left '+' '-'
%left '*' '/' '%'
%precedence SIGN

%type <name> word label bare_alias type
%type <boolean> optional_not truth
%type <item> select_item
%type <node> expression predicate value primary literal call list case_branches case_else
%type <node> optional_where optional_group_by optional_having

%%

text:
        START_SELECT select semicolons
|       START_COLUMNS columns
;

semicolons:
        %empty
|       semicolons ';'
;

/* Words that mean something only where an operator or a clause can stand are names elsewhere. */
word:
        NAME
|       TIMESTAMP
|       UNSUPPORTED
;

label:
        word
|       END
;

bare_alias:
        NAME
|       TIMESTAMP
|       END
;

/* Columns of a source */

columns:
        column
|       columns ',' column
;

column:
        label type
        {
                if (parser_add_column(state, @1, $1, @2, $2) < 0)
                        YYABORT;
        }
;

type:
        word
|       word '(' type_sizes ')'
        {
                REFUSE(@$, "types with a size are not supported; take STRING for text, DOUBLE for decimals");
        }
;

type_sizes:
        NUMBER
|       type_sizes ',' NUMBER
;

/* Queries */

select:
        SELECT select_list FROM table optional_where optional_group_by optional_having
        {
                state->select.where = $5;
                state->select.group_by = $6;
                state->select.having = $7;
        }
|       SELECT DISTINCT
        {
                REFUSE(@2, "SELECT DISTINCT is not supported; GROUP BY the columns instead");
        }
;

select_list:
        select_item
        {
                if (parser_add_item(state, $1) < 0)
                        YYABORT;
        }
|       select_list ',' select_item
        {
                if (parser_add_item(state, $3) < 0)
                        YYABORT;
        }
;

select_item:
        expression
        {
                $$ = select_item_new(state->arena, $1, @1, NULL, @1);
        }
|       expression AS label
        {
                $$ = select_item_new(state->arena, $1, @1, $3, @3);
        }
|       expression bare_alias
        {
                $$ = select_item_new(state->arena, $1, @1, $2, @2);
        }
|       '*'
        {
                Node *star;

                NODE(star, node_new_name(state->arena, NODE_STAR, @$, NULL, NULL));
                $$ = select_item_new(state->arena, star, @$, NULL, @$);
        }
|       word '.' '*'
        {
                Node *star;

                NODE(star, node_new_name(state->arena, NODE_STAR, @$, $1, NULL));
                $$ = select_item_new(state->arena, star, @$, NULL, @$);
        }
;

table:
        table_name
|       table_name AS label
        {
                state->select.table_alias = $3;
        }
|       table_name bare_alias
        {
                state->select.table_alias = $2;
        }
;

table_name:
        word
        {
                state->select.table = $1;
                state->select.table_span = @1;
        }
|       word '.' label
        {
                REFUSE(@$, "a table has one name here; if it has a dot in it, write `%.64s.%.64s`", $1, $3);
        }
;

optional_where:
        %empty
        {
                $$ = NULL;
        }
|       WHERE expression
        {
                $$ = $2;
        }
;

optional_group_by:
        %empty
        {
                $$ = NULL;
        }
|       GROUP BY list
        {
                $$ = $3;
        }
;

optional_having:
        %empty
        {
                $$ = NULL;
        }
|       HAVING expression
        {
                $$ = $2;
        }
;

/* Expressions. Predicates bind looser than comparisons and do not chain: a = b IS NULL is (a = b) IS NULL. */

list:
        expression
        {
                NODE($$, node_append(state->arena, node_new(state->arena, NODE_LIST, @$), $1));
        }
|       list ',' expression
        {
                NODE($$, node_append(state->arena, $1, $3));
        }
;

expression:
        predicate
|       expression OR expression
        {
                NODE($$, node_new_operator(state->arena, OP_OR, @$, $1, $3));
        }
|       expression AND expression
        {
                NODE($$, node_new_operator(state->arena, OP_AND, @$, $1, $3));
        }
|       NOT expression
        {
                NODE($$, node_new_operator(state->arena, OP_NOT, @$, $2, NULL));
        }
|       '!' expression
        {
                NODE($$, node_new_operator(state->arena, OP_NOT, @$, $2, NULL));
        }
;

predicate:
        value
|       value optional_not BETWEEN value AND value
        {
                NODE($$, node_new_between(state->arena, @$, $1, $4, $6));
                NODE($$, node_new_not(state->arena, @$, $2, $$));
        }
|       value optional_not IN '(' list ')'
        {
                NODE($$, node_new_in(state->arena, @$, $1, $5));
                NODE($$, node_new_not(state->arena, @$, $2, $$));
        }
|       value optional_not LIKE value
        {
                NODE($$, node_new_operator(state->arena, OP_LIKE, @$, $1, $4));
                NODE($$, node_new_not(state->arena, @$, $2, $$));
        }
|       value IS optional_not NULL
        {
                NODE($$, node_new_operator(state->arena, $3 ? OP_IS_NOT_NULL : OP_IS_NULL, @$, $1, NULL));
        }
|       value IS optional_not truth
        {
                Node *truth;

                NODE(truth, node_new_boolean(state->arena, @4, $4));
                NODE($$, node_new_operator(state->arena, OP_EQUAL_NULL_SAFE, @$, $1, truth));
                NODE($$, node_new_not(state->arena, @$, $3, $$));
        }
|       value IS optional_not DISTINCT FROM value
        {
                NODE($$, node_new_operator(state->arena, OP_EQUAL_NULL_SAFE, @$, $1, $6));
                NODE($$, node_new_not(state->arena, @$, !$3, $$));
        }
;

optional_not:
        %empty
        {
                $$ = false;
        }
|       NOT
        {
                $$ = true;
        }
;

value:
        primary
|       value COMPARISON value
        {
                NODE($$, node_new_operator(state->arena, $2, @$, $1, $3));
        }
|       value '+' value
        {
                NODE($$, node_new_operator(state->arena, OP_ADD, @$, $1, $3));
        }
|       value '-' value
        {
                NODE($$, node_new_operator(state->arena, OP_SUBTRACT, @$, $1, $3));
        }
|       value '*' value
        {
                NODE($$, node_new_operator(state->arena, OP_MULTIPLY, @$, $1, $3));
        }
|       value '/' value
        {
                NODE($$, node_new_operator(state->arena, OP_DIVIDE, @$, $1, $3));
        }
|       value '%' value
        {
                NODE($$, node_new_operator(state->arena, OP_REMAINDER, @$, $1, $3));
        }
|       '-' value %prec SIGN
        {
                NODE($$, node_new_negation(state->arena, @$, $2));
        }
|       '+' value %prec SIGN
        {
                $$ = $2;
        }
;

primary:
        literal
|       word
        {
                NODE($$, node_new_name(state->arena, NODE_NAME, @$, NULL, $1));
        }
|       word '.' label
        {
                NODE($$, node_new_name(state->arena, NODE_NAME, @$, $1, $3));
        }
|       call
|       call '.' label
        {
                NODE($$, node_new_unary(state->arena, NODE_FIELD, @$, $1, $3, @3));
        }
|       CASE case_branches case_else END
        {
                NODE($$, node_new_case(state->arena, NODE_CASE, @$, NULL, $2, $3));
        }
|       CASE expression case_branches case_else END
        {
                NODE($$, node_new_case(state->arena, NODE_SWITCH, @$, $2, $3, $4));
        }
|       CAST '(' expression AS type ')'
        {
                NODE($$, node_new_unary(state->arena, NODE_CAST, @$, $3, $5, @5));
        }
|       '(' expression ')'
        {
                $$ = $2;
        }
;

call:
        word '(' ')'
        {
                NODE($$, node_new_call(state->arena, @$, $1, NULL));
        }
|       word '(' list ')'
        {
                NODE($$, node_new_call(state->arena, @$, $1, $3));
        }
|       word '(' '*' ')'
        {
                Node *star;

                NODE(star, node_new_name(state->arena, NODE_STAR, @3, NULL, NULL));
                NODE($$, node_append(state->arena, node_new_call(state->arena, @$, $1, NULL), star));
        }
|       word '(' DISTINCT list ')'
        {
                REFUSE(@3, "%.64s(DISTINCT ...) is not supported", $1);
        }
;

case_branches:
        WHEN expression THEN expression
        {
                NODE($$, node_append(state->arena, node_new(state->arena, NODE_LIST, @$), $2));
                NODE($$, node_append(state->arena, $$, $4));
        }
|       case_branches WHEN expression THEN expression
        {
                NODE($$, node_append(state->arena, $1, $3));
                NODE($$, node_append(state->arena, $$, $5));
        }
;

case_else:
        %empty
        {
                $$ = NULL;
        }
|       ELSE expression
        {
                $$ = $2;
        }
;

literal:
        NULL
        {
                NODE($$, node_new(state->arena, NODE_NULL, @$));
        }
|       truth
        {
                NODE($$, node_new_boolean(state->arena, @$, $1));
        }
|       NUMBER
        {
                NODE($$, node_new_name(state->arena, NODE_NUMBER, @$, NULL, $1));
        }
|       STRING
        {
                NODE($$, node_new_string(state->arena, NODE_STRING, @$, $1));
        }
|       TIMESTAMP STRING
        {
                NODE($$, node_new_string(state->arena, NODE_TIMESTAMP, @$, $2));
        }
;

truth:
        TRUE
        {
                $$ = true;
        }
|       FALSE
        {
                $$ = false;
        }
;

%%

static int yyreport_syntax_error(const yypcontext_t *context, void *lexer, ParserState *state) {
        yysymbol_kind_t kinds[YYNTOKENS];
        const char *names[YYNTOKENS];
        int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);

        if (n < 0)
                return n;
        for (int i = 0; i < n; i++)
                names[i] = yysymbol_name(kinds[i]);
        parser_fail_syntax(state, *yypcontext_location(context), yysymbol_name(yypcontext_token(context)),
                           names, (size_t)n);
        return 0;
}

/* With custom reports of syntax errors only this is left: the parser's stack is full. */
static void sql_parser_error(const SqlSpan *span, void *lexer, ParserState *state, const char *message) {
        parser_fail(state, span->begin, "nested too deeply");
}
