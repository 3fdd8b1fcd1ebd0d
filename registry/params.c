/*
 * The files of a jail that everyone may read: <jid>/params, replaced whole by
 * a rename, so a reader has the old text or the new one.  And the sweeping up
 * of directories and journals that no row owns.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"
#include "registry/reg_int.h"

#define PARAMS_MAX (1u << 20)

int
params_mkdir(struct reg *r, int jid, struct jerr *e)
{
	char name[32];

	/* Whatever stands there belongs to no row. */
	params_rmdir(r, jid);
	(void)snprintf(name, sizeof(name), "%d", jid);
	if (mkdirat(r->dirfd, name, 0755) == -1 ||
	    fchmodat(r->dirfd, name, 0755, 0) == -1)
		return jerr_sys(e, "%s/%s", r->path, name);
	return 0;
}

static void
empty_dir(struct reg *r, const char *name)
{
	int fd = openat(
	    r->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		close_keep(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), de->d_name, 0);
	(void)closedir(d);
}

void
params_rmdir(struct reg *r, int jid)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%d/params", jid);
	(void)unlinkat(r->dirfd, name, 0);
	(void)snprintf(name, sizeof(name), "%d", jid);
	if (unlinkat(r->dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return;
	empty_dir(r, name);
	(void)unlinkat(r->dirfd, name, AT_REMOVEDIR);
}

int
reg_params_write(struct reg *r, int jid, const char *text, struct jerr *e)
{
	auto_close int fd = -1;
	char tmp[64], name[64];

	(void)snprintf(tmp, sizeof(tmp), "%d/params.new", jid);
	(void)snprintf(name, sizeof(name), "%d/params", jid);
	fd = openat(r->dirfd, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return jerr_sys(e, "%s/%s", r->path, name);
	if (fchmod(fd, 0644) == -1 ||
	    io_write_all(fd, text, strlen(text)) == -1 ||
	    renameat(r->dirfd, tmp, r->dirfd, name) == -1) {
		(void)jerr_sys(e, "%s/%s", r->path, name);
		(void)unlinkat(r->dirfd, tmp, 0);
		return -1;
	}
	return 0;
}

int
reg_params_read(struct reg *r, int jid, struct strbuf *out, struct jerr *e)
{
	auto_close int fd = -1;
	char name[64];

	(void)snprintf(name, sizeof(name), "%d/params", jid);
	if (r->dirfd == -1)
		return jerr_set(e, ENOENT, "jail %d not found", jid);
	fd = reg_open_file(r, name, O_RDONLY, e);
	if (fd == -1)
		return -1;
	if (io_read_all(fd, out->len + PARAMS_MAX, out) == -1)
		return jerr_sys(e, "%s/%s", r->path, name);
	return 0;
}

/* ---- sweeping ---- */

/* The jid that a file's name begins with, when the rest is suffix. */
static int
name_jid(const char *name, const char *suffix)
{
	char digits[16];
	size_t n = strspn(name, "0123456789");
	uint64_t jid;

	if (n == 0 || n >= sizeof(digits) || strcmp(name + n, suffix) != 0)
		return 0;
	memcpy(digits, name, n);
	digits[n] = '\0';
	return num_u64(digits, REG_JID_MAX, &jid) == -1 ? 0 : (int)jid;
}

static void
sweep_dir(struct reg *r, int dirfd, const char *suffix,
    const struct reg_snapshot *s, void (*drop)(struct reg *, int))
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		close_keep(fd);
		return;
	}
	while ((de = readdir(d)) != NULL) {
		int jid = name_jid(de->d_name, suffix);

		if (jid != 0 && reg_find_jid(s, jid) == NULL)
			drop(r, jid);
	}
	(void)closedir(d);
}

void
files_sweep(struct reg *r, const struct reg_snapshot *s)
{
	sweep_dir(r, r->dirfd, "", s, params_rmdir);
	sweep_dir(r, r->privfd, ".journal", s, journal_unlink);
}
