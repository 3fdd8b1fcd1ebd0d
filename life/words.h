/*
 * A configuration as the words that jail -e, -J and -v show.
 */
#ifndef LIFE_WORDS_H
#define LIFE_WORDS_H

#include "base/str.h"
#include "model/conf.h"

/*
 * Appends one word for every parameter that was given, jid and name first:
 * "persist", "allow.nomount", "path=/x", "exec.start=\"a b\",\"c d\"".  -1
 * ENOMEM.
 */
int words_from_conf(const struct jail_conf *c, struct strv *out);

#endif
