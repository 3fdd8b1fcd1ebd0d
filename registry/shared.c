/*
 * What jails share on the host: one record a thing, with the value it had
 * before and the jails that use it.  The record stands before the thing is
 * made; the last user takes it back.  What the words mean is not known here.
 *
 *   private/shared   "shared FORMAT", then a line each:
 *                    kind TAB key TAB value TAB jid.uuid8 jid.uuid8 ...
 *
 * Several things at once are one rewrite.  Replaced whole by a rename, always
 * under the registry lock, so that a crash leaves the old text or the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "registry/reg_int.h"

#define SHARED "shared"
#define SHARED_NEW "shared.new"
#define SHARED_MAX (64u << 20)

enum { KIND, KEY, VALUE, USERS, NFIELDS };

/* One line and its fields, in the text of the file. */
struct thing {
	const char *line, *f[NFIELDS];
	size_t linelen, len[NFIELDS];
};

/* The text of the file; none yet: "". */
static int
shared_load(struct reg *r, struct strbuf *out, struct jerr *e)
{
	auto_close int fd = openat(r->privfd, SHARED, O_RDONLY | O_CLOEXEC);
	char head[32];

	if (r->depth == 0)
		return jerr_set(e, EBADF, "%s: not locked", r->path);
	if (fd == -1)
		return errno == ENOENT ?
		    0 :
		    jerr_sys(e, "%s/private/" SHARED, r->path);
	if (io_read_all(fd, SHARED_MAX, out) == -1)
		return jerr_sys(e, "%s/private/" SHARED, r->path);
	(void)snprintf(head, sizeof(head), "shared %d\n", REG_SHARED_FORMAT);
	if (out->len != 0 && str_after(out->s, head) == NULL)
		return jerr_set(e, EPROTO,
		    "%s/private/" SHARED ": of another version", r->path);
	return 0;
}

static int
shared_store(struct reg *r, const struct strbuf *b, struct jerr *e)
{
	auto_close int fd = -1;

	/* Nothing is shared any more. */
	if (strchr(b->s, '\n')[1] == '\0')
		return unlinkat(r->privfd, SHARED, 0) == 0 || errno == ENOENT ?
		    0 :
		    jerr_sys(e, "%s/private/" SHARED, r->path);
	fd = openat(r->privfd, SHARED_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || io_write_all(fd, b->s, b->len) == -1 ||
	    renameat(r->privfd, SHARED_NEW, r->privfd, SHARED) == -1) {
		(void)jerr_sys(e, "%s/private/" SHARED, r->path);
		(void)unlinkat(r->privfd, SHARED_NEW, 0);
		return -1;
	}
	return 0;
}

/* The line at p; false: not one of ours. */
static bool
cut(const char *p, struct thing *t)
{
	const char *end = p + strcspn(p, "\n");

	t->line = p;
	t->linelen = (size_t)(end - p);
	for (int i = 0; i < NFIELDS; i++) {
		const char *stop = i == USERS ?
		    end :
		    memchr(p, '\t', (size_t)(end - p));

		if (stop == NULL)
			return false;
		t->f[i] = p;
		t->len[i] = (size_t)(stop - p);
		p = stop + 1;
	}
	return true;
}

static bool
is(const struct thing *t, int field, const char *s)
{
	return strlen(s) == t->len[field] &&
	    memcmp(s, t->f[field], t->len[field]) == 0;
}

/* The word `user` of a list, or NULL. */
static const char *
find_user(const struct thing *t, const char *user)
{
	const char *users = t->f[USERS], *end = users + t->len[USERS];
	size_t n = strlen(user);

	for (const char *p = users;
	     (p = memmem(p, (size_t)(end - p), user, n)) != NULL; p++)
		if ((p == users || p[-1] == ' ') &&
		    (p + n == end || p[n] == ' '))
			return p;
	return NULL;
}

static int
put_line(struct strbuf *out, const struct thing *t)
{
	return strbuf_add(out, t->line, t->linelen) == -1 ||
		strbuf_putc(out, '\n') == -1 ?
	    -1 :
	    0;
}

/* What one pass over the file does with each of the things asked for. */
struct change {
	struct reg_share *v;
	size_t n;
	int (*fn)(struct change *c, struct reg_share *s, const struct thing *t,
	    struct strbuf *out);
	int (*save)(struct reg_share *s); /* for new ones; NULL: none are */
	char user[32];
};

static struct reg_share *
wanted(const struct change *c, const struct thing *t)
{
	for (size_t i = 0; i < c->n; i++)
		if (is(t, KIND, c->v[i].kind) && is(t, KEY, c->v[i].key))
			return &c->v[i];
	return NULL;
}

static int
rewrite_lines(struct change *c, const char *text, struct strbuf *out)
{
	for (const char *p = text; *p != '\0'; p = text_next(p)) {
		struct reg_share *s;
		struct thing t;

		if (!cut(p, &t))
			continue;
		s = wanted(c, &t);
		if (s != NULL)
			s->found = true;
		if ((s == NULL ? put_line(out, &t) : c->fn(c, s, &t, out)) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
add_new(struct change *c, struct strbuf *out, struct jerr *e)
{
	for (size_t i = 0; i < c->n && c->save != NULL; i++) {
		struct reg_share *s = &c->v[i];

		if (s->found)
			continue;
		s->flip = true;
		if (c->save(s) == -1)
			return jerr_nomem(e);
		if (strpbrk(s->kind, "\t\n") != NULL ||
		    strpbrk(s->key, "\t\n") != NULL ||
		    strpbrk(strbuf_str(&s->value), "\t\n") != NULL)
			return jerr_set(e, EINVAL, "shared: %s %s: no text",
			    s->kind, s->key);
		if (strbuf_addf(out, "%s\t%s\t%s\t%s\n", s->kind, s->key,
			strbuf_str(&s->value), c->user) == -1)
			return jerr_nomem(e);
	}
	return 0;
}

static int
rewrite(struct reg *r, struct change *c, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_strbuf struct strbuf out = STRBUF_INIT;

	if (shared_load(r, &text, e) == -1)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		c->v[i].found = c->v[i].flip = false;
	if (strbuf_addf(&out, "shared %d\n", REG_SHARED_FORMAT) == -1 ||
	    rewrite_lines(c, text_next(strbuf_str(&text)), &out) == -1)
		return jerr_nomem(e);
	if (add_new(c, &out, e) == -1)
		return -1;
	if (str_eq(strbuf_str(&out), strbuf_str(&text)))
		return 0;
	return shared_store(r, &out, e);
}

static void
name_user(struct change *c, const struct reg_row *row)
{
	(void)snprintf(c->user, sizeof(c->user), "%d.%s", row->jid, row->uuid8);
}

static int
use(struct change *c, struct reg_share *s, const struct thing *t,
    struct strbuf *out)
{
	/* Nobody's: what a crash left between the last user and its end.  The
	 * value of before is the older one. */
	s->flip = t->len[USERS] == 0;
	if (strbuf_add(&s->value, t->f[VALUE], t->len[VALUE]) == -1)
		return -1;
	if (find_user(t, c->user) != NULL)
		return put_line(out, t);
	return strbuf_add(out, t->line, t->linelen) == -1 ||
		strbuf_addf(out, "%s%s\n", s->flip ? "" : " ", c->user) == -1 ?
	    -1 :
	    0;
}

int
reg_shared_use(struct reg *r, const struct reg_row *user, struct reg_share *v,
    size_t n, int (*save)(struct reg_share *s), struct jerr *e)
{
	struct change c = { .v = v, .n = n, .fn = use, .save = save };

	name_user(&c, user);
	return rewrite(r, &c, e);
}

static int
drop(struct change *c, struct reg_share *s, const struct thing *t,
    struct strbuf *out)
{
	const char *p = find_user(t, c->user), *after;
	size_t before;

	if (strbuf_add(&s->value, t->f[VALUE], t->len[VALUE]) == -1)
		return -1;
	s->flip = t->len[USERS] == (p == NULL ? 0 : strlen(c->user));
	if (p == NULL)
		return put_line(out, t);
	/* One of the two spaces beside it goes as well. */
	before = (size_t)(p - t->line) - (p != t->f[USERS]);
	after = p + strlen(c->user);
	after += p == t->f[USERS] && *after == ' ';
	return strbuf_add(out, t->line, before) == -1 ||
		strbuf_add(
		    out, after, (size_t)(t->line + t->linelen - after)) == -1 ||
		strbuf_putc(out, '\n') == -1 ?
	    -1 :
	    0;
}

int
reg_shared_drop(struct reg *r, const struct reg_row *user, struct reg_share *v,
    size_t n, struct jerr *e)
{
	struct change c = { .v = v, .n = n, .fn = drop };

	name_user(&c, user);
	return rewrite(r, &c, e);
}

static int
forget(struct change *c, struct reg_share *s, const struct thing *t,
    struct strbuf *out)
{
	(void)c;
	(void)s;
	/* Somebody came meanwhile: it stays. */
	return t->len[USERS] == 0 ? 0 : put_line(out, t);
}

int
reg_shared_forget(
    struct reg *r, const char *kind, const char *key, struct jerr *e)
{
	struct reg_share s = { .kind = kind, .key = key };
	struct change c = { .v = &s, .n = 1, .fn = forget };

	return rewrite(r, &c, e);
}

bool
reg_shared_any(const struct reg *r)
{
	return r->privfd != -1 && faccessat(r->privfd, SHARED, F_OK, 0) == 0;
}

int
reg_shared_value(struct reg *r, const char *kind, const char *key,
    struct strbuf *value, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct thing t;

	if (shared_load(r, &text, e) == -1)
		return -1;
	for (const char *p = strbuf_str(&text); *p != '\0'; p = text_next(p))
		if (cut(p, &t) && is(&t, KIND, kind) && is(&t, KEY, key))
			return strbuf_add(value, t.f[VALUE], t.len[VALUE]) ==
				-1 ?
			    jerr_nomem(e) :
			    0;
	return 0;
}

int
reg_shared_keys(
    struct reg *r, const char *kind, struct strv *keys, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct thing t;

	if (shared_load(r, &text, e) == -1)
		return -1;
	for (const char *p = strbuf_str(&text); *p != '\0'; p = text_next(p)) {
		auto_free char *key = NULL;

		if (!cut(p, &t) || !is(&t, KIND, kind) || t.len[USERS] == 0)
			continue;
		key = strndup(t.f[KEY], t.len[KEY]);
		if (key == NULL || strv_add(keys, key) == -1)
			return jerr_nomem(e);
	}
	return 0;
}
