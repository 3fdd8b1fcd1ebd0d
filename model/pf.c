/*
 * rdr, nat and binat of a jail as data: all lines of a parameter, the names of
 * services, and whether the rules fit the addresses that the jail has.
 *
 * Never asks what the host has: interfaces and the host's addresses are looked
 * at by those who make the rules.
 */
#include "model/pf.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/pf_int.h"

/* ---- services ---- */

/* The usual ones, so that a host without /etc/services (Debian without
 * netbase) and every start of a jail do without reading it. */
static const struct {
	const char *name;
	unsigned port;
} usual[] = {
	{ "http", 80 },
	{ "https", 443 },
	{ "www", 80 },
	{ "ssh", 22 },
	{ "domain", 53 },
	{ "smtp", 25 },
	{ "submission", 587 },
	{ "submissions", 465 },
	{ "smtps", 465 },
	{ "imap", 143 },
	{ "imaps", 993 },
	{ "pop3", 110 },
	{ "pop3s", 995 },
	{ "ftp", 21 },
	{ "ntp", 123 },
	{ "ldap", 389 },
	{ "ldaps", 636 },
	{ "mysql", 3306 },
	{ "postgresql", 5432 },
};

static unsigned
service_of(const char *name, const char *proto)
{
	char buf[4096];
	struct servent s, *found = NULL;

	if (getservbyname_r(name, proto, &s, buf, sizeof(buf), &found) != 0 ||
	    found == NULL)
		return 0;
	return ntohs((uint16_t)s.s_port);
}

unsigned
pf_service(const char *name, unsigned protos)
{
	unsigned tcp, udp;

	for (size_t i = 0; i < nitems(usual); i++)
		if (str_eq(name, usual[i].name))
			return usual[i].port;
	tcp = protos & PF_TCP ? service_of(name, "tcp") : 0;
	udp = protos & PF_UDP ? service_of(name, "udp") : 0;
	if (tcp != 0 && udp != 0)
		return tcp == udp ? tcp : 0;
	return tcp != 0 ? tcp : udp;
}

/* ---- lines ---- */

static void
free_rule(struct pf_rule *r)
{
	free(r->ifs);
	free(r->from);
	free(r->to);
	free(r->ports);
}

int
pf_parse(enum param_id id, const char *line, unsigned index,
    struct pf_rules *out, struct jerr *e)
{
	struct pf_rule r = { .line = index }, *v;
	struct pf_lex l;

	if (pf_lex_init(&l, id, line, e) == -1 ||
	    pf_read_rule(&l, id, &r) == -1) {
		free_rule(&r);
		return -1;
	}
	v = reallocarray(out->v, out->n + 1, sizeof(*v));
	if (v == NULL) {
		free_rule(&r);
		return jerr_nomem(e);
	}
	v[out->n++] = r;
	out->v = v;
	return 0;
}

int
pf_from_conf(const struct jail_conf *c, enum param_id id, struct pf_rules *out,
    struct jerr *e)
{
	const struct strv *l = conf_list(c, id);

	/* nat="" takes back what a wildcard gave. */
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i][0] != '\0' &&
		    pf_parse(id, l->v[i], (unsigned)i, out, e) == -1)
			return -1;
	return 0;
}

void
pf_free(struct pf_rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		free_rule(&r->v[i]);
	free(r->v);
	*r = (struct pf_rules)PF_RULES_INIT;
}

/* ---- against the jail's addresses ---- */

static int
own_address(enum param_id id, const struct ip *ip, const struct addrs *addrs,
    struct jerr *e)
{
	const struct addr *a = addrs_find(addrs, ip);
	char text[IP_TEXT];

	(void)ip_print(ip, text);
	if (ip_is_loopback(ip) || (a != NULL && a->class == ADDR_LOOPBACK))
		return jerr_set(e, EINVAL,
		    "%s: %s: a loopback address of the jail, which nothing "
		    "outside reaches",
		    param_table[id].name, text);
	if (a == NULL)
		return jerr_set(e, EINVAL,
		    "%s: %s: not an address of this jail", param_table[id].name,
		    text);
	return 0;
}

static bool
has_reachable(const struct addrs *addrs, int family)
{
	const struct addr *a = addrs_primary(addrs, family);

	return a != NULL && a->class != ADDR_LOOPBACK;
}

/* Without an address in the rule the primary is meant. */
static int
check_rule(const struct pf_rule *r, enum param_id id, const struct addrs *addrs,
    struct jerr *e)
{
	const struct ip *own = NULL;

	if (id == P_RDR && r->target.family != 0)
		own = &r->target;
	else if (id == P_BINAT && r->nfrom > 0)
		own = &r->from[0].ip;
	if (own != NULL)
		return own_address(id, own, addrs, e);
	if ((r->family != AF_INET6 && has_reachable(addrs, AF_INET)) ||
	    (r->family != AF_INET && has_reachable(addrs, AF_INET6)))
		return 0;
	return jerr_set(e, EINVAL,
	    "%s: the jail has no %saddress that can be reached",
	    param_table[id].name,
	    r->family == AF_INET      ? "IPv4 " :
		r->family == AF_INET6 ? "IPv6 " :
					"");
}

int
pf_check(const struct pf_rules *r, enum param_id id, const struct addrs *addrs,
    struct jerr *e)
{
	for (size_t i = 0; i < r->n && id != P_NAT; i++)
		if (check_rule(&r->v[i], id, addrs, e) == -1)
			return -1;
	return 0;
}
