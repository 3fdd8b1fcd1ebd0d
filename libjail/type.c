/*
 * What a parameter is at the API: FreeBSD tells it by sysctl (its format
 * string and access flags), here it comes from the model's table.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "jail.h"
#include "libjail/lib_int.h"

static int
access_of(const struct param_desc *d)
{
	if (d->flags & PF_RDONLY)
		return (int)CTLFLAG_RD;
	return (int)(d->flags & PF_CREATE ? CTLFLAG_RDTUN : CTLFLAG_RW);
}

static void
describe(struct lib_type *t)
{
	const struct param_desc *d = &param_table[t->id];

	t->structtype = LIB_NONE;
	switch (d->type) {
	case PT_BOOL:
		t->ctltype = CTLTYPE_INT;
		t->flags = t->negated ? JP_NOBOOL : JP_BOOL;
		break;
	case PT_INT:
		t->ctltype = d->max > INT32_MAX ? CTLTYPE_ULONG : CTLTYPE_INT;
		break;
	case PT_JAILSYS:
		t->ctltype = CTLTYPE_INT;
		t->flags = JP_JAILSYS;
		break;
	case PT_KEYVALUE:
		t->ctltype = CTLTYPE_STRING;
		t->flags = JP_KEYVALUE;
		break;
	case PT_STR:
	case PT_LIST:
	case PT_COMMA:
		t->ctltype = CTLTYPE_STRING;
		break;
	}
	if (t->id == P_IP4_ADDR || t->id == P_IP6_ADDR) {
		t->ctltype = CTLTYPE_STRUCT;
		t->structtype = t->id == P_IP4_ADDR ? LIB_IN_ADDR :
						      LIB_IN6_ADDR;
		t->elemlen = t->id == P_IP4_ADDR ? sizeof(struct in_addr) :
						   sizeof(struct in6_addr);
	}
	t->ctltype |= access_of(d);
}

int
lib_type_find(const char *name, struct lib_type *t, struct jerr *e)
{
	const char *near;

	*t = (struct lib_type) { .id = P_COUNT, .structtype = LIB_NONE };
	if (str_eq(name, "lastjid")) {
		t->ctltype = CTLTYPE_INT | (int)CTLFLAG_WR;
		return 0;
	}
	t->id = param_find(name, &t->negated, &t->key);
	/* jail(8)'s own parameters are unknown here, as to the kernel. */
	if (t->id == P_COUNT || !(param_table[t->id].flags & PF_KERNEL)) {
		near = t->id == P_COUNT ? param_nearest(name) : NULL;
		if (near != NULL)
			return jerr_set(e, ENOENT,
			    "unknown parameter: %s (did you mean %s?)", name,
			    near);
		return jerr_set(e, ENOENT, "unknown parameter: %s", name);
	}
	if (t->key != NULL && *t->key == '\0')
		return jerr_set(e, EINVAL, "%s: empty key", name);
	describe(t);
	return 0;
}
