/*
 * jail.conf(5): lexer, grammar, includes, wildcards and variables, giving one
 * struct jail_conf for each jail.
 */
#ifndef CONF_CONF_FILE_H
#define CONF_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/conf.h"

/*
 * Where messages go, one complete line each without newline and without the
 * program's name: "FILE:LINE:COL: TOKEN: what".  is_note: only under -v.
 */
typedef void conf_message_fn(void *arg, bool is_note, const char *line);

struct conf_file; /* parsed: blocks in file order, not yet expanded */

/*
 * Parse path ("-": standard input, fd 0).  Every error is reported through msg;
 * NULL when there was any (e holds a summary of the first).  Refuses a file or
 * include that others than root may write (DESIGN 9, R19; stdin exempt), unless
 * trust_any (tests).
 */
struct conf_file *conf_file_load(const char *path, bool trust_any,
    conf_message_fn *msg, void *arg, struct jerr *e);

/*
 * One hidden jail from command-line parameters "name=value", "name+=value",
 * "name", "command=x a b" (which eats the rest).  No variables are expanded;
 * PT_COMMA rows split at commas.
 */
struct conf_file *conf_file_from_args(
    int argc, char *const *argv, struct jerr *e);

void conf_file_free(struct conf_file *f);

/* The real (non-wildcard) jails, in file order. */
size_t conf_file_count(const struct conf_file *f);
const char *conf_file_name(const struct conf_file *f,
    size_t i); /* may be "" for args without a name */

/* Index of a jail by name (or by jid= / numeric block name); -1 none. */
long conf_file_lookup(const struct conf_file *f, const char *name);

/*
 * Build jail i: wildcards before, the block, wildcards after; then expand the
 * variables.  jid > 0 gives $jailid/$jid (when the file does not define them) a
 * value; jid == 0 leaves text that needs them unexpanded and sets *needs_jid,
 * call again once it is allocated.  Mistakes of this jail ("variable \"v\" not
 * found", two blocks of one name, ...) are all reported through msg (prefix
 * "FILE:LINE:COL: ..." or, without a place, "NAME: ..."), then -1.
 */
int conf_file_jail(const struct conf_file *f, size_t i, int jid,
    bool *needs_jid, struct jail_conf *out, conf_message_fn *msg, void *arg,
    struct jerr *e);

/* "*", "foo.*", ...: does a name match a pattern (component-wise)? */
bool conf_match(const char *pattern, const char *name);

/* Puts "FILE:LINE:COL: " before a mistake that was found later, where at has a
 * file: all mistakes of a configuration look alike.  -1. */
int conf_file_place(struct jerr *e, struct conf_origin at);

#endif
