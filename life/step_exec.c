/*
 * Rows that run commands: on the host by hook.c, inside by enter.c, with their
 * time-outs, outputs and messages (reference 3.2, 3.3).
 */
#include "life/step_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/enter.h"
#include "life/hook.h"
#include "life/output.h"
#include "linux/proc.h"

#define RC "/etc/rc"

static int
timeout_ms(const struct walk *w)
{
	int64_t s = conf_int(&w->conf, P_EXEC_TIMEOUT);

	return s <= 0 || s > INT32_MAX / 1000 ? -1 : (int)s * 1000;
}

static void
tell_run(const struct walk *w, const char *line, bool inside)
{
	enum param_id who = inside ? P_EXEC_JAIL_USER : P_EXEC_SYSTEM_USER;
	const char *user = conf_str(&w->conf, who);

	if (w->plan->verbose)
		walk_tell(w, JAIL_EVENT_VERBOSE, "run command%s%s%s: %s",
		    inside ? " in jail" : "", user != NULL ? " as " : "",
		    user != NULL ? user : "", line);
}

/* What became of it, as reference 3.3 words it. */
static int
verdict(enum wait_result r, int status, const char *line, struct jerr *e)
{
	switch (r) {
	case WAIT_TIMEOUT:
		return jerr_set(e, ETIMEDOUT, "%s: timed out", line);
	case WAIT_SIGNAL:
		return jerr_set(
		    e, EINTR, "%s: interrupted by signal %d", line, status);
	case WAIT_ENDED:
		break;
	}
	if (WIFSIGNALED(status))
		return jerr_set(e, ECHILD, "%s: exited on signal %d", line,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return jerr_set(e, ECHILD, "%s: failed", line);
	return 0;
}

/* ---- on the host ---- */

static int
run_host(struct walk *w, const char *line, struct jerr *e)
{
	struct hook h;
	auto_close int pidfd = -1;
	enum wait_result r;
	int status = 0;
	pid_t pid;

	if (hook_split(line, &h, e) == -1)
		return -1;
	if (h.argv.n == 0) {
		strv_free(&h.argv);
		return 0;
	}
	tell_run(w, line, false);
	pid = hook_start(w, &h, &pidfd, e);
	strv_free(&h.argv);
	if (pid == -1 || h.background)
		return pid == -1 ? -1 : 0;
	r = output_wait(w, pidfd, w->out.rfd, timeout_ms(w), &status);
	if (r == WAIT_SIGNAL) /* it has a group of its own, so pass it on */
		(void)kill(-pid, status);
	return verdict(r, status, line, e);
}

static int
run_host_list(struct walk *w, enum param_id id, struct jerr *e)
{
	const struct strv *lines = conf_list(&w->conf, id);

	for (size_t i = 0; i < lines->n; i++)
		if (run_host(w, lines->v[i], e) == -1)
			return -1;
	return 0;
}

/* ---- inside ---- */

/* What is the same for every command of this jail. */
static void
inside_defaults(struct walk *w, struct enter_jail *j, struct enter_cmd *c)
{
	*j = (struct enter_jail) { .pidfd = w->init_pidfd,
		.cg_j = w->cg.j,
		.base = w->rj != NULL ? reg_jail_row(w->rj)->base : w->base,
		.cf = w->cf,
		.osrelease = conf_isset(&w->conf, P_OSRELEASE) ?
		    conf_str(&w->conf, P_OSRELEASE) :
		    NULL };
	*c = (struct enter_cmd) { .fd = { -1, -1, -1 },
		.clean = conf_bool(&w->conf, P_EXEC_CLEAN),
		.environment = w->plan->environment,
		.mask = w->oldmask,
		.sigfd = w->sigfd,
		.timeout_ms = timeout_ms(w),
		.user = conf_str(&w->conf, P_EXEC_JAIL_USER) };
	if (c->user != NULL)
		c->from = conf_bool(&w->conf, P_EXEC_SYSTEM_JAIL_USER) ?
		    JAIL_USER_HOST :
		    JAIL_USER_JAIL;
}

/* jexec says "execvp: CMD: why", jail(8) "exec CMD: why". */
static int
exec_error(struct jerr *e)
{
	const char *rest = str_after(e->msg, ENTER_EXEC);

	if (rest != NULL) {
		/* "exec " is the shorter one. */
		memmove(e->msg + 5, rest, strlen(rest) + 1);
		memcpy(e->msg, "exec ", 5);
	}
	return -1;
}

/* Given up before the exec is told as if it were after it. */
static int
enter_failed(struct jerr *e, const char *line)
{
	if (e->code == EINTR || e->code == ETIMEDOUT)
		return jerr_wrap(e, "%s", line);
	return exec_error(e);
}

static int
run_inside(struct walk *w, char *const *argv, const char *line, bool background,
    int in, int out, int rfd, struct jerr *e)
{
	struct enter_jail j;
	struct enter_cmd c;
	struct enter_child ch;
	enum wait_result r;
	int status = 0;

	tell_run(w, line, true);
	inside_defaults(w, &j, &c);
	c.argv = argv;
	c.fd[0] = in;
	c.fd[1] = c.fd[2] = out;
	if (enter_start(&j, &c, &ch, e) == -1)
		return enter_failed(e, line);
	if (background) { /* not waited for, but for its exec */
		int failed = enter_error(&ch, e);

		output_leave(w, take_fd(&ch.pidfd));
		enter_child_close(&ch);
		return failed == -1 ? exec_error(e) : 0;
	}
	r = output_wait(w, ch.pidfd, rfd, timeout_ms(w), &status);
	if (r == WAIT_ENDED && enter_error(&ch, e) == -1) {
		enter_child_close(&ch);
		return exec_error(e);
	}
	enter_child_close(&ch);
	return verdict(r, status, line, e);
}

static int
run_inside_list(
    struct walk *w, enum param_id id, int out, int rfd, struct jerr *e)
{
	const struct strv *lines = conf_list(&w->conf, id);

	for (size_t i = 0; i < lines->n; i++) {
		struct hook h;
		int r = 0;

		if (hook_split(lines->v[i], &h, e) == -1)
			return -1;
		if (h.argv.n != 0)
			r = run_inside(w, h.argv.v, lines->v[i], h.background,
			    -1, out, rfd, e);
		strv_free(&h.argv);
		if (r == -1)
			return -1;
	}
	return 0;
}

/* Is this the line that failed, and /etc/rc a word of it? */
static bool
failed_for_rc(const struct jerr *e, const char *line)
{
	const char *rc = strstr(line, RC), *why = str_after(e->msg, line);

	if (rc == NULL || strchr(" \t;&|", rc[strlen(RC)]) == NULL ||
	    (rc > line && strchr(" \t;&|", rc[-1]) == NULL))
		return false;
	return (why != NULL && *why == ':') ||
	    str_after(e->msg, "exec " RC ":") != NULL;
}

/* "/bin/sh /etc/rc" is what every FreeBSD file says, and Debian has none. */
static void
explain_rc(const struct walk *w, struct jerr *e)
{
	const struct strv *lines = conf_list(&w->conf, P_EXEC_START);
	int fd;

	for (size_t i = 0; i < lines->n; i++) {
		if (!failed_for_rc(e, lines->v[i]))
			continue;
		fd = path_open_in_root(w->rootfd, RC, O_PATH, 0);
		if (fd == -1 && errno == ENOENT)
			(void)jerr_set(e, ENOENT,
			    "%s: failed: this root has no "
			    "/etc/rc: copy %s/rc and rc.shutdown to %s/etc/",
			    lines->v[i], JAIL_DATADIR, w->path);
		close_keep(fd);
	}
}

int
step_exec_start(struct walk *w, struct jerr *e)
{
	if (run_inside_list(w, P_EXEC_START, w->out.wfd, w->out.rfd, e) == 0)
		return 0;
	if (e->code == ECHILD || e->code == ENOENT)
		explain_rc(w, e);
	return -1;
}

/* A terminal: the command gets a pty of the jail's own and nothing of ours. */
static int
run_on_tty(struct walk *w, char *const *argv, const char *line,
    const struct tty_want *tty, struct jerr *e)
{
	struct tty_run run = { .want = tty, .timeout_ms = timeout_ms(w) };
	struct enter_jail j;
	struct enter_cmd c;
	struct enter_child ch;
	int status = 0;
	int r;

	tell_run(w, line, true);
	inside_defaults(w, &j, &c);
	c.argv = argv;
	c.tty = tty;
	for (int i = 0; i < 3; i++)
		c.fd[i] = i;
	if (enter_start(&j, &c, &ch, e) == -1)
		return enter_failed(e, line);
	run.master = ch.master;
	run.pidfd = ch.pidfd;
	run.pid = ch.pid;
	r = tty_proxy(&run, &status, e);
	enter_child_close(&ch);
	if (r == -1)
		return enter_failed(e, line);
	return status == 0 ? 0 : jerr_set(e, ECHILD, "%s: failed", line);
}

/*
 * command: on the command line its words are an argv; in a file each value is a
 * line like those of exec.start.  It alone reads our standard input.
 */
int
step_command(struct walk *w, struct jerr *e)
{
	const struct strv *words = conf_list(&w->conf, P_COMMAND);
	struct tty_want tty;

	if (words->n == 0)
		return 0;
	if (!w->plan->from_args)
		return run_inside_list(w, P_COMMAND, w->out.wfd, w->out.rfd, e);
	if (w->consolelog == -1 && tty_probe(&tty) == 1)
		return run_on_tty(w, words->v, words->v[0], &tty, e);
	/* With a console log nobody is at a terminal, and none goes inside. */
	return run_inside(w, words->v, words->v[0], false,
	    isatty(STDIN_FILENO) ? -1 : STDIN_FILENO, w->out.wfd, w->out.rfd,
	    e);
}

/* A pipe of its own, relayed until the command ends. */
int
step_exec_stop(struct walk *w, struct jerr *e)
{
	int p[2], r;

	if (conf_list(&w->conf, P_EXEC_STOP)->n == 0)
		return 0;
	if (output_open_log(w, e) == -1)
		return -1;
	if (output_pipe(p, e) == -1)
		return -1;
	(void)fcntl(p[0], F_SETFL, O_RDONLY | O_NONBLOCK);
	r = run_inside_list(w, P_EXEC_STOP, p[1], p[0], e);
	(void)close(p[1]);
	output_flush(w, p[0]);
	(void)close(p[0]);
	return r;
}

#define HOST_ROW(fn, id) \
	int fn(struct walk *w, struct jerr *e) \
	{ \
		return run_host_list(w, id, e); \
	}

HOST_ROW(step_exec_prepare, P_EXEC_PREPARE)
HOST_ROW(step_exec_prestart, P_EXEC_PRESTART)
HOST_ROW(step_exec_created, P_EXEC_CREATED)
HOST_ROW(step_exec_poststart, P_EXEC_POSTSTART)
HOST_ROW(step_exec_prestop, P_EXEC_PRESTOP)
HOST_ROW(step_exec_poststop, P_EXEC_POSTSTOP)
HOST_ROW(step_exec_release, P_EXEC_RELEASE)
