/*
 * struct jail_conf: one jail's parameters, typed, each with "given or not" and
 * where it came from.  Made from jail.conf, argv, jail_set(2) or a registry
 * text; read by policy/ and life/.
 */
#ifndef MODEL_CONF_H
#define MODEL_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "model/param.h"

struct conf_origin {
	const char *file;   /* NULL: the command line or an API call; not owned,
				 * lives as long as the loaded configuration */
	unsigned line, col; /* from 1 */
};

struct conf_value {
	bool set;  /* given; else the table's default holds */
	bool more; /* a list, and "+=" on a command line: jail -m adds these
		    * to what the jail has, where "=" replaces it */
	struct conf_origin at;
	int64_t num;	  /* PT_BOOL 0/1, PT_INT, PT_JAILSYS */
	struct strv strs; /* PT_STR, PT_KEYVALUE: 0 or 1; PT_LIST: any */
};

/* meta.k, env.k, cgroup.FILE: names that the table cannot hold one by one. */
struct conf_keyed {
	enum param_id id; /* P_META, P_ENV or P_CGROUP */
	char *key;
	char *value; /* NULL: valueless (meta.k alone deletes it) */
	struct conf_origin at;
};

struct jail_conf {
	struct conf_value val[P_COUNT];
	struct conf_keyed *keyed; /* in the order given */
	size_t nkeyed;
};

#define JAIL_CONF_INIT \
	{ \
		.keyed = NULL, .nkeyed = 0 \
	}

void conf_free(struct jail_conf *c); /* contents, and back to INIT */
int conf_copy(struct jail_conf *to,
    const struct jail_conf *from); /* to: INIT; -1 ENOMEM */

/*
 * Give one parameter by name.  values == NULL or nvalues == 0: valueless (a
 * boolean becomes true, a list empty).  append: "+=".  Checks name, type and
 * range; the message is "PARAM: what" ("unknown parameter: x", with the nearest
 * known name appended; "x: unknown boolean value \"y\""; ...), code EINVAL, or
 * ENOENT for an unknown name.
 */
int conf_set(struct jail_conf *c, const char *name, char *const *values,
    size_t nvalues, bool append, struct conf_origin at, struct jerr *e);
int conf_set1(struct jail_conf *c, const char *name, const char *value,
    struct jerr *e); /* one value or NULL, no origin */

/* Reading, with the default where it was not given. */
bool conf_bool(const struct jail_conf *c, enum param_id id);
int64_t conf_int(
    const struct jail_conf *c, enum param_id id); /* also jailsys */
const char *conf_str(const struct jail_conf *c,
    enum param_id id); /* NULL: unset and no default */
const struct strv *conf_list(const struct jail_conf *c, enum param_id id);
static inline bool
conf_isset(const struct jail_conf *c, enum param_id id)
{
	return c->val[id].set;
}

/*
 * Refuse what is known but not built yet and was set away from its default:
 * "PARAM: not available yet: LATER" (the row's text).  Also the cross checks of
 * the model: ip4=disable with ip6=inherit, host.hostname over 64 bytes, ...
 * One call, the first mistake found.
 */
int conf_check(const struct jail_conf *c, struct jerr *e);
/* Its two halves, for jail -m: what a change may not say by itself, and what
 * the parameters together may not (addresses, rdr, nat, binat). */
int conf_check_given(const struct jail_conf *c, struct jerr *e);
int conf_check_whole(const struct jail_conf *c, struct jerr *e);

/* Where the parameter was given that a message of these begins with; file NULL:
 * in no file. */
struct conf_origin conf_blame(const struct jail_conf *c, const struct jerr *e);

/*
 * The value as jls prints it (no quoting; "true"/"false" for booleans; lists
 * comma-separated; "" when empty), appended to out.  -1 ENOMEM.
 */
int conf_export(
    const struct jail_conf *c, enum param_id id, struct strbuf *out);

/*
 * Registry text: "name=value\n" a line for every given PF_KERNEL parameter and
 * keyed entry (a list is several lines of that name), control characters and
 * backslash as \ooo.  The first line is "params FORMAT".  conf_load accepts
 * every FORMAT ever released and ignores nothing: an unknown line is an error.
 */
#define CONF_FORMAT 1
int conf_save(const struct jail_conf *c, struct strbuf *out);
int conf_load(struct jail_conf *c, const char *text, struct jerr *e);

/* Apply meta=/meta.k= entries in order to the stored text (FreeBSD's rules,
 * reference 1.2): *text is malloc'd and replaced.  EFBIG over 4096. */
int conf_apply_keyvalue(const struct jail_conf *changes, enum param_id id,
    char **text, struct jerr *e);

#endif
