/*
 * jail_get(2) and jailparam_get(3): one jail's parameters out of the registry.
 * Nothing is asked of the jail itself, and nothing is changed.
 */
#include "jail.h"

#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libjail/lib_int.h"

#define DESC_FLAGS \
	(JAIL_USE_DESC | JAIL_AT_DESC | JAIL_GET_DESC | JAIL_OWN_DESC)

int
lib_check_get_flags(int flags, struct jerr *e)
{
	if (flags & ~JAIL_GET_MASK)
		return jerr_set(e, EINVAL, "jail_get: unknown flags");
	if (flags & DESC_FLAGS)
		return jerr_set(
		    e, ENOTSUP, "jail descriptors: not available yet");
	return 0;
}

/* Which jail is meant: lastjid before a jid that is not 0 before a name. */
struct key {
	const int *lastjid, *jid;
	const char *name;
};

static void
key_int(const int **to, const void *value, size_t len)
{
	if (value != NULL && len == sizeof(int))
		*to = value;
}

static void
key_add(struct key *k, const char *name, const void *value, size_t len)
{
	if (str_eq(name, "lastjid"))
		key_int(&k->lastjid, value, len);
	else if (str_eq(name, "jid"))
		key_int(&k->jid, value, len);
	else if (str_eq(name, "name") && value != NULL && len > 0 &&
	    memchr(value, '\0', len) != NULL)
		k->name = value;
}

static int
find_by_key(const struct key *k, int flags, struct lib_view *v, struct jerr *e)
{
	if (lib_check_get_flags(flags, e) == -1)
		return -1;
	if (k->lastjid != NULL)
		return *k->lastjid < 0 ?
		    jerr_set(e, EINVAL, "negative jid") :
		    lib_view_find(v, LIB_AFTER, *k->lastjid, NULL, flags, e);
	if (k->jid != NULL && *k->jid != 0)
		return *k->jid < 0 ?
		    jerr_set(e, EINVAL, "negative jid") :
		    lib_view_find(v, LIB_BY_JID, *k->jid, NULL, flags, e);
	if (k->name != NULL)
		return lib_view_find(v, LIB_BY_NAME, 0, k->name, flags, e);
	return jerr_set(e, ENOENT, "no jail specified");
}

/* ---- jailparam_get ---- */

/* The caller's own buffer is filled, ours is made anew. */
static int
put_param(struct jailparam *jp, struct strbuf *b, struct jerr *e)
{
	if (jp->jp_flags & JP_RAWVALUE) {
		if (b->len > jp->jp_valuelen)
			return jerr_set(e, EINVAL, "%s: the value is too long",
			    jp->jp_name);
		if (b->len > 0)
			memcpy(jp->jp_value, b->s, b->len);
		jp->jp_valuelen = b->len;
		return 0;
	}
	if (b->s == NULL && strbuf_puts(b, "") == -1)
		return jerr_sys(e, "libjail");
	free(jp->jp_value);
	jp->jp_valuelen = b->len;
	jp->jp_value = take_ptr(b->s);
	return 0;
}

static int
get_param(const struct lib_view *v, struct jailparam *jp, struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	struct lib_type t;

	if (lib_type_find(jp->jp_name, &t, e) == -1 ||
	    lib_view_value(v, &t, jp->jp_name, &b, e) == -1)
		return -1;
	return put_param(jp, &b, e);
}

int
jailparam_get(struct jailparam *jp, unsigned njp, int flags)
{
	struct lib_view v = LIB_VIEW_INIT;
	struct jerr e = JERR_INIT;
	struct key k = { 0 };
	int jid, rc = 0;

	lib_clear();
	for (unsigned i = 0; i < njp; i++)
		key_add(&k, jp[i].jp_name, jp[i].jp_value, jp[i].jp_valuelen);
	if (find_by_key(&k, flags, &v, &e) == -1)
		return lib_fail_err(&e);
	for (unsigned i = 0; i < njp && rc == 0; i++)
		if (!str_eq(jp[i].jp_name, "lastjid"))
			rc = get_param(&v, &jp[i], &e);
	jid = v.row.jid;
	lib_view_free(&v);
	return rc == -1 ? lib_fail_err(&e) : jid;
}

/* ---- jail_get ---- */

/* A NULL base asks for the length. */
static int
put_iov(
    struct iovec *iov, const char *name, const struct strbuf *b, struct jerr *e)
{
	if (iov->iov_base != NULL) {
		if (b->len > iov->iov_len)
			return jerr_set(
			    e, EINVAL, "%s: the value is too long", name);
		if (b->len > 0)
			memcpy(iov->iov_base, b->s, b->len);
	}
	iov->iov_len = b->len;
	return 0;
}

static int
get_iov(const struct lib_view *v, const char *name, struct iovec *iov,
    struct jerr *e)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	struct lib_type t;

	if (str_eq(name, "lastjid") || str_eq(name, "errmsg"))
		return 0;
	if (lib_type_find(name, &t, e) == -1) {
		e->code = EINVAL;
		return -1;
	}
	/* A jid of 0 is no key and is filled in. */
	if (lib_view_value(v, &t, name, &b, e) == -1)
		return -1;
	return put_iov(iov, name, &b, e);
}

static int
get_all(struct iovec *iov, unsigned niov, int flags, struct jerr *e)
{
	struct lib_view v = LIB_VIEW_INIT;
	struct key k = { 0 };
	int jid, rc = 0;

	if (lib_iov_check(iov, niov, "jail_get", e) == -1)
		return -1;
	for (unsigned i = 0; i < niov; i += 2)
		key_add(&k, iov[i].iov_base, iov[i + 1].iov_base,
		    iov[i + 1].iov_len);
	if (find_by_key(&k, flags, &v, e) == -1)
		return -1;
	for (unsigned i = 0; i < niov && rc == 0; i += 2)
		rc = get_iov(&v, iov[i].iov_base, &iov[i + 1], e);
	jid = v.row.jid;
	lib_view_free(&v);
	return rc == -1 ? -1 : jid;
}

int
jail_get(struct iovec *iov, unsigned int niov, int flags)
{
	struct jerr e = JERR_INIT;
	int rc = get_all(iov, niov, flags, &e);

	return rc != -1 ? rc : lib_iov_error(iov, niov, &e);
}
