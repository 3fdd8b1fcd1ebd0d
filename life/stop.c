/*
 * The table of a removal.  Until "dying" a failure leaves the jail running;
 * from there on nothing stops the rest, and the journal alone says what is
 * taken back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/persist.h"
#include "life/running.h"
#include "life/step_exec.h"
#include "life/undo.h"
#include "life/walk.h"
#include "linux/proc.h"
#include "net/nft.h"

#define LAST_WORDS_MS 5000

/* SIGTERM to everything in j.  A pid is signalled only if it is still listed
 * after its pidfd was opened, so never somebody who has the number now. */
static int
send_term(struct walk *w, struct jerr *e)
{
	auto_strbuf struct strbuf sent = STRBUF_INIT;
	auto_free pid_t *pids = NULL;
	auto_free pid_t *again = NULL;
	auto_free int *fds = NULL;
	size_t n, m;

	if (cgroup_pids(w->cg.j, &pids, &n) == -1)
		return jerr_sys(e, "SIGTERM");
	fds = calloc(n + 1, sizeof(*fds));
	if (fds == NULL)
		return jerr_nomem(e);
	for (size_t i = 0; i < n; i++)
		fds[i] = pidfd_of(pids[i]);
	if (cgroup_pids(w->cg.j, &again, &m) == -1)
		m = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < m; k++) {
			if (again[k] != pids[i] || fds[i] == -1)
				continue;
			(void)pidfd_kill(fds[i], SIGTERM);
			(void)strbuf_addf(&sent, " %d", (int)pids[i]);
			break;
		}
		close_keep(fds[i]);
	}
	if (sent.len != 0 && w->plan->verbose)
		walk_tell(w, JAIL_EVENT_VERBOSE, "sent SIGTERM to:%s", sent.s);
	return 0;
}

static int
step_term(struct walk *w, struct jerr *e)
{
	int64_t left = conf_int(&w->conf, P_STOP_TIMEOUT) * 1000;
	int r = 0;

	if (left <= 0 || cgroup_populated(w->cg.j) != 1)
		return 0;
	if (send_term(w, e) == -1)
		return -1;
	/* In slices, so that a signal is seen. */
	for (; left > 0 && r == 0; left -= 200) {
		r = cgroup_wait_empty(
		    w->cg.j, w->init_pidfd, left < 200 ? (int)left : 200);
		if (r == 0 && walk_signal(w) != 0)
			return jerr_set(e, EINTR, "interrupted");
	}
	if (r == 0 && w->plan->verbose)
		walk_tell(w, JAIL_EVENT_VERBOSE, "timed out");
	return 0;
}

static const struct step ask_rows[] = {
	{ "exec.prestop", STEP_TOOL, NULL, step_exec_prestop },
	{ "exec.stop", STEP_TOOL, NULL, step_exec_stop },
	{ "term", STEP_TOOL, NULL, step_term },
};

/* ---- the point of no return ---- */

static int
step_dying(struct walk *w, struct jerr *e)
{
	return reg_set_state(w->rj, REG_DYING, e);
}

/*
 * What the last processes wrote may still be in pid 1's pipe: it writes it to
 * the console log before it ends by itself, which a killed one does not.
 */
static int
step_last_words(struct walk *w, struct jerr *e)
{
	if (cgroup_populated(w->cg.j) == 0 &&
	    persist_set(w->cg.init, w->init_pidfd, false, e) == 0)
		(void)pidfd_ended(w->init_pidfd, LAST_WORDS_MS);
	return 0;
}

static int
step_kill(struct walk *w, struct jerr *e)
{
	w->init = 0; /* no JPID for the hooks that follow */
	return undo_all(w->rj, w->init_pidfd, e);
}

static int
step_forget(struct walk *w, struct jerr *e)
{
	if (reg_release(w->rj, e) == -1)
		return -1;
	w->rj = NULL;
	return 0;
}

static const struct step end_rows[] = {
	{ "dying", STEP_KERNEL, NULL, step_dying },
	{ "last words", STEP_TOOL, NULL, step_last_words },
	{ "kill", STEP_KERNEL, NULL, step_kill },
	{ "exec.poststop", STEP_TOOL, NULL, step_exec_poststop },
	{ "exec.release", STEP_TOOL, NULL, step_exec_release },
	{ "forget", STEP_KERNEL, NULL, step_forget },
};

/* Each row whatever became of the one before; what was left by "kill" keeps
 * the jail in the registry, for the next command. */
static int
run_to_the_end(struct walk *w, unsigned kinds, struct jerr *e)
{
	struct jerr one = JERR_INIT;
	bool left = false;
	int r = 0;

	for (size_t i = 0; i < nitems(end_rows); i++) {
		if (left && end_rows[i].run == step_forget)
			break;
		if (walk_run(w, &end_rows[i], 1, kinds, NULL, &one) == 0)
			continue;
		if (end_rows[i].run == step_kill)
			left = true;
		if (r == -1) /* the first is returned, the others told */
			walk_tell(w, JAIL_EVENT_ERROR, "%s", one.msg);
		else
			*e = one;
		r = -1;
	}
	return r;
}

/*
 * The jail is being started by a process that is alive (a hook of it called us,
 * or somebody else).  We end it and leave the taking back to that process,
 * which finds it ended at its next row.
 */
static int
end_under_walk(struct walk *w, const struct reg_row *row, struct jerr *e)
{
	struct reg_jail *j;
	int r;

	/* It can be ended only when there is something that ends; or did. */
	if (w->cg.top == -1)
		return row->state != REG_STARTING ?
		    0 :
		    jerr_set(e, EBUSY, RUNNING_NOT_YET);
	j = reg_peek(w->reg, row, e);
	if (j == NULL)
		return -1;
	/* ENOENT: that process was the faster one. */
	r = cgroup_kill(w->cg.top) == 0 || errno == ENOENT || errno == ENODEV ?
	    0 :
	    jerr_sys(e, "kill");
	if (r == 0 && w->init_pidfd != -1)
		(void)cgroup_wait_empty(w->cg.top, w->init_pidfd, UNDO_WAIT_MS);
	reg_jail_put(j);
	return r;
}

/* What the rows need of the running jail. */
static int
borrow(struct walk *w, const struct reg_row *row, struct jerr *e)
{
	struct running r;

	w->jid = row->jid;
	w->path = strdup(row->path);
	if (w->path == NULL)
		return jerr_nomem(e);
	w->rootfd = open(w->path, O_PATH | O_CLOEXEC);
	if (running_open(w->reg, row, &r, e) == -1)
		return -1;
	w->init = r.init;
	w->base = r.base;
	w->init_pidfd = take_fd(&r.pidfd);
	w->cgroot = take_fd(&r.cgroot);
	w->cf = take_ptr(r.cf);
	w->cg = r.cg;
	r.cg = (struct cgroup)CGROUP_INIT;
	running_close(&r);
	return 0;
}

/* It may end under our hands, or by another jail -r, and kill what we just ran
 * in it: then there is nobody left to ask. */
static bool
ended_meanwhile(const struct walk *w, bool walked, const struct jerr *e)
{
	bool killed = walked && e->code == ECHILD;
	int ms = killed || proc_is_leaving(w->init) ? UNDO_WAIT_MS : 0;

	return pidfd_ended(w->init_pidfd, ms) == 1;
}

int
stop_jail(
    struct walk *w, const struct reg_row *row, unsigned ops, struct jerr *e)
{
	unsigned kinds = STEP_KERNEL |
	    (w->plan != NULL && (ops & JAIL_OP_FORCE) == 0 ? STEP_TOOL : 0);
	bool alive, walked;
	int r;

	if (row->state == REG_DYING)
		return 0; /* being removed, by our caller perhaps */
	w->rj = reg_take(w->reg, row->jid, row->uuid8, e);
	walked = w->rj == NULL && e->code == EWOULDBLOCK;
	if (w->rj == NULL && !walked)
		return e->code == ENOENT ? 0 : -1;
	if (w->rj != NULL && undo_check(w->rj, e) == -1)
		return jerr_wrap(e, "%s", w->name);
	alive = borrow(w, row, e) == 0;
	if (!alive && e->code != ESRCH)
		return jerr_wrap(e, "%s", w->name);
	if (alive &&
	    walk_run(w, ask_rows, nitems(ask_rows), kinds, NULL, e) == -1 &&
	    !ended_meanwhile(w, walked, e))
		return jerr_wrap(e, "%s", w->name);
	if (walked)
		return end_under_walk(w, row, e) == -1 ?
		    jerr_wrap(e, "%s", w->name) :
		    0;
	r = run_to_the_end(w, kinds, e) == -1 ? jerr_wrap(e, "%s", w->name) : 0;
	/* jail(8) ends soon, a caller of jail_remove(2) does not. */
	if (w->plan != NULL)
		nft_leave();
	return r;
}

/* -C: the part after the removal, for a jail that is gone. */
int
clean_jail(struct walk *w, struct jerr *e)
{
	static const struct step rows[] = {
		{ "exec.poststop", STEP_TOOL, NULL, step_exec_poststop },
		{ "exec.release", STEP_TOOL, NULL, step_exec_release },
	};

	return walk_run(w, rows, nitems(rows), STEP_TOOL, NULL, e);
}
