/*
 * Which jails, in which order, each in a process of its own when there is more
 * than one: a slow hook then never touches another walk, and this process only
 * waits on pidfds.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "life/life.h"
#include "life/modify.h"
#include "life/recover.h"
#include "life/running.h"
#include "life/tiny.h"
#include "life/walk.h"
#include "life/words.h"
#include "linux/proc.h"

/* Walks at once when -p does not say: enough that hooks which sleep do not
 * hold up the others, few enough that a thousand do not fight for two CPUs. */
#define WALKS_AT_ONCE 64

/* From how many on a mount namespace to build them all from pays. */
#define TINY_FROM 4

struct unit {
	long conf;	  /* index in the configuration, or -1 */
	const char *name; /* owned by the configuration or the snapshot */
	int jid;	  /* of the running jail, 0: none */
	bool pattern;	  /* chosen by "*": not running is no mistake */
};

struct units {
	struct unit *u;
	size_t n, cap;
};

struct planner {
	const struct plan *p;
	struct reg *reg;
	struct reg_snapshot snap;
	struct units units;
	int failed;
	int sigfd;
	int tiny; /* life/tiny.h, for the walks; -1: none */
	sigset_t oldmask;
};

static void
tell(const struct planner *pl, enum jail_event_kind kind, const char *text)
{
	struct jail_event ev = { .kind = kind, .text = text };

	if (pl->p->event != NULL)
		pl->p->event(pl->p->arg, &ev);
}

static void
tell_warning(void *arg, const char *text)
{
	tell(arg, JAIL_EVENT_WARNING, text);
}

/* ---- which ---- */

/* The running jail of that name or jid that is not on its way out. */
static const struct reg_row *
find_running(const struct planner *pl, const char *name)
{
	const struct reg_row *row;
	uint64_t jid;

	if (num_u64(name, REG_JID_MAX, &jid) == 0)
		row = reg_find_jid(&pl->snap, (int)jid);
	else
		row = reg_find_name(&pl->snap, name);
	if (row != NULL && reg_row_up(row) && !running_alive(row))
		return NULL;
	return row;
}

static int
add(struct planner *pl, long conf, const char *name, const struct reg_row *row,
    bool pattern)
{
	struct units *us = &pl->units;

	/* "-r web '*'" names it twice. */
	for (size_t i = 0; i < us->n && us->n < 64; i++)
		if (str_eq(us->u[i].name, name) && us->u[i].conf == conf)
			return 0;
	if (us->n == us->cap) {
		size_t cap = us->cap != 0 ? us->cap * 2 : 16;
		struct unit *u = reallocarray(us->u, cap, sizeof(*u));

		if (u == NULL)
			return -1;
		us->u = u;
		us->cap = cap;
	}
	us->u[us->n++] = (struct unit) { .conf = conf,
		.name = name,
		.jid = row != NULL ? row->jid : 0,
		.pattern = pattern };
	return 0;
}

static void
not_found(struct planner *pl, const char *target)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "\"%s\" not found", target);
	tell(pl, JAIL_EVENT_ERROR, text);
	pl->failed = 1;
}

static void
ignore_message(void *arg, bool is_note, const char *line)
{
	(void)arg;
	(void)is_note;
	(void)line;
}

static int
add_pattern(struct planner *pl, const char *pattern)
{
	const struct plan *p = pl->p;
	bool force = (p->ops & JAIL_OP_FORCE) != 0;
	bool any = false;

	for (size_t i = 0;
	     !force && p->conf != NULL && i < conf_file_count(p->conf); i++) {
		const char *name = conf_file_name(p->conf, i);

		if (!conf_match(pattern, name))
			continue;
		any = true;
		if (add(pl, (long)i, name, find_running(pl, name), true) == -1)
			return -1;
	}
	for (size_t i = 0; (force || p->conf == NULL) && i < pl->snap.n; i++) {
		const struct reg_row *row = &pl->snap.rows[i];

		if (!conf_match(pattern, row->name))
			continue;
		any = true;
		if (add(pl, -1, row->name, row, true) == -1)
			return -1;
	}
	if (!any && !str_eq(pattern, "*"))
		not_found(pl, pattern);
	return 0;
}

static int
add_target(struct planner *pl, const char *target)
{
	const struct plan *p = pl->p;
	const struct reg_row *row = find_running(pl, target);
	long conf = -1;

	if (strchr(target, '*') != NULL)
		return add_pattern(pl, target);
	if (p->conf != NULL && (p->ops & JAIL_OP_FORCE) == 0) {
		conf = conf_file_lookup(p->conf, target);
		/* A jid is mapped back to its block by the running name. */
		if (conf == -1 && row != NULL)
			conf = conf_file_lookup(p->conf, row->name);
	}
	if (conf != -1)
		return add(pl, conf, conf_file_name(p->conf, (size_t)conf),
		    row != NULL ?
			row :
			find_running(pl, conf_file_name(p->conf, (size_t)conf)),
		    false);
	if (row != NULL && (p->ops & JAIL_OP_CREATE) == 0)
		return add(pl, -1, row->name, row, false);
	not_found(pl, target);
	return 0;
}

/* "jid=3 name=new": the jid selects, the name is a change. */
static const struct reg_row *
find_by_args(const struct planner *pl)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;
	const struct reg_row *row = NULL;
	char jid[16] = "";
	bool needs;

	/* What is wrong with them is told when they are used. */
	if (conf_file_jail(
		pl->p->conf, 0, 0, &needs, &c, ignore_message, NULL, &e) == 0 &&
	    conf_isset(&c, P_JID))
		(void)snprintf(
		    jid, sizeof(jid), "%d", (int)conf_int(&c, P_JID));
	if (jid[0] != '\0')
		row = find_running(pl, jid);
	else if (conf_file_name(pl->p->conf, 0)[0] != '\0')
		row = find_running(pl, conf_file_name(pl->p->conf, 0));
	conf_free(&c);
	return row;
}

static int
choose(struct planner *pl)
{
	const struct plan *p = pl->p;

	for (size_t i = 0; i < p->ntargets; i++)
		if (add_target(pl, p->targets[i]) == -1)
			return -1;
	if (p->ntargets != 0 || p->conf == NULL)
		return 0;
	for (size_t i = 0; i < conf_file_count(p->conf); i++) {
		const char *name = conf_file_name(p->conf, i);

		if (add(pl, (long)i, name,
			p->from_args ? find_by_args(pl) :
				       find_running(pl, name),
			false) == -1)
			return -1;
	}
	return 0;
}

/* ---- one jail ---- */

struct message_arg {
	const struct planner *pl;
	const char *name;
};

static void
conf_message(void *arg, bool is_note, const char *line)
{
	const struct planner *pl = arg;

	tell(pl, is_note ? JAIL_EVENT_NOTE : JAIL_EVENT_ERROR, line);
}

static void
note_modify(void *arg, const char *text)
{
	const struct planner *pl = arg;

	tell(pl, JAIL_EVENT_WARNING, text);
}

static void
tell_done(const struct planner *pl, enum jail_event_kind kind,
    const struct walk *w, const char *name, int jid, const char *what)
{
	auto_strv struct strv words = STRV_INIT;
	char text[512];
	struct jail_event ev = {
		.kind = kind, .name = name, .jid = jid, .text = text
	};

	(void)snprintf(text, sizeof(text), "%s: %s", name, what);
	if (w != NULL && words_from_conf(&w->conf, &words) == 0)
		ev.params = words.v;
	if (pl->p->event != NULL)
		pl->p->event(pl->p->arg, &ev);
}

/*
 * A unit's walk with its configuration, expanded but for what needs a jid that
 * is not there yet (jid 0: a start).  Configuration mistakes are told where
 * they are found.  walk_free in any case.
 */
static int
begin(const struct planner *pl, const struct unit *u, int jid, struct walk *w,
    struct jerr *e)
{
	walk_init(w, pl->p);
	w->reg = pl->reg;
	w->tiny = pl->tiny;
	w->sigfd = pl->sigfd;
	w->oldmask = pl->oldmask;
	w->name = u->name;
	if (u->conf == -1)
		return 0;
	w->conf_index = (size_t)u->conf;
	return conf_file_jail(pl->p->conf, (size_t)u->conf, jid, &w->needs_jid,
	    &w->conf, conf_message, (void *)(uintptr_t)pl, e);
}

static int
fail(const struct planner *pl, const struct jerr *e)
{
	if (e->msg[0] != '\0')
		tell(pl, JAIL_EVENT_ERROR, e->msg);
	return -1;
}

static int
do_start(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	char name[512];
	int r = -1;

	if (begin(pl, u, 0, &w, &e) == 0) {
		if (conf_check(&w.conf, &e) == -1)
			(void)(u->name[0] != '\0' ?
				jerr_wrap(&e, "%s", u->name) :
				-1);
		else
			r = start_jail(&w, &e);
		if (r == -1)
			(void)fail(pl, &e);
	}
	if (r == 0) {
		const char *n = conf_str(&w.conf, P_NAME);

		(void)snprintf(name, sizeof(name), "%s",
		    n != NULL && n[0] != '\0' ? n : w.jid_text);
		tell_done(pl, JAIL_EVENT_CREATED, &w, name, w.jid, "created");
	}
	walk_free(&w);
	return r;
}

/* The row as it is now: the snapshot may be as old as this command. */
static int
with_row(const struct planner *pl, const struct unit *u,
    int (*fn)(
	const struct planner *, const struct unit *, const struct reg_row *))
{
	struct reg_snapshot s;
	struct jerr e = JERR_INIT;
	const struct reg_row *row;
	int r;

	if (reg_snapshot(pl->reg, &s, &e) == -1)
		return fail(pl, &e);
	row = reg_find_jid(&s, u->jid);
	r = row != NULL ? fn(pl, u, row) : 0;
	reg_snapshot_free(&s);
	return r;
}

static int
stop_row(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		w.name = row->name;
		r = stop_jail(&w, row, pl->p->ops, &e);
		if (r == -1)
			(void)fail(pl, &e);
		else
			tell_done(pl, JAIL_EVENT_REMOVED, NULL, row->name,
			    row->jid, "removed");
	}
	walk_free(&w);
	return r;
}

static int
modify_row(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		r = modify_jail(pl->reg, row, &w.conf, note_modify,
		    (void *)(uintptr_t)pl, &e);
		if (r == -1) {
			(void)jerr_wrap(&e, "%s", row->name);
			(void)fail(pl, &e);
		} else
			tell_done(pl, JAIL_EVENT_UPDATED, NULL, row->name,
			    row->jid, "updated");
	}
	walk_free(&w);
	return r;
}

/* -mr: a create-only parameter that differs means a restart. */
static int
needs_restart(
    const struct planner *pl, const struct unit *u, const struct reg_row *row)
{
	struct jerr e = JERR_INIT;
	struct running run;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0 &&
	    running_open(pl->reg, row, &run, &e) == 0) {
		r = modify_create_only(&run.params, &w.conf) != NULL;
		running_close(&run);
	}
	walk_free(&w);
	return r;
}

static int
clean_up(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;
	struct walk w;
	int r = -1;

	if (begin(pl, u, u->jid, &w, &e) == 0) {
		r = clean_jail(&w, &e);
		if (r == -1) {
			(void)jerr_wrap(&e, "%s", u->name);
			(void)fail(pl, &e);
		}
	}
	walk_free(&w);
	return r;
}

static int
exists(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;

	(void)jerr_set(&e, EEXIST, "\"%s\" already exists", u->name);
	return fail(pl, &e);
}

static int
missing(const struct planner *pl, const struct unit *u)
{
	struct jerr e = JERR_INIT;

	if (u->pattern)
		return 0;
	(void)jerr_set(&e, ENOENT, "\"%s\" not found",
	    u->name[0] != '\0' ? u->name : "jail");
	return fail(pl, &e);
}

/* What the operations asked for come to for this jail as it is. */
static int
run_unit(const struct planner *pl, const struct unit *u)
{
	unsigned ops = pl->p->ops;
	bool create = (ops & JAIL_OP_CREATE) != 0;
	bool modify = (ops & JAIL_OP_MODIFY) != 0;
	bool remove = (ops & (JAIL_OP_REMOVE | JAIL_OP_FORCE)) != 0;

	if ((ops & JAIL_OP_CLEAN) != 0)
		return u->jid != 0 ? exists(pl, u) : clean_up(pl, u);
	if (u->jid == 0) {
		if (create || (remove && !modify && create))
			return do_start(pl, u);
		/* -r of a configured jail that does not run: as FreeBSD. */
		return missing(pl, u);
	}
	if (remove && modify) {
		int differs = with_row(pl, u, needs_restart);

		if (differs == -1)
			return -1;
		if (differs == 0)
			return with_row(pl, u, modify_row);
		if (with_row(pl, u, stop_row) == -1)
			return -1;
		return do_start(pl, u);
	}
	if (remove) {
		if (with_row(pl, u, stop_row) == -1)
			return -1;
		return create ? do_start(pl, u) : 0;
	}
	if (modify)
		return with_row(pl, u, modify_row);
	return exists(pl, u);
}

/* ---- all of them ---- */

struct worker {
	int pidfd;
};

/* A walk in a process of its own; it has its own registry and locks. */
static pid_t
spawn(struct planner *pl, const struct unit *u, int *pidfd)
{
	struct proc_clone c = { .cgroup = -1 };
	struct jerr e = JERR_INIT;
	pid_t pid = proc_clone(&c, pidfd);

	if (pid != 0)
		return pid;
	reg_close(pl->reg);
	pl->reg = reg_open(NULL, true, &e);
	if (pl->reg == NULL) {
		(void)fail(pl, &e);
		_exit(1);
	}
	_exit(run_unit(pl, u) == 0 ? 0 : 1);
}

/* Pass a signal on: from a terminal the walks have it already, from kill(1)
 * only we. */
static void
forward(
    const struct planner *pl, const struct pollfd *fds, size_t n, bool *stop)
{
	struct signalfd_siginfo si;

	if (read(pl->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	*stop = true;
	for (size_t i = 0; i < n; i++)
		(void)pidfd_kill(fds[i].fd, (int)si.ssi_signo);
}

static int
run_many(struct planner *pl)
{
	size_t max = pl->p->parallel != 0 ? pl->p->parallel : WALKS_AT_ONCE;
	auto_free struct pollfd *fds = calloc(max + 1, sizeof(*fds));
	bool stop = false;
	size_t next = 0, n = 0;

	if (fds == NULL)
		return -1;
	while (n != 0 || (next < pl->units.n && !stop)) {
		while (n < max && next < pl->units.n && !stop) {
			int pidfd = -1;

			if (spawn(pl, &pl->units.u[next], &pidfd) == -1) {
				tell(pl, JAIL_EVENT_ERROR, strerror(errno));
				pl->failed = 1;
			} else
				fds[n++] = (struct pollfd) { .fd = pidfd,
					.events = POLLIN };
			next++;
		}
		fds[n] = (struct pollfd) { .fd = pl->sigfd, .events = POLLIN };
		if (poll(fds, n + 1, -1) == -1)
			continue;
		if (fds[n].revents != 0)
			forward(pl, fds, n, &stop);
		for (size_t i = 0; i < n;) {
			int status = 1;

			if (fds[i].revents == 0) {
				i++;
				continue;
			}
			if (pidfd_wait(fds[i].fd, -1, &status) != 1 ||
			    status != 0)
				pl->failed = 1;
			(void)close(fds[i].fd);
			fds[i] = fds[--n];
		}
	}
	if (stop)
		pl->failed = 1;
	return 0;
}

static void
run_all(struct planner *pl)
{
	struct units *us = &pl->units;
	struct jerr none = JERR_INIT;

	/* What was configured last is stopped first. */
	if ((pl->p->ops & JAIL_OP_REMOVE) != 0 &&
	    (pl->p->ops & (JAIL_OP_CREATE | JAIL_OP_MODIFY)) == 0)
		for (size_t i = 0; i < us->n / 2; i++) {
			struct unit t = us->u[i];

			us->u[i] = us->u[us->n - 1 - i];
			us->u[us->n - 1 - i] = t;
		}
	if (us->n == 1) {
		if (run_unit(pl, &us->u[0]) == -1)
			pl->failed = 1;
		return;
	}
	/* Without it each builder copies the host's mounts: slower, no more. */
	if (us->n >= TINY_FROM && (pl->p->ops & JAIL_OP_CREATE) != 0)
		pl->tiny = tiny_open(&none);
	if (run_many(pl) == -1)
		pl->failed = 1;
}

static void
hold_signals(struct planner *pl)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, &pl->oldmask);
	pl->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
plan_run(const struct plan *p)
{
	struct planner pl = { .p = p, .sigfd = -1, .tiny = -1 };
	struct jerr e = JERR_INIT;

	pl.reg = reg_open(NULL, true, &e);
	if (pl.reg == NULL)
		return fail(&pl, &e);
	hold_signals(&pl);
	recover_sweep(pl.reg, tell_warning, &pl);
	if (reg_snapshot(pl.reg, &pl.snap, &e) == -1 || choose(&pl) == -1) {
		(void)fail(&pl, &e);
		pl.failed = 1;
	} else
		run_all(&pl);
	free(pl.units.u);
	reg_snapshot_free(&pl.snap);
	reg_close(pl.reg);
	close_keep(pl.sigfd);
	close_keep(pl.tiny);
	(void)sigprocmask(SIG_SETMASK, &pl.oldmask, NULL);
	return pl.failed ? -1 : 0;
}
