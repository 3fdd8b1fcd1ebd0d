/*
 * What a new jail gets: its number, its name, its range of host ids.  All of
 * it under the registry lock, from one reading of the index.  FreeBSD's rules
 * (jail(8), kern_jail_set): the counter moves only when a number was given
 * automatically, a numeric last component of a name is the number.
 */
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

/*
 * Ranges of ids: above what systemd-nspawn takes (up to 0x6fffffff), below the
 * last id, in whole steps.
 */
#define RANGE_FIRST 0x7000u
#define RANGE_END 0xffffu /* 0xffff0000 upward holds (uid_t)-1: never */
#define RANGE_STEP 65536u
#define SUBID_MAX (16u << 20)

static const char *subid_files[] = { "/etc/subuid", "/etc/subgid" };

void
alloc_set_subid_files(const char *subuid, const char *subgid)
{
	subid_files[0] = subuid;
	subid_files[1] = subgid;
}

/* ---- jid ---- */

int
alloc_lastjid_read(struct reg *r)
{
	char buf[32];
	uint64_t n;

	if (io_read_file(r->privfd, "lastjid", buf, sizeof(buf)) == -1)
		return 0;
	if (num_u64(buf, REG_JID_MAX, &n) == -1)
		return 0;
	return (int)n;
}

/* Always as long as before, so that only the first time needs space. */
int
alloc_lastjid_write(struct reg *r, int jid, struct jerr *e)
{
	auto_close int fd = -1;
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%06d\n", jid);

	fd = openat(r->privfd, "lastjid", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || pwrite(fd, buf, (size_t)len, 0) != len)
		return jerr_sys(e, "%s/private/lastjid", r->path);
	return 0;
}

static int
next_jid(struct reg *r, const struct reg_snapshot *s, struct jerr *e)
{
	int jid = alloc_lastjid_read(r);

	/* The counter was lost: go on above what is there. */
	if (jid == 0 && s->n > 0)
		jid = s->rows[s->n - 1].jid;
	for (size_t tries = 0; tries <= s->n && tries < REG_JID_MAX; tries++) {
		jid = jid >= REG_JID_MAX ? 1 : jid + 1;
		if (reg_find_jid(s, jid) == NULL)
			return jid;
	}
	return jerr_set(e, EAGAIN, "no available jail IDs");
}

/* ---- name ---- */

static const char *
last_component(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

/* -1: not a number; 0: a number that can be no jid, or is not written as one */
static int
name_number(const char *name)
{
	const char *s = last_component(name);
	uint64_t n;

	if (*s == '\0' || s[strspn(s, "0123456789")] != '\0')
		return -1;
	if (*s == '0' || num_u64(s, REG_JID_MAX, &n) == -1)
		return 0;
	return (int)n;
}

static int
check_numeric(const char *name, int jid, struct jerr *e)
{
	int n = name_number(name);

	if (n == -1 || n == jid)
		return 0;
	return jerr_set(
	    e, EINVAL, "name cannot be numeric (unless it is the jid)");
}

int
alloc_check_name(const struct reg_snapshot *s, const char *name, int jid,
    int only, struct jerr *e)
{
	if (strlen(name) > REG_NAME_MAX)
		return jerr_set(e, ENAMETOOLONG, "name: longer than %d bytes",
		    REG_NAME_MAX);
	if (check_numeric(name, jid, e) == -1)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct reg_row *row = &s->rows[i];

		if (row->jid == jid || strcmp(row->name, name) != 0)
			continue;
		if (row->state == REG_DYING && (only == 0 || only == row->jid))
			continue;
		return jerr_set(e, EEXIST, "jail \"%s\" already exists", name);
	}
	return 0;
}

int
alloc_identity(struct reg *r, const struct reg_snapshot *s,
    const struct reg_want *w, struct identity *id, struct jerr *e)
{
	const char *given = w->name != NULL ? w->name : "";
	const char *tail = last_component(given);

	*id = (struct identity) { .jid = w->jid };
	if (id->jid < 0)
		return jerr_set(e, EINVAL, "negative jid");
	if (id->jid > REG_JID_MAX)
		return jerr_set(
		    e, EINVAL, "jid: %d: larger than %d", id->jid, REG_JID_MAX);
	if (id->jid == 0 && name_number(given) > 0)
		id->jid = name_number(given);
	else if (id->jid == 0) {
		id->jid = next_jid(r, s, e);
		if (id->jid == -1)
			return -1;
		id->counted = true;
	}
	if (reg_find_jid(s, id->jid) != NULL)
		return jerr_set(e, EEXIST, "jail %d already exists", id->jid);
	/* No name, or a trailing dot: the number is the name. */
	if (asprintf(&id->name, *tail == '\0' ? "%s%d" : "%s", given,
		id->jid) == -1) {
		id->name = NULL;
		return jerr_sys(e, "registry");
	}
	if (alloc_check_name(s, id->name, id->jid, w->reuse_dying, e) == -1) {
		free(take_ptr(id->name));
		return -1;
	}
	return 0;
}

/* ---- id range ---- */

struct slots {
	uint8_t used[(RANGE_END - RANGE_FIRST + 7) / 8];
};

static void
mark(struct slots *m, uint64_t first, uint64_t count)
{
	uint64_t from = first / RANGE_STEP;
	uint64_t to; /* the last one touched */

	if (count == 0 || first > UINT32_MAX)
		return;
	to = (count > UINT32_MAX - first ? UINT32_MAX : first + count - 1) /
	    RANGE_STEP;
	if (from < RANGE_FIRST)
		from = RANGE_FIRST;
	for (uint64_t i = from; i <= to && i < RANGE_END; i++)
		m->used[(i - RANGE_FIRST) / 8] |= (uint8_t)(1u
		    << ((i - RANGE_FIRST) % 8));
}

/* "user:first:count" lines; what does not parse reserves nothing, as for
 * newuidmap(1).  A missing file has no ranges; an unreadable one is an error,
 * since handing out somebody's ids would mix two tenants. */
static int
mark_subids(struct slots *m, const char *file, struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	auto_close int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *save = NULL;

	if (fd == -1)
		return errno == ENOENT ? 0 : jerr_sys(e, "%s", file);
	if (io_read_all(fd, SUBID_MAX, &b) == -1)
		return jerr_sys(e, "%s", file);
	for (char *line = b.s == NULL ? NULL : strtok_r(b.s, "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *first = strchr(line, ':'), *count;
		uint64_t nfirst, ncount;

		count = first == NULL ? NULL : strchr(first + 1, ':');
		if (count == NULL)
			continue;
		*count++ = '\0';
		if (num_u64(first + 1, UINT32_MAX, &nfirst) == 0 &&
		    num_u64(count, UINT32_MAX, &ncount) == 0)
			mark(m, nfirst, ncount);
	}
	return 0;
}

int
alloc_range(const struct reg_snapshot *s, uint32_t *base, struct jerr *e)
{
	struct slots m = { 0 };

	for (size_t i = 0; i < nitems(subid_files); i++)
		if (mark_subids(&m, subid_files[i], e) == -1)
			return -1;
	for (size_t i = 0; i < s->n; i++)
		if (s->rows[i].base != 0)
			mark(&m, s->rows[i].base, RANGE_STEP);
	for (uint32_t i = 0; i < RANGE_END - RANGE_FIRST; i++)
		if ((m.used[i / 8] & 1u << i % 8) == 0) {
			*base = (RANGE_FIRST + i) * RANGE_STEP;
			return 0;
		}
	return jerr_set(e, EAGAIN, "users=new: no free range of host ids");
}
