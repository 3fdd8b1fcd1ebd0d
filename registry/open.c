/*
 * Opening the registry and its one lock.  The directories are made on first
 * use; a registry of another boot is thrown away whole, since nothing that it
 * names exists any more.  Never trusts a directory that others may write.
 */
#include "registry/registry.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "registry/reg_int.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* Makes name in dirfd with exactly this mode (whatever the umask is), or opens
 * what is there.  It must be ours: who can write it could invent jails. */
static int
open_dir(int dirfd, const char *name, mode_t mode, struct jerr *e)
{
	auto_close int fd = -1;
	struct stat st;
	bool made;

	made = mkdirat(dirfd, name, mode) == 0;
	if (!made && errno != EEXIST)
		return jerr_sys(e, "%s", name);
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return jerr_sys(e, "%s", name);
	if (fstat(fd, &st) == -1 || (made && fchmod(fd, mode) == -1))
		return jerr_sys(e, "%s", name);
	if (!made && (st.st_uid != geteuid() || (st.st_mode & 022) != 0))
		return jerr_set(e, EPERM,
		    "%s: not owned by us, or writable by others", name);
	return take_fd(&fd);
}

/* The host's root made it, or whoever looks: what somebody else made says what
 * they like. */
static bool
is_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	    (st->st_mode & 022) == 0;
}

int
reg_open_file(struct reg *r, const char *name, int flags, struct jerr *e)
{
	auto_close int fd = openat(r->dirfd, name,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return jerr_sys(e, "%s/%s", r->path, name);
	if (!S_ISREG(st.st_mode))
		return jerr_set(
		    e, EINVAL, "%s/%s: not a regular file", r->path, name);
	if (!is_trusted(&st))
		return jerr_set(e, EPERM,
		    "%s/%s: not owned by us, or writable by others", r->path,
		    name);
	return take_fd(&fd);
}

static void
empty_private(struct reg *r)
{
	int fd = openat(r->privfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		close_keep(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strcmp(de->d_name, "lock") != 0)
			(void)unlinkat(r->privfd, de->d_name, 0);
	(void)closedir(d);
}

/* Is there an index of this boot?  One that a newer program made is an error,
 * not a thing to throw away. */
static int
index_is_current(struct reg *r, struct jerr *e)
{
	char head[80];
	auto_close int fd = -1;
	ssize_t n;

	fd = reg_open_file(r, "index", O_RDONLY, e);
	if (fd == -1)
		return e->code == ENOENT ? 0 : -1;
	n = io_read(fd, head, sizeof(head) - 1);
	if (n == -1)
		return jerr_sys(e, "%s/index", r->path);
	head[n] = '\0';
	switch (index_header(head, r->boot, NULL)) {
	case 1:
		return 1;
	case 0:
		return 0;
	default:
		return jerr_set(
		    e, EPROTO, "%s/index: of another version", r->path);
	}
}

/* Under the lock, and asked again there: another process may have done it. */
static int
start_afresh(struct reg *r, struct jerr *e)
{
	int rc, have;

	if (reg_lock(r, e) == -1)
		return -1;
	have = index_is_current(r, e);
	rc = have == -1 ? -1 : 0;
	if (have == 0) {
		/* Journals first: with an old index still there, a crash in
		 * between brings us here again.  The new index's birth drops
		 * the directories that no row owns. */
		empty_private(r);
		rc = index_create(r, e);
		if (rc == 0)
			index_compact(r);
	}
	reg_unlock(r);
	return rc;
}

static int
open_write(struct reg *r, struct jerr *e)
{
	int have;

	r->dirfd = open_dir(AT_FDCWD, r->path, 0755, e);
	if (r->dirfd == -1)
		return -1;
	r->privfd = open_dir(r->dirfd, "private", 0700, e);
	if (r->privfd == -1)
		return jerr_wrap(e, "%s", r->path);
	have = index_is_current(r, e);
	if (have == -1)
		return -1;
	return have ? 0 : start_afresh(r, e);
}

static int
open_read(struct reg *r, struct jerr *e)
{
	struct stat st;

	r->dirfd = open(
	    r->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->dirfd == -1)
		return errno == ENOENT ? 0 : jerr_sys(e, "%s", r->path);
	if (fstat(r->dirfd, &st) == -1)
		return jerr_sys(e, "%s", r->path);
	if (!is_trusted(&st))
		return jerr_set(e, EPERM,
		    "%s: not owned by us, or writable by others", r->path);
	return 0;
}

struct reg *
reg_open(const char *dir, bool write, struct jerr *e)
{
	struct reg *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)jerr_sys(e, "registry");
		return NULL;
	}
	r->dirfd = r->privfd = r->lockfd = -1;
	r->path = strdup(dir != NULL ? dir : REG_DIR);
	if (r->path == NULL) {
		(void)jerr_sys(e, "registry");
		goto fail;
	}
	if (io_read_file(AT_FDCWD, BOOT_ID, r->boot, sizeof(r->boot)) == -1) {
		(void)jerr_sys(e, "%s", BOOT_ID);
		goto fail;
	}
	if ((write ? open_write(r, e) : open_read(r, e)) == -1)
		goto fail;
	return r;
fail:
	reg_close(r);
	return NULL;
}

void
reg_close(struct reg *r)
{
	if (r == NULL)
		return;
	close_keep(r->lockfd);
	close_keep(r->privfd);
	close_keep(r->dirfd);
	cleanup_free(&r->path);
	cleanup_free(&r);
}

/*
 * The lock file is opened anew each time: flock belongs to the open file, and
 * walks that were forked after reg_open would otherwise share one lock.
 */
int
reg_lock(struct reg *r, struct jerr *e)
{
	auto_close int fd = -1;
	int rc;

	if (r->privfd == -1)
		return jerr_set(e, EBADF, "%s: opened for reading", r->path);
	if (r->depth > 0) {
		r->depth++;
		return 0;
	}
	fd = openat(r->privfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return jerr_sys(e, "%s/private/lock", r->path);
	do
		rc = flock(fd, LOCK_EX);
	while (rc == -1 && errno == EINTR);
	if (rc == -1)
		return jerr_sys(e, "%s/private/lock", r->path);
	r->lockfd = take_fd(&fd);
	r->depth = 1;
	return 0;
}

void
reg_unlock(struct reg *r)
{
	if (--r->depth > 0)
		return;
	close_keep(r->lockfd);
	r->lockfd = -1;
}
