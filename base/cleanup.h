/*
 * Scope-bound ownership: "auto_close int fd = -1;", "auto_free char *p = NULL;"
 * release at the end of the scope unless given away with take_fd / take_ptr.
 * Every helper keeps errno.  close() is never retried (Linux frees the number
 * even on EINTR).
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void
close_keep(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

static inline void
cleanup_close(int *fd)
{
	close_keep(*fd);
}

#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_close __attribute__((cleanup(cleanup_close)))

static inline int
take_fd(int *fd)
{
	int n = *fd;

	*fd = -1;
	return n;
}

#define take_ptr(p) \
	__extension__({ \
		__typeof__(p) take_tmp_ = (p); \
		(p) = NULL; \
		take_tmp_; \
	})

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#endif
