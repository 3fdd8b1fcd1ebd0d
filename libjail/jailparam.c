/*
 * struct jailparam: made from a name, given a value, shown as text.  The
 * fields are FreeBSD's and programs use them directly.  jailparam_get and
 * jailparam_set are in get.c and set.c.
 */
#include "jail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libjail/lib_int.h"

int
jailparam_init(struct jailparam *jp, const char *name)
{
	struct jerr e = JERR_INIT;
	struct lib_type t;

	lib_clear();
	memset(jp, 0, sizeof(*jp));
	jp->jp_structtype = LIB_NONE;
	if (lib_type_find(name, &t, &e) == -1)
		return lib_fail_err(&e);
	jp->jp_name = strdup(name);
	if (jp->jp_name == NULL)
		return lib_fail(errno, "malloc: %s", strerror(errno));
	jp->jp_ctltype = t.ctltype;
	jp->jp_elemlen = t.elemlen;
	jp->jp_structtype = t.structtype;
	jp->jp_flags = t.flags;
	return 0;
}

void
jailparam_free(struct jailparam *jp, unsigned njp)
{
	for (unsigned i = 0; i < njp; i++) {
		free(jp[i].jp_name);
		if (!(jp[i].jp_flags & JP_RAWVALUE))
			free(jp[i].jp_value);
		jp[i].jp_name = NULL;
		jp[i].jp_value = NULL;
	}
}

/* All that can be asked for by name: the kernel's, but cgroup, of which only
 * parts can be set (cgroup.memory.max); it reads as "FILE=VALUE" lines. */
int
jailparam_all(struct jailparam **jpp)
{
	struct jailparam *jp = calloc(P_COUNT, sizeof(*jp));
	unsigned n = 0;

	lib_clear();
	if (jp == NULL)
		return lib_fail(errno, "malloc: %s", strerror(errno));
	for (unsigned i = 0; i < P_COUNT; i++) {
		if (i == P_CGROUP || !(param_table[i].flags & PF_KERNEL))
			continue;
		if (jailparam_init(&jp[n], param_table[i].name) == -1) {
			jailparam_free(jp, n);
			free(jp);
			return -1;
		}
		n++;
	}
	*jpp = jp;
	return (int)n;
}

static void
clear_value(struct jailparam *jp)
{
	if (!(jp->jp_flags & JP_RAWVALUE))
		free(jp->jp_value);
	jp->jp_flags &= ~(unsigned)JP_RAWVALUE;
	jp->jp_value = NULL;
	jp->jp_valuelen = 0;
}

int
jailparam_import(struct jailparam *jp, const char *value)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	struct jerr e = JERR_INIT;
	struct lib_type t;

	lib_clear();
	if (value == NULL)
		return 0;
	if (lib_type_find(jp->jp_name, &t, &e) == -1 ||
	    lib_value_encode(&t, jp->jp_name, value, &b, &e) == -1)
		return lib_fail_err(&e);
	/* An empty list is a value, too, and no NULL. */
	if (b.s == NULL && strbuf_puts(&b, "") == -1)
		return lib_fail(errno, "malloc: %s", strerror(errno));
	clear_value(jp);
	jp->jp_valuelen = b.len;
	jp->jp_value = take_ptr(b.s);
	return 0;
}

int
jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen)
{
	lib_clear();
	clear_value(jp);
	jp->jp_value = value;
	jp->jp_valuelen = valuelen;
	jp->jp_flags |= JP_RAWVALUE;
	return 0;
}

char *
jailparam_export(struct jailparam *jp)
{
	struct strbuf b = STRBUF_INIT;
	struct jerr e = JERR_INIT;
	struct lib_type t;

	lib_clear();
	if (jp->jp_value == NULL) {
		(void)lib_fail(
		    EINVAL, "parameter %s was not imported", jp->jp_name);
		return NULL;
	}
	if (lib_type_find(jp->jp_name, &t, &e) == -1) {
		(void)lib_fail_err(&e);
		return NULL;
	}
	if (strbuf_puts(&b, "") == -1 ||
	    (jp->jp_valuelen > 0 &&
		lib_value_decode(&t, jp->jp_value, jp->jp_valuelen, &b) ==
		    -1)) {
		(void)lib_fail(errno, "%s: %s", jp->jp_name, strerror(errno));
		strbuf_free(&b);
		return NULL;
	}
	return b.s;
}
