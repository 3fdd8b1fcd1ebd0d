/*
 * The jail's output.  A daemon that exec.start left behind keeps the write end
 * of the pipe; pid 1 keeps the read end and empties it once we are gone, so
 * neither does the daemon die of SIGPIPE nor does "jail -c x | cat" hang.
 */
#include "life/output.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "linux/proc.h"

/*
 * The log is the host's file, but it may stand below the jail's root, where the
 * jail chooses what is on the way: no link may be followed there.
 */
static int
open_log(const struct walk *w, const char *path, struct jerr *e)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_NOCTTY | O_NONBLOCK;
	auto_close int root = -1;
	struct path_edges edges = PATH_EDGES_INIT;
	struct stat st;
	int fd;

	if (path[0] != '/')
		return jerr_set(e, EINVAL,
		    "exec.consolelog: %s: not an absolute pathname", path);
	/* As it is now: exec.prestart may have mounted it. */
	if (!str_eq(w->path, "/")) {
		root = open(w->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root == -1 || path_edges_add(&edges, root) == -1)
			return jerr_sys(e, "path %s", w->path);
	}
	fd = path_open_host(path, &edges, flags, 0666);
	path_edges_free(&edges);
	if (fd == -1 && errno == ELOOP)
		return jerr_set(
		    e, ELOOP, "exec.consolelog: %s is a symbolic link", path);
	if (fd == -1 || fstat(fd, &st) == -1)
		return jerr_sys(e, "exec.consolelog: %s", path);
	if (!S_ISREG(st.st_mode)) {
		close_keep(fd);
		return jerr_set(
		    e, EINVAL, "exec.consolelog: %s: not a regular file", path);
	}
	return fd;
}

int
step_output(struct walk *w, struct jerr *e)
{
	const char *log = conf_str(&w->conf, P_EXEC_CONSOLELOG);
	int p[2];

	if (log != NULL && log[0] != '\0') {
		w->consolelog = open_log(w, log, e);
		return w->consolelog == -1 ? -1 : 0;
	}
	if (pipe2(p, O_CLOEXEC) == -1)
		return jerr_sys(e, "pipe");
	w->out.rfd = p[0];
	w->out.wfd = p[1];
	if (pipe2(p, O_CLOEXEC) == -1)
		return jerr_sys(e, "pipe");
	w->out.alive_r = p[0];
	w->out.alive_w = p[1];
	/* The description is shared with pid 1, which copes. */
	(void)fcntl(w->out.rfd, F_SETFL, O_RDONLY | O_NONBLOCK);
	return 0;
}

/* One read and its event; false at end of file. */
static bool
relay(struct walk *w, int rfd)
{
	char buf[16384];
	struct jail_event ev = { .kind = JAIL_EVENT_OUTPUT,
		.name = w->name,
		.jid = w->jid,
		.text = buf };
	ssize_t n = read(rfd, buf, sizeof(buf));

	if (n > 0) {
		ev.len = (size_t)n;
		walk_event(w, &ev);
	}
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

void
output_flush(struct walk *w, int rfd)
{
	struct pollfd p = { .fd = rfd, .events = POLLIN };

	/* Bounded: a process that writes without end must not keep us here. */
	for (int i = 0; rfd != -1 && i < 64; i++)
		if (poll(&p, 1, 0) != 1 || !relay(w, rfd))
			break;
}

enum wait_result
output_wait(struct walk *w, int pidfd, int rfd, int timeout_ms, int *status)
{
	int64_t end = mono_ms() + timeout_ms;
	struct pollfd p[3] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = rfd, .events = POLLIN },
		{ .fd = w->sigfd, .events = POLLIN },
	};

	for (;;) {
		int left = -1;

		if (timeout_ms >= 0) {
			left = (int)(end - mono_ms());
			if (left <= 0)
				return WAIT_TIMEOUT;
		}
		if (poll(p, 3, left) <= 0)
			continue;
		if (p[1].revents != 0 && !relay(w, rfd))
			p[1].fd = -1;
		if (p[0].revents != 0) {
			output_flush(w, p[1].fd);
			if (pidfd_wait(pidfd, -1, status) != 1)
				*status = 0;
			return WAIT_ENDED;
		}
		if (p[2].revents != 0) {
			*status = walk_signal(w);
			if (*status != 0)
				return WAIT_SIGNAL;
		}
	}
}
