/*
 * The index: one row a jail, read whole, written by single appends and by
 * overwriting single letters, so that every state in which a writer can die is
 * one that the next reader or writer understands:
 *
 *   half a row at the end   readers ignore it, the next writer cuts it off
 *   two rows of one jail    the later one is true
 *   half an index.new       overwritten by the next rewrite
 *
 * No state change and no removal needs space.  Writers hold the lock, readers
 * none: a row is added before the one it replaces dies, and a reader reads
 * until there is no more, so it sees at least one of the two.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"
#include "registry/reg_int.h"

#define INDEX "index"
#define INDEX_NEW "index.new"
#define INDEX_MAX (256u << 20) /* a bound, not a goal: 1000 jails are 100 KB */

int
index_header(const char *text, const char *boot, size_t *len)
{
	const char *end = strchr(text, '\n');
	const char *p = str_after(text, "index ");
	size_t n = strlen(boot);
	bool format;

	if (len != NULL)
		*len = 0;
	if (end == NULL || p == NULL)
		return 0;
	/* The boot is the last word in every format there will be. */
	if ((size_t)(end - text) <= n || end[-(ptrdiff_t)n - 1] != ' ' ||
	    memcmp(end - n, boot, n) != 0)
		return 0;
	format = strtoul(p, NULL, 10) == REG_INDEX_FORMAT &&
	    strchr(p, ' ') == end - n - 1;
	if (len != NULL)
		*len = (size_t)(end + 1 - text);
	return format ? 1 : -1;
}

void
index_unload(struct index_text *ix)
{
	close_keep(ix->fd);
	cleanup_free(&ix->s);
	*ix = (struct index_text)INDEX_TEXT_INIT;
}

int
index_load(struct reg *r, bool write, struct index_text *ix, struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	struct stat st;
	char *nl;

	*ix = (struct index_text)INDEX_TEXT_INIT;
	if (r->dirfd == -1)
		goto empty;
	ix->fd = reg_open_file(r, INDEX, write ? O_RDWR : O_RDONLY, e);
	if (ix->fd == -1) {
		if (e->code == ENOENT && !write)
			goto empty;
		return -1;
	}
	/* The time first: what changes while we read makes the copy stale. */
	if (fstat(ix->fd, &st) == -1 ||
	    io_read_all(ix->fd, INDEX_MAX, &b) == -1) {
		(void)jerr_sys(e, "%s/index", r->path);
		index_unload(ix);
		return -1;
	}
	ix->dev = st.st_dev;
	ix->ino = st.st_ino;
	ix->mtime = st.st_mtim;
	nl = b.len == 0 ? NULL : memrchr(b.s, '\n', b.len);
	ix->len = nl == NULL ? 0 : (size_t)(nl + 1 - b.s);
	ix->torn = ix->len != b.len;
	if (b.s != NULL)
		b.s[ix->len] = '\0';
	switch (index_header(strbuf_str(&b), r->boot, &ix->body)) {
	case -1:
		index_unload(ix);
		return jerr_set(
		    e, EPROTO, "%s/index: of another version", r->path);
	case 0:
		ix->body = ix->len;
		break;
	default:
		break;
	}
	/* A file without a byte is no text at all. */
	if (b.s == NULL)
		goto empty;
	ix->s = take_ptr(b.s);
	return 0;
empty:
	ix->s = calloc(1, 1);
	return ix->s == NULL ? jerr_sys(e, "registry") : 0;
}

/* ---- rows ---- */

/* The head of a row, "S jid uuid8 ", without changing it. */
static bool
row_head(const char *s, int *state, int *jid, const char **uuid8)
{
	char *end;
	unsigned long n;

	if ((s[0] != REG_STARTING && s[0] != REG_CREATED && s[0] != REG_ALIVE &&
		s[0] != REG_DYING) ||
	    s[1] != ' ' || s[2] < '1' || s[2] > '9')
		return false;
	n = strtoul(s + 2, &end, 10);
	if (n > REG_JID_MAX || *end != ' ' || strnlen(end, 10) < 10 ||
	    end[9] != ' ')
		return false;
	*state = (unsigned char)s[0];
	*jid = (int)n;
	*uuid8 = end + 1;
	return true;
}

/* Cuts the next field off at sep; NULL when there is none. */
static char *
field(char **p, char sep)
{
	char *s = *p, *end = strchr(s, sep);

	if (end == NULL)
		return NULL;
	*end = '\0';
	*p = end + 1;
	return s;
}

/* One line, NUL in place of its newline; cut up in place. */
static bool
row_parse(char *s, struct reg_row *row)
{
	const char *uuid8;
	char *pid, *start, *base, *name, *path, *host;
	uint64_t npid, nbase;
	int state;

	if (!row_head(s, &state, &row->jid, &uuid8))
		return false;
	row->state = (enum reg_state)state;
	memcpy(row->uuid8, uuid8, 8);
	row->uuid8[8] = '\0';
	s += uuid8 - s + 9;
	if ((pid = field(&s, ' ')) == NULL ||
	    (start = field(&s, ' ')) == NULL ||
	    (base = field(&s, '\t')) == NULL ||
	    (name = field(&s, '\t')) == NULL ||
	    (path = field(&s, '\t')) == NULL ||
	    (host = field(&s, '\t')) == NULL)
		return false;
	if (num_u64(pid, INT32_MAX, &npid) == -1 ||
	    num_u64(start, UINT64_MAX, &row->start) == -1 ||
	    num_u64(base, UINT32_MAX, &nbase) == -1)
		return false;
	row->init = (pid_t)npid;
	row->base = (uint32_t)nbase;
	str_unescape_octal(name);
	str_unescape_octal(path);
	str_unescape_octal(host);
	str_unescape_octal(s);
	row->name = name;
	row->path = path;
	row->hostname = host;
	row->ip4 = s;
	s += strcspn(s, ";");
	if (*s != '\0')
		*s++ = '\0';
	row->claim = s;
	return true;
}

static int
by_jid(const void *va, const void *vb)
{
	const struct reg_row *a = va, *b = vb;

	if (a->jid != b->jid)
		return a->jid < b->jid ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Ascending jid; of several rows of one jid the last one stays. */
static size_t
sort_rows(struct reg_snapshot *s)
{
	bool ordered = true;
	size_t n = 0;
	size_t stale;

	for (size_t i = 1; i < s->n && ordered; i++)
		ordered = s->rows[i - 1].jid < s->rows[i].jid;
	if (ordered)
		return 0;
	qsort(s->rows, s->n, sizeof(*s->rows), by_jid);
	for (size_t i = 0; i < s->n; i++) {
		if (i + 1 < s->n && s->rows[i].jid == s->rows[i + 1].jid)
			continue;
		s->rows[n++] = s->rows[i];
	}
	stale = s->n - n;
	s->n = n;
	return stale;
}

int
index_parse(struct index_text *ix, struct reg_snapshot *s,
    struct index_waste *waste, struct jerr *e)
{
	size_t max = 1, dead = 0, stale;
	char *p, *end;

	*s = (struct reg_snapshot) { .dev = ix->dev,
		.ino = ix->ino,
		.size = (off_t)ix->len,
		.mtime = ix->mtime };
	for (p = ix->s + ix->body; (p = strchr(p, '\n')) != NULL; p++)
		max++;
	s->rows = calloc(max, sizeof(*s->rows));
	if (s->rows == NULL)
		return jerr_sys(e, "registry");
	for (p = ix->s + ix->body; (end = strchr(p, '\n')) != NULL;
	     p = end + 1) {
		struct reg_row *row = &s->rows[s->n];

		*end = '\0';
		row->offset = (size_t)(p - ix->s);
		if (row_parse(p, row))
			s->n++;
		else
			dead++;
	}
	s->text = take_ptr(ix->s);
	stale = sort_rows(s);
	if (waste != NULL)
		*waste = (struct index_waste) { dead, stale };
	return 0;
}

/* ---- writing ---- */

/* A new file put in place of the index, or nothing. */
static int
replace(struct reg *r, const char *text, size_t len, struct jerr *e)
{
	auto_close int fd = -1;

	fd = openat(r->dirfd, INDEX_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return jerr_sys(e, "%s/index", r->path);
	if (fchmod(fd, 0644) == -1 || io_write_all(fd, text, len) == -1 ||
	    renameat(r->dirfd, INDEX_NEW, r->dirfd, INDEX) == -1) {
		(void)jerr_sys(e, "%s/index", r->path);
		(void)unlinkat(r->dirfd, INDEX_NEW, 0);
		return -1;
	}
	return 0;
}

int
index_create(struct reg *r, struct jerr *e)
{
	char head[80];
	int n = snprintf(
	    head, sizeof(head), "index %d %s\n", REG_INDEX_FORMAT, r->boot);

	return replace(r, head, (size_t)n, e);
}

/* Only after a crash or a full file system: bytes of half a row at the end. */
static int
mend_tail(struct reg *r, int fd, off_t *size, struct jerr *e)
{
	struct index_text ix;
	size_t len;

	if (index_load(r, true, &ix, e) == -1)
		return -1;
	len = ix.len;
	index_unload(&ix);
	if (ftruncate(fd, (off_t)len) == -1)
		return jerr_sys(e, "%s/index", r->path);
	*size = (off_t)len;
	return 0;
}

static int
row_print(const struct reg_row *row, struct strbuf *b)
{
	const char *const text[] = { row->name, row->path, row->hostname,
		row->ip4 };

	if (strbuf_addf(b, "%c %d %s %d %ju %u", (int)row->state, row->jid,
		row->uuid8, (int)row->init, (uintmax_t)row->start,
		row->base) == -1)
		return -1;
	for (size_t i = 0; i < nitems(text); i++)
		if (strbuf_putc(b, '\t') == -1 ||
		    reg_escape(b, text[i] != NULL ? text[i] : "") == -1)
			return -1;
	if (row->claim != NULL && row->claim[0] != '\0' &&
	    (strbuf_putc(b, ';') == -1 || reg_escape(b, row->claim) == -1))
		return -1;
	return strbuf_putc(b, '\n');
}

int
index_append(
    struct reg *r, const struct reg_row *row, size_t *off, struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	auto_close int fd = -1;
	struct stat st;
	ssize_t n;
	char last;

	if (row_print(row, &b) == -1)
		return jerr_sys(e, "registry");
	fd = openat(r->dirfd, INDEX, O_RDWR | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		return jerr_sys(e, "%s/index", r->path);
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == 1 &&
	    last != '\n' && mend_tail(r, fd, &st.st_size, e) == -1)
		return -1;
	do
		n = pwrite(fd, b.s, b.len, st.st_size);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)b.len) {
		*off = (size_t)st.st_size;
		return 0;
	}
	if (n >= 0)
		errno = ENOSPC; /* the rest would not fit */
	(void)jerr_sys(e, "%s/index", r->path);
	/* If this fails too, the next writer mends the tail. */
	if (ftruncate(fd, st.st_size) == -1)
		return -1;
	return -1;
}

/* Does the live row of (jid, uuid8) begin at off? */
static bool
row_is_at(int fd, size_t off, int jid, const char *uuid8)
{
	char want[40], got[40];
	size_t len;

	if (off == 0)
		return false;
	(void)snprintf(want, sizeof(want), " %d %.8s ", jid, uuid8);
	len = strlen(want);
	/* A newline before it, a letter, and then exactly this. */
	return pread(fd, got, len + 2, (off_t)off - 1) == (ssize_t)len + 2 &&
	    got[0] == '\n' && got[1] != '-' && memcmp(got + 2, want, len) == 0;
}

/* Where its last live row is in the file as it is now; 0: nowhere. */
static size_t
row_look_for(const struct index_text *ix, int jid, const char *uuid8)
{
	const char *p = ix->s + ix->body, *u;
	size_t off = 0;
	int state, n;

	for (; *p != '\0'; p = text_next(p))
		if (*p != '-' && row_head(p, &state, &n, &u) && n == jid &&
		    memcmp(u, uuid8, 8) == 0)
			off = (size_t)(p - ix->s);
	return off;
}

int
index_locate(
    struct reg *r, int jid, const char *uuid8, size_t *off, struct jerr *e)
{
	auto_close int fd = openat(r->dirfd, INDEX, O_RDONLY | O_CLOEXEC);
	struct index_text ix;

	if (fd == -1)
		return jerr_sys(e, "%s/index", r->path);
	if (row_is_at(fd, *off, jid, uuid8))
		return 0;
	if (index_load(r, true, &ix, e) == -1)
		return -1;
	*off = row_look_for(&ix, jid, uuid8);
	index_unload(&ix);
	return *off != 0 ? 0 : jerr_set(e, ENOENT, "jail %d not found", jid);
}

static int
put_letter(struct reg *r, int fd, size_t off, int state, struct jerr *e)
{
	char c = state == 0 ? '-' : (char)state;

	if (pwrite(fd, &c, 1, (off_t)off) != 1)
		return jerr_sys(e, "%s/index", r->path);
	return 0;
}

int
index_state(struct reg *r, size_t off, int state, struct jerr *e)
{
	auto_close int fd = openat(r->dirfd, INDEX, O_RDWR | O_CLOEXEC);

	if (fd == -1)
		return jerr_sys(e, "%s/index", r->path);
	return put_letter(r, fd, off, state, e);
}

int
index_kill_others(struct reg *r, int jid, size_t keep, struct jerr *e)
{
	struct index_text ix;
	const char *p, *u;
	int state, n, rc = 0;

	if (index_load(r, true, &ix, e) == -1)
		return -1;
	for (p = ix.s + ix.body; *p != '\0' && rc == 0; p = text_next(p))
		if (*p != '-' && row_head(p, &state, &n, &u) && n == jid &&
		    (size_t)(p - ix.s) != keep)
			rc = put_letter(r, ix.fd, (size_t)(p - ix.s), 0, e);
	index_unload(&ix);
	return rc;
}

/* ---- rewriting ---- */

void
index_compact(struct reg *r)
{
	struct jerr e = JERR_INIT;
	struct reg_snapshot s = { 0 };
	struct index_text ix;
	auto_strbuf struct strbuf b = STRBUF_INIT;
	int rc;

	if (index_load(r, true, &ix, &e) == -1)
		return;
	rc = strbuf_add(&b, ix.s, ix.body);
	if (rc == 0)
		rc = index_parse(&ix, &s, NULL, &e);
	for (size_t i = 0; i < s.n && rc == 0; i++)
		rc = row_print(&s.rows[i], &b);
	if (rc == 0 && replace(r, strbuf_str(&b), b.len, &e) == 0)
		files_sweep(r, &s);
	reg_snapshot_free(&s);
	index_unload(&ix);
}
