/*
 * What the programs share: their name, their messages, their descriptors.
 */
#ifndef CLI_MSG_H
#define CLI_MSG_H

#include <stdbool.h>

/*
 * First thing in main: remembers the name, opens what of 0-2 is closed (else
 * the next file opened would be "standard error"), ignores SIGPIPE: a reader
 * that goes away must not end us half way through a jail.
 */
void cli_init(const char *prog);
const char *cli_prog(void);

/* "prog: text" on standard error: one line, one write, control characters
 * escaped (jail names and paths are not ours). */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "text\n" as it is, one write; failure is not reported. */
void cli_put(int fd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* False, with one clear line, when not root. */
bool cli_need_root(void);

/* The libjail message of the last failure: "prog: jail_errmsg". */
void cli_warn_lib(void);

/* exec of NAME beside this very program; returns on failure, with a message. */
void cli_exec_sibling(const char *name, char *const *argv);

#endif
