/*
 * Entering.  Rules, in this order (recipe 3; each swap is an error or a hole):
 *
 *  1. Not dumpable before the first setns, or the jail's root traces us half
 *     way in and has our descriptors.
 *  2. setns of the pid namespace alone, in the parent: it counts for children.
 *  3. One clone3 straight into the cgroup: limits, freezer and cgroup.kill hold
 *     from the child's first instruction.
 *  4. The parent's own pid namespace for children is put back.
 *  5. The child joins everything else in one setns.
 *  6. Between that and exec it touches only: our own bounded readers of the
 *     jail's passwd and group, priv_enter, the terminal, its descriptors.
 *
 * No descriptor but 0-2 survives; none of them may be a directory, a namespace
 * or another handle of the kernel's; a terminal is never the host's.  What the
 * jail's root can do meanwhile is to signal or stop the child (CAP_KILL over its
 * user namespace): then the command does not run, and whoever waits for it
 * outside is still free to give up.
 */
#include "life/enter.h"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/drop.h"
#include "life/env.h"
#include "life/user.h"
#include "linux/proc.h"
#include "linux/uapi.h"

struct entrant {
	const struct enter_jail *j;
	const struct enter_cmd *c;
	struct user host; /* looked up outside, when asked for */
	int errfd;
	int ttysock;
	int null;
};

static int
join(const struct enter_jail *j, struct jerr *e)
{
	int flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWIPC |
	    CLONE_NEWUTS | CLONE_NEWNET;
	char cwd[16];

	if (j->cf->userns)
		flags |= CLONE_NEWUSER;
	if (setns(j->pidfd, flags) == -1)
		return jerr_sys(e, "setns");
	/* R7: the working directory is the jail's root now, and known to be. */
	if (chdir("/") == -1 || getcwd(cwd, sizeof(cwd)) == NULL ||
	    !str_eq(cwd, "/"))
		return jerr_sys(e, "chdir(): /");
	return 0;
}

/* Who the command runs as: u, from the host's files or the jail's own.  Without
 * a name it is root with no further groups, looked up only when its home and
 * shell are asked for. */
static int
find_user(const struct entrant *n, int rootfd, struct user *u, struct jerr *e)
{
	const struct enter_cmd *c = n->c;

	if (c->from == JAIL_USER_HOST) {
		*u = n->host;
		return 0;
	}
	if (c->from == JAIL_USER_JAIL)
		return user_from_jail(rootfd, c->user, u, e);
	return c->clean ? user_root_of_jail(rootfd, u, e) : 0;
}

static int
make_environment(const struct entrant *n, int rootfd, const struct user *u,
    struct strv *env, struct jerr *e)
{
	const struct enter_cmd *c = n->c;

	(void)jerr_nomem(e);
	if (c->clean) {
		if (user_clean_env(rootfd, u, env_get(c->environment, "TERM"),
			env, e) == -1)
			return -1;
	} else if (env_keep(c->environment, false, env) == -1)
		return -1;
	if (n->j->osrelease != NULL &&
	    env_set(env, "UNAME_r", n->j->osrelease) == -1)
		return -1;
	for (char *const *x = c->extra; x != NULL && *x != NULL; x++) {
		const char *eq = strchr(*x, '=');
		auto_free char *name = eq != NULL ?
		    strndup(*x, (size_t)(eq - *x)) :
		    NULL;

		if (name == NULL || env_set(env, name, eq + 1) == -1)
			return -1;
	}
	return 0;
}

static int
place_stdio(const struct entrant *n, struct jerr *e)
{
	int high[3] = { -1, -1, -1 };

	for (int i = 0; i < 3; i++) {
		int from = n->c->fd[i] != -1 ? n->c->fd[i] : n->null;

		if (n->c->tty != NULL && n->c->tty->is_tty[i])
			continue; /* tty_child put the pty there */
		high[i] = fcntl(from, F_DUPFD_CLOEXEC, 64);
		if (high[i] == -1)
			return jerr_sys(e, "descriptor %d", i);
	}
	for (int i = 0; i < 3; i++)
		if (high[i] != -1 && dup2(high[i], i) == -1)
			return jerr_sys(e, "descriptor %d", i);
	return 0;
}

static void
exec_command(const struct entrant *n, const struct user *u,
    const struct strv *env, struct jerr *e)
{
	static const char sh[] = "/bin/sh";
	const char *shell = env_get(env->v, "SHELL");
	char *interactive[3];

	if (n->c->argv != NULL && n->c->argv[0] != NULL) {
		env_exec(n->c->argv, env->v);
		(void)jerr_sys(e, ENTER_EXEC "%s", n->c->argv[0]);
		return;
	}
	if (n->c->clean && u->shell != NULL)
		shell = u->shell;
	if (shell == NULL || shell[0] != '/' || access(shell, X_OK) == -1)
		shell = sh;
	interactive[0] = (char *)(uintptr_t)shell;
	interactive[1] = (char *)(uintptr_t) "-i";
	interactive[2] = NULL;
	(void)execve(shell, interactive, env->v);
	(void)jerr_sys(e, ENTER_EXEC "%s", shell);
}

static int
change_dir(const struct enter_cmd *c, const struct user *u, struct jerr *e)
{
	const char *dir = c->dir;

	if (dir == NULL && c->clean && c->from != JAIL_USER_NONE &&
	    u->home != NULL)
		dir = u->home;
	if (dir != NULL && chdir(dir) == -1)
		return jerr_sys(e, "chdir(): %s", dir);
	return 0;
}

static int
enter_child(const struct entrant *n, struct jerr *e)
{
	auto_strv struct strv env = STRV_INIT;
	struct user u = USER_INIT;
	struct priv_drop drop;
	auto_close int rootfd = -1;

	proc_reset_signals(&n->c->mask);
	if (join(n->j, e) == -1)
		return -1;
	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd == -1)
		return jerr_sys(e, "/");
	if (find_user(n, rootfd, &u, e) == -1 ||
	    make_environment(n, rootfd, &u, &env, e) == -1)
		return -1;
	drop_from_confine(n->j->cf, &drop);
	drop.uid = u.uid;
	drop.gid = u.gid;
	drop.groups = u.groups;
	drop.ngroups = u.ngroups;
	/* The directory only as the user that it is for. */
	if (priv_enter(&drop, e) == -1 || change_dir(n->c, &u, e) == -1)
		return -1;
	if (n->ttysock != -1) {
		if (tty_child(n->ttysock, n->c->tty, e) == -1)
			return -1;
	} else
		(void)setsid();
	(void)umask(022);
	if (place_stdio(n, e) == -1)
		return -1;
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	exec_command(n, &u, &env, e);
	return -1;
}

static void __attribute__((noreturn)) entrant_main(const struct entrant *n)
{
	struct jerr e = JERR_INIT;

	(void)enter_child(n, &e);
	(void)io_write_all(n->errfd, &e, sizeof(e));
	_exit(e.code == ENOENT ? 127 : 126);
}

/* Steps 1-4. */
static pid_t
clone_into(const struct entrant *n, int *pidfd, struct jerr *e)
{
	struct proc_clone c = { .cgroup = n->j->cg_j };
	auto_close int me = pidfd_of(getpid());
	pid_t pid;

	if (me == -1)
		return jerr_sys(e, "pidfd_open");
	if (setns(n->j->pidfd, CLONE_NEWPID) == -1)
		return jerr_sys(e, "pid namespace");
	pid = proc_clone(&c, pidfd);
	if (pid == 0)
		entrant_main(n);
	if (pid == -1)
		(void)jerr_sys(e,
		    errno == ENOMEM	? "the jail has ended" :
			errno == EAGAIN ? "fork (see cgroup.pids.max)" :
					  "fork");
	if (setns(me, CLONE_NEWPID) == -1)
		return jerr_sys(e, "pid namespace");
	return pid;
}

/*
 * What has no type is none of the file systems': pidfds, rings, and whatever
 * else is a handle on the kernel (R8).  Namespaces and, since 6.9, pidfds have
 * a file system of their own.
 */
static bool
is_handle(int fd, const struct stat *st)
{
	struct statfs fs;

	return (st->st_mode & S_IFMT) == 0 ||
	    (fstatfs(fd, &fs) == 0 &&
		(fs.f_type == NSFS_MAGIC || fs.f_type == PID_FS_MAGIC));
}

static int
check_stdio(const struct enter_cmd *c, struct jerr *e)
{
	struct stat st;

	for (int i = 0; i < 3; i++) {
		if (c->fd[i] == -1)
			continue;
		if (fstat(c->fd[i], &st) == -1)
			return jerr_sys(e, "descriptor %d", i);
		if (S_ISDIR(st.st_mode))
			return jerr_set(e, EPERM,
			    "descriptor %d is a directory of the host", i);
		if (is_handle(c->fd[i], &st))
			return jerr_set(e, EPERM,
			    "descriptor %d is not a file, pipe, socket or "
			    "device",
			    i);
		/* R13: the pty takes its place, or it does not go inside. */
		if ((c->tty == NULL || !c->tty->is_tty[i]) && isatty(c->fd[i]))
			return jerr_set(e, EPERM,
			    "descriptor %d is a terminal of the host", i);
	}
	return 0;
}

static int
prepare(struct entrant *n, int errp[2], int ttyp[2], struct jerr *e)
{
	const struct enter_cmd *c = n->c;

	if (check_stdio(c, e) == -1)
		return -1;
	if (c->from == JAIL_USER_HOST &&
	    user_from_host(c->user, &n->host, e) == -1)
		return -1;
	n->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (n->null == -1 || pipe2(errp, O_CLOEXEC) == -1)
		return jerr_sys(e, "pipe");
	if (c->tty != NULL &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ttyp) == -1)
		return jerr_sys(e, "socketpair");
	return 0;
}

/* Until fd says something; -1: it is given up, and the child is killed. */
static int
wait_for(int fd, const struct enter_cmd *c, int64_t end,
    struct enter_child *out, struct jerr *e)
{
	struct pollfd p[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = c->sigfd, .events = POLLIN },
	};
	struct signalfd_siginfo si;
	int n, left = -1;

	do {
		if (c->timeout_ms != -1)
			left = (int)(end > mono_ms() ? end - mono_ms() : 0);
		n = poll(p, nitems(p), left);
		if (n > 0 && p[0].revents != 0)
			return 0;
		if (n > 0 && read(c->sigfd, &si, sizeof(si)) == sizeof(si))
			out->sig = (int)si.ssi_signo;
	} while (out->sig == 0 && (n > 0 || (n == -1 && errno == EINTR)));
	(void)pidfd_kill(out->pidfd, SIGKILL);
	if (out->sig != 0)
		return jerr_set(e, EINTR, "interrupted by signal %d", out->sig);
	return n == 0 ? jerr_set(e, ETIMEDOUT, "timed out") :
			jerr_sys(e, "poll");
}

static int
wait_exec(const struct enter_jail *j, const struct enter_cmd *c,
    struct enter_child *out, int sock, struct jerr *e)
{
	int64_t end = c->timeout_ms != -1 ? mono_ms() + c->timeout_ms : 0;
	struct jerr why = JERR_INIT;

	if (c->tty == NULL)
		return wait_for(out->errfd, c, end, out, e);
	if (wait_for(sock, c, end, out, e) == -1)
		return -1;
	out->master = tty_parent_recv(sock, j->base, j->base, e);
	if (wait_for(out->errfd, c, end, out, e) == -1)
		return -1;
	if (io_read(out->errfd, &why, sizeof(why)) == (ssize_t)sizeof(why))
		*e = why;
	else if (out->master != -1)
		return 0;
	return -1;
}

int
enter_start(const struct enter_jail *j, const struct enter_cmd *c,
    struct enter_child *out, struct jerr *e)
{
	struct entrant n = { .j = j,
		.c = c,
		.host = USER_INIT,
		.errfd = -1,
		.ttysock = -1,
		.null = -1 };
	int errp[2] = { -1, -1 }, ttyp[2] = { -1, -1 };
	int r = -1;

	*out = (struct enter_child)ENTER_CHILD_INIT;
	if (priv_nondumpable(e) == 0 && prepare(&n, errp, ttyp, e) == 0) {
		n.errfd = errp[1];
		n.ttysock = ttyp[1];
		out->pid = clone_into(&n, &out->pidfd, e);
		r = out->pid == -1 ? -1 : 0;
	}
	close_keep(errp[1]);
	close_keep(ttyp[1]);
	close_keep(n.null);
	user_free(&n.host);
	out->errfd = errp[0];
	if (r == 0)
		r = wait_exec(j, c, out, ttyp[0], e);
	close_keep(ttyp[0]);
	if (r == -1) {
		int status;

		if (out->pidfd != -1)
			(void)pidfd_wait(out->pidfd, 1000, &status);
		enter_child_close(out);
	}
	return r;
}

int
enter_error(struct enter_child *ch, struct jerr *e)
{
	struct jerr why = JERR_INIT;

	if (ch->errfd == -1 ||
	    io_read(ch->errfd, &why, sizeof(why)) != (ssize_t)sizeof(why))
		return 0;
	why.msg[sizeof(why.msg) - 1] = '\0';
	*e = why;
	return -1;
}

void
enter_child_close(struct enter_child *ch)
{
	close_keep(take_fd(&ch->pidfd));
	close_keep(take_fd(&ch->errfd));
	close_keep(take_fd(&ch->master));
}
