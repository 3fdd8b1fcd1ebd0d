/*
 * Control groups, version 2 alone.  Works by descriptor below the root it was
 * given; never touches a version 1 hierarchy or a group that is not ours.
 */
#include "linux/cgroup.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "linux/proc.h"

#define OPEN_DIR (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool
is_cgroup2(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC;
}

/* Where cgroup2 stands when it is at neither of the usual places. */
static int
root_by_mountinfo(void)
{
	auto_close int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	auto_strbuf struct strbuf b = STRBUF_INIT;
	char *line, *save = NULL;

	if (fd == -1 || io_read_all(fd, 16 << 20, &b) == -1 || b.s == NULL)
		return -1;
	for (line = strtok_r(b.s, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char dir[512];

		if (strstr(line, " - cgroup2 ") != NULL &&
		    sscanf(line, "%*s %*s %*s %*s %511s", dir) == 1)
			return open(dir, OPEN_DIR);
	}
	errno = ENOENT;
	return -1;
}

int
cgroup_root(struct jerr *e)
{
	static const char *const usual[] = {
		"/sys/fs/cgroup",
		"/sys/fs/cgroup/unified",
	};
	int fd;

	for (size_t i = 0; i < nitems(usual); i++) {
		fd = open(usual[i], OPEN_DIR);
		if (fd != -1 && is_cgroup2(fd))
			return fd;
		close_keep(fd);
	}
	fd = root_by_mountinfo();
	if (fd == -1)
		return jerr_set(e, ENODEV,
		    "no cgroup2 file system is mounted on this host");
	return fd;
}

static int
make_dir(int dirfd, const char *name, int *out)
{
	if (mkdirat(dirfd, name, 0755) == -1)
		return -1;
	*out = openat(dirfd, name, OPEN_DIR);
	return *out == -1 ? -1 : 0;
}

int
cgroup_make(int root, const char *rel, struct cgroup *out, struct jerr *e)
{
	int r = -1;

	*out = (struct cgroup)CGROUP_INIT;
	/* Somebody's last jail may take the parent away between our two calls. */
	for (int tries = 0; r == -1 && tries < 16; tries++) {
		if (mkdirat(root, CGROUP_PARENT, 0755) == -1 && errno != EEXIST)
			return jerr_sys(e, "cgroup %s", CGROUP_PARENT);
		r = make_dir(root, rel, &out->top);
		if (r == -1 && errno != ENOENT)
			break;
	}
	if (r == -1)
		return jerr_sys(e, "cgroup %s", rel);
	if (make_dir(out->top, "init", &out->init) == -1)
		return jerr_sys(e, "cgroup %s/init", rel);
	if (make_dir(out->top, "j", &out->j) == -1)
		return jerr_sys(e, "cgroup %s/j", rel);
	return 0;
}

int
cgroup_open(int root, const char *rel, struct cgroup *out, struct jerr *e)
{
	*out = (struct cgroup)CGROUP_INIT;
	out->top = openat(root, rel, OPEN_DIR);
	if (out->top == -1)
		return jerr_sys(e, "cgroup %s", rel);
	out->init = openat(out->top, "init", OPEN_DIR);
	out->j = openat(out->top, "j", OPEN_DIR);
	if (out->init == -1 || out->j == -1)
		return jerr_sys(e, "cgroup %s", rel);
	return 0;
}

void
cgroup_close(struct cgroup *c)
{
	close_keep(c->top);
	close_keep(c->init);
	close_keep(c->j);
	*c = (struct cgroup)CGROUP_INIT;
}

/* Is word one of the blank-separated words of dirfd/file? */
static bool
has_word(int dirfd, const char *file, const char *word)
{
	char buf[512];
	char *w, *save = NULL;

	if (io_read_file(dirfd, file, buf, sizeof(buf)) == -1)
		return false;
	for (w = strtok_r(buf, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		if (str_eq(w, word))
			return true;
	return false;
}

/* Let the children of dirfd have a controller; only what is asked for is ever
 * switched on, since each costs every process on the host something. */
static int
enable(int dirfd, const char *controller)
{
	char plus[64];

	if (has_word(dirfd, "cgroup.subtree_control", controller))
		return 0;
	(void)snprintf(plus, sizeof(plus), "+%s", controller);
	return io_write_file(dirfd, "cgroup.subtree_control", plus);
}

/*
 * Another start may just be switching the controller on: subtree_control names
 * it before our group's files are there.  Writing it once more waits for that.
 */
static int
write_limit(int parent, int top, const char *controller, const char *file,
    const char *value)
{
	char plus[64];

	if (io_write_file(top, file, value) == 0)
		return 0;
	if ((errno != ENOENT && errno != EACCES) ||
	    str_eq(controller, "cgroup"))
		return -1;
	(void)snprintf(plus, sizeof(plus), "+%s", controller);
	if (io_write_file(parent, "cgroup.subtree_control", plus) == -1)
		return -1;
	return io_write_file(top, file, value);
}

int
cgroup_limit(int root, const struct cgroup *c, const char *file,
    const char *value, struct jerr *e)
{
	auto_close int parent = openat(root, CGROUP_PARENT, OPEN_DIR);
	char controller[32];
	size_t n = strcspn(file, ".");

	if (parent == -1)
		return jerr_sys(e, "cgroup %s", CGROUP_PARENT);
	if (strchr(file, '/') != NULL || file[n] == '\0' || n == 0 ||
	    n >= sizeof(controller))
		return jerr_set(e, EINVAL, "not a file of a cgroup");
	memcpy(controller, file, n);
	controller[n] = '\0';
	if (!str_eq(controller, "cgroup")) {
		if (!has_word(root, "cgroup.controllers", controller))
			return jerr_set(e, ENODEV,
			    "this host's cgroup2 has no %s controller",
			    controller);
		if (enable(root, controller) == -1 ||
		    enable(parent, controller) == -1)
			return jerr_sys(e, "controller %s", controller);
	}
	if (write_limit(parent, c->top, controller, file, value) == -1) {
		if (errno == ENOENT || errno == EACCES)
			return jerr_set(e, ENOENT, "no such cgroup file");
		return jerr_sys(e, "%s", value);
	}
	return 0;
}

static int
events_populated(int evfd)
{
	char buf[128];
	ssize_t n = pread(evfd, buf, sizeof(buf) - 1, 0);
	const char *p;

	if (n == -1)
		return -1;
	buf[n] = '\0';
	p = strstr(buf, "populated ");
	return p != NULL && p[10] == '0' ? 0 : 1;
}

int
cgroup_populated(int dirfd)
{
	auto_close int ev = openat(
	    dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return ev == -1 ? -1 : events_populated(ev);
}

int
cgroup_kill(int dirfd)
{
	return io_write_file(dirfd, "cgroup.kill", "1");
}

int
cgroup_wait_empty(int dirfd, int pidfd, int timeout_ms)
{
	auto_close int ev = openat(
	    dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int64_t end = mono_ms() + timeout_ms;
	struct pollfd p[2] = {
		{ .fd = ev, .events = POLLPRI },
		{ .fd = pidfd, .events = POLLIN },
	};

	if (ev == -1)
		return -1;
	for (;;) {
		int64_t left = end - mono_ms();
		int r = events_populated(ev);

		if (r == -1)
			return -1;
		if (r == 0)
			return 1;
		if (left <= 0)
			return 0;
		if (poll(p, 2, (int)left) == -1 && errno != EINTR)
			return -1;
		if (p[1].revents != 0)
			p[1].fd = -1; /* pid 1 is gone; the rest may not be */
	}
}

/* rmdir, with patience for a group whose last task is still on its way out. */
static int
remove_dir(int dirfd, const char *name)
{
	for (int tries = 0; tries < 200; tries++) {
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -1;
		(void)usleep(tries < 20 ? 100 : 5000);
	}
	errno = EBUSY;
	return -1;
}

int
cgroup_remove(
    int root, const char *rel, int pidfd, int timeout_ms, struct jerr *e)
{
	auto_close int top = openat(root, rel, OPEN_DIR);
	int r;

	if (top == -1) {
		if (errno == ENOENT)
			return 0;
		return jerr_sys(e, "cgroup %s", rel);
	}
	r = cgroup_populated(top);
	if (r != 0) {
		if (cgroup_kill(top) == -1)
			return jerr_sys(e, "cgroup %s: kill", rel);
		r = cgroup_wait_empty(top, pidfd, timeout_ms);
		if (r == -1)
			return jerr_sys(e, "cgroup %s", rel);
		if (r == 0)
			return jerr_set(e, EBUSY,
			    "cgroup %s: processes that cannot be killed", rel);
	}
	if (remove_dir(top, "j") == -1 || remove_dir(top, "init") == -1 ||
	    remove_dir(root, rel) == -1)
		return jerr_sys(e, "cgroup %s: rmdir", rel);
	/* Refused while another jail is there, which is the usual case. */
	(void)unlinkat(root, CGROUP_PARENT, AT_REMOVEDIR);
	return 0;
}

int
cgroup_pids(int dirfd, pid_t **pids, size_t *n)
{
	auto_close int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	auto_strbuf struct strbuf b = STRBUF_INIT;
	char *line, *save = NULL;
	size_t cap = 0;

	*pids = NULL;
	*n = 0;
	if (fd == -1 || io_read_all(fd, 64 << 20, &b) == -1)
		return -1;
	if (b.s == NULL)
		return 0;
	for (line = strtok_r(b.s, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		uint64_t pid;

		if (num_u64(line, INT32_MAX, &pid) == -1 || pid == 0)
			continue; /* 0: not in our pid namespace */
		if (*n == cap) {
			pid_t *p;

			cap = cap != 0 ? cap * 2 : 32;
			p = reallocarray(*pids, cap, sizeof(*p));
			if (p == NULL) {
				free(*pids);
				*pids = NULL;
				return -1;
			}
			*pids = p;
		}
		(*pids)[(*n)++] = (pid_t)pid;
	}
	return 0;
}
