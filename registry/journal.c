/*
 * The undo journal of one jail: a header line, then one line a record, "+ kind
 * text", written before the thing it names is made.  A record that was taken
 * back has its '+' overwritten, which needs no space.  What the words mean is
 * not known here.  The file also carries the walk lock, a POSIX record lock:
 * nothing in this process may open and close the file a second time.
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
#include "registry/reg_int.h"

#define JOURNAL_MAX (16u << 20)

static void
file_name(char *buf, size_t size, int jid)
{
	(void)snprintf(buf, size, "%d.journal", jid);
}

static int
walk_lock(struct reg *r, int fd, int jid, struct jerr *e)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &fl) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return jerr_sys(e, "%s/private/%d.journal", r->path, jid);
	if (fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK)
		return jerr_set(e, EWOULDBLOCK,
		    "jail %d: process %d is working on it", jid, (int)fl.l_pid);
	return jerr_set(
	    e, EWOULDBLOCK, "jail %d: another process is working on it", jid);
}

int
journal_create(struct reg *r, int jid, const char *uuid8, struct jerr *e)
{
	auto_close int fd = -1;
	char name[32], head[64];
	int len = snprintf(head, sizeof(head), "journal %d %d %s\n",
	    REG_JOURNAL_FORMAT, jid, uuid8);

	/* One that is there belongs to no row: never a live walk's. */
	file_name(name, sizeof(name), jid);
	(void)unlinkat(r->privfd, name, 0);
	fd = openat(
	    r->privfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return jerr_sys(e, "%s/private/%s", r->path, name);
	if (io_write_all(fd, head, (size_t)len) == -1) {
		(void)jerr_sys(e, "%s/private/%s", r->path, name);
		(void)unlinkat(r->privfd, name, 0);
		return -1;
	}
	if (walk_lock(r, fd, jid, e) == -1)
		return -1;
	return take_fd(&fd);
}

int
journal_open(struct reg *r, int jid, const char *uuid8, struct jerr *e)
{
	auto_close int fd = -1;
	char name[32];

	file_name(name, sizeof(name), jid);
	fd = openat(r->privfd, name, O_RDWR | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		/* A row without journal: it has nothing left to undo. */
		return journal_create(r, jid, uuid8, e);
	if (fd == -1)
		return jerr_sys(e, "%s/private/%s", r->path, name);
	if (walk_lock(r, fd, jid, e) == -1)
		return -1;
	return take_fd(&fd);
}

int
journal_watch(struct reg *r, int jid, struct jerr *e)
{
	char name[32];
	int fd;

	file_name(name, sizeof(name), jid);
	fd = openat(r->privfd, name, O_RDONLY | O_CLOEXEC);
	return fd == -1 ? jerr_sys(e, "%s/private/%s", r->path, name) : fd;
}

void
journal_unlink(struct reg *r, int jid)
{
	char name[32];

	file_name(name, sizeof(name), jid);
	(void)unlinkat(r->privfd, name, 0);
}

/* ---- records ---- */

struct journal_text {
	char *s;     /* owned */
	size_t len;  /* up to the last newline: whole records */
	size_t body; /* where the first record begins */
};

static void
unload(struct journal_text *t)
{
	cleanup_free(&t->s);
}

static int
load(const struct reg_jail *j, struct journal_text *t, struct jerr *e)
{
	struct stat st;
	const char *p;
	char *nl;
	ssize_t n;

	if (fstat(j->fd, &st) == -1)
		return jerr_sys(e, "jail %d: journal", j->row.jid);
	if (st.st_size > JOURNAL_MAX)
		return jerr_set(
		    e, EFBIG, "jail %d: journal: too large", j->row.jid);
	t->s = malloc((size_t)st.st_size + 1);
	if (t->s == NULL)
		return jerr_sys(e, "registry");
	n = pread(j->fd, t->s, (size_t)st.st_size, 0);
	if (n == -1)
		return jerr_sys(e, "jail %d: journal", j->row.jid);
	t->s[n] = '\0';
	nl = n == 0 ? NULL : memrchr(t->s, '\n', (size_t)n);
	t->len = nl == NULL ? 0 : (size_t)(nl + 1 - t->s);
	t->s[t->len] = '\0';
	t->body = t->len == 0 ? 0 : (size_t)(strchr(t->s, '\n') + 1 - t->s);
	if (t->len == 0)
		return 0;
	p = str_after(t->s, "journal ");
	if (p == NULL || strtoul(p, NULL, 10) != REG_JOURNAL_FORMAT)
		return jerr_set(e, EPROTO,
		    "jail %d: journal: of another version", j->row.jid);
	return 0;
}

/* The offset of record n, or 0; *count: how many there are. */
static size_t
record_at(const struct journal_text *t, int n, int *count)
{
	const char *p = t->s + t->body;
	size_t off = 0;
	int i = 0;

	for (; *p != '\0'; p = text_next(p), i++)
		if (i == n)
			off = (size_t)(p - t->s);
	*count = i;
	return off;
}

static int
lines_print(const struct journal_text *t, const char *kind, char *const *texts,
    size_t n, const struct reg_jail *j, struct strbuf *b)
{
	/* A lost header (the disk was full when it was made) comes back. */
	if (t->len == 0 &&
	    strbuf_addf(b, "journal %d %d %s\n", REG_JOURNAL_FORMAT, j->row.jid,
		j->row.uuid8) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strbuf_addf(b, "+ %s ", kind) == -1 ||
		    reg_escape(b, texts[i]) == -1 || strbuf_putc(b, '\n') == -1)
			return -1;
	return 0;
}

/* The number of the first of them. */
static int
append(struct reg_jail *j, const char *kind, char *const *texts, size_t ntexts,
    struct jerr *e)
{
	__attribute__((cleanup(unload))) struct journal_text t = { 0 };
	auto_strbuf struct strbuf b = STRBUF_INIT;
	int count;
	ssize_t n;

	if (*kind == '\0' || kind[strcspn(kind, " \t\n\\")] != '\0')
		return jerr_set(
		    e, EINVAL, "journal: \"%s\" is not one word", kind);
	if (load(j, &t, e) == -1)
		return -1;
	(void)record_at(&t, -1, &count);
	if (lines_print(&t, kind, texts, ntexts, j, &b) == -1)
		return jerr_sys(e, "registry");
	/* Over what half a record may have left: its thing was never made. */
	if (ftruncate(j->fd, (off_t)t.len) == -1)
		return jerr_sys(e, "jail %d: journal", j->row.jid);
	do
		n = pwrite(j->fd, b.s, b.len, (off_t)t.len);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)b.len)
		return count;
	if (n >= 0)
		errno = ENOSPC;
	(void)jerr_sys(e, "%s/private/%d.journal", j->r->path, j->row.jid);
	/* If this fails too, the next record is written over it. */
	if (ftruncate(j->fd, (off_t)t.len) == -1)
		return -1;
	return -1;
}

int
reg_journal_add(
    struct reg_jail *j, const char *kind, const char *text, struct jerr *e)
{
	char *const one = (char *)(uintptr_t)text;

	return append(j, kind, &one, 1, e);
}

int
reg_journal_addv(struct reg_jail *j, const char *kind, char *const *texts,
    size_t n, struct jerr *e)
{
	return n == 0 || append(j, kind, texts, n, e) != -1 ? 0 : -1;
}

int
reg_journal_done(struct reg_jail *j, int n, struct jerr *e)
{
	__attribute__((cleanup(unload))) struct journal_text t = { 0 };
	size_t off;
	int count;

	if (load(j, &t, e) == -1)
		return -1;
	off = n < 0 ? 0 : record_at(&t, n, &count);
	if (off == 0)
		return jerr_set(
		    e, EINVAL, "jail %d: journal: no record %d", j->row.jid, n);
	if (pwrite(j->fd, "-", 1, (off_t)off) != 1)
		return jerr_sys(e, "jail %d: journal", j->row.jid);
	return 0;
}

static int
add_record(struct reg_record *rec, int n, const char *line, size_t len)
{
	const char *sp = memchr(line, ' ', len);

	if (sp == NULL)
		sp = line + len;
	rec->n = n;
	rec->kind = strndup(line, (size_t)(sp - line));
	if (sp < line + len)
		sp++;
	rec->text = strndup(sp, (size_t)(line + len - sp));
	if (rec->kind == NULL || rec->text == NULL) {
		free(rec->kind);
		free(rec->text);
		return -1;
	}
	str_unescape_octal(rec->text);
	return 0;
}

int
reg_journal_read(
    struct reg_jail *j, struct reg_record **out, size_t *nout, struct jerr *e)
{
	__attribute__((cleanup(unload))) struct journal_text t = { 0 };
	struct reg_record *v, swap;
	size_t n = 0;
	int count, i = 0;

	*out = NULL;
	*nout = 0;
	if (load(j, &t, e) == -1)
		return -1;
	(void)record_at(&t, -1, &count);
	v = calloc((size_t)count + 1, sizeof(*v));
	if (v == NULL)
		return jerr_sys(e, "registry");
	for (const char *p = t.s + t.body; *p != '\0'; p = text_next(p), i++) {
		if (p[0] != '+' || p[1] != ' ')
			continue;
		if (add_record(&v[n], i, p + 2, strcspn(p + 2, "\n")) == -1) {
			reg_records_free(v, n);
			return jerr_sys(e, "registry");
		}
		n++;
	}
	for (size_t a = 0; a < n / 2; a++) { /* newest first */
		swap = v[a];
		v[a] = v[n - 1 - a];
		v[n - 1 - a] = swap;
	}
	*out = v;
	*nout = n;
	return 0;
}

void
reg_records_free(struct reg_record *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(r[i].kind);
		free(r[i].text);
	}
	free(r);
}
