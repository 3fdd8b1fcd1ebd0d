/*
 * The plan: jails in order, each in a process of its own when there is more
 * than one: a slow hook then never touches another walk, and this process only
 * waits on pidfds.
 */
#include "life/plan_int.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/recover.h"
#include "life/tiny.h"
#include "linux/proc.h"
#include "net/nft.h"

/* Walks at once when -p does not say: enough that hooks which sleep do not
 * hold up the others, few enough that a thousand do not fight for two CPUs. */
#define WALKS_AT_ONCE 64

/* From how many on a mount namespace to build them all from pays. */
#define TINY_FROM 4

void
plan_tell(const struct planner *pl, enum jail_event_kind kind, const char *text)
{
	struct jail_event ev = { .kind = kind, .text = text };

	if (pl->p->event != NULL)
		pl->p->event(pl->p->arg, &ev);
}

int
plan_fail(const struct planner *pl, const struct jerr *e)
{
	if (e->msg[0] != '\0')
		plan_tell(pl, JAIL_EVENT_ERROR, e->msg);
	return -1;
}

static void
tell_warning(void *arg, const char *text)
{
	plan_tell(arg, JAIL_EVENT_WARNING, text);
}

/* Netfilter sockets for the walks, kept open until all of them have ended. */
struct lender {
	bool lend;
	int *with; /* beside each walk that runs; -1: none */
	int *idle; /* of walks that ended */
	size_t nidle;
};

static int
lend(struct lender *l)
{
	if (!l->lend)
		return -1;
	return l->nidle != 0 ? l->idle[--l->nidle] : nft_lend();
}

/* One that failed may have left half an answer, now or later. */
static void
give_back(struct lender *l, int fd, bool failed)
{
	if (fd != -1 && failed)
		(void)close(fd);
	else if (fd != -1)
		l->idle[l->nidle++] = fd;
}

/* A walk in a process of its own; it has its own registry and locks. */
static pid_t
spawn(struct planner *pl, const struct unit *u, int nft, int *pidfd)
{
	struct proc_clone c = { .cgroup = -1 };
	struct jerr e = JERR_INIT;
	pid_t pid = proc_clone(&c, pidfd);

	if (pid != 0)
		return pid;
	nft_borrow(nft);
	reg_close(pl->reg);
	pl->reg = reg_open(NULL, true, &e);
	if (pl->reg == NULL) {
		(void)plan_fail(pl, &e);
		_exit(1);
	}
	_exit(plan_run_unit(pl, u) == 0 ? 0 : 1);
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

/* Start walks until max of them run or all are started. */
static void
fill(struct planner *pl, struct lender *l, struct pollfd *fds, size_t max,
    size_t *next, size_t *n)
{
	while (*n < max && *next < pl->units.n) {
		int pidfd = -1, nft = lend(l);

		if (spawn(pl, &pl->units.u[*next], nft, &pidfd) == -1) {
			plan_tell(pl, JAIL_EVENT_ERROR, strerror(errno));
			pl->failed = 1;
			give_back(l, nft, false);
		} else {
			l->with[*n] = nft;
			fds[(*n)++] = (struct pollfd) { .fd = pidfd,
				.events = POLLIN };
		}
		++*next;
	}
}

static void
reap(struct planner *pl, struct lender *l, struct pollfd *fds, size_t *n)
{
	for (size_t i = 0; i < *n;) {
		int status = 1;
		bool failed;

		if (fds[i].revents == 0) {
			i++;
			continue;
		}
		failed = pidfd_wait(fds[i].fd, -1, &status) != 1 || status != 0;
		if (failed)
			pl->failed = 1;
		(void)close(fds[i].fd);
		give_back(l, l->with[i], failed);
		fds[i] = fds[--*n];
		l->with[i] = l->with[*n];
	}
}

static int
run_many(struct planner *pl)
{
	size_t max = pl->p->parallel != 0 ? pl->p->parallel : WALKS_AT_ONCE;
	auto_free struct pollfd *fds = calloc(max + 1, sizeof(*fds));
	auto_free int *with = calloc(max, sizeof(*with));
	auto_free int *idle = calloc(max, sizeof(*idle));
	struct lender l = { .with = with,
		.idle = idle,
		.lend = (pl->p->ops & JAIL_OP_REMOVE) != 0 &&
		    reg_shared_any(pl->reg) };
	bool stop = false;
	size_t next = 0, n = 0;

	if (fds == NULL || with == NULL || idle == NULL)
		return -1;
	while (n != 0 || (next < pl->units.n && !stop)) {
		if (!stop)
			fill(pl, &l, fds, max, &next, &n);
		fds[n] = (struct pollfd) { .fd = pl->sigfd, .events = POLLIN };
		if (poll(fds, n + 1, -1) == -1)
			continue;
		if (fds[n].revents != 0)
			forward(pl, fds, n, &stop);
		reap(pl, &l, fds, &n);
	}
	while (l.nidle != 0)
		(void)close(l.idle[--l.nidle]);
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
		if (plan_run_unit(pl, &us->u[0]) == -1)
			pl->failed = 1;
		return;
	}
	/* Without it each builder copies the host's mounts: slower, no more. */
	if (us->n >= TINY_FROM && (pl->p->ops & JAIL_OP_CREATE) != 0)
		pl->tiny = tiny_open(&none);
	if (run_many(pl) == -1)
		pl->failed = 1;
}

int
plan_run(const struct plan *p)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct planner pl = { .p = p, .sigfd = -1, .tiny = -1 };
	struct jerr e = JERR_INIT;

	pl.reg = reg_open(NULL, true, &e);
	if (pl.reg == NULL)
		return plan_fail(&pl, &e);
	pl.sigfd = proc_hear(ends, nitems(ends), &pl.oldmask);
	recover_sweep(pl.reg, tell_warning, &pl);
	if (reg_snapshot(pl.reg, &pl.snap, &e) == -1 ||
	    plan_choose(&pl) == -1) {
		(void)plan_fail(&pl, &e);
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
