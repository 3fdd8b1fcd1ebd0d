/*
 * The files of a configuration: finding them by pattern, and opening them so
 * that nobody but root can have written what is read.
 *
 * 1. A configuration file is authority: its exec.* lines run as root.  So the
 *    file, every directory on the way to it and every symbolic link passed
 *    must be root's (or ours, when we are not root), and not writable by
 *    group or others; a sticky directory of root's is fine (/tmp).
 * 2. The check walks by descriptor and opens what it checked: there is no
 *    second look-up by name that could find something else.
 * 3. Standard input is exempt: whoever runs us chose it.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "conf/ast.h"

#define MAXSIZE ((size_t)64 * 1024 * 1024)
#define MAXLINKS 40

struct walk {
	const char *path;   /* as the user wrote it, for messages */
	struct strbuf rest; /* what is still to be walked */
	struct strbuf done; /* where we are, for messages */
	int dir;
	unsigned links;
};

static bool
owner_ok(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int
check_dir(const struct walk *w, struct jerr *e)
{
	const char *name = w->done.len > 0 ? w->done.s : "/";
	struct stat st;

	if (fstat(w->dir, &st) == -1)
		return jerr_sys(e, "%s", name);
	if (owner_ok(&st) &&
	    ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0))
		return 0;
	return jerr_set(e, EPERM,
	    "%s: not read: others than root may write its directory %s "
	    "(owner %u, mode %04o)",
	    w->path, name, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
}

static int
check_file(const struct walk *w, int fd, struct jerr *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return jerr_sys(e, "%s", w->path);
	if (S_ISDIR(st.st_mode))
		return jerr_set(e, EISDIR, "%s: is a directory", w->path);
	/* "-f /dev/null" is how people say "no file". */
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return 0;
	if (!owner_ok(&st) || (st.st_mode & 022) != 0)
		return jerr_set(e, EPERM,
		    "%s: not read: others than root may write it (owner %u, "
		    "mode %04o)",
		    w->path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
	return 0;
}

/* Put a link's text before what is still to be walked. */
static int
follow(struct walk *w, const char *link, struct jerr *e)
{
	struct strbuf rest = STRBUF_INIT;

	if (++w->links > MAXLINKS)
		return jerr_set(
		    e, ELOOP, "%s: too many symbolic links", w->path);
	if (strbuf_puts(&rest, link) == -1 || strbuf_putc(&rest, '/') == -1 ||
	    strbuf_puts(&rest, strbuf_str(&w->rest)) == -1) {
		strbuf_free(&rest);
		return jerr_nomem(e);
	}
	strbuf_free(&w->rest);
	w->rest = rest;
	return 0;
}

static int
go_root(struct walk *w, struct jerr *e)
{
	close_keep(w->dir);
	w->done.len = 0;
	w->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->dir == -1)
		return jerr_sys(e, "/");
	return 0;
}

/* Take the first component off rest; an empty one when there is none. */
static int
component(struct walk *w, char *buf, size_t size, struct jerr *e)
{
	char *s = w->rest.s;
	size_t n, skip;

	skip = strspn(s, "/");
	n = strcspn(s + skip, "/");
	if (n >= size)
		return jerr_set(
		    e, ENAMETOOLONG, "%s: File name too long", w->path);
	memcpy(buf, s + skip, n);
	buf[n] = '\0';
	skip += n;
	skip += strspn(s + skip, "/");
	memmove(s, s + skip, w->rest.len - skip + 1);
	w->rest.len -= skip;
	return 0;
}

/*
 * Is this link of /proc one that leads to an object and not along a path, as
 * the pipe of "jail -f <(generate)" does?  Our own descriptor: as good as
 * standard input, but the object is looked at all the same.
 */
static bool
is_magic(int dir, const char *target)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	    strchr(target, ':') != NULL && target[0] != '/';
}

/* One component deeper.  1: *fd is the file, opened; 0: go on; -1. */
static int
descend(struct walk *w, int *fd, struct jerr *e)
{
	char name[256] = "", target[4096];
	bool last;
	ssize_t n;
	int next;

	if (component(w, name, sizeof(name), e) == -1)
		return -1;
	last = w->rest.len == 0;
	if (name[0] == '\0')
		return jerr_set(e, EISDIR, "%s: is a directory", w->path);
	if (check_dir(w, e) == -1)
		return -1;
	n = readlinkat(w->dir, name, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = '\0';
		if (last && is_magic(w->dir, target)) {
			*fd = openat(
			    w->dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
			return *fd == -1 ? jerr_sys(e, "%s", w->path) : 1;
		}
		if (follow(w, target, e) == -1)
			return -1;
		return target[0] == '/' ? go_root(w, e) : 0;
	}
	next = openat(w->dir, name,
	    O_NOFOLLOW | O_CLOEXEC | O_NOCTTY |
		(last ? O_RDONLY : O_PATH | O_DIRECTORY));
	if (next == -1)
		return jerr_sys(e, "%s", w->path);
	if (last) {
		*fd = next;
		return 1;
	}
	close_keep(w->dir);
	w->dir = next;
	if (strbuf_addf(&w->done, "/%s", name) == -1)
		return jerr_nomem(e);
	return 0;
}

/* Open path for reading by rules 1 and 2 above. */
static int
open_trusted(const char *path, struct jerr *e)
{
	struct walk w = { .path = path, .dir = -1 };
	auto_free char *cwd = NULL;
	int fd = -1, r = 0;

	if (path[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return jerr_sys(e, "%s: working directory", path);
	}
	if ((cwd != NULL && strbuf_addf(&w.rest, "%s/", cwd) == -1) ||
	    strbuf_puts(&w.rest, path) == -1)
		r = jerr_nomem(e);
	if (r == 0)
		r = go_root(&w, e);
	while (r == 0)
		r = descend(&w, &fd, e);
	if (r == 1 && check_file(&w, fd, e) == -1) {
		close_keep(fd);
		fd = -1;
	}
	close_keep(w.dir);
	strbuf_free(&w.rest);
	strbuf_free(&w.done);
	return r == 1 ? fd : -1;
}

static int
open_conf(const char *path, bool trust_any, struct jerr *e)
{
	int fd;

	if (str_eq(path, "-"))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (!trust_any)
		return open_trusted(path, e);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd == -1 ? jerr_sys(e, "%s", path) : fd;
}

/* The directory part of path; "." when it has none. */
static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int
include_read(struct conf_file *f, const char *path, bool trust_any,
    struct include *out, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_close int fd = -1;
	bool is_stdin = str_eq(path, "-");

	fd = open_conf(path, trust_any, e);
	if (fd == -1)
		return is_stdin ? jerr_sys(e, "standard input") : -1;
	if (io_read_all(fd, MAXSIZE, &text) == -1)
		return jerr_sys(e, "%s", path);
	out->name = is_stdin ? "stdin" :
			       pool_strdup(&f->pool, path, strlen(path));
	out->dir = is_stdin ? NULL : dir_of(path);
	if (out->name == NULL || (out->dir == NULL && !is_stdin) ||
	    (text.s == NULL && strbuf_puts(&text, "") == -1)) {
		free(out->dir);
		out->dir = NULL;
		return jerr_nomem(e);
	}
	out->len = text.len;
	out->text = text.s;
	text = (struct strbuf)STRBUF_INIT;
	return 0;
}

static bool
has_magic(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}

/* dir/pattern, with dir's own glob characters made harmless. */
static int
full_pattern(const char *dir, const char *pattern, struct strbuf *out)
{
	if (pattern[0] != '/' && dir != NULL && !str_eq(dir, ".")) {
		for (const char *s = dir; *s != '\0'; s++)
			if ((strchr("*?[\\", *s) != NULL &&
				strbuf_putc(out, '\\') == -1) ||
			    strbuf_putc(out, *s) == -1)
				return -1;
		if (strbuf_putc(out, '/') == -1)
			return -1;
	}
	/* A file of that name, never standard input. */
	if (out->len == 0 && pattern[0] == '-' && strbuf_puts(out, "./") == -1)
		return -1;
	return strbuf_puts(out, pattern);
}

int
include_expand(
    const char *dir, const char *pattern, struct strv *out, struct jerr *e)
{
	auto_strbuf struct strbuf full = STRBUF_INIT;
	glob_t g = { 0 };
	int r;

	if (pattern[0] == '\0')
		return jerr_set(e, EINVAL, "empty file name");
	if (full_pattern(dir, pattern, &full) == -1)
		return jerr_nomem(e);
	r = glob(full.s, 0, NULL, &g);
	if (r == GLOB_NOMATCH) {
		if (has_magic(pattern))
			return 0;
		return jerr_set(
		    e, ENOENT, "%s: No such file or directory", pattern);
	}
	if (r != 0)
		return jerr_set(e, r == GLOB_NOSPACE ? ENOMEM : EIO,
		    "%s: cannot be searched", pattern);
	for (size_t i = 0; r == 0 && i < g.gl_pathc; i++)
		r = strv_add(out, g.gl_pathv[i]);
	globfree(&g);
	return r == 0 ? 0 : jerr_nomem(e);
}
