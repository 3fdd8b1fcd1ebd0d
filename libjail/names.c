/*
 * The short forms: jail_getid, jail_getname, and the varargs jail_getv and
 * jail_setv, each on top of jailparam_get and jailparam_set.
 */
#include "jail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "libjail/lib_int.h"

int
jail_getid(const char *name)
{
	struct lib_view v = LIB_VIEW_INIT;
	struct jerr e = JERR_INIT;
	uint64_t n;
	int jid, rc;

	lib_clear();
	/* The host is 0 and is in no list. */
	if (str_eq(name, "0"))
		return 0;
	rc = num_u64(name, REG_JID_MAX, &n) == 0 && n != 0 ?
	    lib_view_find(&v, LIB_BY_JID, (int)n, NULL, 0, &e) :
	    lib_view_find(&v, LIB_BY_NAME, 0, name, 0, &e);
	if (rc == -1)
		return lib_fail_err(&e);
	jid = v.row.jid;
	lib_view_free(&v);
	return jid;
}

char *
jail_getname(int jid)
{
	struct lib_view v = LIB_VIEW_INIT;
	struct jerr e = JERR_INIT;
	char *name;

	lib_clear();
	if (lib_view_find(&v, LIB_BY_JID, jid, NULL, 0, &e) == -1) {
		(void)lib_fail_err(&e);
		return NULL;
	}
	name = strdup(v.name);
	lib_view_free(&v);
	if (name == NULL)
		(void)lib_fail(errno, "strdup: %s", strerror(errno));
	return name;
}

/* name, value pairs up to a NULL name; import: give them their values. */
static int
collect(va_list ap, bool import, struct jailparam **jpp, char ***values)
{
	struct jailparam *jp = NULL;
	char **v = NULL, *name;
	unsigned n = 0;

	while ((name = va_arg(ap, char *)) != NULL) {
		char *value = va_arg(ap, char *);
		struct jailparam *more = reallocarray(jp, n + 1, sizeof(*jp));
		char **mv = reallocarray(v, n + 1, sizeof(*v));

		jp = more != NULL ? more : jp;
		v = mv != NULL ? mv : v;
		if (more == NULL || mv == NULL) {
			(void)lib_fail(errno, "malloc: %s", strerror(errno));
			goto fail;
		}
		if (jailparam_init(&jp[n], name) == -1)
			goto fail;
		v[n++] = value;
		if (import && jailparam_import(&jp[n - 1], value) == -1)
			goto fail;
	}
	*jpp = jp;
	*values = v;
	return (int)n;
fail:
	jailparam_free(jp, n);
	free(jp);
	free(v);
	return -1;
}

static void
discard(struct jailparam *jp, int n, char **values)
{
	int saved = errno;

	jailparam_free(jp, (unsigned)n);
	free(jp);
	free(values);
	errno = saved;
}

int
jail_setv(int flags, ...)
{
	struct jailparam *jp;
	char **values;
	va_list ap;
	int n, jid;

	va_start(ap, flags);
	n = collect(ap, true, &jp, &values);
	va_end(ap);
	if (n == -1)
		return -1;
	jid = jailparam_set(jp, (unsigned)n, flags);
	discard(jp, n, values);
	return jid;
}

/* The one that says which jail: its value goes in, all others come out. */
static int
find_key(const struct jailparam *jp, int n, char *const *values)
{
	int key = -1, rank = 0;

	for (int i = 0; i < n; i++) {
		const char *name = jp[i].jp_name;
		int r = str_eq(name, "lastjid") ? 3 :
		    str_eq(name, "jid") && !str_eq(values[i], "0") &&
			*values[i] != '\0' ?
						  2 :
		    str_eq(name, "name") ? 1 :
					   0;

		if (r > rank) {
			rank = r;
			key = i;
		}
	}
	return key;
}

/* The buffers have no size: they are as FreeBSD's caller has made them. */
static int
hand_out(struct jailparam *jp, int n, int key, char *const *values)
{
	for (int i = 0; i < n; i++) {
		char *text;

		if (i == key)
			continue;
		text = jailparam_export(&jp[i]);
		if (text == NULL)
			return -1;
		memcpy(values[i], text, strlen(text) + 1);
		free(text);
	}
	return 0;
}

int
jail_getv(int flags, ...)
{
	struct jailparam *jp;
	char **values;
	va_list ap;
	int n, key, jid;

	va_start(ap, flags);
	n = collect(ap, false, &jp, &values);
	va_end(ap);
	if (n == -1)
		return -1;
	key = find_key(jp, n, values);
	if (key == -1)
		jid = lib_fail(ENOENT, "no jail specified");
	else if (jailparam_import(&jp[key], values[key]) == -1)
		jid = -1;
	else
		jid = jailparam_get(jp, (unsigned)n, flags);
	if (jid != -1 && hand_out(jp, n, key, values) == -1)
		jid = -1;
	discard(jp, n, values);
	return jid;
}
