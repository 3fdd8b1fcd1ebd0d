/*
 * Between the parser and the application of devfs rules; nobody else's.
 */
#ifndef MODEL_DEVFS_RULES_INT_H
#define MODEL_DEVFS_RULES_INT_H

#include "model/devfs_rules.h"

enum devfs_act {
	ACT_HIDE = 1,
	ACT_UNHIDE = 2,
	ACT_MODE = 4,
	ACT_USER = 8,
	ACT_GROUP = 16,
};

enum devfs_type { DEVT_ANY, DEVT_DISK, DEVT_MEM, DEVT_TAPE, DEVT_TTY };

struct devfs_rule {
	int number;	  /* order within its set */
	const char *file; /* where it stands; the ruleset's copy */
	unsigned line;
	char *path; /* glob; NULL: every node */
	enum devfs_type type;
	unsigned acts; /* enum devfs_act */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	char *include; /* name or number */
};

struct devfs_ruleset {
	int number;
	char *name;  /* NULL: by number alone */
	char *error; /* a line that did not parse */
	char *file;
	struct devfs_rule *rules; /* sorted by number, then order */
	size_t n, cap;
};

struct devfs_rules {
	struct devfs_ruleset *sets;
	size_t n, cap;
};

const struct devfs_ruleset *devfs_rules_find(
    const struct devfs_rules *r, int number);

#endif
