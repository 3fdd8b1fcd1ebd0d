/*
 * jail.conf(5)'s grammar over the lexer's tokens, giving blocks of
 * assignments.  Blocks nest and files include files; both are stacks here, so
 * that no file can make us recurse.
 *
 * After a mistake the parser goes on where a statement plausibly begins, so
 * that one run tells all mistakes; nothing of a file with one is used.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/ast.h"
#include "conf/lexer.h"

#define MAXINCLUDE 32	/* FreeBSD's */
#define MAXFILES 100000 /* includes that include each other twice */
#define MAXDEPTH 64	/* of blocks: their names add up */
#define MAXERRORS 1000

struct frame { /* a file being read */
	struct include in;
	struct lexer lex;
	size_t base; /* blocks open where it was included */
};

struct parser {
	struct conf_file *f;
	struct reporter *r;
	bool trust_any;
	struct frame frames[MAXINCLUDE];
	size_t nframes;
	struct block *open[MAXDEPTH]; /* NULL: one that is thrown away */
	size_t nopen;
	size_t nfiles;
	struct token tok;
	struct strv pending; /* files to include, the next one last */
	size_t pending_base[MAXINCLUDE];
	bool fatal; /* nothing sensible can follow */
	/* Within a statement: the end of a string whose next token, again a
	 * string, begins on a later line.  What a forgotten ";" looks like. */
	bool has_break;
	struct conf_origin brk;
	struct token prev;
	bool have_prev;
};

static struct frame *
top(struct parser *p)
{
	return &p->frames[p->nframes - 1];
}

static struct conf_origin
at(struct parser *p, unsigned line, unsigned col)
{
	return (struct conf_origin) {
		.file = top(p)->in.name,
		.line = line,
		.col = col,
	};
}

static struct conf_origin
here(struct parser *p)
{
	return at(p, p->tok.line, p->tok.col);
}

static int
no_memory(struct parser *p)
{
	report_error(p->r, (struct conf_origin) { 0 }, "out of memory");
	p->fatal = true;
	return -1;
}

static void
next(struct parser *p)
{
	p->prev = p->tok;
	p->have_prev = true;
	if (lexer_next(&top(p)->lex, &p->tok) == -1) {
		(void)no_memory(p);
		p->tok.kind = TOK_EOF;
	}
}

static bool
is_string(const struct token *t)
{
	return t->kind == TOK_STR || t->kind == TOK_VAR;
}

/* Was the token begun on a later line than the one before it ended? */
static bool
on_new_line(const struct parser *p)
{
	return p->have_prev && p->tok.line > p->prev.end_line;
}

/* The token as written, its first line, short. */
static void
show_token(const struct token *t, char *buf, size_t size)
{
	size_t n = 0;

	if (t->kind == TOK_BAD && t->src[0] == '\0') {
		memcpy(buf, "\\000", 5);
		return;
	}
	while (n < t->srclen && n < size - 4 && t->src[n] != '\n')
		n++;
	/* Not through the middle of a character. */
	while (n > 0 && n < t->srclen && (t->src[n] & 0xc0) == 0x80)
		n--;
	memcpy(buf, t->src, n);
	buf[n] = '\0';
	if (n < t->srclen)
		memcpy(buf + n, "...", 4);
}

static void
missing_semicolon(struct parser *p)
{
	/* A "}" or the end wants one on any line, a string only on a new one. */
	bool ends = p->tok.kind == TOK_CLOSE || p->tok.kind == TOK_EOF;

	if (p->have_prev && is_string(&p->prev) && (ends || on_new_line(p)))
		report_error(p->r, at(p, p->prev.end_line, p->prev.end_col),
		    "missing \";\" at the end of this line?");
	else if (p->has_break)
		report_error(
		    p->r, p->brk, "missing \";\" at the end of this line?");
}

/* Tell that the token does not belong here, and whatever explains it. */
static void
syntax_error(struct parser *p)
{
	char buf[48];

	if (p->tok.kind == TOK_BROKEN) {
		report_error(p->r, here(p), "%s", p->tok.what);
		p->fatal = true;
		return;
	}
	missing_semicolon(p);
	if (p->tok.kind == TOK_EOF) {
		report_error(p->r, here(p), "unexpected EOF");
		return;
	}
	show_token(&p->tok, buf, sizeof(buf));
	report_error(p->r, here(p), "%s: syntax error", buf);
	if (p->r->errors >= MAXERRORS) {
		report_error(p->r, here(p), "too many errors");
		p->fatal = true;
	}
}

/* ---- blocks ---- */

static struct block *
current(struct parser *p)
{
	struct conf_file *f = p->f;

	if (p->nopen > 0)
		return p->open[p->nopen - 1];
	if (f->global == NULL) {
		f->global = conf_file_add_block(f, "*", here(p));
		if (f->global == NULL)
			(void)no_memory(p);
		else
			f->global->global = true;
	}
	return f->global;
}

static void
push_block(struct parser *p, struct block *b)
{
	if (p->nopen == MAXDEPTH) {
		report_error(p->r, here(p), "blocks are nested too deep");
		p->fatal = true;
		return;
	}
	p->open[p->nopen++] = b;
}

/* Is one of the open blocks one that is thrown away? */
static bool
in_rubbish(const struct parser *p)
{
	return p->nopen > 0 && p->open[p->nopen - 1] == NULL;
}

/* At the "{" after name. */
static void
open_block(struct parser *p, const struct token *name)
{
	auto_strbuf struct strbuf whole = STRBUF_INIT;
	struct conf_origin o = at(p, name->line, name->col);
	const struct block *outer = p->nopen > 0 ? p->open[p->nopen - 1] : NULL;
	struct block *b = NULL;

	if (name->text->vars != NULL) {
		report_error(
		    p->r, o, "variables not permitted in the name of a jail");
	} else if (name->text->len == 0) {
		report_error(p->r, o, "a jail needs a name");
	} else if (!in_rubbish(p)) {
		if ((outer != NULL &&
			strbuf_addf(&whole, "%s.", outer->name) == -1) ||
		    strbuf_puts(&whole, name->text->s) == -1 ||
		    whole.len == 0) {
			(void)no_memory(p);
			return;
		}
		if (whole.len > 255) {
			report_error(p->r, o,
			    "the name of a jail is longer than 255 bytes");
		} else {
			b = conf_file_add_block(p->f, whole.s, o);
			if (b == NULL)
				(void)no_memory(p);
		}
	}
	push_block(p, b);
	next(p);
}

/* ---- statements ---- */

/*
 * The token is wrong.  Go on at the next place where a statement can begin: a
 * string on a line of its own, behind a ";", at a "}", or inside a "{" whose
 * block is then thrown away.
 */
static void
resync(struct parser *p)
{
	if (p->fatal)
		return;
	if (is_string(&p->tok) && on_new_line(p))
		return;
	while (!p->fatal) {
		switch (p->tok.kind) {
		case TOK_EOF:
		case TOK_CLOSE:
			return;
		case TOK_SEMI:
			next(p);
			return;
		case TOK_OPEN:
			push_block(p, NULL);
			next(p);
			return;
		case TOK_BROKEN:
			syntax_error(p);
			return;
		case TOK_STR:
		case TOK_VAR:
		case TOK_COMMA:
		case TOK_EQ:
		case TOK_PLUSEQ:
		case TOK_BAD:
			next(p);
			break;
		}
	}
}

/* Strings with commas between them; the token is the first. */
static int
values(struct parser *p, struct assign *a)
{
	struct text **last = &a->values;

	for (;;) {
		if (!is_string(&p->tok))
			return -1;
		*last = p->tok.text;
		last = &p->tok.text->next;
		a->nvalues++;
		next(p);
		if (p->tok.kind != TOK_COMMA)
			return 0;
		next(p);
	}
}

/* .include "glob", ...; its files are read when the statement is complete. */
static void
include(struct parser *p, const struct assign *a)
{
	auto_strv struct strv found = STRV_INIT;
	struct jerr e = JERR_INIT;

	if (p->nframes == MAXINCLUDE) {
		report_error(p->r, a->at, "maximum include depth exceeded");
		p->fatal = true;
		return;
	}
	for (const struct text *v = a->values; v != NULL; v = v->next) {
		struct conf_origin o = at(p, v->line, v->col);

		if (v->vars != NULL) {
			report_error(p->r, o,
			    "variables not permitted in "
			    "'.include' filename");
			continue;
		}
		if (include_expand(top(p)->in.dir, v->s, &found, &e) == -1)
			report_error(p->r, o, "%s", e.msg);
	}
	for (size_t i = found.n; i > 0; i--)
		if (strv_add(&p->pending, found.v[i - 1]) == -1) {
			(void)no_memory(p);
			return;
		}
}

static void
add_assign(struct parser *p, const struct token *name, struct assign *a)
{
	const struct text *t = name->text;
	struct block *b;

	if (name->kind == TOK_VAR) {
		a->is_var = true;
		a->name = t->vars->name;
	} else {
		a->name = t->s;
	}
	if (t->vars != NULL && !a->is_var) {
		report_error(p->r, a->at,
		    "variables not permitted in the name of a parameter");
		return;
	}
	if (a->name[0] == '\0') {
		report_error(p->r, a->at, "empty %s name",
		    a->is_var ? "variable" : "parameter");
		return;
	}
	if (in_rubbish(p))
		return;
	b = current(p);
	if (b != NULL && conf_file_add_assign(p->f, b, a) == NULL)
		(void)no_memory(p);
}

/* The token is a string: a block, a parameter or an include. */
static void
statement(struct parser *p)
{
	struct token name = p->tok;
	struct assign a = { .at = here(p) };
	bool bare;

	p->has_break = false;
	next(p);
	if (p->tok.kind == TOK_OPEN && name.kind == TOK_STR) {
		open_block(p, &name);
		return;
	}
	a.append = p->tok.kind == TOK_PLUSEQ;
	bare = p->tok.kind != TOK_EQ && !a.append;
	if (!bare)
		next(p);
	if (bare && is_string(&p->tok) && on_new_line(p)) {
		/* Legal, "name value", and hardly ever meant. */
		p->has_break = true;
		p->brk = at(p, name.end_line, name.end_col);
		a.brk = p->brk;
	}
	if ((!bare || p->tok.kind != TOK_SEMI) && values(p, &a) == -1) {
		syntax_error(p);
		resync(p);
		return;
	}
	if (p->tok.kind != TOK_SEMI) {
		syntax_error(p);
		resync(p);
		return;
	}
	if (bare && a.nvalues > 0 && name.kind == TOK_STR &&
	    name.text->vars == NULL && str_eq(name.text->s, ".include"))
		include(p, &a);
	else
		add_assign(p, &name, &a);
	/* Not yet the token after the ";": an include comes before it. */
}

/* ---- files ---- */

static void
push_file(struct parser *p, const char *path, struct conf_origin from)
{
	struct frame *fr = &p->frames[p->nframes];
	struct jerr e = JERR_INIT;

	if (++p->nfiles > MAXFILES) {
		report_error(p->r, from, "too many included files");
		p->fatal = true;
		return;
	}
	*fr = (struct frame) { .base = p->nopen };
	if (include_read(p->f, path, p->trust_any, &fr->in, &e) == -1) {
		report_error(p->r, from, "%s", e.msg);
		return;
	}
	lexer_init(&fr->lex, fr->in.text, fr->in.len, &p->f->pool);
	p->pending_base[p->nframes] = p->pending.n;
	p->nframes++;
	p->have_prev = false;
	p->tok.kind = TOK_SEMI;
	next(p);
	p->have_prev = false;
}

static void
pop_file(struct parser *p)
{
	struct frame *fr = top(p);

	while (p->nopen > fr->base) {
		const struct block *b = p->open[--p->nopen];

		if (b != NULL && !p->fatal)
			report_error(p->r, here(p),
			    "unexpected EOF: \"%s {\" of line %u has no \"}\"",
			    b->name, b->at.line);
	}
	lexer_free(&fr->lex);
	free(fr->in.text);
	free(fr->in.dir);
	p->nframes--;
	/* Where the includer goes on is a ";" that was read already. */
	p->tok = (struct token) { .kind = TOK_SEMI };
	p->have_prev = false;
}

/* The next file that the current one asked for, if any. */
static bool
next_include(struct parser *p)
{
	auto_free char *path = NULL;

	if (p->nframes == 0 || p->pending.n == p->pending_base[p->nframes - 1])
		return false;
	path = p->pending.v[--p->pending.n];
	p->pending.v[p->pending.n] = NULL;
	push_file(p, path, (struct conf_origin) { 0 });
	return true;
}

static void
one(struct parser *p)
{
	switch (p->tok.kind) {
	case TOK_STR:
	case TOK_VAR:
		statement(p);
		break;
	case TOK_SEMI:
		if (!next_include(p))
			next(p);
		break;
	case TOK_CLOSE:
		if (p->nopen > top(p)->base)
			p->nopen--;
		else
			syntax_error(p);
		if (!p->fatal)
			next(p);
		p->have_prev = false;
		break;
	case TOK_EOF:
		pop_file(p);
		break;
	case TOK_OPEN:
	case TOK_COMMA:
	case TOK_EQ:
	case TOK_PLUSEQ:
	case TOK_BAD:
	case TOK_BROKEN:
		p->have_prev = false;
		p->has_break = false;
		syntax_error(p);
		resync(p);
		break;
	}
}

int
conf_parse(
    struct conf_file *f, const char *path, bool trust_any, struct reporter *r)
{
	auto_free struct parser *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return jerr_nomem(r->e);
	p->f = f;
	p->r = r;
	p->trust_any = trust_any;
	push_file(p, path, (struct conf_origin) { 0 });
	while (p->nframes > 0 && !p->fatal)
		one(p);
	while (p->nframes > 0)
		pop_file(p);
	strv_free(&p->pending);
	return r->errors == 0 ? 0 : -1;
}
