/*
 * devfs rulesets: the built-in five and /etc/devfs.rules (devfs.rules(5)),
 * from text to "is this node shown, and with which mode".
 *
 * A jail is shown nodes of a table alone (devfs_nodes in the .c): a rule can
 * never bring in a disk, memory or a kernel log; that it tried is reported.
 */
#ifndef MODEL_DEVFS_RULES_H
#define MODEL_DEVFS_RULES_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct devfs_rules; /* all rulesets, built-in ones included */

/* The built-in rulesets; NULL with errno. */
struct devfs_rules *devfs_rules_new(void);
void devfs_rules_free(struct devfs_rules *r);

/*
 * Adds a file's text; a ruleset of a number that is there already replaces it.
 * A line that does not parse spoils its ruleset only: devfs_rules_apply says
 * so when that one is asked for ("FILE:LINE: ...").  Returns -1 for what
 * belongs to no ruleset.
 */
int devfs_rules_parse(
    struct devfs_rules *r, const char *file, const char *text, struct jerr *e);

enum devfs_id {
	DEV_NULL,
	DEV_ZERO,
	DEV_FULL,
	DEV_RANDOM,
	DEV_URANDOM,
	DEV_TTY,
	DEV_PTMX,
	DEV_PTS,
	DEV_FD,
	DEV_STDIN,
	DEV_STDOUT,
	DEV_STDERR,
	DEV_COUNT
};

/* What a node is; [DEV_x], in this order. */
struct devfs_known {
	const char *name;
	unsigned major, minor; /* 0, 0: not a device node */
	mode_t mode;
	const char *link; /* a symbolic link to this */
};
extern const struct devfs_known devfs_nodes[DEV_COUNT];

struct devfs_state {
	bool shown;
	bool changed; /* mode, user or group came from a rule */
	mode_t mode;
	uid_t uid; /* as the jail counts */
	gid_t gid;
};

/*
 * Ruleset number applied to every node.  -1: no such ruleset ("no such ruleset
 * in FILE"), one that did not parse, or includes that never end.  notes gets a
 * line for each rule that asks for what a jail may not have.
 */
int devfs_rules_apply(const struct devfs_rules *r, int number, const char *file,
    struct devfs_state out[DEV_COUNT], struct strv *notes, struct jerr *e);

#endif
