/*
 * The row that makes a jail's namespaces and its pid 1.
 *
 * M (this process) clones B, the builder, with the host's credentials into the
 * jail's cgroup; B makes what the jail shall not own, then clones C, the later
 * pid 1, into the jail's user, pid and ipc namespaces, writes its maps, puts
 * the tree of mounts together in its private namespace and lets C copy it,
 * which locks every mount.  B ends; C drops its privilege and waits at a
 * barrier until M has written down who it is.  The order is recipe 2's and
 * each swap of it is an error or a hole (the table there).
 *
 * Neither B nor C survives M: both leave on end of file of their socket, and
 * both stand in the jail's cgroup, which is recorded before they exist.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/drop.h"
#include "life/persist.h"
#include "life/walk.h"
#include "linux/mount.h"
#include "linux/msg.h"
#include "linux/ns.h"
#include "linux/proc.h"

enum {
	MSG_READY =
	    1, /* B -> C: the tree stands.  C -> M: only the exec is left */
	MSG_COPIED, /* C -> B: the mount namespace is mine */
	MSG_PID,    /* B -> M: num = pid of C, with its pidfd */
	MSG_GO,	    /* M -> C: you are written down */
};

struct build {
	struct walk *w;
	int init_exe; /* detached read-only clone of jail-init alone */
	int events;   /* j/cgroup.events, C's descriptor 3 */
	int persist;  /* life/persist.h, its descriptor 6 */
	int null;     /* /dev/null, its 0-2 */
	int mb[2];    /* [0] M, [1] B */
	int bc[2];    /* [0] B, [1] C */
	int mc[2];    /* [0] M, [1] C */
};

static void
fail(int sock, const struct jerr *e)
{
	(void)msg_send_error(sock, e);
	_exit(1);
}

/* Where the tests kill or fail B and C; walk.h. */
static int
point(const char *name, struct jerr *e)
{
	return walk_test_point != NULL ? walk_test_point(name, false, e) : 0;
}

/* ---- C ---- */

static const char *
hostname_of(const struct walk *w)
{
	const char *h = conf_str(&w->conf, P_HOST_HOSTNAME);

	return h != NULL ? h : "";
}

static int
set_uts(const struct walk *w, struct jerr *e)
{
	const char *h = hostname_of(w);
	const char *d = conf_str(&w->conf, P_HOST_DOMAINNAME);

	if (d == NULL)
		d = "";
	if (sethostname(h, strlen(h)) == -1 ||
	    setdomainname(d, strlen(d)) == -1)
		return jerr_sys(e, "host.hostname");
	return 0;
}

/* 3 = events, 4 = output, 5 = alive, 6 = persist, 7 = log: init/main.c.  All
 * else goes at exec. */
static int
place_fds(const struct build *b, struct jerr *e)
{
	const struct walk *w = b->w;
	const int from[] = { b->events, w->out.rfd, w->out.alive_r, b->persist,
		w->consolelog };
	int high[nitems(from)];

	for (int fd = 0; fd < 3; fd++)
		if (dup2(b->null, fd) == -1)
			return jerr_sys(e, "descriptors of pid 1");
	for (size_t i = 0; i < nitems(from); i++)
		high[i] = from[i] == -1 ? -1 :
					  fcntl(from[i], F_DUPFD_CLOEXEC, 64);
	for (size_t i = 0; i < nitems(from); i++) {
		if (high[i] == -1) {
			if (from[i] != -1)
				return jerr_sys(e, "descriptors of pid 1");
			(void)close((int)i + 3);
		} else if (dup2(high[i], (int)i + 3) == -1)
			return jerr_sys(e, "descriptors of pid 1");
	}
	return 0;
}

static void __attribute__((noreturn)) run_init(int exe, int barrier)
{
	static char *const argv[] = { (char *)(uintptr_t) "jail-init", NULL };
	static char *const envp[] = { NULL };
	struct jerr e = JERR_INIT;

	(void)syscall(SYS_close_range, 8, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
	(void)syscall(SYS_execveat, exe, "", argv, envp, AT_EMPTY_PATH);
	(void)jerr_sys(&e, "jail-init");
	fail(barrier, &e);
	_exit(1);
}

/*
 * C's whole life before jail-init.  Jailed processes do not exist yet, the
 * jail's own root cannot reach C (it is not dumpable, and nobody else is in its
 * namespaces).  What it reads comes from B and M alone.
 */
static void __attribute__((noreturn)) pid1(const struct build *b)
{
	struct walk *w = b->w;
	struct jerr e = JERR_INIT;
	struct priv_drop drop;
	sigset_t all;
	int exe, barrier, sys = -1;

	(void)close(b->mb[1]);
	(void)close(b->bc[0]);
	/* A signal is how pid 1 is told to look: from here on none may be lost. */
	(void)sigfillset(&all);
	proc_reset_signals(&all);
	if (msg_expect(b->bc[1], "builder", MSG_READY, NULL, &sys, &e) == -1)
		_exit(1);
	/* This copy of the builder's mounts is what locks every one of them. */
	if (point("C.start", &e) == -1 || mount_enter_top(&e) == -1)
		fail(b->bc[1], &e);
	if (unshare(CLONE_NEWNS) == -1 || chdir("/") == -1) {
		(void)jerr_sys(&e, "mount namespace");
		fail(b->bc[1], &e);
	}
	(void)setsid();
	(void)umask(022);
	if (point("C.copied", &e) == -1)
		fail(b->bc[1], &e);
	if ((w->cf->uts == NS_JAIL && set_uts(w, &e) == -1) ||
	    (w->cf->userns && ns_limit_children(sys, &e) == -1))
		fail(b->bc[1], &e);
	drop_from_confine(w->cf, &drop);
	/* Descriptors first: RLIMIT_NOFILE and the filter come with the drop. */
	exe = fcntl(b->init_exe, F_DUPFD_CLOEXEC, 64);
	barrier = fcntl(b->mc[1], F_DUPFD_CLOEXEC, 64);
	if (exe == -1 || barrier == -1)
		(void)jerr_sys(&e, "descriptors of pid 1");
	else if (priv_enter(&drop, &e) == 0 &&
	    msg_send(b->bc[1], MSG_COPIED, 0, -1) == 0 &&
	    place_fds(b, &e) == 0) {
		if (point("C.barrier", &e) == -1)
			fail(barrier, &e);
		if (msg_expect(barrier, "jail", MSG_GO, NULL, NULL, &e) == -1)
			_exit(1);
		run_init(exe, barrier);
	}
	fail(b->bc[1], &e);
	_exit(1);
}

/* ---- B ---- */

static int
builder_unshare(const struct walk *w, struct jerr *e)
{
	int flags = CLONE_NEWNS | CLONE_NEWCGROUP;

	if (w->cf->uts == NS_FROZEN)
		flags |= CLONE_NEWUTS;
	if (w->cf->net == NS_FROZEN)
		flags |= CLONE_NEWNET;
	/* What is copied below is then one mount, private since it was made. */
	if (w->tiny != -1 && setns(w->tiny, CLONE_NEWNS) == -1)
		return jerr_sys(e, "tiny mount namespace");
	if (unshare(flags) == -1)
		return jerr_sys(e, "namespaces");
	if (w->tiny == -1 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return jerr_sys(e, "private mounts");
	if (w->cf->uts == NS_FROZEN && set_uts(w, e) == -1)
		return -1;
	return w->cf->net == NS_FROZEN ? ns_lo_up(e) : 0;
}

static pid_t
clone_pid1(const struct build *b, int *pidfd)
{
	const struct confine *cf = b->w->cf;
	struct proc_clone c = { .flags = CLONE_NEWPID,
		.cgroup = b->w->cg.init };

	if (cf->userns)
		c.flags |= CLONE_NEWUSER;
	if (cf->ipc == NS_JAIL)
		c.flags |= CLONE_NEWIPC;
	if (cf->uts == NS_JAIL)
		c.flags |= CLONE_NEWUTS;
	if (cf->net == NS_JAIL)
		c.flags |= CLONE_NEWNET;
	return proc_clone(&c, pidfd);
}

/*
 * /proc/sys is written through the jail's own /proc where it has one.  Each
 * namespace has a name of its own for every file written, all of them under
 * one directory of the host's /proc, where each look-up walks through the names
 * of every jail there is or was: half of a start among a thousand.
 */
static int
open_sys(const struct walk *w, int *sys, struct jerr *e)
{
	if (*sys == -1)
		*sys = openat(
		    w->procfd, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*sys == -1)
		return jerr_sys(e, "/proc/sys");
	if (w->cf->net == NS_HOST)
		return 0;
	/* 1024 is what the kernel gives a new namespace. */
	if (w->net != NULL && conf_bool(&w->conf, P_ALLOW_RESERVED_PORTS) &&
	    ns_low_ports(*sys, 0, e) == -1)
		return -1;
	return ns_ping_range(*sys, (uint32_t)reg_jail_row(w->rj)->base, e);
}

static int
build_tree(const struct build *b, pid_t c, int pidfd, int *sys, struct jerr *e)
{
	struct walk *w = b->w;
	auto_close int userns = -1;
	struct mounts_ctx ctx = { .procfd = w->procfd,
		.init = c,
		.pidfd = pidfd,
		.userns = -1,
		.base = reg_jail_row(w->rj)->base,
		.sys = sys,
		.tiny = w->tiny != -1 };
	int join = 0;

	if (w->cf->userns) {
		if (ns_write_maps(w->procfd, c, ctx.base, e) == -1)
			return -1;
		userns = ns_open_user(w->procfd, c, e);
		if (userns == -1)
			return -1;
		ctx.userns = userns;
	}
	/* mqueue and sysfs are made for the namespaces of who mounts them. */
	if (w->cf->ipc == NS_JAIL)
		join |= CLONE_NEWIPC;
	if (w->cf->net == NS_JAIL)
		join |= CLONE_NEWNET;
	if (join != 0 && setns(pidfd, join) == -1)
		return jerr_sys(e, "joining pid 1's namespaces");
	if (mounts_build(w->mounts, w->cf, &ctx, e) == -1)
		return -1;
	return open_sys(w, sys, e);
}

static void __attribute__((noreturn)) builder(const struct build *b)
{
	struct jerr e = JERR_INIT;
	int pidfd = -1, sys = -1;
	pid_t c;

	(void)close(b->mb[0]);
	(void)close(b->mc[0]);
	/* C inherits it: the jail's root must not trace either of us. */
	if (priv_nondumpable(&e) == -1 || builder_unshare(b->w, &e) == -1 ||
	    point("B.unshared", &e) == -1)
		fail(b->mb[1], &e);
	c = clone_pid1(b, &pidfd);
	if (c == 0)
		pid1(b);
	(void)close(b->bc[1]);
	(void)close(b->mc[1]);
	if (c == -1) {
		(void)jerr_sys(&e,
		    errno == ENOSPC ?
			"user namespaces (see user.max_user_namespaces)" :
			"clone of pid 1");
		fail(b->mb[1], &e);
	}
	if (build_tree(b, c, pidfd, &sys, &e) == -1 ||
	    point("B.tree", &e) == -1 ||
	    msg_send(b->bc[0], MSG_READY, 0, sys) == -1 ||
	    msg_expect(b->bc[0], "pid 1", MSG_COPIED, NULL, NULL, &e) == -1)
		fail(b->mb[1], &e);
	if (point("B.end", &e) == -1)
		fail(b->mb[1], &e);
	if (msg_send(b->mb[1], MSG_PID, c, pidfd) == -1)
		_exit(1);
	_exit(0);
}

/* ---- M ---- */

/*
 * jail-init as a mount of its own, whose root is that file: no directory hangs
 * on it, and the jail gets it read-only.
 */
static int
open_init(struct jerr *e)
{
	static const struct mount_attrs ro = { .set = MOUNT_ATTR_RDONLY |
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	const char *file = walk_test_init != NULL ? walk_test_init :
						    JAIL_LIBEXECDIR
	    "/jail-init";
	int fd = mount_clone(AT_FDCWD, file, &ro);

	if (fd == -1)
		return jerr_sys(e, "%s", file);
	return fd;
}

static int
prepare(struct build *b, struct jerr *e)
{
	b->init_exe = open_init(e);
	if (b->init_exe == -1)
		return -1;
	b->events = openat(b->w->cg.j, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (b->events == -1)
		return jerr_sys(e, "cgroup.events");
	b->persist = persist_open(b->w->cg.init, e);
	if (b->persist == -1)
		return -1;
	b->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (b->null == -1)
		return jerr_sys(e, "/dev/null");
	if (msg_pair(b->mb, e) == -1 || msg_pair(b->bc, e) == -1 ||
	    msg_pair(b->mc, e) == -1)
		return -1;
	return 0;
}

static int
run_builder(struct build *b, struct jerr *e)
{
	struct walk *w = b->w;
	struct proc_clone c = { .cgroup = w->cg.top };
	auto_close int bpidfd = -1;
	int32_t num = 0;
	int status, r;
	pid_t pid;

	pid = proc_clone(&c, &bpidfd);
	if (pid == -1)
		return jerr_sys(e, "clone of the builder");
	if (pid == 0)
		builder(b);
	close_keep(take_fd(&b->mb[1]));
	close_keep(take_fd(&b->mc[1]));
	close_keep(take_fd(&b->bc[0]));
	close_keep(take_fd(&b->bc[1]));
	r = msg_expect(b->mb[0], "builder", MSG_PID, &num, &w->init_pidfd, e);
	if (r == -1) {
		/* It may hang on a file system: never wait without end. */
		(void)pidfd_kill(bpidfd, SIGKILL);
		(void)pidfd_wait(bpidfd, 5000, &status);
		return -1;
	}
	(void)pidfd_wait(bpidfd, -1, &status);
	w->init = num;
	w->barrier = take_fd(&b->mc[0]);
	w->init_start = proc_start_time(w->procfd, w->init);
	if (w->init_pidfd == -1 || w->init_start == 0)
		return jerr_set(e, ESRCH, "pid 1 ended early");
	return 0;
}

int
step_namespaces(struct walk *w, struct jerr *e)
{
	struct build b = { .w = w,
		.init_exe = -1,
		.events = -1,
		.persist = -1,
		.null = -1,
		.mb = { -1, -1 },
		.bc = { -1, -1 },
		.mc = { -1, -1 } };
	int *const fds[] = { &b.init_exe, &b.events, &b.persist, &b.null,
		&b.mb[0], &b.mb[1], &b.bc[0], &b.bc[1], &b.mc[0], &b.mc[1] };
	int r = prepare(&b, e);

	if (r == 0)
		r = run_builder(&b, e);
	for (size_t i = 0; i < nitems(fds); i++)
		close_keep(take_fd(fds[i]));
	return r;
}

int
step_release_init(struct walk *w, struct jerr *e)
{
	/* Kept open: should the exec fail, the reason comes back through it. */
	if (msg_send(w->barrier, MSG_GO, 0, -1) == -1)
		return jerr_sys(e, "pid 1");
	return 0;
}
