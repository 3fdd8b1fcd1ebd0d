/*
 * A walk: one jail going up (or down) the table of steps, in one process.
 * walk.c knows no step; the rows stand in start.c and stop.c, what they do in
 * step_*.c.
 */
#ifndef LIFE_WALK_H
#define LIFE_WALK_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "life/life.h"
#include "life/mounts.h"
#include "linux/cgroup.h"
#include "model/conf.h"
#include "policy/confine.h"
#include "registry/registry.h"

/* Pipes of a jail's output (DESIGN 9): pid 1 keeps both read ends. */
struct output {
	int rfd, wfd;	      /* what exec.start writes, what we relay */
	int alive_r, alive_w; /* end of file on it: we are gone */
};

struct walk_net;

struct walk {
	const struct plan *plan; /* events and environment; NULL: jail_set(2) */
	const char *name;	 /* for messages; rj's row once it is there */
	bool needs_jid;		 /* text of it waits for $jid */
	size_t conf_index; /* in plan->conf; expanded again with the jid */
	struct jail_conf conf;
	struct reg *reg;
	struct reg_jail *rj;
	int jid;
	char jid_text[16];
	char *path;	    /* resolved; owned */
	int rootfd;	    /* O_PATH of it */
	struct confine *cf; /* owned */
	uint32_t base;	    /* of its ids, where rj is another walk's */
	struct mounts *mounts;
	int procfd;
	int tiny; /* to build from (life/tiny.h); not owned, or -1 */
	int cgroot;
	struct cgroup cg;
	char cgrel[64]; /* "jail/3.1234abcd" */
	int init_pidfd;
	pid_t init;
	uint64_t init_start;
	int barrier; /* to C until it may exec jail-init */
	/* step_net.c's own, and how it is given back; NULL: no addresses */
	struct walk_net *net;
	void (*net_free)(struct walk_net *x);
	struct output out;
	int consolelog; /* written by us and pid 1 alone; -1: none */
	int *left;	/* pidfds of what exec.* left in the background */
	size_t nleft;
	int sigfd;	  /* INT, TERM, HUP are read here, or -1 */
	sigset_t oldmask; /* for what we exec */
	bool ended;	  /* the jail ended by itself: sweep, do not fail */
};

enum step_kind {
	STEP_KERNEL = 1, /* also by jail_set(2), jail_remove(2) */
	STEP_TOOL = 2,	 /* jail(8) alone */
};

struct step {
	const char *name;
	enum step_kind kind;
	bool (*applies)(const struct walk *w); /* NULL: always */
	int (*run)(struct walk *w, struct jerr *e);
};

void walk_init(struct walk *w, const struct plan *p);
void walk_free(struct walk *w); /* descriptors and memory alone */

/*
 * Run the rows in order.  Stops at the first that fails, or before the next
 * one when a signal asked for it (EINTR, "interrupted").  *reached is the row
 * that failed.
 */
int walk_run(struct walk *w, const struct step *rows, size_t n, unsigned kinds,
    const char **reached, struct jerr *e);

/* Did INT, TERM or HUP come?  Its number, or 0. */
int walk_signal(struct walk *w);

/* Called around each row when set (by tests alone; NULL otherwise): before and
 * after it ran.  -1 with e makes the row fail. */
extern int (*walk_test_point)(const char *step, bool after, struct jerr *e);

/* Another jail-init than the installed one (by tests alone; NULL otherwise). */
extern const char *walk_test_init;

/* Events.  The text gets "NAME: " before it. */
void walk_tell(const struct walk *w, enum jail_event_kind kind, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void walk_event(const struct walk *w, const struct jail_event *ev);

/* ---- the two tables ---- */

/* Start: 0, or -1 with everything taken back.  told: the error was printed. */
int start_jail(struct walk *w, struct jerr *e);
/* Stop a jail that exists; ops: JAIL_OP_FORCE leaves commands and SIGTERM out. */
int stop_jail(
    struct walk *w, const struct reg_row *row, unsigned ops, struct jerr *e);

int clean_jail(struct walk *w, struct jerr *e); /* -C */

/* ---- rows (step_*.c) ---- */

int step_reserve(struct walk *w, struct jerr *e);
int step_expand(struct walk *w, struct jerr *e);
int step_root(struct walk *w, struct jerr *e);
int step_mounts_parse(struct walk *w, struct jerr *e);
int step_mounts_clone(struct walk *w, struct jerr *e);
int step_cgroup(struct walk *w, struct jerr *e);
int step_namespaces(struct walk *w, struct jerr *e); /* builder.c */
int step_limits(struct walk *w, struct jerr *e);
int step_publish(struct walk *w, struct jerr *e);
int step_release_init(struct walk *w, struct jerr *e);
int step_alive(struct walk *w, struct jerr *e);
int step_settle(struct walk *w, struct jerr *e);

#endif
