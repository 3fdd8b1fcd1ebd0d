/*
 * What a jail's parameters may not say together, and what is known but not
 * built yet.  Pure: a parameter set in, the first mistake out.
 *
 * Never lets a parameter pass whose effect is missing: an administrator who
 * asks for something gets it or is told.
 */
#include "model/conf.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/addr.h"
#include "model/pf.h"

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

/* Until the jid is known, "${jid}" stands for it (conf/expand.c), and the
 * whole set comes here again afterwards. */
static bool
waits_for_jid(const struct jail_conf *c)
{
	static const enum param_id ids[] = { P_IP4_ADDR, P_IP6_ADDR, P_NAT,
		P_RDR, P_BINAT };

	for (size_t i = 0; i < nitems(ids); i++) {
		const struct strv *l = conf_list(c, ids[i]);

		for (size_t k = 0; k < l->n; k++)
			if (strstr(l->v[k], "${jid}") != NULL ||
			    strstr(l->v[k], "${jailid}") != NULL)
				return true;
	}
	return false;
}

/*
 * ip4=new without an address is a jail without IPv4, as on FreeBSD; an address
 * makes it new, whatever ip4 says, as there.
 */
static int
check_modes(const struct jail_conf *c, struct jerr *e)
{
	enum jailsys m4 = addr_mode(c, AF_INET), m6 = addr_mode(c, AF_INET6);

	if ((m4 == JSYS_NEW && m6 == JSYS_INHERIT) ||
	    (m4 == JSYS_INHERIT && m6 == JSYS_NEW))
		return jerr_set(e, EINVAL,
		    "%s: inherit does not go with %s: a jail is on the host's "
		    "network or on one of its own",
		    m4 == JSYS_NEW ? "ip6" : "ip4",
		    m4 == JSYS_NEW ? "ip4.addr" : "ip6.addr");
	if (m6 == JSYS_INHERIT && m4 != JSYS_INHERIT)
		return jerr_set(e, EINVAL,
		    "ip6: inherit needs ip4=inherit as "
		    "well: an IPv6 socket speaks IPv4 too (mapped addresses), "
		    "which nothing here can refuse yet");
	return 0;
}

static int
check_rules(const struct jail_conf *c, const struct addrs *a, struct jerr *e)
{
	static const enum param_id ids[] = { P_NAT, P_RDR, P_BINAT };
	int r = 0;

	for (size_t i = 0; i < nitems(ids) && r == 0; i++) {
		struct pf_rules rules = PF_RULES_INIT;

		r = pf_from_conf(c, ids[i], &rules, e);
		/* The host name may have the address: asked at the start. */
		if (r == 0 && !conf_bool(c, P_IP_HOSTNAME))
			r = pf_check(&rules, ids[i], a, e);
		pf_free(&rules);
	}
	return r;
}

int
conf_check_whole(const struct jail_conf *c, struct jerr *e)
{
	struct addrs a = ADDRS_INIT;
	int r = 0;

	if (check_modes(c, e) == -1)
		return -1;
	if (waits_for_jid(c))
		return 0;
	r = addrs_from_conf(c, &a, e);
	if (r == 0)
		r = check_rules(c, &a, e);
	addrs_free(&a);
	return r;
}

int
conf_check_given(const struct jail_conf *c, struct jerr *e)
{
	for (unsigned i = 0; i < P_COUNT; i++) {
		enum param_id id = (enum param_id)i;

		if ((param_table[i].flags & PF_LATER) && !at_default(c, id))
			return later(
			    param_table[i].name, param_table[i].later, e);
	}
	return check_name(c, e);
}

int
conf_check(const struct jail_conf *c, struct jerr *e)
{
	return conf_check_given(c, e) == 0 ? conf_check_whole(c, e) : -1;
}

struct conf_origin
conf_blame(const struct jail_conf *c, const struct jerr *e)
{
	char name[128];
	size_t n = strcspn(e->msg, ":");
	const char *key;
	bool negated;
	enum param_id id;

	if (n >= sizeof(name))
		return (struct conf_origin) { .file = NULL };
	memcpy(name, e->msg, n);
	name[n] = '\0';
	id = param_find(name, &negated, &key);
	if (id == P_COUNT || key != NULL)
		return (struct conf_origin) { .file = NULL };
	return c->val[id].at;
}
