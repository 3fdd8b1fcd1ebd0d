/*
 * What libjail calls for one jail: jail_set(2), jail_remove(2), entering.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "life/enter.h"
#include "life/life.h"
#include "life/modify.h"
#include "life/recover.h"
#include "life/running.h"
#include "life/walk.h"
#include "linux/proc.h"
#include "sys/jail.h"

/* The row a set of parameters selects: jid first, then name.  NULL: none. */
static const struct reg_row *
selected(const struct reg_snapshot *s, const struct jail_conf *c)
{
	const char *name = conf_str(c, P_NAME);
	int jid = (int)conf_int(c, P_JID);
	const struct reg_row *row = NULL;

	if (jid != 0)
		row = reg_find_jid(s, jid);
	else if (name != NULL && name[0] != '\0')
		row = reg_find_name(s, name);
	return row != NULL && reg_row_up(row) && running_alive(row) ? row :
								      NULL;
}

static int
create(struct reg *reg, const struct jail_conf *c, struct jerr *e)
{
	struct walk w;
	int jid = -1;

	walk_init(&w, NULL);
	w.reg = reg;
	if (conf_copy(&w.conf, c) == -1)
		(void)jerr_nomem(e);
	else if (conf_check(&w.conf, e) == 0 && start_jail(&w, e) == 0)
		jid = w.jid;
	walk_free(&w);
	return jid;
}

int
life_set(const struct jail_conf *c, int flags, struct jerr *e)
{
	struct reg *reg = reg_open(NULL, true, e);
	struct reg_snapshot s;
	const struct reg_row *row;
	int jid = -1;

	if (reg == NULL)
		return -1;
	recover_sweep(reg, NULL, NULL);
	if (reg_snapshot(reg, &s, e) == -1) {
		reg_close(reg);
		return -1;
	}
	row = selected(&s, c);
	if (row != NULL && (flags & JAIL_UPDATE) != 0) {
		if (modify_jail(reg, row, c, NULL, NULL, e) == 0)
			jid = row->jid;
	} else if ((flags & JAIL_CREATE) != 0)
		jid = create(reg, c, e);
	else
		(void)jerr_set(e, ENOENT,
		    conf_isset(c, P_JID) || conf_isset(c, P_NAME) ?
			"jail \"%s\" not found" :
			"update specified no jail",
		    conf_str(c, P_NAME) != NULL ? conf_str(c, P_NAME) : "");
	reg_snapshot_free(&s);
	reg_close(reg);
	return jid;
}

int
life_remove(int jid, struct jerr *e)
{
	struct reg *reg = reg_open(NULL, true, e);
	struct reg_snapshot s;
	const struct reg_row *row;
	struct walk w;
	int r = -1;

	if (reg == NULL)
		return -1;
	if (reg_snapshot(reg, &s, e) == -1) {
		reg_close(reg);
		return -1;
	}
	row = reg_find_jid(&s, jid);
	if (row == NULL)
		(void)jerr_set(e, EINVAL, "jail_remove: no jail %d", jid);
	else {
		walk_init(&w, NULL);
		w.reg = reg;
		w.name = row->name;
		r = stop_jail(&w, row, JAIL_OP_FORCE, e);
		walk_free(&w);
	}
	reg_snapshot_free(&s);
	reg_close(reg);
	return r;
}

/* ---- jexec ---- */

/*
 * tty_proxy passes these on once the command runs; if they came through before,
 * we would die and leave it alone in the jail.  So they wait, and can be read
 * from what is returned (-1: they cannot); those that are ignored never come.
 */
static int
hold_signals(sigset_t *old)
{
	static const int passed_on[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

	return proc_hear(passed_on, nitems(passed_on), old);
}

static int
run_and_wait(
    const struct running *run, const struct jail_exec *ex, struct jerr *e)
{
	struct tty_want tty;
	auto_close int sigfd = -1;
	struct tty_run proxy = { .master = -1, .timeout_ms = -1 };
	struct enter_jail j;
	struct enter_cmd c = { .argv = ex->argv,
		.from = ex->user_from,
		.user = ex->user,
		.dir = ex->dir,
		.clean = ex->clean,
		.environment = ex->environment,
		.extra = ex->env,
		.fd = { 0, 1, 2 },
		.timeout_ms = -1 };
	struct enter_child ch;
	int status = 0, r;

	sigfd = hold_signals(&c.mask);
	c.sigfd = sigfd;
	if (tty_probe(&tty) == 1)
		c.tty = proxy.want = &tty;
	running_enter(run, &j);
	if (enter_start(&j, &c, &ch, e) == -1) {
		(void)sigprocmask(SIG_SETMASK, &c.mask, NULL);
		return ch.sig != 0 ? 128 + ch.sig : -1;
	}
	proxy.master = ch.master;
	proxy.pidfd = ch.pidfd;
	proxy.pid = ch.pid;
	r = tty_proxy(&proxy, &status, e);
	if (r == 0 && c.tty == NULL && enter_error(&ch, e) == -1)
		r = -1;
	enter_child_close(&ch);
	(void)sigprocmask(SIG_SETMASK, &c.mask, NULL);
	return r == -1 ? -1 : status;
}

int
life_exec(const struct jail_exec *ex, struct jerr *e)
{
	struct reg *reg = reg_open(NULL, true, e);
	struct reg_snapshot s = { 0 };
	const struct reg_row *row;
	struct running run;
	int status = -1;

	if (reg == NULL)
		return -1;
	if (reg_snapshot(reg, &s, e) == -1) {
		reg_close(reg);
		return -1;
	}
	row = reg_find_jid(&s, ex->jid);
	if (row == NULL || !reg_row_up(row))
		(void)jerr_set(e, EINVAL, "jail %d not found", ex->jid);
	else if (running_open(reg, row, &run, e) == 0) {
		status = run_and_wait(&run, ex, e);
		/* Ours may have been the last process of a jail that is not
		 * persistent: then it ends about now, and we sweep it. */
		if (!conf_bool(&run.params, P_PERSIST) &&
		    cgroup_populated(run.cg.j) == 0 &&
		    pidfd_ended(run.pidfd, 1000) == 1)
			recover_one(reg, run.jid, run.uuid8);
		running_close(&run);
	}
	reg_snapshot_free(&s);
	reg_close(reg);
	return status;
}
