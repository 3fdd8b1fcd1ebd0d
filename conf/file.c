/*
 * A configuration as a whole: loading it, its jails by number and by name, and
 * the one place where its messages are written.
 */
#include "conf/conf_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "conf/ast.h"

/* ---- messages ---- */

/* One line, whatever was quoted in it. */
static int
put_visible(struct strbuf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		int r = c < 0x20 || c == 0x7f ? strbuf_addf(out, "\\%03o", c) :
						strbuf_putc(out, *s);

		if (r == -1)
			return -1;
	}
	return 0;
}

static int
put_place(struct strbuf *out, struct conf_origin at)
{
	if (at.file == NULL)
		return 0;
	return put_visible(out, at.file) == 0 &&
		strbuf_addf(out, ":%u:%u: ", at.line, at.col) == 0 ?
	    0 :
	    -1;
}

int
conf_file_place(struct jerr *e, struct conf_origin at)
{
	struct strbuf line = STRBUF_INIT;

	if (put_place(&line, at) == 0 && put_visible(&line, e->msg) == 0)
		(void)jerr_set(e, e->code, "%s", strbuf_str(&line));
	strbuf_free(&line);
	return -1;
}

static void __attribute__((format(printf, 4, 0))) report(struct reporter *r,
    bool is_note, struct conf_origin at, const char *fmt, va_list ap)
{
	struct strbuf line = STRBUF_INIT;
	const char *shown = "out of memory";
	char text[JERR_MSGLEN];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (put_place(&line, at) == 0 && put_visible(&line, text) == 0)
		shown = strbuf_str(&line);
	if (!is_note) {
		r->errors++;
		if (r->e != NULL && r->errors == 1)
			(void)jerr_set(r->e, EINVAL, "%s", shown);
	}
	if (r->msg != NULL)
		r->msg(r->arg, is_note, shown);
	strbuf_free(&line);
}

void
report_error(struct reporter *r, struct conf_origin at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(r, false, at, fmt, ap);
	va_end(ap);
}

void
report_note(struct reporter *r, struct conf_origin at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(r, true, at, fmt, ap);
	va_end(ap);
}

/* ---- building ---- */

struct conf_file *
conf_file_new(void)
{
	struct conf_file *f = calloc(1, sizeof(*f));
	bool negated;

	if (f == NULL)
		return NULL;
	f->syms.pool = &f->pool;
	f->last_block = &f->blocks;
	f->name = sym_intern(&f->syms, "name", &negated);
	f->jid = sym_intern(&f->syms, "jid", &negated);
	if (f->name == NULL || f->jid == NULL) {
		conf_file_free(f);
		return NULL;
	}
	return f;
}

void
conf_file_free(struct conf_file *f)
{
	if (f == NULL)
		return;
	scratch_free(f->scratch);
	free(f->names);
	free(f->wild);
	free(f->jails);
	symtab_free(&f->syms);
	pool_free(&f->pool);
	free(f);
}

struct block *
conf_file_add_block(
    struct conf_file *f, const char *name, struct conf_origin at)
{
	struct block *b = pool_alloc(&f->pool, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->name = pool_strdup(&f->pool, name, strlen(name));
	if (b->name == NULL)
		return NULL;
	b->seq = f->nblocks++;
	b->at = at;
	b->last = &b->first;
	b->last_twin = &b->twin;
	*f->last_block = b;
	f->last_block = &b->next;
	return b;
}

struct assign *
conf_file_add_assign(
    struct conf_file *f, struct block *b, const struct assign *a)
{
	struct assign *copy = pool_alloc(&f->pool, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *a;
	copy->next = NULL;
	copy->sym = sym_intern(&f->syms, a->name, &copy->negated);
	if (copy->sym == NULL)
		return NULL;
	/* The name of a token lives in the pool, that of an argument does not. */
	copy->name = pool_strdup(&f->pool, a->name, strlen(a->name));
	if (copy->name == NULL)
		return NULL;
	*b->last = copy;
	b->last = &copy->next;
	return copy;
}

/* ---- names ---- */

static bool
is_wild(const char *name)
{
	for (const char *s = name; s != NULL; s = strchr(s, '.')) {
		if (*s == '.')
			s++;
		if (s[0] == '*' && (s[1] == '.' || s[1] == '\0'))
			return true;
	}
	return false;
}

bool
is_number(const char *name)
{
	return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

bool
conf_match(const char *pattern, const char *name)
{
	for (;;) {
		size_t np = strcspn(pattern, "."), nn = strcspn(name, ".");
		bool star = np == 1 && pattern[0] == '*';

		if (star && pattern[1] == '\0')
			return *name != '\0';
		if (!star && (np != nn || strncmp(pattern, name, np) != 0))
			return false;
		if (star && nn == 0)
			return false;
		if (pattern[np] != name[nn])
			return false;
		if (pattern[np] == '\0')
			return true;
		pattern += np + 1;
		name += nn + 1;
	}
}

static size_t
slot_of(const struct conf_file *f, const char *name)
{
	size_t i = hash_str(name) & (f->nnames - 1);

	while (f->names[i].name != NULL && !str_eq(f->names[i].name, name))
		i = (i + 1) & (f->nnames - 1);
	return i;
}

/* The text that a block gives a parameter outright, or NULL. */
static const char *
literal(const struct block *b, enum param_id id)
{
	const char *s = NULL;

	for (const struct assign *a = b->first; a != NULL; a = a->next)
		if (a->sym->id == id && !a->sym->keyed && !a->is_var &&
		    a->values != NULL) {
			const struct text *t = a->values;

			while (t->next != NULL)
				t = t->next;
			s = t->vars == NULL ? t->s : NULL;
		}
	return s;
}

static void
add_name(struct conf_file *f, const char *name, size_t index)
{
	size_t slot;

	if (name == NULL || *name == '\0')
		return;
	slot = slot_of(f, name);
	if (f->names[slot].name == NULL)
		f->names[slot] = (struct by_name) { name, index };
}

static int
sort_blocks(struct conf_file *f)
{
	f->wild = calloc(f->nblocks + 1, sizeof(*f->wild));
	f->jails = calloc(f->nblocks + 1, sizeof(*f->jails));
	f->nnames = 16;
	while (f->nnames < (size_t)f->nblocks * 8)
		f->nnames *= 2;
	f->names = calloc(f->nnames, sizeof(*f->names));
	if (f->wild == NULL || f->jails == NULL || f->names == NULL)
		return -1;
	for (struct block *b = f->blocks; b != NULL; b = b->next) {
		size_t slot;

		if (!f->from_args && is_wild(b->name)) {
			f->wild[f->nwild++] = b;
			continue;
		}
		slot = slot_of(f, b->name);
		if (f->names[slot].name != NULL) {
			struct block *first = f->jails[f->names[slot].index];

			*first->last_twin = b;
			first->last_twin = &b->twin;
			continue;
		}
		f->names[slot] = (struct by_name) { b->name, f->njails };
		f->jails[f->njails++] = b;
	}
	return 0;
}

/* Look-ahead: what a variable means is known only after the last block. */
static void
resolve_variables(struct conf_file *f)
{
	for (struct block *b = f->blocks; b != NULL; b = b->next)
		for (struct assign *a = b->first; a != NULL; a = a->next)
			for (struct text *t = a->values; t != NULL; t = t->next)
				for (struct var_ref *v = t->vars; v != NULL;
				     v = v->next)
					v->sym = sym_find(&f->syms, v->name);
}

int
conf_file_index(struct conf_file *f)
{
	if (sort_blocks(f) == -1)
		return -1;
	f->scratch = scratch_new(f->syms.n);
	if (f->scratch == NULL)
		return -1;
	resolve_variables(f);
	/* A block's own name goes before what a parameter calls a jail. */
	for (size_t i = 0; i < f->njails; i++)
		add_name(f, literal(f->jails[i], P_NAME), i);
	for (size_t i = 0; i < f->njails; i++)
		add_name(f, literal(f->jails[i], P_JID), i);
	return 0;
}

/* ---- the public side ---- */

struct conf_file *
conf_file_load(const char *path, bool trust_any, conf_message_fn *msg,
    void *arg, struct jerr *e)
{
	struct reporter r = { .msg = msg, .arg = arg, .e = e };
	struct conf_file *f = conf_file_new();

	if (f == NULL) {
		(void)jerr_nomem(e);
		return NULL;
	}
	if (conf_parse(f, path, trust_any, &r) == -1) {
		conf_file_free(f);
		return NULL;
	}
	if (conf_file_index(f) == -1) {
		(void)jerr_nomem(e);
		conf_file_free(f);
		return NULL;
	}
	notes_file(f, &r);
	return f;
}

size_t
conf_file_count(const struct conf_file *f)
{
	return f->njails;
}

const char *
conf_file_name(const struct conf_file *f, size_t i)
{
	const struct block *b = f->jails[i];
	const char *name = NULL;

	if (f->from_args || is_number(b->name))
		name = literal(b, P_NAME);
	return name != NULL ? name : b->name;
}

long
conf_file_lookup(const struct conf_file *f, const char *name)
{
	size_t slot;

	if (*name == '\0')
		return -1;
	slot = slot_of(f, name);
	return f->names[slot].name != NULL ? (long)f->names[slot].index : -1;
}
