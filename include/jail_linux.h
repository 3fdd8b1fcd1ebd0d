/*
 * Linux Jails: what jail(8), jls(8) and jexec(8) need beyond FreeBSD's
 * <jail.h>.  Part of libjail; documented in libjail(3).  Functions return -1
 * (or NULL) with errno set and jail_errmsg filled, never empty.
 */
#ifndef JAIL_LINUX_H
#define JAIL_LINUX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what happened, told to the caller while a request runs ---- */

enum jail_event_kind {
	JAIL_EVENT_ERROR, /* text for standard error, to come after "jail: " */
	JAIL_EVENT_WARNING, /* the same; not a failure */
	JAIL_EVENT_NOTE,    /* only under -v, standard error */
	JAIL_EVENT_VERBOSE, /* only under -v, standard output: "web: run command: ..." */
	JAIL_EVENT_CREATED, /* jid and name are set; params for -J */
	JAIL_EVENT_UPDATED,
	JAIL_EVENT_REMOVED,
	JAIL_EVENT_OUTPUT, /* bytes written by a command inside, relayed: text, len */
};

struct jail_event {
	enum jail_event_kind kind;
	const char *name;    /* of the jail, or NULL */
	int jid;	     /* 0 when there is none (yet) */
	const char *text;    /* complete, without newline (OUTPUT: raw bytes) */
	size_t len;	     /* of text, for OUTPUT */
	char *const *params; /* CREATED: as jail_source_params gives them */
};

/* May be called in a child process of the caller (each of several jails is
 * walked in a process of its own): it must only write, with write(2). */
typedef void jail_event_fn(void *arg, const struct jail_event *ev);

/* ---- configurations ---- */

struct jail_source;

/* Parse a jail.conf ("-": standard input).  Mistakes are told through fn. */
struct jail_source *jail_source_file(
    const char *file, jail_event_fn *fn, void *arg);
/* One jail from "name=value" words; "command=" eats the rest. */
struct jail_source *jail_source_args(
    int argc, char *const *argv, jail_event_fn *fn, void *arg);
void jail_source_free(struct jail_source *src);

size_t jail_source_count(const struct jail_source *src);
const char *jail_source_name(const struct jail_source *src, size_t i);
/* All parameters of jail i, expanded, NULL-ended, as jail -e prints them: bare
 * boolean words, else "name=value" with the value quoted where it needs it, and
 * the values of a list each by itself with commas between.  Free with
 * jail_source_params_free.  NULL: told through fn. */
char **jail_source_params(const struct jail_source *src, size_t i);
void jail_source_params_free(char **params);

/* ---- start, change, stop ---- */

#define JAIL_OP_CREATE 0x01 /* -c */
#define JAIL_OP_MODIFY 0x02 /* -m */
#define JAIL_OP_REMOVE 0x04 /* -r */
#define JAIL_OP_FORCE 0x08  /* -R: no commands, running jails only */
#define JAIL_OP_CLEAN 0x10  /* -C */

struct jail_request {
	unsigned ops; /* combined as on the command line: -rc, -cm, -mr, -cmr */
	const struct jail_source *src; /* NULL: none (jail -r without a file) */
	bool from_args;		       /* src came from jail_source_args */
	char *const *targets; /* names, jids, patterns; none: all of src */
	size_t ntargets;
	unsigned parallel; /* -p; 0 = unlimited */
	bool verbose;
	char *const
	    *environment; /* of commands; the caller's environ. NULL: empty */
	jail_event_fn *event;
	void *arg;
};

/* 0 when all went well, else -1 (every failure was told through event). */
int jail_request_run(const struct jail_request *req);

/* ---- running a command in a jail (jexec) ---- */

enum jail_user_from { JAIL_USER_NONE, JAIL_USER_HOST, JAIL_USER_JAIL };

struct jail_exec {
	int jid;
	enum jail_user_from user_from;
	const char *user; /* name or number */
	const char *dir;  /* working directory inside; NULL: "/" or home */
	bool clean;	  /* -l: environment made anew */
	char *const
	    *environment;  /* the caller's, kept without clean; NULL: empty */
	char *const *env;  /* -e name=value, added last; NULL or NULL-ended */
	char *const *argv; /* NULL or empty: the user's shell with -i */
};

/*
 * Run it, proxying a terminal where 0-2 are one, and wait.  Returns the wait
 * status as a shell has it (0-255, 128+n for a signal), or -1: not started.
 */
int jail_exec_run(const struct jail_exec *ex);

/* ---- listing ---- */

struct jail_summary {
	int jid;
	const char *name, *hostname, *path;
	const char *ip4; /* first IPv4 address, or "" */
	bool dying;
};

struct jail_list;

/* One read for all jails; flags: JAIL_DYING.  By jid, ascending. */
struct jail_list *jail_list_open(int flags);
const struct jail_summary *jail_list_next(struct jail_list *l);
void jail_list_close(struct jail_list *l);

#ifdef __cplusplus
}
#endif

#endif
