/*
 * Rows about the root directory, the control group and its limits.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/undo.h"
#include "life/walk.h"
#include "linux/caps.h"
#include "net/sysctl.h"

#define PIDS_MAX_DEFAULT "4096"

/* The name the kernel has for an open directory: no link is left in it. */
static char *
name_of_fd(int fd)
{
	char link[64], buf[4097];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, sizeof(buf) - 1);
	if (n <= 0 || buf[0] != '/')
		return NULL;
	buf[n] = '\0';
	return strdup(buf);
}

/*
 * Files in a jail keep their owners on disk, a setuid program of the jail's
 * root included: whoever can reach it from the host is root there.  So some
 * directory above must be closed to others, and none may be theirs to change.
 */
static void
check_ancestors(const struct walk *w)
{
	char dir[4097];
	char writable[4097] = "";
	bool closed = false;

	(void)snprintf(dir, sizeof(dir), "%s", w->path);
	while (dir[1] != '\0') {
		char *slash = strrchr(dir, '/');
		struct stat st;

		slash[slash == dir] = '\0';
		if (stat(dir, &st) == -1)
			return;
		if (st.st_uid == 0 && (st.st_mode & 0011) == 0)
			closed = true;
		if (st.st_uid != 0 ||
		    ((st.st_mode & 0022) != 0 && (st.st_mode & S_ISVTX) == 0))
			(void)snprintf(writable, sizeof(writable), "%s", dir);
	}
	if (writable[0] != '\0')
		walk_tell(w, JAIL_EVENT_WARNING,
		    "path: %s can be changed by "
		    "others than root: chown root %s && chmod go-w %s",
		    writable, writable, writable);
	if (!closed) {
		(void)snprintf(dir, sizeof(dir), "%s", w->path);
		*strrchr(dir, '/') = '\0';
		if (dir[0] != '\0')
			walk_tell(w, JAIL_EVENT_WARNING,
			    "path: every user of "
			    "the host can reach the jail's setuid programs: "
			    "chmod 700 %s",
			    dir);
	}
}

int
step_root(struct walk *w, struct jerr *e)
{
	const char *given = conf_str(&w->conf, P_PATH);
	struct stat st;

	if (given == NULL || given[0] == '\0')
		given = "/";
	if (given[0] != '/' && !(w->plan == NULL || w->plan->from_args))
		return jerr_set(
		    e, EINVAL, "path %s: not an absolute pathname", given);
	w->rootfd = open(given, O_PATH | O_CLOEXEC);
	if (w->rootfd == -1 || fstat(w->rootfd, &st) == -1)
		return jerr_sys(e, "path %s", given);
	if (!S_ISDIR(st.st_mode))
		return jerr_set(e, ENOTDIR, "path %s: Not a directory", given);
	w->path = name_of_fd(w->rootfd);
	if (w->path == NULL)
		return jerr_set(e, ENOENT, "path %s: has no name", given);
	if (str_eq(w->path, "/"))
		walk_tell(w, JAIL_EVENT_WARNING,
		    "path /: this jail's root can change the host's files");
	else
		check_ancestors(w);
	return 0;
}

/* A user namespace has no CAP_NET_BIND_SERVICE over the host's stack. */
static void
tell_ports(const struct walk *w)
{
	int first = w->cf->net != NS_HOST ?
	    -1 :
	    sysctl_get(SYSCTL_IP4, NULL, "ip_unprivileged_port_start");

	if (first > 0)
		walk_tell(w, JAIL_EVENT_WARNING,
		    "on the host's network stack it cannot bind ports below "
		    "%d (net.ipv4.ip_unprivileged_port_start)",
		    first);
}

/* Our own hard limits bound the jail's (DESIGN 9): under -v it is said.  The
 * others that a jail gets are 0, which is never too high. */
static void
tell_limits(const struct walk *w)
{
	struct rlimit got;

	for (size_t i = 0; i < w->cf->nlimits; i++) {
		const struct priv_limit *l = &w->cf->limits[i];

		if (l->resource == RLIMIT_NOFILE && priv_limit_get(l, &got))
			walk_tell(w, JAIL_EVENT_NOTE,
			    "open files: at most %llu, our own limit, not %llu",
			    (unsigned long long)got.rlim_max,
			    (unsigned long long)l->want.rlim_max);
	}
}

/*
 * The roots of all other jails: their users must not say, by a link, what a
 * source of this one is.  "/" is no edge, the host's links are all below it.
 */
static int
other_roots(const struct walk *w, struct path_edges *edges, struct jerr *e)
{
	struct reg_snapshot s;
	const char *last = "";
	int r = 0;

	if (reg_snapshot(w->reg, &s, e) == -1)
		return -1;
	for (size_t i = 0; i < s.n && r == 0; i++) {
		const struct reg_row *row = &s.rows[i];
		auto_close int fd = -1;

		/* Thin jails often have one root: jids in order, so do they. */
		if (row->jid == w->jid || row->path[0] == '\0' ||
		    str_eq(row->path, "/") || str_eq(row->path, last))
			continue;
		last = row->path;
		fd = open(row->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd != -1 && path_edges_add(edges, fd) == -1)
			r = jerr_sys(e, "mounts");
	}
	reg_snapshot_free(&s);
	return r;
}

static bool
has_sources(const struct walk *w)
{
	return conf_isset(&w->conf, P_MOUNT) ||
	    conf_isset(&w->conf, P_MOUNT_FSTAB);
}

int
step_mounts_parse(struct walk *w, struct jerr *e)
{
	struct path_edges others = PATH_EDGES_INIT;
	struct mounts_at at = { .given = conf_str(&w->conf, P_PATH),
		.path = w->path,
		.rootfd = w->rootfd,
		.others = &others };
	int r;

	w->cf = malloc(sizeof(*w->cf));
	if (w->cf == NULL)
		return jerr_nomem(e);
	if (confine_from_conf(&w->conf, w->cf, e) == -1)
		return -1;
	tell_limits(w);
	tell_ports(w);
	r = has_sources(w) ? other_roots(w, &others, e) : 0;
	if (r == 0)
		r = mounts_parse(&w->conf, &at, &w->mounts, e);
	path_edges_free(&others);
	return r;
}

static void
warn_left_out(void *arg, const char *text)
{
	walk_tell(arg, JAIL_EVENT_WARNING, "%s", text);
}

int
step_mounts_clone(struct walk *w, struct jerr *e)
{
	return mounts_clone(w->mounts, warn_left_out, w, e);
}

int
step_cgroup(struct walk *w, struct jerr *e)
{
	w->procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->procfd == -1)
		return jerr_sys(e, "/proc");
	w->cgroot = cgroup_root(e);
	if (w->cgroot == -1)
		return -1;
	if (reg_journal_add(w->rj, UNDO_CGROUP, w->cgrel, e) == -1)
		return -1;
	return cgroup_make(w->cgroot, w->cgrel, &w->cg, e);
}

/*
 * Written after the builder is gone: a pids.max of 1 would keep it from making
 * pid 1.  No jailed instruction has run yet.
 */
int
step_limits(struct walk *w, struct jerr *e)
{
	struct jerr none = JERR_INIT;
	bool pids = false;

	for (size_t i = 0; i < w->conf.nkeyed; i++) {
		const struct conf_keyed *k = &w->conf.keyed[i];

		if (k->id != P_CGROUP)
			continue;
		if (str_eq(k->key, "pids.max"))
			pids = true;
		if (cgroup_limit(w->cgroot, &w->cg, k->key,
			k->value != NULL ? k->value : "", e) == -1)
			return jerr_wrap(e, "cgroup.%s", k->key);
	}
	/* The default is for hosts that can: nobody asked for it by name. */
	if (!pids &&
	    cgroup_limit(
		w->cgroot, &w->cg, "pids.max", PIDS_MAX_DEFAULT, &none) == -1 &&
	    none.code != ENODEV) {
		*e = none;
		return jerr_wrap(e, "pids.max");
	}
	return 0;
}
