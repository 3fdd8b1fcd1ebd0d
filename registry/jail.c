/*
 * One jail in the registry while somebody walks it: reserve, take, change,
 * release, put.
 *
 * The order of writes is what makes a crash harmless.  A row is the last thing
 * that reserve makes and the first that release takes away: files without a
 * row are rubbish and swept up, a row always has its journal.
 */
#include "registry/registry.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "registry/reg_int.h"

/* Rewrite the index when it has more dead rows than live ones, and not for a
 * handful. */
#define DEAD_SLACK 32

/* What this process holds.  A POSIX lock goes when *any* descriptor of the
 * file is closed, so a journal may not be opened twice in one process. */
static struct reg_jail *held;

static bool
is_held(const struct stat *priv, int jid)
{
	for (const struct reg_jail *j = held; j != NULL; j = j->next)
		if (j->pid == getpid() && j->row.jid == jid &&
		    j->dev == priv->st_dev && j->ino == priv->st_ino)
			return true;
	return false;
}

static void
jail_free(struct reg_jail *j)
{
	if (j == NULL)
		return;
	close_keep(j->fd);
	free(j->name);
	free(j->path);
	free(j->hostname);
	free(j->ip4);
	free(j->claim);
	free(j);
}

static int
set_str(char **to, const char **in_row, const char *s)
{
	char *copy = strdup(s != NULL ? s : "");

	if (copy == NULL)
		return -1;
	free(*to);
	*in_row = *to = copy;
	return 0;
}

/* A handle with its own copy of the row. */
static struct reg_jail *
jail_new(struct reg *r, const struct reg_row *row, struct jerr *e)
{
	struct reg_jail *j = calloc(1, sizeof(*j));
	struct stat st;

	if (j == NULL) {
		(void)jerr_sys(e, "registry");
		return NULL;
	}
	j->r = r;
	j->fd = -1;
	j->row = *row;
	if (set_str(&j->name, &j->row.name, row->name) == -1 ||
	    set_str(&j->path, &j->row.path, row->path) == -1 ||
	    set_str(&j->hostname, &j->row.hostname, row->hostname) == -1 ||
	    set_str(&j->ip4, &j->row.ip4, row->ip4) == -1 ||
	    set_str(&j->claim, &j->row.claim, row->claim) == -1 ||
	    fstat(r->privfd, &st) == -1) {
		(void)jerr_sys(e, "registry");
		jail_free(j);
		return NULL;
	}
	j->dev = st.st_dev;
	j->ino = st.st_ino;
	return j;
}

static void
hold(struct reg_jail *j)
{
	j->pid = getpid();
	j->next = held;
	held = j;
}

static void
unhold(struct reg_jail *j)
{
	for (struct reg_jail **p = &held; *p != NULL; p = &(*p)->next)
		if (*p == j) {
			*p = j->next;
			return;
		}
}

/* Reads the index for a writer, and rewrites it first when it pays. */
static int
read_index(struct reg *r, struct reg_snapshot *s, bool *stale, struct jerr *e)
{
	struct index_text ix;
	struct index_waste w;
	int rc;

	for (bool again = true;; again = false) {
		if (index_load(r, true, &ix, e) == -1)
			return -1;
		rc = index_parse(&ix, s, &w, e);
		index_unload(&ix);
		if (stale != NULL)
			*stale = rc == 0 && w.stale > 0;
		if (rc == -1 || !again || w.dead + w.stale <= s->n + DEAD_SLACK)
			return rc;
		reg_snapshot_free(s);
		index_compact(r);
	}
}

static int
make_uuid8(char out[9])
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return -1;
	(void)snprintf(out, 9, "%08x", n);
	return 0;
}

static void
drop_files(struct reg *r, int jid)
{
	params_rmdir(r, jid);
	journal_unlink(r, jid);
}

/*
 * The row, then files and lock: a row without files is found and taken back by
 * the next command, files without a row would not be.  Nobody takes the row
 * before its lock is there: that wants the registry lock, which we have.
 * Nothing is left on -1.
 */
static int
make_files(struct reg *r, struct reg_jail *j, struct jerr *e)
{
	struct jerr ignored = JERR_INIT;
	int jid = j->row.jid;

	if (index_append(r, &j->row, &j->row.offset, e) == -1)
		return -1;
	if (params_mkdir(r, jid, e) == 0) {
		j->fd = journal_create(r, jid, j->row.uuid8, e);
		if (j->fd != -1)
			return 0;
	}
	drop_files(r, jid);
	(void)index_state(r, j->row.offset, 0, &ignored);
	return -1;
}

static struct reg_jail *
reserve_locked(struct reg *r, const struct reg_snapshot *s,
    const struct reg_want *w, const struct identity *id, struct jerr *e)
{
	struct reg_row row = { .state = REG_STARTING,
		.jid = id->jid,
		.name = id->name,
		.path = w->path,
		.hostname = w->hostname,
		.ip4 = w->ip4 };
	struct jerr ignored = JERR_INIT;
	struct reg_jail *j;
	int last = alloc_lastjid_read(r);

	if (w->users_new && alloc_range(s, &row.base, e) == -1)
		return NULL;
	if (make_uuid8(row.uuid8) == -1) {
		(void)jerr_sys(e, "getrandom");
		return NULL;
	}
	j = jail_new(r, &row, e);
	if (j == NULL)
		return NULL;
	if (id->counted && alloc_lastjid_write(r, row.jid, e) == -1) {
		jail_free(j);
		return NULL;
	}
	if (make_files(r, j, e) == -1) {
		if (id->counted)
			(void)alloc_lastjid_write(r, last, &ignored);
		jail_free(j);
		return NULL;
	}
	hold(j);
	return j;
}

struct reg_jail *
reg_reserve(struct reg *r, const struct reg_want *w, struct jerr *e)
{
	struct reg_snapshot s = { 0 };
	struct identity id = { 0 };
	struct reg_jail *j = NULL;

	if (reg_lock(r, e) == -1)
		return NULL;
	if (read_index(r, &s, NULL, e) == 0 &&
	    alloc_identity(r, &s, w, &id, e) == 0)
		j = reserve_locked(r, &s, w, &id, e);
	free(id.name);
	reg_snapshot_free(&s);
	reg_unlock(r);
	return j;
}

static struct reg_jail *
take_locked(struct reg *r, const struct reg_snapshot *s, int jid,
    const char *uuid8, bool stale, struct jerr *e)
{
	const struct reg_row *row = reg_find_jid(s, jid);
	struct reg_jail *j;
	struct stat st;

	if (row == NULL || (uuid8 != NULL && strcmp(row->uuid8, uuid8) != 0)) {
		(void)jerr_set(e, ENOENT, "jail %d not found", jid);
		return NULL;
	}
	if (fstat(r->privfd, &st) == 0 && is_held(&st, jid)) {
		(void)jerr_set(e, EWOULDBLOCK,
		    "jail %d: this process is working on it", jid);
		return NULL;
	}
	j = jail_new(r, row, e);
	if (j == NULL)
		return NULL;
	j->fd = journal_open(r, jid, row->uuid8, e);
	/* An update that was cut short left the older row alive as well. */
	if (j->fd == -1 ||
	    (stale && index_kill_others(r, jid, row->offset, e) == -1)) {
		jail_free(j);
		return NULL;
	}
	hold(j);
	return j;
}

struct reg_jail *
reg_take(struct reg *r, int jid, const char *uuid8, struct jerr *e)
{
	struct reg_snapshot s = { 0 };
	struct reg_jail *j = NULL;
	bool stale;

	if (reg_lock(r, e) == -1)
		return NULL;
	if (read_index(r, &s, &stale, e) == 0)
		j = take_locked(r, &s, jid, uuid8, stale, e);
	reg_snapshot_free(&s);
	reg_unlock(r);
	return j;
}

struct reg_jail *
reg_peek(struct reg *r, const struct reg_row *row, struct jerr *e)
{
	return jail_new(r, row, e);
}

struct reg_jail *
reg_watch(struct reg *r, const struct reg_row *row, struct jerr *e)
{
	struct reg_jail *j = jail_new(r, row, e);

	if (j == NULL)
		return NULL;
	/* To close a file is to give up this process's locks on it. */
	if (is_held(&(struct stat) { .st_dev = j->dev, .st_ino = j->ino },
		row->jid)) {
		(void)jerr_set(e, EWOULDBLOCK,
		    "jail %d: this process is working on it", row->jid);
		jail_free(j);
		return NULL;
	}
	j->fd = journal_watch(r, row->jid, e);
	if (j->fd == -1) {
		jail_free(j);
		return NULL;
	}
	return j;
}

const struct reg_row *
reg_jail_row(const struct reg_jail *j)
{
	return &j->row;
}

/* Under the lock: state 0 kills the row. */
static int
put_state(struct reg_jail *j, int state, struct jerr *e)
{
	if (index_locate(j->r, j->row.jid, j->row.uuid8, &j->row.offset, e) ==
	    -1)
		return -1;
	return index_state(j->r, j->row.offset, state, e);
}

int
reg_set_state(struct reg_jail *j, enum reg_state state, struct jerr *e)
{
	int rc;

	if (reg_lock(j->r, e) == -1)
		return -1;
	rc = put_state(j, (int)state, e);
	if (rc == 0)
		j->row.state = state;
	reg_unlock(j->r);
	return rc;
}

static int
check_rename(struct reg_jail *j, const char *name, struct jerr *e)
{
	struct reg_snapshot s = { 0 };
	int rc;

	if (reg_snapshot(j->r, &s, e) == -1)
		return -1;
	rc = alloc_check_name(&s, name, j->row.jid, 0, e);
	reg_snapshot_free(&s);
	return rc;
}

/* New row first; then the old one dies. */
static int
update_locked(struct reg_jail *j, const struct reg_row *row, struct jerr *e)
{
	size_t off, old;

	if (index_locate(j->r, row->jid, row->uuid8, &j->row.offset, e) == -1)
		return -1;
	old = j->row.offset;
	if (index_append(j->r, row, &off, e) == -1)
		return -1;
	j->row.offset = off;
	return index_state(j->r, old, 0, e);
}

int
reg_update(struct reg_jail *j, const char *name, const char *path,
    const char *hostname, pid_t init, uint64_t start, struct jerr *e)
{
	struct reg_row row = j->row;
	int rc = 0;

	if (name != NULL)
		row.name = name;
	if (path != NULL)
		row.path = path;
	if (hostname != NULL)
		row.hostname = hostname;
	if (init != 0) {
		row.init = init;
		row.start = start;
	}
	if (reg_lock(j->r, e) == -1)
		return -1;
	if (name != NULL && strcmp(name, j->row.name) != 0)
		rc = check_rename(j, name, e);
	if (rc == 0)
		rc = update_locked(j, &row, e);
	reg_unlock(j->r);
	if (rc == -1)
		return -1;
	j->row.init = row.init;
	j->row.start = row.start;
	if ((name != NULL && set_str(&j->name, &j->row.name, name) == -1) ||
	    (path != NULL && set_str(&j->path, &j->row.path, path) == -1) ||
	    (hostname != NULL &&
		set_str(&j->hostname, &j->row.hostname, hostname) == -1))
		return jerr_sys(e, "registry");
	return 0;
}

/* Is the word a[0..n) one of the list? */
static bool
listed(const char *list, const char *a, size_t n)
{
	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		if (len == n && memcmp(p, a, n) == 0)
			return true;
		p += len;
		p += *p == ',';
	}
	return false;
}

static int
check_clash(struct reg_jail *j, const char *list, struct jerr *e)
{
	struct reg_snapshot s = { 0 };
	int rc = 0;

	if (reg_snapshot(j->r, &s, e) == -1)
		return -1;
	for (size_t i = 0; i < s.n && rc == 0; i++) {
		if (s.rows[i].jid == j->row.jid || s.rows[i].claim[0] == '\0')
			continue;
		for (const char *p = list; *p != '\0' && rc == 0;) {
			size_t len = strcspn(p, ",");

			if (listed(s.rows[i].claim, p, len))
				rc = jerr_set(e, EADDRINUSE,
				    "IPv%c addresses clash: "
				    "%.*s is jail \"%s\"'s",
				    memchr(p, ':', len) != NULL ? '6' : '4',
				    (int)len, p, s.rows[i].name);
			p += len;
			p += *p == ',';
		}
	}
	reg_snapshot_free(&s);
	return rc;
}

int
reg_addresses(
    struct reg_jail *j, const char *ip4, const char *claim, struct jerr *e)
{
	struct reg_row row = j->row;
	int rc;

	if (str_eq(row.ip4, ip4) && str_eq(row.claim, claim))
		return 0;
	row.ip4 = ip4;
	row.claim = claim;
	if (reg_lock(j->r, e) == -1)
		return -1;
	rc = check_clash(j, claim, e);
	if (rc == 0)
		rc = update_locked(j, &row, e);
	reg_unlock(j->r);
	if (rc == 0 &&
	    (set_str(&j->ip4, &j->row.ip4, ip4) == -1 ||
		set_str(&j->claim, &j->row.claim, claim) == -1))
		rc = jerr_sys(e, "registry");
	return rc;
}

struct reg *
reg_jail_reg(const struct reg_jail *j)
{
	return j->r;
}

int
reg_release(struct reg_jail *j, struct jerr *e)
{
	struct reg_record *rec;
	struct reg *r = j->r;
	size_t n;
	int rc;

	if (reg_journal_read(j, &rec, &n, e) == -1)
		return -1;
	if (n > 0)
		(void)jerr_set(e, EBUSY, "jail %d: not undone: %s %s",
		    j->row.jid, rec[0].kind, rec[0].text);
	reg_records_free(rec, n);
	if (n > 0 || reg_lock(r, e) == -1)
		return -1;
	/* The row last, as it was made first. */
	drop_files(r, j->row.jid);
	rc = put_state(j, 0, e);
	reg_unlock(r);
	if (rc == 0)
		reg_jail_put(j);
	return rc;
}

void
reg_jail_put(struct reg_jail *j)
{
	if (j == NULL)
		return;
	unhold(j);
	jail_free(j);
}
