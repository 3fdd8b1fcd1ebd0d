/*
 * /proc/self/mountinfo (proc_pid_mountinfo(5)): what is mounted at or below a
 * path.  The text is the kernel's, but names in it are chosen by whoever
 * mounted: octal escapes are undone, and its size is bounded.
 */
#ifndef LINUX_MOUNTINFO_H
#define LINUX_MOUNTINFO_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mountinfo_entry {
	uint64_t id, parent;
	char *point; /* mount point, unescaped; owned */
	char *type;  /* file system type; owned */
};

struct mountinfo {
	struct mountinfo_entry *v; /* in the kernel's order: parents first */
	size_t n, cap;
};

#define MOUNTINFO_INIT \
	{ \
		.v = NULL, .n = 0, .cap = 0 \
	}

#define MOUNTINFO_MAX (16 << 20) /* bytes of text */

/* Appends the entries strictly below path ("/": all but "/" itself).  A line
 * that does not parse is EPROTO. */
int mountinfo_parse(
    const char *text, const char *path, struct mountinfo *out, struct jerr *e);

/* The same from procfd/self/mountinfo. */
int mountinfo_below(
    int procfd, const char *path, struct mountinfo *out, struct jerr *e);

void mountinfo_free(struct mountinfo *m);
#define auto_mountinfo __attribute__((cleanup(mountinfo_free)))

/* The rest of point below path, without leading slash; NULL when it is not
 * strictly below ("/a/bb" is not below "/a/b"). */
const char *mountinfo_rest(const char *point, const char *path);

#endif
