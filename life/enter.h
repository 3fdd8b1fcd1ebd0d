/*
 * Entering a jail: the one code path for exec.start, exec.stop, command and
 * jexec, in the order of recipe 3.  Same policy for all of them.
 */
#ifndef LIFE_ENTER_H
#define LIFE_ENTER_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "jail_linux.h"
#include "linux/tty.h"
#include "model/conf.h"
#include "policy/confine.h"

struct enter_jail {
	int pidfd;     /* of pid 1 */
	int cg_j;      /* O_PATH of its cgroup leaf j */
	uint32_t base; /* first host id, for a pty made outside */
	const struct confine *cf;
	const char *osrelease; /* UNAME_r, or NULL */
};

struct enter_cmd {
	char *const *argv; /* NULL or empty: the user's shell, "-i" */
	enum jail_user_from from;
	const char *user;
	const char *dir; /* NULL: "/", or the home of a named user when clean */
	bool clean;	 /* exec.clean, jexec -l */
	char *const *environment;   /* the caller's */
	char *const *extra;	    /* added last, or NULL */
	int fd[3];		    /* to be 0-2; -1: the host's /dev/null */
	const struct tty_want *tty; /* NULL: none */
	sigset_t mask;		    /* for the command */
	int sigfd;		    /* a signal on it before the exec: kill */
	int timeout_ms;		    /* for the exec to come; -1: any time */
};

/* What the message of a failed exec begins with, as jexec says it. */
#define ENTER_EXEC "execvp: "

struct enter_child {
	pid_t pid;
	int pidfd;
	int errfd;  /* what kept it from exec, see enter_error */
	int master; /* of the pty, or -1 */
	int sig;    /* failed since this one came on sigfd, else 0 */
};

#define ENTER_CHILD_INIT \
	{ \
		.pidfd = -1, .errfd = -1, .master = -1 \
	}

/*
 * The child has passed its exec, or told errfd why it did not (with a terminal
 * -1 is returned then: raw mode must not hide it).  The jail's root can stop it
 * before: a signal on sigfd and the end of timeout_ms kill it; e says
 * "interrupted by signal N" (EINTR), "timed out" (ETIMEDOUT).  Refuses
 * directories and namespaces among the descriptors (R6, R8).
 */
int enter_start(const struct enter_jail *j, const struct enter_cmd *c,
    struct enter_child *out, struct jerr *e);

/* After it ended: did it fail before its exec?  -1 and e, or 0. */
int enter_error(struct enter_child *ch, struct jerr *e);

void enter_child_close(struct enter_child *ch);

#endif
