/*
 * Linux Jails: libjail, source-compatible with FreeBSD's <jail.h>.  See
 * libjail(3).  Functions return -1 (or NULL) with errno set and a message in
 * jail_errmsg, never empty.
 */
#ifndef JAIL_H
#define JAIL_H

#include <sys/types.h>
#include <sys/jail.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* jp_flags */
#define JP_RAWVALUE 0x01 /* jp_value is the caller's */
#define JP_BOOL 0x02
#define JP_NOBOOL 0x04	 /* a boolean asked for as "noNAME" */
#define JP_JAILSYS 0x08	 /* disable, new, inherit */
#define JP_KEYVALUE 0x10 /* meta, env, cgroup, and their KEYs */

#define JAIL_ERRMSGLEN 1024
extern char jail_errmsg[];

/* jp_ctltype: a type and when the parameter can be set, in the words of
 * FreeBSD's <sys/sysctl.h>, which Linux does not have. */
#ifndef CTLTYPE
#define CTLTYPE 0xf
#define CTLTYPE_INT 2
#define CTLTYPE_STRING 3
#define CTLTYPE_STRUCT 5
#define CTLTYPE_ULONG 8
#define CTLFLAG_RD 0x80000000U
#define CTLFLAG_WR 0x40000000U
#define CTLFLAG_RW (CTLFLAG_RD | CTLFLAG_WR)
#define CTLFLAG_TUN 0x00080000U
#define CTLFLAG_RDTUN (CTLFLAG_RD | CTLFLAG_TUN)
#endif

struct jailparam {
	char *jp_name;
	void *jp_value;
	size_t jp_valuelen; /* bytes in use */
	size_t jp_elemlen;  /* of one element; 0: no array */
	int jp_ctltype;	    /* CTLTYPE_x | CTLFLAG_x */
	int jp_structtype;  /* private; -1: no structure */
	unsigned jp_flags;
};

int jail_getid(const char *name);
char *jail_getname(int jid);
int jail_setv(int flags, ...);
int jail_getv(int flags, ...);
int jailparam_all(struct jailparam **jpp);
int jailparam_init(struct jailparam *jp, const char *name);
int jailparam_import(struct jailparam *jp, const char *value);
int jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen);
int jailparam_set(struct jailparam *jp, unsigned njp, int flags);
int jailparam_get(struct jailparam *jp, unsigned njp, int flags);
char *jailparam_export(struct jailparam *jp);
void jailparam_free(struct jailparam *jp, unsigned njp);

#ifdef __cplusplus
}
#endif

#endif
