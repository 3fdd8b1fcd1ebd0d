/*
 * The jail's output.  A daemon that exec.start left behind keeps the write end
 * of the pipe; pid 1 keeps the read end and empties it once we are gone, so
 * neither does the daemon die of SIGPIPE nor does "jail -c x | cat" hang.
 *
 * A console log is written from that pipe, by us and later by pid 1.  No jailed
 * process must ever have it open: it could truncate what was written, and
 * O_APPEND is only a flag that it can clear.
 */
#include "life/output.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
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
open_file(const struct walk *w, const char *path, struct jerr *e)
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
output_open_log(struct walk *w, struct jerr *e)
{
	const char *log = conf_str(&w->conf, P_EXEC_CONSOLELOG);

	if (log == NULL || log[0] == '\0')
		return 0;
	w->consolelog = open_file(w, log, e);
	return w->consolelog == -1 ? -1 : 0;
}

int
output_pipe(int p[2], struct jerr *e)
{
	if (pipe2(p, O_CLOEXEC) == -1)
		return jerr_sys(e, "pipe");
	/* The jail's ids are others than ours. */
	if (fchmod(p[1], 0622) == 0)
		return 0;
	(void)jerr_sys(e, "pipe");
	(void)close(p[0]);
	(void)close(p[1]);
	return -1;
}

int
step_output(struct walk *w, struct jerr *e)
{
	int p[2];

	if (output_open_log(w, e) == -1 || output_pipe(p, e) == -1)
		return -1;
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

/* One read, and its event or line in the log; false at end of file. */
static bool
relay(struct walk *w, int rfd)
{
	char buf[16384];
	struct jail_event ev = { .kind = JAIL_EVENT_OUTPUT,
		.name = w->name,
		.jid = w->jid,
		.text = buf };
	ssize_t n = read(rfd, buf, sizeof(buf));

	ev.len = n > 0 ? (size_t)n : 0;
	if (n > 0 && w->consolelog == -1)
		walk_event(w, &ev);
	else if (n > 0) /* a full file system ends no jail */
		(void)io_write_all(w->consolelog, buf, ev.len);
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

void
output_leave(struct walk *w, int pidfd)
{
	int *more = reallocarray(w->left, w->nleft + 1, sizeof(*more));

	if (more == NULL) {
		close_keep(pidfd);
		return;
	}
	w->left = more;
	w->left[w->nleft++] = pidfd;
}

/*
 * The children that were left in the background are ours to reap, or pid 1 of
 * their namespace would wait for them in its exit, and we for pid 1.
 */
static void
reap_left(struct pollfd *p, size_t n)
{
	int status;

	for (size_t i = 0; i < n; i++)
		if (p[i].revents != 0) {
			(void)pidfd_wait(p[i].fd, -1, &status);
			p[i].fd = -1;
		}
}

enum { WAIT_CHILD, WAIT_OUTPUT, WAIT_SIGFD, WAIT_LEFT };

enum wait_result
output_wait(struct walk *w, int pidfd, int rfd, int timeout_ms, int *status)
{
	int64_t end = mono_ms() + timeout_ms;
	struct pollfd few[WAIT_LEFT], *p = few;
	auto_free struct pollfd *many = NULL;
	size_t n = WAIT_LEFT;

	if (w->nleft != 0)
		many = calloc(WAIT_LEFT + w->nleft, sizeof(*many));
	if (many != NULL) {
		p = many;
		n += w->nleft;
	}
	p[WAIT_CHILD] = (struct pollfd) { .fd = pidfd, .events = POLLIN };
	p[WAIT_OUTPUT] = (struct pollfd) { .fd = rfd, .events = POLLIN };
	p[WAIT_SIGFD] = (struct pollfd) { .fd = w->sigfd, .events = POLLIN };
	for (size_t i = WAIT_LEFT; i < n; i++)
		p[i] = (struct pollfd) { .fd = w->left[i - WAIT_LEFT],
			.events = POLLIN };
	for (;;) {
		int left = -1;

		if (timeout_ms >= 0) {
			left = (int)(end - mono_ms());
			if (left <= 0)
				return WAIT_TIMEOUT;
		}
		if (poll(p, n, left) <= 0)
			continue;
		reap_left(p + WAIT_LEFT, n - WAIT_LEFT);
		if (p[WAIT_OUTPUT].revents != 0 && !relay(w, rfd))
			p[WAIT_OUTPUT].fd = -1;
		if (p[WAIT_CHILD].revents != 0) {
			output_flush(w, p[WAIT_OUTPUT].fd);
			if (pidfd_wait(pidfd, -1, status) != 1)
				*status = 0;
			return WAIT_ENDED;
		}
		if (p[WAIT_SIGFD].revents != 0) {
			*status = walk_signal(w);
			if (*status != 0)
				return WAIT_SIGNAL;
		}
	}
}
