/*
 * Paths of the host that may lead into a jail's root.  Text cannot tell: links,
 * "//", "/../" and bind mounts spell one directory in many ways.  So the path
 * is walked here, component by component, and each directory is compared with
 * the roots (the jail's own and those of the others) by device and inode; what
 * lies below one belongs to that jail's root user, and is left to
 * path_open_beneath.
 *
 * What stands above them is the administrator's (step_root warns where it
 * is not), so walking it by several calls opens no race.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define LINKS_MAX 40 /* the kernel's own limit */

struct host_walk {
	int dir;	     /* where we are */
	char rest[PATH_MAX]; /* what is still to go */
	int links;
};

int
path_edges_add(struct path_edges *e, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (e->n == e->cap) {
		size_t cap = e->cap != 0 ? e->cap * 2 : 8;
		struct path_edge *v = reallocarray(e->v, cap, sizeof(*v));

		if (v == NULL)
			return -1;
		e->v = v;
		e->cap = cap;
	}
	e->v[e->n++] = (struct path_edge) { st.st_dev, st.st_ino };
	return 0;
}

void
path_edges_free(struct path_edges *e)
{
	free(e->v);
	*e = (struct path_edges)PATH_EDGES_INIT;
}

static bool
is_edge(int fd, const struct path_edges *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return false;
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].dev == st.st_dev && e->v[i].ino == st.st_ino)
			return true;
	return false;
}

/* Go on with the text of the link fd, then rest. */
static int
follow(struct host_walk *w, int fd, const char *rest)
{
	char target[PATH_MAX], both[2 * PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	int len;

	if (n == -1)
		return -1;
	target[n] = '\0';
	len = snprintf(both, sizeof(both), "%s/%s", target, rest);
	if (++w->links > LINKS_MAX || len >= (int)sizeof(w->rest)) {
		errno = w->links > LINKS_MAX ? ELOOP : ENAMETOOLONG;
		return -1;
	}
	memcpy(w->rest, both, (size_t)len + 1);
	if (target[0] != '/')
		return 0;
	close_keep(w->dir);
	w->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->dir == -1 ? -1 : 0;
}

/* One component.  1: *out is the descriptor wanted; 0: go on; -1, errno. */
static int
step(struct host_walk *w, int flags, mode_t mode, int *out)
{
	char name[NAME_MAX + 1];
	const char *p = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(p, "/");
	const char *rest = p + n + strspn(p + n, "/");
	auto_close int next = -1;
	struct stat st;

	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, n != 0 ? p : ".", n != 0 ? n : 1);
	name[n != 0 ? n : 1] = '\0';
	next = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next != -1 && fstat(next, &st) == -1)
		return -1;
	if (next != -1 && S_ISLNK(st.st_mode) &&
	    (*rest != '\0' || (flags & O_NOFOLLOW) == 0))
		return follow(w, next, rest);
	if (*rest == '\0') {
		*out = openat(
		    w->dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
		return *out == -1 ? -1 : 1;
	}
	if (next == -1)
		return -1;
	close_keep(w->dir);
	w->dir = take_fd(&next);
	memmove(w->rest, rest, strlen(rest) + 1);
	return 0;
}

int
path_open_host(
    const char *path, const struct path_edges *edges, int flags, mode_t mode)
{
	struct host_walk w = { .dir = -1 };
	int fd = -1, r = 0;

	if (edges->n == 0)
		return open(path, flags | O_CLOEXEC, mode);
	if (path[0] != '/' || strlen(path) >= sizeof(w.rest)) {
		errno = path[0] != '/' ? EINVAL : ENAMETOOLONG;
		return -1;
	}
	memcpy(w.rest, path, strlen(path) + 1);
	w.dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (r == 0 && w.dir != -1) {
		if (is_edge(w.dir, edges)) {
			const char *p = w.rest + strspn(w.rest, "/");

			fd = path_open_beneath(
			    w.dir, *p != '\0' ? p : ".", flags, mode);
			break;
		}
		r = step(&w, flags, mode, &fd);
	}
	close_keep(w.dir);
	return fd;
}
