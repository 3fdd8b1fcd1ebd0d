/*
 * Who enters a jail, and with which environment.  Names are looked up either
 * on the host (host's NSS, before anything of the jail is touched) or in the
 * jail's own files, by a bounded reader that never asks NSS.  A name of digits
 * is a number, always, and so never the name of somebody else.
 */
#ifndef LIFE_USER_H
#define LIFE_USER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

#define USER_MAXGROUPS 65536

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary, ascending, without gid; owned */
	size_t ngroups;
	char *name, *home, *shell; /* never NULL after success; owned */
};

#define USER_INIT \
	{ \
		.groups = NULL, .ngroups = 0 \
	}

void user_free(struct user *u);

#define auto_user __attribute__((cleanup(user_free)))

/*
 * "x: no such user" (ENOENT).  A number without an entry is a user of that
 * uid and gid, home "/", shell /bin/sh.  Loads NSS modules: with host
 * credentials outside of the jail only.
 */
int user_from_host(const char *name, struct user *out, struct jerr *e);

/*
 * The same from etc/passwd and etc/group below rootfd (O_PATH of the jail's
 * root as seen by the caller: the entering child, or /proc/PID/root).  Files
 * are regular, read whole up to a limit, links are not followed for the last
 * name and lead nowhere outside for the others.  A missing passwd knows
 * numbers only, and "root".
 */
int user_from_jail(
    int rootfd, const char *name, struct user *out, struct jerr *e);

/*
 * The jail's root, without groups: home and shell as its passwd names them.
 * Whatever is wrong with that file (none, no such line, a FIFO), it is root
 * with /root and /bin/sh: an administrator gets in to mend it.
 */
int user_root_of_jail(int rootfd, struct user *out, struct jerr *e);

/* PATH for this uid from the jail's /etc/login.defs, else the built-in one
 * (DESIGN 9).  malloc'd; NULL only without memory. */
char *user_login_path(int rootfd, uid_t uid);

/* Is a TERM good enough to be carried over: [A-Za-z0-9._+-]{1,63}. */
bool user_term_ok(const char *term);

/*
 * exec.clean and jexec -l: PATH, USER, HOME, SHELL, and TERM when term (may be
 * NULL) is good, appended to out as "NAME=value".
 */
int user_clean_env(int rootfd, const struct user *u, const char *term,
    struct strv *out, struct jerr *e);

#endif
