/*
 * What a jail's parameters may not say together, and what is known but not
 * built yet.  Pure: a parameter set in, the first mistake out.
 *
 * Never lets a parameter pass whose effect is missing: an administrator who
 * asks for something gets it or is told.
 */
#include "model/conf.h"

#include <errno.h>
#include <string.h>

static bool
at_default(const struct jail_conf *c, enum param_id id)
{
	static const struct jail_conf none = JAIL_CONF_INIT;
	const char *is, *dflt = param_table[id].dflt;

	if (!c->val[id].set)
		return true;
	switch (param_table[id].type) {
	case PT_BOOL:
	case PT_JAILSYS:
		return c->val[id].num == conf_int(&none, id);
	case PT_INT:
		return dflt != NULL && c->val[id].num == conf_int(&none, id);
	case PT_STR:
	case PT_KEYVALUE:
		is = conf_str(c, id);
		return is == NULL || strcmp(is, dflt != NULL ? dflt : "") == 0;
	case PT_LIST:
	case PT_COMMA:
		/* nat="" clears the list, as jls -s shows it. */
		return c->val[id].strs.n == 0 ||
		    (c->val[id].strs.n == 1 && c->val[id].strs.v[0][0] == '\0');
	}
	return false;
}

static int
later(const char *name, const char *what, struct jerr *e)
{
	return jerr_set(e, ENOTSUP, "%s: not available yet: %s", name, what);
}

static int
check_name(const struct jail_conf *c, struct jerr *e)
{
	const char *name = conf_str(c, P_NAME);

	if (name == NULL)
		return 0;
	if (name[0] == '.' || strstr(name, "..") != NULL)
		return jerr_set(
		    e, EINVAL, "name: \"%s\" has an empty part", name);
	if (strchr(name, '/') != NULL)
		return jerr_set(e, EINVAL, "name: \"%s\" has a \"/\"", name);
	if (strchr(name, '*') != NULL)
		return jerr_set(e, EINVAL, "name: \"%s\" is a pattern", name);
	/* A dot at the end means "the jid as the last part" (reference 5.2). */
	if (strchr(name, '.') != NULL)
		return later("name",
		    "a dotted name is a jail inside a jail, "
		    "which needs the keeper",
		    e);
	return 0;
}

/*
 * ip4=new without an address is a jail without IPv4, as on FreeBSD: nothing to
 * refuse, the addresses are (by their rows).
 */
static int
check_addresses(const struct jail_conf *c, struct jerr *e)
{
	if (conf_int(c, P_IP6) == JSYS_INHERIT &&
	    conf_int(c, P_IP4) != JSYS_INHERIT)
		return jerr_set(e, EINVAL,
		    "ip6: inherit needs ip4=inherit as "
		    "well: an IPv6 socket speaks IPv4 too (mapped addresses), "
		    "which nothing here can refuse yet");
	return 0;
}

int
conf_check(const struct jail_conf *c, struct jerr *e)
{
	for (unsigned i = 0; i < P_COUNT; i++) {
		enum param_id id = (enum param_id)i;

		if ((param_table[i].flags & PF_LATER) && !at_default(c, id))
			return later(
			    param_table[i].name, param_table[i].later, e);
	}
	if (check_name(c, e) == -1)
		return -1;
	return check_addresses(c, e);
}
