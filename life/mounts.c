/*
 * The list of a jail's mounts: made from its parameters and checked against
 * the open root, so that every mistake that can be seen is reported before
 * anything is made.  The checks here are for the message; what is safe is
 * decided again on the descriptors that the builder opens.
 */
#include "life/mounts.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"

struct mnt *
mnt_add(struct mnt_vec *vec, enum fstab_kind kind, const char *where,
    const char *rel)
{
	struct mnt *en;

	if (vec->n == vec->cap) {
		size_t cap = vec->cap == 0 ? 8 : vec->cap * 2;
		void *p = reallocarray(vec->v, cap, sizeof(*vec->v));

		if (p == NULL)
			return NULL;
		vec->v = p;
		vec->cap = cap;
	}
	en = &vec->v[vec->n++];
	*en = (struct mnt) {
		.kind = kind,
		.fd = -1,
		.layers.top = -1,
		.o = { .ruleset = -1, .uid = -1, .gid = -1 },
	};
	en->where = strdup(where);
	en->rel = strdup(rel);
	return en->where == NULL || en->rel == NULL ? NULL : en;
}

struct mnt *
mnt_find(const struct mnt_vec *vec, enum fstab_kind kind, const char *rel)
{
	for (size_t i = 0; i < vec->n; i++)
		if (vec->v[i].kind == kind && str_eq(vec->v[i].rel, rel))
			return &vec->v[i];
	return NULL;
}

void
mnt_vec_free(struct mnt_vec *vec)
{
	for (size_t i = 0; i < vec->n; i++) {
		struct mnt *en = &vec->v[i];

		free(en->where);
		free(en->rel);
		free(en->spec);
		free(en->type);
		fstab_opts_free(&en->o);
		overlay_free(&en->layers);
		close_keep(en->fd);
	}
	free(vec->v);
	*vec = (struct mnt_vec) { .v = NULL };
}

void
mounts_free(struct mounts *m)
{
	if (m == NULL)
		return;
	mnt_vec_free(&m->lines);
	mnt_vec_free(&m->subs);
	strv_free(&m->notes);
	path_edges_free(&m->edges);
	close_keep(m->root);
	close_keep(m->hostroot);
	free(m->given);
	free(m->path);
	free(m);
}

int
mounts_rootfd(const struct mounts *m)
{
	return m->root;
}

/* An earlier mount covers this target, which can then be seen only later. */
static bool
is_covered(const struct mounts *m, size_t at)
{
	const char *rel = m->lines.v[at].rel;

	for (size_t i = 0; i < m->lines.n; i++) {
		const char *up = m->lines.v[i].rel, *rest;

		if (i == at)
			continue;
		if (up[0] == '\0') {
			if (rel[0] != '\0')
				return true;
			continue;
		}
		rest = str_after(rel, up);
		if (rest != NULL && rest[0] == '/')
			return true;
	}
	return false;
}

static bool
is_dir(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* FreeBSD's /dev/fd: a root that links it to /proc/self/fd has it already. */
static bool
has_fd_link(const struct mounts *m)
{
	auto_close int fd = path_open_beneath(
	    m->hostroot, "dev/fd", O_PATH | O_NOFOLLOW, 0);
	char to[32];
	ssize_t n;

	if (fd == -1)
		return false;
	n = readlinkat(fd, "", to, sizeof(to));
	return n == 13 && memcmp(to, "/proc/self/fd", 13) == 0;
}

static int
check_target(
    const struct mounts *m, struct mnt *en, bool want_dir, struct jerr *e)
{
	auto_close int fd = -1;

	if (en->kind == FSK_FDESC && str_eq(en->rel, "dev/fd") &&
	    has_fd_link(m)) {
		en->automatic = true;
		return 0;
	}
	fd = mounts_open_target(m, en->where, m->hostroot, en->rel, e);
	if (fd == -1 && en->automatic && e->code == ENOENT)
		return 0;
	if (fd == -1)
		return -1;
	if (want_dir != is_dir(fd))
		return jerr_set(e, want_dir ? ENOTDIR : EISDIR, "%s: %s/%s: %s",
		    en->where, m->given, en->rel,
		    want_dir ? "Not a directory" :
			       "Is a directory, and the source is a file");
	return 0;
}

static int
check_line(const struct mounts *m, size_t at, struct jerr *e)
{
	struct mnt *en = &m->lines.v[at];
	bool want_dir = true;

	if (en->kind == FSK_BIND || en->kind == FSK_RBIND ||
	    en->kind == FSK_UNION) {
		auto_close int src = mounts_open_source(
		    m, en->where, en->spec, e);

		if (src == -1)
			return -1;
		want_dir = is_dir(src);
		if (!want_dir && en->kind != FSK_BIND)
			return jerr_set(e, ENOTDIR, "%s: %s: Not a directory",
			    en->where, en->spec);
	}
	return is_covered(m, at) ? 0 : check_target(m, en, want_dir, e);
}

static char *
trimmed(const char *path)
{
	char *s = strdup(path);
	size_t n = s == NULL ? 0 : strlen(s);

	while (n > 0 && s[n - 1] == '/')
		s[--n] = '\0';
	return s;
}

static int
parse(struct mounts *m, const struct jail_conf *c, struct jerr *e)
{
	if (mounts_check_owner(m, m->hostroot, e) == -1 ||
	    mounts_read_lines(m, c, e) == -1 ||
	    mounts_read_devfs(m, c, e) == -1)
		return -1;
	for (size_t i = 0; i < m->lines.n; i++)
		if (check_line(m, i, e) == -1)
			return -1;
	return 0;
}

/* Under path=/ the jail's own root is no edge: the whole host lies below. */
static int
set_edges(struct mounts *m, const struct path_edges *others)
{
	struct path_edges *to = &m->edges;
	size_t n = others != NULL ? others->n : 0;

	to->v = calloc(n + 1, sizeof(*to->v));
	if (to->v == NULL)
		return -1;
	to->cap = n + 1;
	to->n = n;
	if (n != 0)
		memcpy(to->v, others->v, n * sizeof(*to->v));
	return m->host_root ? 0 : path_edges_add(to, m->hostroot);
}

int
mounts_parse(const struct jail_conf *c, const struct mounts_at *at,
    struct mounts **out, struct jerr *e)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return jerr_sys(e, "mounts");
	m->root = -1;
	m->given = trimmed(at->given);
	m->path = trimmed(at->path);
	m->hostroot = fcntl(at->rootfd, F_DUPFD_CLOEXEC, 3);
	m->users = conf_int(c, P_USERS) != JSYS_INHERIT;
	m->host_root = m->path != NULL && m->path[0] == '\0';
	if (m->given == NULL || m->path == NULL || m->hostroot == -1 ||
	    set_edges(m, at->others) == -1) {
		(void)jerr_sys(e, "mounts");
		mounts_free(m);
		return -1;
	}
	if (parse(m, c, e) == -1) {
		mounts_free(m);
		return -1;
	}
	*out = m;
	return 0;
}
