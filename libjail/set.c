/*
 * jail_set(2), jail_remove(2) and jailparam_set(3): the caller's parameters
 * become a struct jail_conf, and life/ does the rest.  jail(8)'s own
 * parameters (exec.*, depend, ...) are unknown here, as to FreeBSD's kernel.
 */
#include "jail.h"

#include <sys/uio.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libjail/lib_int.h"
#include "life/life.h"

#define OPS (JAIL_CREATE | JAIL_UPDATE)

static int
check_set_flags(int flags, struct jerr *e)
{
	if (flags & ~JAIL_SET_MASK)
		return jerr_set(e, EINVAL, "jail_set: unknown flags");
	if ((flags & OPS) == 0)
		return jerr_set(
		    e, EINVAL, "no valid operation (create or update)");
	if (flags &
	    (JAIL_USE_DESC | JAIL_AT_DESC | JAIL_GET_DESC | JAIL_OWN_DESC))
		return jerr_set(
		    e, ENOTSUP, "jail descriptors: not available yet");
	if (flags & JAIL_ATTACH)
		return jerr_set(e, ENOTSUP, "JAIL_ATTACH: not available yet");
	return 0;
}

/* text: the elements of a list, sep between them; else one value. */
static int
give(struct jail_conf *c, const struct lib_type *t, const char *name,
    char *text, struct jerr *e)
{
	enum param_type type = param_table[t->id].type;
	const char *sep = t->structtype == LIB_NONE ? "\n" : ",";
	auto_strv struct strv v = STRV_INIT;
	char *save = NULL;

	if (type != PT_LIST && type != PT_COMMA)
		return conf_set1(c, name, text, e);
	for (char *p = strtok_r(text, sep, &save); p != NULL;
	     p = strtok_r(NULL, sep, &save))
		if (strv_add(&v, p) == -1)
			return jerr_sys(e, "libjail");
	return conf_set(
	    c, name, v.v, v.n, false, (struct conf_origin) { 0 }, e);
}

/* Sizes are the caller's word: they are checked before a byte is read. */
static bool
size_fits(const struct lib_type *t, const struct iovec *iov)
{
	switch (t->ctltype & CTLTYPE) {
	case CTLTYPE_INT:
		return iov->iov_len == sizeof(int);
	case CTLTYPE_ULONG:
		return iov->iov_len == sizeof(unsigned long);
	case CTLTYPE_STRUCT:
		return iov->iov_len % t->elemlen == 0;
	default:
		return memchr(iov->iov_base, '\0', iov->iov_len) != NULL;
	}
}

static int
set_iov(struct jail_conf *c, const char *name, const struct iovec *iov,
    struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct lib_type t;

	if (lib_type_find(name, &t, e) == -1) {
		e->code = EINVAL;
		return -1;
	}
	/* Of cgroup only the parts can be set. */
	if (t.id == P_COUNT || (t.id == P_CGROUP && t.key == NULL))
		return jerr_set(e, EINVAL, "unknown parameter: %s", name);
	/* Booleans are all name; meta.KEY without value deletes the key. */
	if ((t.flags & (JP_BOOL | JP_NOBOOL)) ||
	    (t.key != NULL && iov->iov_len == 0))
		return conf_set1(c, name, NULL, e);
	if ((iov->iov_base == NULL && iov->iov_len > 0) ||
	    (iov->iov_base == NULL && t.structtype == LIB_NONE) ||
	    !size_fits(&t, iov))
		return jerr_set(e, EINVAL, "%s: %s", name, strerror(EINVAL));
	if (strbuf_puts(&text, "") == -1)
		return jerr_sys(e, "libjail");
	/* A string's newlines are the elements' ends: not through decode. */
	if (((t.ctltype & CTLTYPE) == CTLTYPE_STRING ?
		    strbuf_puts(&text, iov->iov_base) :
		    lib_value_decode(&t, iov->iov_base, iov->iov_len, &text)) ==
	    -1)
		return jerr_sys(e, "libjail");
	return give(c, &t, name, text.s, e);
}

static int
set_all(struct iovec *iov, unsigned niov, int flags, struct jerr *e)
{
	struct jail_conf c = JAIL_CONF_INIT;
	int rc = 0;

	if (lib_iov_check(iov, niov, "jail_set", e) == -1 ||
	    check_set_flags(flags, e) == -1)
		return -1;
	for (unsigned i = 0; i < niov && rc == 0; i += 2)
		if (!str_eq(iov[i].iov_base, "errmsg"))
			rc = set_iov(&c, iov[i].iov_base, &iov[i + 1], e);
	if (rc == 0)
		rc = life_set(&c, flags & OPS, e);
	conf_free(&c);
	return rc;
}

int
jail_set(struct iovec *iov, unsigned int niov, int flags)
{
	struct jerr e = JERR_INIT;
	int rc = set_all(iov, niov, flags, &e);

	return rc != -1 ? rc : lib_iov_error(iov, niov, &e);
}

int
jail_remove(int jid)
{
	struct jerr e = JERR_INIT;

	lib_clear();
	return life_remove(jid, &e) == 0 ? 0 : lib_fail_err(&e);
}

/* ---- jailparam_set ---- */

/* "persist" or "nopersist", as the value wants it; malloc'd. */
static char *
bool_name(const struct jailparam *jp)
{
	const char *dot = strrchr(jp->jp_name, '.');
	const char *last = dot != NULL ? dot + 1 : jp->jp_name;
	int head = (int)(last - jp->jp_name), on = 1;
	char *name = NULL;

	if (jp->jp_value != NULL && jp->jp_valuelen == sizeof(on))
		memcpy(&on, jp->jp_value, sizeof(on));
	if (on)
		return strdup(jp->jp_name);
	if (asprintf(&name, "%.*s%s%s", head, jp->jp_name,
		jp->jp_flags & JP_NOBOOL ? "" : "no",
		jp->jp_flags & JP_NOBOOL ? last + 2 : last) == -1)
		return NULL;
	return name;
}

static void
fill_value(const struct jailparam *jp, struct iovec *iov)
{
	static int zero, fresh = JAIL_SYS_NEW;
	static unsigned long zero_long;
	static char empty[1];

	*iov = (struct iovec) { jp->jp_value, jp->jp_valuelen };
	if (jp->jp_value != NULL)
		return;
	switch (jp->jp_ctltype & CTLTYPE) {
	case CTLTYPE_INT:
		*iov = jp->jp_flags & JP_JAILSYS ?
		    (struct iovec) { &fresh, sizeof(fresh) } :
		    (struct iovec) { &zero, sizeof(zero) };
		break;
	case CTLTYPE_ULONG:
		*iov = (struct iovec) { &zero_long, sizeof(zero_long) };
		break;
	case CTLTYPE_STRING:
		/* meta.KEY alone deletes the key. */
		if (!(jp->jp_flags & JP_KEYVALUE))
			*iov = (struct iovec) { empty, sizeof(empty) };
		break;
	default:
		break;
	}
}

static int
set_params(const struct jailparam *jp, unsigned njp, struct iovec *iov,
    char **names, int flags)
{
	char message[JAIL_ERRMSGLEN] = "", errmsg[] = "errmsg";
	unsigned n = 2 * njp;
	int jid;

	for (unsigned i = 0; i < njp; i++) {
		bool flag = jp[i].jp_flags & (JP_BOOL | JP_NOBOOL);

		names[i] = flag ? bool_name(&jp[i]) : strdup(jp[i].jp_name);
		if (names[i] == NULL)
			return lib_fail(errno, "malloc: %s", strerror(errno));
		iov[2 * (size_t)i] = (struct iovec) { names[i],
			strlen(names[i]) + 1 };
		if (flag)
			iov[2 * (size_t)i + 1] = (struct iovec) { NULL, 0 };
		else
			fill_value(&jp[i], &iov[2 * (size_t)i + 1]);
	}
	iov[n] = (struct iovec) { errmsg, sizeof(errmsg) };
	iov[n + 1] = (struct iovec) { message, sizeof(message) };
	jid = jail_set(iov, n + 2, flags);
	if (jid == -1)
		return message[0] != '\0' ?
		    lib_fail(errno, "%s", message) :
		    lib_fail(errno, "jail_set: %s", strerror(errno));
	return jid;
}

int
jailparam_set(struct jailparam *jp, unsigned njp, int flags)
{
	struct iovec *iov = calloc(2 * (size_t)njp + 2, sizeof(*iov));
	char **names = calloc((size_t)njp + 1, sizeof(*names));
	int jid, saved;

	lib_clear();
	if (iov == NULL || names == NULL)
		jid = lib_fail(errno, "malloc: %s", strerror(errno));
	else
		jid = set_params(jp, njp, iov, names, flags);
	saved = errno;
	for (unsigned i = 0; names != NULL && i < njp; i++)
		free(names[i]);
	free(names);
	free(iov);
	errno = saved;
	return jid;
}
