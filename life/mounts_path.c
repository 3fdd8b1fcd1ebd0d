/*
 * Paths of mounts: which part of a target lies below the jail's root, and
 * opening it.  The root was under hostile control since the last start, so
 * nothing below it is followed, joined or resolved by name: one openat2 with
 * no symbolic link allowed, and the descriptor is what gets used.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"

#define IDS 65536

int
mounts_check_owner(const struct mounts *m, int fd, struct jerr *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return jerr_sys(e, "path %s", m->given);
	if (!S_ISDIR(st.st_mode))
		return jerr_set(
		    e, ENOTDIR, "path %s: Not a directory", m->given);
	if (m->users && (st.st_uid >= IDS || st.st_gid >= IDS))
		return jerr_set(e, EOVERFLOW,
		    "path %s: owned by %s %u, and a "
		    "jail knows only 0 to %d (chown it to 0)",
		    m->host_root ? "/" : m->given,
		    st.st_uid >= IDS ? "user" : "group",
		    (unsigned)(st.st_uid >= IDS ? st.st_uid : st.st_gid),
		    IDS - 1);
	return 0;
}

/* The rest of path below root ("" is "/"), or NULL. */
static const char *
below(const char *path, const char *root)
{
	const char *rest = str_after(path, root);

	if (rest == NULL || (rest[0] != '\0' && rest[0] != '/'))
		return NULL;
	return rest;
}

/*
 * "a//b/./c/../d" to "a/b/d", in place.  Lexically, which is right because no
 * link is followed later.  -1: it leads out.
 */
static int
normalise(char *s)
{
	char *to = s, *from = s;

	while (*from != '\0') {
		size_t n;

		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 0)
			break;
		if (n == 2 && from[0] == '.' && from[1] == '.') {
			if (to == s)
				return -1;
			do
				to--;
			while (to > s && *to != '/');
		} else if (n != 1 || from[0] != '.') {
			if (to != s)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	*to = '\0';
	return 0;
}

char *
mounts_rel(
    const struct mounts *m, const char *where, const char *path, struct jerr *e)
{
	const char *rest;
	char *rel;

	if (path[0] != '/') {
		(void)jerr_set(
		    e, EINVAL, "%s: %s: not an absolute pathname", where, path);
		return NULL;
	}
	rest = below(path, m->given);
	if (rest == NULL)
		rest = below(path, m->path);
	if (rest == NULL) {
		(void)jerr_set(e, EINVAL,
		    "%s: %s: not below the jail's path %s", where, path,
		    m->given);
		return NULL;
	}
	rel = strdup(rest);
	if (rel == NULL) {
		(void)jerr_sys(e, "%s", where);
		return NULL;
	}
	if (normalise(rel) == -1) {
		free(rel);
		(void)jerr_set(e, EINVAL,
		    "%s: %s: leads out of the jail's path", where, path);
		return NULL;
	}
	return rel;
}

/* Names the first component of rel that is a link; false: none is. */
static bool
first_link(int rootfd, const char *rel, char *buf, size_t size)
{
	size_t n = 0;

	if (strlen(rel) >= size)
		return false;
	while (rel[n] != '\0') {
		auto_close int fd = -1;
		struct stat st;

		n += strcspn(rel + n + 1, "/") + 1;
		memcpy(buf, rel, n);
		buf[n] = '\0';
		fd = path_open_beneath(rootfd, buf, O_PATH | O_NOFOLLOW, 0);
		if (fd == -1 || fstat(fd, &st) == -1)
			return false;
		if (S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

int
mounts_open_target(const struct mounts *m, const char *where, int rootfd,
    const char *rel, struct jerr *e)
{
	char link[4096];
	int fd;

	fd = path_open_beneath(rootfd, rel[0] == '\0' ? "." : rel, O_PATH, 0);
	if (fd != -1)
		return fd;
	if (errno == ELOOP && first_link(rootfd, rel, link, sizeof(link)))
		return jerr_set(e, ELOOP, "%s: %s/%s is a symbolic link", where,
		    m->given, link);
	if (errno == ENOENT)
		return jerr_set(e, ENOENT,
		    "%s: %s/%s: No such file or "
		    "directory (mount points are not made)",
		    where, m->given, rel);
	return jerr_sys(e, "%s: %s/%s", where, m->given, rel);
}

int
mounts_open_source(
    const struct mounts *m, const char *where, const char *spec, struct jerr *e)
{
	auto_free char *rel = NULL;
	const char *rest;
	int fd;

	if (spec[0] != '/')
		return jerr_set(
		    e, EINVAL, "%s: %s: not an absolute pathname", where, spec);
	rest = m->host_root ? NULL : below(spec, m->path);
	if (rest == NULL && !m->host_root)
		rest = below(spec, m->given);
	if (rest != NULL) {
		rel = mounts_rel(m, where, spec, e);
		return rel == NULL ?
		    -1 :
		    mounts_open_target(m, where, m->hostroot, rel, e);
	}
	fd = path_open_host(spec, &m->edges, O_PATH, 0);
	if (fd == -1 && errno == ELOOP)
		return jerr_set(e, ELOOP,
		    "%s: %s: a symbolic link inside a jail is not followed",
		    where, spec);
	if (fd == -1)
		return jerr_sys(e, "%s: %s", where, spec);
	return fd;
}
