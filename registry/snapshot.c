/*
 * Reading the whole index at once, without a lock: what jls(8), lookups and
 * recovery start from.
 */
#include "registry/registry.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "registry/reg_int.h"

/* In nanoseconds; twice the slowest step in which file times move. */
#define SETTLE 20000000

/* A file's times move in steps of up to ten milliseconds, so a change right
 * after the reading may not show: an index that was written just before it was
 * read is never called fresh. */
static bool
is_settled(const struct timespec *now, const struct timespec *mtime)
{
	int64_t s = now->tv_sec - mtime->tv_sec;

	return s > 1 ||
	    (s >= 0 && s * 1000000000 + now->tv_nsec - mtime->tv_nsec > SETTLE);
}

int
reg_snapshot(struct reg *r, struct reg_snapshot *out, struct jerr *e)
{
	struct index_text ix;
	struct timespec now = { 0 };
	int rc;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (index_load(r, false, &ix, e) == -1)
		return -1;
	rc = index_parse(&ix, out, NULL, e);
	out->settled = is_settled(&now, &out->mtime);
	index_unload(&ix);
	return rc;
}

bool
reg_snapshot_fresh(struct reg *r, const struct reg_snapshot *s)
{
	struct stat st;

	return s->settled && r->dirfd != -1 &&
	    fstatat(r->dirfd, "index", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == s->dev && st.st_ino == s->ino &&
	    st.st_size == s->size && st.st_mtim.tv_sec == s->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == s->mtime.tv_nsec;
}

void
reg_snapshot_free(struct reg_snapshot *s)
{
	free(s->text);
	free(s->rows);
	*s = (struct reg_snapshot) { 0 };
}

const struct reg_row *
reg_find_jid(const struct reg_snapshot *s, int jid)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->rows[mid].jid == jid)
			return &s->rows[mid];
		if (s->rows[mid].jid < jid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Alive before starting before dying. */
static int
rank(const struct reg_row *row)
{
	switch (row->state) {
	case REG_CREATED:
	case REG_ALIVE:
		return 2;
	case REG_STARTING:
		return 1;
	case REG_DYING:
		break;
	}
	return 0;
}

const struct reg_row *
reg_find_name(const struct reg_snapshot *s, const char *name)
{
	const struct reg_row *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct reg_row *row = &s->rows[i];

		if (strcmp(row->name, name) == 0 &&
		    (best == NULL || rank(row) > rank(best)))
			best = row;
	}
	return best;
}
