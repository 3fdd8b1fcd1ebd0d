/*
 * Tokens of jail.conf(5).  The lexer reads one buffer and keeps no state but
 * its place in it.
 */
#ifndef CONF_LEXER_H
#define CONF_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/ast.h"

enum token_kind {
	TOK_EOF,
	TOK_STR,   /* text with or without variables */
	TOK_VAR,   /* exactly one unquoted variable and nothing else */
	TOK_OPEN,  /* { */
	TOK_CLOSE, /* } */
	TOK_SEMI,
	TOK_COMMA,
	TOK_EQ,
	TOK_PLUSEQ,
	TOK_BAD,    /* a byte that begins nothing; told by the parser */
	TOK_BROKEN, /* unterminated something: *what says so; then EOF */
};

struct token {
	enum token_kind kind;
	unsigned line, col;	    /* of its first byte, from 1 */
	unsigned end_line, end_col; /* just after its last */
	const char *src;	    /* as written */
	size_t srclen;
	struct text *text; /* TOK_STR, TOK_VAR; pool's */
	const char *what;  /* TOK_BROKEN */
};

struct lexer {
	const char *p, *end;
	unsigned line, col;
	struct pool *pool;
	struct strbuf piece; /* the literal text being put together */
};

void lexer_init(
    struct lexer *l, const char *text, size_t len, struct pool *pool);
void lexer_free(struct lexer *l);
/* -1 only when memory is out. */
int lexer_next(struct lexer *l, struct token *t);

#endif
