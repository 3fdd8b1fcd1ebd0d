/*
 * Shared by the files of libjail/ alone: the message buffer, what type a
 * parameter has at the API, and one jail as the reading side sees it.
 */
#ifndef LIBJAIL_LIB_INT_H
#define LIBJAIL_LIB_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "model/conf.h"
#include "registry/registry.h"

/* ---- errmsg.c ---- */

void lib_clear(void); /* jail_errmsg = "" */
/* Sets jail_errmsg and errno; returns -1. */
int lib_fail(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int lib_fail_err(const struct jerr *e);

/* ---- type.c ---- */

enum lib_struct { LIB_NONE = -1, LIB_IN_ADDR, LIB_IN6_ADDR };

struct lib_type {
	enum param_id id; /* P_COUNT: lastjid */
	bool negated;	  /* asked for as "noNAME" */
	const char *key;  /* of meta.KEY and the like, in the name */
	int ctltype;	  /* as jp_ctltype */
	size_t elemlen;	  /* as jp_elemlen */
	enum lib_struct structtype;
	unsigned flags; /* JP_* but RAWVALUE */
};

/* Any name that jail_set(2) or jail_get(2) knows; ENOENT with a message. */
int lib_type_find(const char *name, struct lib_type *t, struct jerr *e);

/* ---- value.c: one value, text and bytes ---- */

/* The bytes that jail_get(2) returns for text, appended to out: an int, an
 * unsigned long, a string with its NUL, an array of addresses. */
int lib_value_encode(const struct lib_type *t, const char *name,
    const char *text, struct strbuf *out, struct jerr *e);
/* And back: what a person reads. */
int lib_value_decode(const struct lib_type *t, const void *value, size_t len,
    struct strbuf *out);

/* ---- view.c: one jail, read ---- */

struct lib_view {
	struct reg_row row; /* name is the one below, the others NULL */
	char *name;
	struct jail_conf conf;
};

#define LIB_VIEW_INIT \
	{ \
		.name = NULL, .conf = JAIL_CONF_INIT \
	}

enum lib_key { LIB_BY_JID, LIB_BY_NAME, LIB_AFTER };

/* Finds by jid, by name, or the first visible one after jid.  flags as
 * jail_get(2).  ENOENT with jail_get(2)'s messages. */
int lib_view_find(struct lib_view *v, enum lib_key by, int jid,
    const char *name, int flags, struct jerr *e);
void lib_view_free(struct lib_view *v);

/* The bytes of one parameter, appended; nothing for a key that is missing. */
int lib_view_value(const struct lib_view *v, const struct lib_type *t,
    const char *name, struct strbuf *out, struct jerr *e);

/* May jail_get(2) with these flags see this row? */
bool lib_row_visible(const struct reg_row *row, int flags);

/* ---- find.c ---- */

/* ---- iov.c: what jail_get(2) and jail_set(2) share ---- */

struct iovec;
/* Pairs, with names that end; EINVAL. */
int lib_iov_check(
    const struct iovec *iov, unsigned niov, const char *call, struct jerr *e);
/* Copies the message to the buffer named errmsg, if there is one; sets errno;
 * returns -1. */
int lib_iov_error(struct iovec *iov, unsigned niov, const struct jerr *e);

/* flags of jail_get(2) that are not built, or unknown; with a message. */
int lib_check_get_flags(int flags, struct jerr *e);

/* The registry's directory; tests set another (NULL: the real one). */
const char *lib_dir(void);
void lib_set_dir(const char *dir);

#endif
