/*
 * Commands on the host.  They are the administrator's own and run with the
 * caller's rights; nothing that a jail could have written is given to them but
 * by the names in JNAME and JPATH, which the configuration chose.
 */
#include "life/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/env.h"
#include "life/user.h"
#include "linux/proc.h"

#define BLANKS " \t\n"

int
hook_split(const char *line, struct hook *h, struct jerr *e)
{
	size_t n = strlen(line);
	int r = 0;

	*h = (struct hook) { .argv = STRV_INIT };
	while (n > 0 && strchr(BLANKS, line[n - 1]) != NULL)
		n--;
	if (n > 0 && line[n - 1] == '&' && (n < 2 || line[n - 2] != '&')) {
		h->background = true;
		n--;
	}
	if (strcspn(line, "!\"$&'()*;<>?[\\]`{|}~") < n) {
		if (strv_add(&h->argv, "/bin/sh") == -1 ||
		    strv_add(&h->argv, "-c") == -1 ||
		    strv_addn(&h->argv, line, n) == -1)
			r = -1;
	} else {
		for (size_t i = 0; i < n && r == 0;) {
			size_t len;

			i += strspn(line + i, BLANKS);
			len = strcspn(line + i, BLANKS);
			if (i + len > n)
				len = n > i ? n - i : 0;
			if (len != 0)
				r = strv_addn(&h->argv, line + i, len);
			i += len;
		}
	}
	return r == -1 ? jerr_nomem(e) : 0;
}

static int
hook_environment(const struct walk *w, struct strv *env)
{
	const char *path = w->path != NULL ? w->path :
					     conf_str(&w->conf, P_PATH);

	if (env_keep(w->plan->environment, true, env) == -1 ||
	    env_set(env, "JNAME", w->name != NULL ? w->name : "") == -1 ||
	    env_set(env, "JPATH", path != NULL ? path : "") == -1)
		return -1;
	if (w->jid != 0 && env_setf(env, "JID", "%d", w->jid) == -1)
		return -1;
	if (w->init != 0 && env_setf(env, "JPID", "%d", (int)w->init) == -1)
		return -1;
	return 0;
}

static void __attribute__((noreturn))
hook_child(const struct walk *w, const struct hook *h, const struct user *u,
    const struct strv *env, int errfd)
{
	struct jerr e = JERR_INIT;
	int null;

	proc_reset_signals(&w->oldmask);
	(void)setpgid(0, 0);
	(void)umask(022);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, 0) == -1 || chdir("/") == -1)
		(void)jerr_sys(&e, "/dev/null");
	else if (u != NULL &&
	    (setgroups(u->ngroups, u->groups) == -1 ||
		setresgid(u->gid, u->gid, u->gid) == -1 ||
		setresuid(u->uid, u->uid, u->uid) == -1))
		(void)jerr_sys(&e, "exec.system_user");
	else {
		(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
		env_exec(h->argv.v, env->v);
		(void)jerr_sys(&e, "exec %s", h->argv.v[0]);
	}
	(void)write(errfd, &e, sizeof(e));
	_exit(127);
}

pid_t
hook_start(struct walk *w, const struct hook *h, int *pidfd, struct jerr *e)
{
	auto_strv struct strv env = STRV_INIT;
	const char *name = conf_str(&w->conf, P_EXEC_SYSTEM_USER);
	struct user u = USER_INIT;
	struct proc_clone c = { .cgroup = -1 };
	struct jerr got;
	int p[2];
	ssize_t n;
	pid_t pid;

	if (name != NULL && user_from_host(name, &u, e) == -1)
		return jerr_wrap(e, "exec.system_user");
	if (hook_environment(w, &env) == -1 || pipe2(p, O_CLOEXEC) == -1) {
		user_free(&u);
		return jerr_sys(e, "exec");
	}
	pid = proc_clone(&c, pidfd);
	if (pid == 0)
		hook_child(w, h, name != NULL ? &u : NULL, &env, p[1]);
	(void)close(p[1]);
	user_free(&u);
	if (pid == -1) {
		close_keep(p[0]);
		return jerr_sys(e, "fork");
	}
	/* End of file when exec closed it; else why it did not. */
	n = io_read(p[0], &got, sizeof(got));
	(void)close(p[0]);
	if (n == (ssize_t)sizeof(got)) {
		int status;

		(void)pidfd_wait(*pidfd, -1, &status);
		close_keep(take_fd(pidfd));
		*e = got;
		return -1;
	}
	return pid;
}
