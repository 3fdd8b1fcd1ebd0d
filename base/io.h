/*
 * Whole reads and writes, and opening of paths: below a jail's root only by
 * openat2 (DESIGN: openat2 is a hard requirement, there is no fallback walker).
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* All of buf, across EINTR and short writes; 0 or -1 with errno. */
int io_write_all(int fd, const void *buf, size_t n);

/* Up to n bytes, across EINTR; the number read, 0 at end of file, or -1. */
ssize_t io_read(int fd, void *buf, size_t n);

/* Appends everything that is left in fd; at most max bytes, else EFBIG. */
int io_read_all(int fd, size_t max, struct strbuf *out);

/* Reads a (small, kernel or registry) file at dirfd/path into buf as a string,
 * without a trailing newline; the length, or -1 with errno. */
ssize_t io_read_file(int dirfd, const char *path, char *buf, size_t size);

/* One write(2) of text to an existing file at dirfd/path; 0 or -1, errno. */
int io_write_file(int dirfd, const char *path, const char *text);

/*
 * openat2 of path inside the jail root rootfd: ".." and absolute links stay
 * inside (RESOLVE_IN_ROOT), /proc's magic links are refused.  O_CLOEXEC is
 * added.  A descriptor or -1 with errno.
 */
int path_open_in_root(int rootfd, const char *path, int flags, mode_t mode);

/* The same with no symbolic link anywhere and nothing above rootfd. */
int path_open_beneath(int rootfd, const char *path, int flags, mode_t mode);

/* Directories below which somebody else may change what a path means. */
struct path_edges {
	struct path_edge {
		dev_t dev;
		ino_t ino;
	} * v;
	size_t n, cap;
};

#define PATH_EDGES_INIT \
	{ \
		.v = NULL, .n = 0, .cap = 0 \
	}

/* The directory fd is one; 0, or -1 with errno. */
int path_edges_add(struct path_edges *e, int fd);
void path_edges_free(struct path_edges *e);

/*
 * An absolute path of the host, links followed as open(2) does, that may lead
 * into a jail's root, which is one of edges: from there on no link is followed
 * and nothing leads out, however the path is spelled.  base/host_path.c.
 */
int path_open_host(
    const char *path, const struct path_edges *edges, int flags, mode_t mode);

#endif
