/*
 * jail.conf(5)'s lexical rules: white space and the three comment forms,
 * punctuation, and strings put together from unquoted, "quoted" and 'quoted'
 * pieces with escapes and variables.
 *
 * Reads hostile bytes without trusting them: every look ahead is bounded by
 * the end of the buffer.  Columns count characters (UTF-8), a tab is one.  A
 * CR before a newline is white space, which is ours: files written elsewhere.
 */
#include "conf/lexer.h"

#include <string.h>

void
lexer_init(struct lexer *l, const char *text, size_t len, struct pool *pool)
{
	*l = (struct lexer) {
		.p = text,
		.end = text + len,
		.line = 1,
		.col = 1,
		.pool = pool,
	};
}

void
lexer_free(struct lexer *l)
{
	strbuf_free(&l->piece);
}

/* The byte n places ahead, or -1. */
static int
peek(const struct lexer *l, size_t n)
{
	return (size_t)(l->end - l->p) > n ? (unsigned char)l->p[n] : -1;
}

static void
step(struct lexer *l)
{
	unsigned char c = (unsigned char)*l->p++;

	if (c == '\n') {
		l->line++;
		l->col = 1;
	} else if ((c & 0xc0) != 0x80) {
		l->col++;
	}
}

static void
steps(struct lexer *l, size_t n)
{
	while (n-- > 0)
		step(l);
}

static void
skip_line(struct lexer *l)
{
	while (peek(l, 0) != -1 && peek(l, 0) != '\n')
		step(l);
}

static bool
at_comment(const struct lexer *l)
{
	return peek(l, 0) == '#' ||
	    (peek(l, 0) == '/' && (peek(l, 1) == '/' || peek(l, 1) == '*'));
}

/* False: the comment never ends, and l stands at its beginning. */
static bool
skip_comment(struct lexer *l)
{
	struct lexer start = *l;

	if (peek(l, 1) != '*' || peek(l, 0) == '#') {
		skip_line(l);
		return true;
	}
	steps(l, 2);
	while (peek(l, 0) != -1) {
		if (peek(l, 0) == '*' && peek(l, 1) == '/') {
			steps(l, 2);
			return true;
		}
		step(l);
	}
	l->p = start.p;
	l->line = start.line;
	l->col = start.col;
	return false;
}

static bool
skip_blank(struct lexer *l)
{
	for (;;) {
		int c = peek(l, 0);

		if (c == ' ' || c == '\t' || c == '\n' ||
		    (c == '\r' && peek(l, 1) == '\n'))
			step(l);
		else if (c == '\\' && peek(l, 1) == '\n')
			steps(l, 2);
		else if (c == '\\' && peek(l, 1) == '\r' && peek(l, 2) == '\n')
			steps(l, 3);
		else if (!at_comment(l))
			return true;
		else if (!skip_comment(l))
			return false;
	}
}

static bool
is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int
hex(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* May c stand in an unquoted word (what "/" and "+" begin is seen before)? */
static bool
is_word(int c)
{
	return is_alpha(c) || is_digit(c) ||
	    (c > 0 && strchr("!%&()-.:<>?@[]^`|~$*+/", c) != NULL);
}

/* ---- strings ---- */

struct string {
	struct text *text;
	struct var_ref **last; /* where the next variable is linked */
	bool ended;	       /* by a NUL escape: the rest does not count */
	bool quoted;
};

static int
put(struct lexer *l, struct string *s, char c)
{
	return s->ended ? 0 : strbuf_putc(&l->piece, c);
}

/* At a backslash; one that ends the file stands for nothing. */
static int
escape(struct lexer *l, struct string *s)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *simple;
	int c, n = 0;

	step(l);
	c = peek(l, 0);
	if (c == -1)
		return 0;
	if (c == '\n') {
		step(l);
		return 0;
	}
	if (c == '\r' && peek(l, 1) == '\n') {
		steps(l, 2);
		return 0;
	}
	if (c >= '0' && c <= '7') {
		for (int i = 0; i < 3 && peek(l, 0) >= '0' && peek(l, 0) <= '7';
		     i++) {
			n = n * 8 + peek(l, 0) - '0';
			step(l);
		}
	} else if (c == 'x' && hex(peek(l, 1)) >= 0) {
		step(l);
		for (int i = 0; i < 2 && hex(peek(l, 0)) >= 0; i++) {
			n = n * 16 + hex(peek(l, 0));
			step(l);
		}
	} else {
		simple = c != 0 ? strchr(from, c) : NULL;
		n = simple != NULL ? to[simple - from] : c;
		step(l);
	}
	if ((n & 0xff) == 0) {
		s->ended = true;
		return 0;
	}
	return put(l, s, (char)n);
}

/*
 * At a "$".  1: a variable was read; 0: only a dollar sign; -1: no memory;
 * -2: "${" without its end.
 */
static int
variable(struct lexer *l, struct string *s)
{
	const char *name;
	size_t n = 0;
	struct var_ref *v;
	unsigned line = l->line, col = l->col;
	bool braces = peek(l, 1) == '{';

	if (braces) {
		int c;

		for (n = 0; (c = peek(l, 2 + n)) != '}'; n++)
			if (c == -1 || c == '\n' || c == '{' || c == 0 ||
			    (c == '"' && s->quoted))
				return -2;
		name = l->p + 2;
	} else {
		if (!is_alpha(peek(l, 1)))
			return 0;
		while (is_alpha(peek(l, 1 + n)) || is_digit(peek(l, 1 + n)))
			n++;
		name = l->p + 1;
	}
	steps(l, n + (braces ? 3 : 1));
	if (s->ended)
		return 1;
	v = pool_alloc(l->pool, sizeof(*v));
	if (v == NULL)
		return -1;
	v->name = pool_strdup(l->pool, name, n);
	if (v->name == NULL)
		return -1;
	v->pos = l->piece.len;
	v->line = line;
	v->col = col;
	*s->last = v;
	s->last = &v->next;
	return 1;
}

static int
broken(struct token *t, const char *what, unsigned line, unsigned col)
{
	t->kind = TOK_BROKEN;
	t->what = what;
	t->line = line;
	t->col = col;
	return 1;
}

/* One quoted piece.  0, -1 no memory, 1 when t is TOK_BROKEN. */
static int
quoted(struct lexer *l, struct string *s, struct token *t)
{
	int q = peek(l, 0), c, r;
	unsigned line = l->line, col = l->col;

	step(l);
	s->quoted = true;
	for (;;) {
		c = peek(l, 0);
		if (c == -1)
			return broken(t, "unterminated string", line, col);
		if (c == q)
			break;
		r = 0;
		if (c == '\\') {
			if (escape(l, s) == -1)
				return -1;
			continue;
		}
		if (c == '$' && q == '"') {
			r = variable(l, s);
			if (r == -1)
				return -1;
			if (r == -2)
				return broken(t, "unterminated variable",
				    l->line, l->col);
		}
		if (r == 1)
			continue;
		if (c == 0)
			s->ended = true;
		/* A line end of another system is one here too. */
		if (!(c == '\r' && peek(l, 1) == '\n') &&
		    put(l, s, (char)c) == -1)
			return -1;
		step(l);
	}
	step(l);
	s->quoted = false;
	return 0;
}

/* One unquoted byte, escape or variable.  As quoted; 2: the word ends here. */
static int
unquoted(struct lexer *l, struct string *s, struct token *t)
{
	int c = peek(l, 0), r;

	if (c == '\\')
		return escape(l, s);
	if (at_comment(l) || !is_word(c) || (c == '+' && peek(l, 1) == '='))
		return 2;
	if (c == '$') {
		r = variable(l, s);
		if (r == -1)
			return -1;
		if (r == -2)
			return broken(
			    t, "unterminated variable", l->line, l->col);
		if (r == 1)
			return 0;
	}
	if (put(l, s, (char)c) == -1)
		return -1;
	step(l);
	return 0;
}

static int
string(struct lexer *l, struct token *t)
{
	struct string s = { .text = pool_alloc(l->pool, sizeof(*s.text)) };
	bool any_quotes = false;
	int c, r = 0;

	if (s.text == NULL)
		return -1;
	s.last = &s.text->vars;
	s.text->line = t->line;
	s.text->col = t->col;
	l->piece.len = 0;
	while (r == 0 && (c = peek(l, 0)) != -1) {
		if (c == '"' || c == '\'') {
			any_quotes = true;
			r = quoted(l, &s, t);
		} else {
			r = unquoted(l, &s, t);
		}
	}
	if (r == -1)
		return -1;
	if (r == 1) {
		l->p = l->end;
		return 0;
	}
	s.text->len = l->piece.len;
	s.text->s = pool_strdup(l->pool, strbuf_str(&l->piece), l->piece.len);
	if (s.text->s == NULL)
		return -1;
	t->text = s.text;
	t->kind = TOK_STR;
	if (!any_quotes && s.text->len == 0 && s.text->vars != NULL &&
	    s.text->vars->next == NULL)
		t->kind = TOK_VAR;
	return 0;
}

int
lexer_next(struct lexer *l, struct token *t)
{
	static const struct {
		char c;
		enum token_kind kind;
	} marks[] = {
		{ '{', TOK_OPEN },
		{ '}', TOK_CLOSE },
		{ ';', TOK_SEMI },
		{ ',', TOK_COMMA },
		{ '=', TOK_EQ },
	};
	bool blank = skip_blank(l);
	int c = peek(l, 0);

	*t = (struct token) {
		.kind = TOK_EOF,
		.line = l->line,
		.col = l->col,
		.src = l->p,
	};
	if (!blank) {
		(void)broken(t, "unterminated comment", l->line, l->col);
		l->p = l->end;
		return 0;
	}
	if (c == -1) {
		t->end_line = l->line;
		t->end_col = l->col;
		return 0;
	}
	if (c == '+' && peek(l, 1) == '=') {
		t->kind = TOK_PLUSEQ;
		steps(l, 2);
	} else if (c == '"' || c == '\'' || c == '\\' || is_word(c)) {
		if (string(l, t) == -1)
			return -1;
	} else {
		t->kind = TOK_BAD;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
			if (c == marks[i].c)
				t->kind = marks[i].kind;
		step(l);
		/* A character of several bytes is one mistake. */
		while (t->kind == TOK_BAD && peek(l, 0) != -1 &&
		    (peek(l, 0) & 0xc0) == 0x80)
			step(l);
	}
	t->srclen = (size_t)(l->p - t->src);
	t->end_line = l->line;
	t->end_col = l->col;
	return 0;
}
