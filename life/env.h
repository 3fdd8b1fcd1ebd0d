/*
 * Environments as vectors of "name=value", and exec with a search along the
 * PATH in such a vector (libc's execvpe would search the caller's).
 */
#ifndef LIFE_ENV_H
#define LIFE_ENV_H

#include <stdbool.h>

#include "base/str.h"

/* Copy from (NULL: nothing) into env; drop_ld leaves LD_* out. */
int env_keep(char *const *from, bool drop_ld, struct strv *env);

/* Replace or add; -1 ENOMEM. */
int env_set(struct strv *env, const char *name, const char *value);
int env_setf(struct strv *env, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const char *env_get(char *const *env, const char *name); /* or NULL */

/* execve, along env's PATH when argv[0] has no slash.  Returns on failure with
 * errno. */
void env_exec(char *const *argv, char *const *env);

#endif
