/*
 * What jails share on the host: one record a thing, with the value it had
 * before and the jails that use it.  The record stands before the thing is
 * made; the last user takes it back.  What the words mean is not known here.
 *
 *   private/shared   "shared FORMAT", then a line each:
 *                    kind TAB key TAB value TAB jid.uuid8 jid.uuid8 ...
 *
 * Replaced whole by a rename, always under the registry lock, so that a crash
 * leaves the old text or the new one.
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

/* One line, its fields cut out of it. */
struct thing {
	const char *f[NFIELDS];
};

static int
no_memory(struct jerr *e)
{
	return jerr_set(e, ENOMEM, "out of memory");
}

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

/* Cuts one line (in place); false: not one of ours. */
static bool
cut(char *line, struct thing *t)
{
	char *p = line;

	for (int i = 0; i < NFIELDS; i++) {
		t->f[i] = p;
		p = strchr(p, '\t');
		if (p == NULL)
			return i == NFIELDS - 1;
		*p++ = '\0';
	}
	return false;
}

static int
print_thing(struct strbuf *b, const char *kind, const char *key,
    const char *value, const char *users)
{
	return strbuf_addf(b, "%s\t%s\t%s\t%s\n", kind, key, value, users);
}

/* The word `user` of a list, or NULL. */
static const char *
find_user(const char *users, const char *user)
{
	size_t n = strlen(user);

	for (const char *p = users; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, user, n) == 0)
			return p;
		p += len;
	}
	return NULL;
}

static int
without_user(struct strbuf *out, const char *users, const char *user)
{
	for (const char *p = users; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len != strlen(user) || memcmp(p, user, len) != 0)
			if ((out->len != 0 && strbuf_putc(out, ' ') == -1) ||
			    strbuf_add(out, p, len) == -1)
				return -1;
		p += len;
	}
	return 0;
}

/* What one pass over the file does with the one thing that is asked for. */
struct change {
	const char *kind, *key;
	int (*fn)(struct change *c, const struct thing *t, struct strbuf *out);
	const char *value; /* for a new one */
	char user[32];
	bool found, first, last;
	struct strbuf *old;
};

static int
rewrite(struct reg *r, struct change *c, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_strbuf struct strbuf out = STRBUF_INIT;
	char *save = NULL;
	struct thing t;

	if (shared_load(r, &text, e) == -1)
		return -1;
	if (strbuf_addf(&out, "shared %d\n", REG_SHARED_FORMAT) == -1)
		return no_memory(e);
	for (char *line = text.s == NULL ? NULL : strtok_r(text.s, "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save)) {
		int rc;

		if (!cut(line, &t))
			continue;
		if (!str_eq(t.f[KIND], c->kind) || !str_eq(t.f[KEY], c->key))
			rc = print_thing(
			    &out, t.f[KIND], t.f[KEY], t.f[VALUE], t.f[USERS]);
		else {
			c->found = true;
			rc = c->fn(c, &t, &out);
		}
		if (rc == -1)
			return no_memory(e);
	}
	if (!c->found && c->value != NULL) {
		c->first = true;
		if (print_thing(&out, c->kind, c->key, c->value, c->user) == -1)
			return no_memory(e);
	}
	return shared_store(r, &out, e);
}

static void
name_user(struct change *c, const struct reg_row *row)
{
	(void)snprintf(c->user, sizeof(c->user), "%d.%s", row->jid, row->uuid8);
}

static int
use(struct change *c, const struct thing *t, struct strbuf *out)
{
	auto_strbuf struct strbuf users = STRBUF_INIT;

	/* Nobody's: what a crash left between the last user and its end.  The
	 * value of before is the older one. */
	c->first = t->f[USERS][0] == '\0';
	if (strbuf_puts(&users, t->f[USERS]) == -1 ||
	    (find_user(t->f[USERS], c->user) == NULL &&
		strbuf_addf(
		    &users, "%s%s", users.len != 0 ? " " : "", c->user) == -1))
		return -1;
	return print_thing(
	    out, c->kind, c->key, t->f[VALUE], strbuf_str(&users));
}

int
reg_shared_use(struct reg *r, const struct reg_row *user, const char *kind,
    const char *key, const char *value, bool *first, struct jerr *e)
{
	struct change c = {
		.kind = kind, .key = key, .fn = use, .value = value
	};

	if (strpbrk(kind, "\t\n") != NULL || strpbrk(key, "\t\n") != NULL ||
	    strpbrk(value, "\t\n") != NULL)
		return jerr_set(e, EINVAL, "shared: %s %s: no text", kind, key);
	name_user(&c, user);
	if (rewrite(r, &c, e) == -1)
		return -1;
	*first = c.first;
	return 0;
}

static int
drop(struct change *c, const struct thing *t, struct strbuf *out)
{
	auto_strbuf struct strbuf users = STRBUF_INIT;

	if (without_user(&users, t->f[USERS], c->user) == -1 ||
	    strbuf_puts(c->old, t->f[VALUE]) == -1)
		return -1;
	c->last = users.len == 0;
	return print_thing(
	    out, c->kind, c->key, t->f[VALUE], strbuf_str(&users));
}

int
reg_shared_drop(struct reg *r, const struct reg_row *user, const char *kind,
    const char *key, struct strbuf *value, bool *last, struct jerr *e)
{
	struct change c = {
		.kind = kind, .key = key, .fn = drop, .old = value
	};

	name_user(&c, user);
	if (rewrite(r, &c, e) == -1)
		return -1;
	*last = c.last;
	return 0;
}

static int
forget(struct change *c, const struct thing *t, struct strbuf *out)
{
	/* Somebody came meanwhile: it stays. */
	return t->f[USERS][0] == '\0' ?
	    0 :
	    print_thing(out, c->kind, c->key, t->f[VALUE], t->f[USERS]);
}

int
reg_shared_forget(
    struct reg *r, const char *kind, const char *key, struct jerr *e)
{
	struct change c = { .kind = kind, .key = key, .fn = forget };

	return rewrite(r, &c, e);
}

int
reg_shared_value(struct reg *r, const char *kind, const char *key,
    struct strbuf *value, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	char *save = NULL;
	struct thing t;

	if (shared_load(r, &text, e) == -1)
		return -1;
	for (char *line = text.s == NULL ? NULL : strtok_r(text.s, "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save))
		if (cut(line, &t) && str_eq(t.f[KIND], kind) &&
		    str_eq(t.f[KEY], key))
			return strbuf_puts(value, t.f[VALUE]) == -1 ?
			    no_memory(e) :
			    0;
	return 0;
}

int
reg_shared_keys(
    struct reg *r, const char *kind, struct strv *keys, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	char *save = NULL;
	struct thing t;

	if (shared_load(r, &text, e) == -1)
		return -1;
	for (char *line = text.s == NULL ? NULL : strtok_r(text.s, "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save))
		if (cut(line, &t) && str_eq(t.f[KIND], kind) &&
		    t.f[USERS][0] != '\0' && strv_add(keys, t.f[KEY]) == -1)
			return no_memory(e);
	return 0;
}
