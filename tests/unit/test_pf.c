/*
 * rdr, nat and binat: pf's words into data, the place and the word of every
 * mistake, and the rules beside the jail's addresses.
 */
#include <sys/socket.h>

#include <errno.h>

#include "base/cleanup.h"
#include "model/pf.h"
#include "tests/unit/tap.h"

/* ---- one rule as text, so that a table can say what it should be ---- */

static void
put_nets(struct strbuf *b, const char *what, const struct pf_net *v, size_t n)
{
	char text[IP_TEXT];

	if (n > 0)
		(void)strbuf_addf(b, " %s", what);
	for (size_t i = 0; i < n; i++)
		(void)strbuf_addf(
		    b, " %s/%u", ip_print(&v[i].ip, text), v[i].prefix);
}

static const char *
describe(const struct pf_rule *r)
{
	static struct strbuf b;
	char text[IP_TEXT];

	strbuf_free(&b);
	if (r->nifs > 0)
		(void)strbuf_puts(&b, " on");
	for (size_t i = 0; i < r->nifs; i++)
		(void)strbuf_addf(&b, " %s", r->ifs[i]);
	(void)strbuf_puts(&b,
	    r->family == AF_INET      ? " inet" :
		r->family == AF_INET6 ? " inet6" :
					"");
	(void)strbuf_puts(&b, r->protos & PF_TCP ? " tcp" : "");
	(void)strbuf_puts(&b, r->protos & PF_UDP ? " udp" : "");
	put_nets(&b, "from", r->from, r->nfrom);
	if (r->to_kind == PF_TO_IF)
		(void)strbuf_addf(&b, " to (%s)", r->to_if);
	put_nets(&b, "to", r->to, r->nto);
	if (r->nports > 0)
		(void)strbuf_puts(&b, " port");
	for (size_t i = 0; i < r->nports; i++)
		(void)strbuf_addf(&b,
		    r->ports[i].lo == r->ports[i].hi ? " %u" : " %u:%u",
		    r->ports[i].lo, r->ports[i].hi);
	if (r->target.family != 0)
		(void)strbuf_addf(&b, " -> %s", ip_print(&r->target, text));
	if (r->target_port != 0)
		(void)strbuf_addf(&b, " port %u", r->target_port);
	return b.len > 0 ? strbuf_str(&b) + 1 : "";
}

static const struct {
	enum param_id id;
	const char *line, *want;
} good[] = {
	{ P_RDR,
	    "pass on em0 proto tcp from any to 1.2.3.4 port {http,https} -> "
	    "10.10.0.1",
	    "on em0 inet tcp to 1.2.3.4/32 port 80 443 -> 10.10.0.1" },
	{ P_RDR, "on em0 proto tcp from any to 1.2.3.4 port {80, 443}",
	    "on em0 inet tcp to 1.2.3.4/32 port 80 443" },
	{ P_RDR,
	    "rdr pass on em0 proto tcp from any to any port 80 -> 10.0.0.1",
	    "on em0 inet tcp port 80 -> 10.0.0.1" },
	{ P_RDR, "proto tcp port 8080", "tcp port 8080" },
	{ P_RDR, "proto udp to any port domain", "udp port 53" },
	{ P_RDR, "proto { tcp udp } to any port 53", "tcp udp port 53" },
	{ P_RDR, "proto { tcp, udp } to any port { 53 }", "tcp udp port 53" },
	{ P_RDR, "proto 6 to any port 53", "tcp port 53" },
	{ P_RDR, "to any port 53", "tcp udp port 53" },
	{ P_RDR, "on any inet proto tcp to any port 53", "inet tcp port 53" },
	{ P_RDR, "on { em0 em1 } proto tcp to any port 53",
	    "on em0 em1 tcp port 53" },
	{ P_RDR, "on {em0,em1.100} proto tcp to any port 53",
	    "on em0 em1.100 tcp port 53" },
	{ P_RDR,
	    "on em0 proto tcp from any to (em0) port = ssh -> 10.0.0.1 "
	    "port 22",
	    "on em0 inet tcp to (em0) port 22 -> 10.0.0.1" },
	{ P_RDR,
	    "on em0 proto tcp from any to em0 port 2222 -> 10.0.0.1 port "
	    "ssh",
	    "on em0 inet tcp to (em0) port 2222 -> 10.0.0.1 port 22" },
	{ P_RDR, "proto tcp from { 10.0.0.0/8, 192.168.1.1 } to self port 80",
	    "inet tcp from 10.0.0.0/8 192.168.1.1/32 port 80" },
	{ P_RDR, "proto tcp from 10.1.2.3/8 to any port 80",
	    "inet tcp from 10.0.0.0/8 port 80" },
	{ P_RDR, "inet6 proto tcp to fd00::5 port 80 -> fd00:10::1",
	    "inet6 tcp to fd00::5/128 port 80 -> fd00:10::1" },
	{ P_RDR, "proto tcp to { 1.2.3.4 fd00::5 } port 80",
	    "tcp to 1.2.3.4/32 fd00::5/128 port 80" },
	{ P_RDR, "proto tcp to 1.2.3.4", "inet tcp to 1.2.3.4/32" },
	{ P_RDR, "proto tcp to 1.2.3.4 -> 10.0.0.1",
	    "inet tcp to 1.2.3.4/32 -> 10.0.0.1" },
	{ P_RDR, "proto tcp to 1.2.3.0/32 port 8000:8080",
	    "inet tcp to 1.2.3.0/32 port 8000:8080" },
	{ P_RDR, "proto tcp to any port { 80 8000:8080 ftp }",
	    "tcp port 80 8000:8080 21" },
	{ P_RDR, "proto tcp to any port 8000:8080 -> 10.0.0.1 port 8000:*",
	    "inet tcp port 8000:8080 -> 10.0.0.1" },
	{ P_RDR, "proto tcp to any port 8000:8080 -> 10.0.0.1 port 8000:8080",
	    "inet tcp port 8000:8080 -> 10.0.0.1" },
	{ P_RDR, "proto tcp to any port 80->10.0.0.1 port 8080",
	    "inet tcp port 80 -> 10.0.0.1 port 8080" },
	{ P_RDR, "proto tcp to any port {80 443} -> 10.0.0.1 port 8080",
	    "inet tcp port 80 443 -> 10.0.0.1 port 8080" },
	{ P_RDR, "\tproto tcp\n\tto any port 80\n", "tcp port 80" },
	{ P_RDR, "proto tcp to any port 1:65535", "tcp port 1:65535" },
	{ P_NAT, "on em0", "on em0" },
	{ P_NAT, "nat on em0 from any to any -> (em0)", "on em0" },
	{ P_NAT, "on em0 from any to any -> (em0:0)", "on em0" },
	{ P_NAT, "on em0 -> em0", "on em0" },
	{ P_NAT, "on em0 all", "on em0" },
	{ P_NAT, "on { em0, em1 }", "on em0 em1" },
	{ P_NAT, "pass on em0 inet from 10.0.0.0/24 to any -> 1.2.3.4",
	    "on em0 inet from 10.0.0.0/24 -> 1.2.3.4" },
	{ P_NAT, "on em0 inet6", "on em0 inet6" },
	{ P_NAT, "on em0 from { 10.0.0.1 fd00::1 }",
	    "on em0 from 10.0.0.1/32 fd00::1/128" },
	{ P_BINAT, "on em0 from 10.0.0.1 to any -> 1.2.3.5",
	    "on em0 inet from 10.0.0.1/32 -> 1.2.3.5" },
	{ P_BINAT, "on em0 from 10.0.0.1/32 -> 1.2.3.5/32",
	    "on em0 inet from 10.0.0.1/32 -> 1.2.3.5" },
	{ P_BINAT, "binat on em0 -> 1.2.3.5", "on em0 inet -> 1.2.3.5" },
	{ P_BINAT, "on em0 to any -> fd00::5", "on em0 inet6 -> fd00::5" },
};

static void
test_good(void)
{
	for (size_t i = 0; i < nitems(good); i++) {
		struct pf_rules r = PF_RULES_INIT;
		struct jerr e = JERR_INIT;

		is_int(pf_parse(good[i].id, good[i].line, 7, &r, &e), 0, "%s",
		    good[i].line);
		is_str(e.msg, "", "... no message");
		is_int(r.n, 1, "... one rule");
		if (r.n == 1) {
			is_str(describe(&r.v[0]), good[i].want, "... is");
			is_int(r.v[0].line, 7, "... its index");
		}
		pf_free(&r);
	}
}

static const struct {
	enum param_id id;
	const char *line;
	unsigned column;
	const char *what;
} bad[] = {
	{ P_RDR, "on em0 proto tpc to any port 80", 14,
	    "tpc: tcp or udp expected" },
	{ P_RDR, "on em0 proto icmp to any", 14, "icmp: tcp or udp expected" },
	{ P_RDR, "proto tcp to any port htpt", 23,
	    "htpt: not a port, and no service that /etc/services knows for "
	    "tcp" },
	{ P_RDR, "to any port 0", 13, "0: not a port (1 to 65535)" },
	{ P_RDR, "to any port 65536", 13, "65536: not a port (1 to 65535)" },
	{ P_RDR, "to any port 80:", 16, "not a port" },
	{ P_RDR, "to any port 90:80", 13,
	    "90:80: a range that ends before it begins" },
	{ P_RDR, "to any port 80:*", 16,
	    "*: not a port, and no service that "
	    "/etc/services knows" },
	{ P_RDR, "to any port", 12, "a port expected, not the end" },
	{ P_RDR, "to any port { 80", 17, "\"}\" is missing" },
	{ P_RDR, "to any port {}", 14, "}: a port expected" },
	{ P_RDR, "to any port >= 1024", 13,
	    ">=: only single ports, lists and ranges are known here" },
	{ P_RDR, "to any port < 1024", 13,
	    "<: only single ports, lists and ranges are known here" },
	{ P_RDR, "to any port 1024><2048", 17,
	    "><: only single ports, lists and ranges are known here" },
	{ P_RDR, "to any port != 80", 13,
	    "!=: only single ports, lists and ranges are known here" },
	{ P_RDR, "to ! 1.2.3.4 port 80", 4, "!: \"not\" is not known here" },
	{ P_RDR, "from !10.0.0.0/8 to any port 80", 6,
	    "!: \"not\" is not known here" },
	{ P_RDR, "on ! em0 to any port 80", 4, "!: \"not\" is not known here" },
	{ P_RDR, "from <bad> to any port 80", 6,
	    "<: tables are not known here" },
	{ P_RDR, "no on em0 to any port 80", 1,
	    "no: exceptions are not known here; leave the rule out" },
	{ P_RDR, "pass log on em0 to any port 80", 6,
	    "log: nothing is logged here" },
	{ P_RDR, "to any port 80 tag web", 16,
	    "tag: packets are not tagged here" },
	{ P_RDR, "to any port 80 -> { 10.0.0.1 10.0.0.2 }", 19,
	    "{: one address is the target" },
	{ P_RDR, "to any port 80 -> 10.0.0.0/24", 19,
	    "10.0.0.0/24: one address is the target" },
	{ P_RDR, "to any port 80 -> 10.0.0.1 round-robin", 28,
	    "round-robin: one address is the target" },
	{ P_RDR, "to any port 80 -> www.example.org", 19,
	    "www.example.org: not an address (names are not looked up here)" },
	{ P_RDR, "to www.example.org port 80", 4,
	    "www.example.org: not an address (names are not looked up here)" },
	{ P_RDR, "to example.org port 80", 4,
	    "example.org: not an address (names are not looked up here)" },
	{ P_RDR, "to port 80", 4, "port: an address or a network expected" },
	{ P_RDR, "to any port 80 ->", 18, "an address expected, not the end" },
	{ P_RDR, "to any port 80 -> 10.0.0.1 port", 32,
	    "a port expected, not the end" },
	{ P_RDR, "to any port 80 -> 10.0.0.1 port 8080 x", 38,
	    "x: not known here (the order is: pass, on, inet, proto, from, "
	    "to, port, ->)" },
	{ P_RDR, "to any port 8000:8080 -> 10.0.0.1 port 9000", 40,
	    "9000: a range, or all ports, keep their numbers here" },
	{ P_RDR, "to any port 8000:8080 -> 10.0.0.1 port 9000:*", 40,
	    "9000:*: a range, or all ports, keep their numbers here" },
	{ P_RDR, "to 1.2.3.4 -> 10.0.0.1 port 80", 29,
	    "80: a range, or all ports, keep their numbers here" },
	{ P_RDR, "to any port 80 -> 10.0.0.1 port 80:90", 33,
	    "80:90: a range, or all ports, keep their numbers here" },
	{ P_RDR, "from any port 1024 to any port 80", 10,
	    "port: the source's port is not looked at here" },
	{ P_RDR, "on em0", 7,
	    "\"port\" is missing: all ports of the host would be taken" },
	{ P_RDR, "on em0 to em0 -> 10.0.0.1", 15,
	    "\"port\" is missing: all ports of the host would be taken" },
	{ P_RDR, "on abcdefghijklmnop to any port 80", 4,
	    "abcdefghijklmnop: the name of an interface expected" },
	{ P_RDR, "to em0:network port 80", 4,
	    "em0:network: an address or a network expected" },
	{ P_RDR, "to (em0:0) port 80", 5,
	    "em0:0: an interface without \":network\" and the like" },
	{ P_RDR, "to (em0 port 80", 9, "port: \")\" expected" },
	{ P_RDR, "to { em0 1.2.3.4 } port 80", 6,
	    "em0: an interface stands alone, not in a list" },
	{ P_RDR, "to 1.2.3.4/33 port 80", 4,
	    "1.2.3.4/33: not a network: bad prefix \"33\"" },
	{ P_RDR, "inet to fd00::5 port 80", 9,
	    "fd00::5: an IPv6 address in a rule for IPv4" },
	{ P_RDR, "inet6 to any port 80 -> 10.0.0.1", 25,
	    "10.0.0.1: an IPv4 address in a rule for IPv6" },
	{ P_RDR, "to 1.2.3.4 port 80 -> fd00::1", 20,
	    "->: IPv4 on one side of \"->\", IPv6 on the other" },
	{ P_RDR, "from 10.0.0.0/8 to fd00::1 port 80", 35,
	    "from IPv4 to IPv6, or the reverse" },
	{ P_RDR, "proto tcp on em0 to any port 80", 11,
	    "on: not in its place (the order is: pass, on, inet, proto, from, "
	    "to, port, ->)" },
	{ P_RDR, "to any port 80 rdr-to 10.0.0.1", 16,
	    "rdr-to: write \"-> ADDRESS\"" },
	{ P_RDR, "nat on em0", 1,
	    "nat: not known here (the order is: pass, on, inet, proto, from, to, port, ->)" },
	{ P_RDR, "proto tcp to 1.2.3.0/24 port 80", 14,
	    "1.2.3.0/24: \"to\" takes addresses, not a network" },
	{ P_RDR, "proto tcp to {1.2.3.4 ::1} port 80", 23,
	    "::1: the host's loopback addresses are not redirected" },
	{ P_RDR, "to any; port 80", 7, ";: no character of a rule" },
	{ P_RDR, "to any\001 port 80", 7, "no character of a rule" },
	{ P_NAT, "", 1, "\"on INTERFACE\" expected, not the end" },
	{ P_NAT, "from any to any -> (em0)", 1,
	    "from: \"on INTERFACE\" expected" },
	{ P_NAT, "on any", 4, "any: the name of an interface expected" },
	{ P_NAT, "on em0 proto tcp", 8,
	    "proto: all protocols are translated; leave it out" },
	{ P_NAT, "on em0 from any to 1.2.3.4", 20,
	    "1.2.3.4: \"any\" expected" },
	{ P_NAT, "on em0 from any to any port 80", 24,
	    "port: all ports are translated; leave it out" },
	{ P_NAT, "on em0 -> (em1)", 12,
	    "em1: the interface of \"on\" expected" },
	{ P_NAT, "on em0 -> em1", 11,
	    "em1: an address or the interface of \"on\" expected" },
	{ P_NAT, "on em0 -> (em0", 15, "\")\" expected, not the end" },
	{ P_NAT, "on { em0 em1 } -> (em0)", 20,
	    "em0: of several interfaces each gives its own; leave it out" },
	{ P_NAT, "on em0 -> 1.2.3.4 static-port", 19,
	    "static-port: Linux keeps the port where it can, and only there" },
	{ P_NAT, "on em0 -> 1.2.3.4 port 1024:65535", 19,
	    "port: not in its place (the order is: pass, on, inet, proto, "
	    "from, to, port, ->)" },
	{ P_BINAT, "on em0 from 10.0.0.1 to any", 28,
	    "\"-> ADDRESS\" expected, not the end" },
	{ P_BINAT, "on em0 from any -> (em0)", 20, "(: an address expected" },
	{ P_BINAT, "on { em0 em1 } -> 1.2.3.4", 26, "one interface is needed" },
	{ P_BINAT, "on em0 from 10.0.0.0/24 -> 1.2.3.4", 35,
	    "one address stands for one: \"from\" is the jail's" },
	{ P_BINAT, "on em0 from fd00::1 -> 1.2.3.4", 21,
	    "->: IPv6 on one side of \"->\", IPv4 on the other" },
};

static void
test_bad(void)
{
	for (size_t i = 0; i < nitems(bad); i++) {
		struct pf_rules r = PF_RULES_INIT;
		struct jerr e = JERR_INIT;
		char want[512];

		(void)snprintf(want, sizeof(want),
		    "%s: column %u of \"%s\": %s", param_table[bad[i].id].name,
		    bad[i].column, bad[i].line, bad[i].what);
		for (char *s = want; *s != '\0'; s++)
			if ((unsigned char)*s < 0x20)
				*s = ' ';
		is_int(pf_parse(bad[i].id, bad[i].line, 0, &r, &e), -1,
		    "refused: %s", bad[i].line);
		is_str(e.msg, want, "... message");
		is_int(e.code, EINVAL, "... code");
		is_int(r.n, 0, "... no rule");
		pf_free(&r);
	}
}

/* A long line is cut, a service is found where the host knows it. */
static void
test_odd(void)
{
	struct pf_rules r = PF_RULES_INIT;
	struct jerr e = JERR_INIT;
	char line[600];

	(void)snprintf(
	    line, sizeof(line), "proto tcp to any port {%*d } x", 300, 80);
	is_int(pf_parse(P_RDR, line, 0, &r, &e), -1, "a long line");
	ok(strlen(e.msg) < 260 && strstr(e.msg, "...\": x: ") != NULL,
	    "... is cut in the message: %s", e.msg);
	pf_free(&r);
	is_int(pf_parse(P_RDR, "proto tcp to any port echo", 0, &r, &e) == 0 ?
		r.v[0].ports[0].lo :
		7,
	    7, "a service of /etc/services, if there is one");
	pf_free(&r);
}

/* ---- a jail's ---- */

static void
add(struct jail_conf *c, const char *name, const char *value)
{
	struct jerr e = JERR_INIT;
	char *copy = strdup(value);

	is_int(
	    conf_set(c, name, &copy, 1, true, (struct conf_origin) { 0 }, &e),
	    0, "%s: %s", name, value);
	free(copy);
}

static void
test_conf(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct pf_rules r = PF_RULES_INIT;
	struct jerr e = JERR_INIT;

	is_int(pf_from_conf(&c, P_RDR, &r, &e), 0, "no rules");
	is_int(r.n, 0, "... are none");
	add(&c, "rdr", "");
	add(&c, "rdr", "proto tcp to any port 80");
	add(&c, "rdr", "proto tcp to any port 443");
	is_int(pf_from_conf(&c, P_RDR, &r, &e), 0, "two: %s", e.msg);
	is_int(r.n, 2, "... and nothing for the empty one");
	is_int(r.v[1].line, 2, "the index is that of the value");
	pf_free(&r);
	ok(r.v == NULL && r.n == 0, "empty again");
	add(&c, "rdr", "proto tcp to");
	is_int(pf_from_conf(&c, P_RDR, &r, &e), -1, "a bad one among good");
	pf_free(&r);
	conf_free(&c);
}

static const struct {
	enum param_id id;
	const char *ip4[3], *ip6;
	const char *line;
	const char *message; /* "": fits */
} fits[] = {
	{ P_RDR, { "10.0.0.1", "10.0.0.2" }, NULL, "to any port 80 -> 10.0.0.2",
	    "" },
	{ P_RDR, { "10.0.0.1" }, NULL, "to any port 80 -> 10.0.0.3",
	    "rdr: 10.0.0.3: not an address of this jail" },
	{ P_RDR, { "10.0.0.1" }, NULL, "to any port 80 -> 127.0.0.1",
	    "rdr: 127.0.0.1: a loopback address of the jail, which nothing "
	    "outside reaches" },
	{ P_RDR, { "lo1|127.0.1.5" }, NULL, "to any port 80",
	    "rdr: the jail has no address that can be reached" },
	{ P_RDR, { "10.0.0.1" }, NULL, "to any port 80", "" },
	{ P_RDR, { NULL }, "fd00::1", "to any port 80", "" },
	{ P_RDR, { NULL }, "fd00::1", "inet to any port 80",
	    "rdr: the jail has no IPv4 address that can be reached" },
	{ P_RDR, { "10.0.0.1" }, NULL, "to fd00::5 port 80",
	    "rdr: the jail has no IPv6 address that can be reached" },
	{ P_RDR, { NULL }, NULL, "to any port 80",
	    "rdr: the jail has no address that can be reached" },
	{ P_NAT, { NULL }, NULL, "on em0", "" },
	{ P_BINAT, { "10.0.0.1" }, NULL, "on em0 -> 1.2.3.4", "" },
	{ P_BINAT, { "10.0.0.1" }, NULL, "on em0 from 10.0.0.2 -> 1.2.3.4",
	    "binat: 10.0.0.2: not an address of this jail" },
	{ P_BINAT, { "10.0.0.1" }, NULL, "on em0 -> fd00::4",
	    "binat: the jail has no IPv6 address that can be reached" },
	{ P_BINAT, { NULL }, "lo1|fe80::1", "on em0 from fe80::1 -> fd00::4",
	    "binat: fe80::1: a loopback address of the jail, which nothing "
	    "outside reaches" },
};

static void
test_fits(void)
{
	for (size_t i = 0; i < nitems(fits); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		struct pf_rules r = PF_RULES_INIT;
		struct addrs a = ADDRS_INIT;
		struct jerr e = JERR_INIT;

		for (size_t k = 0; k < 3 && fits[i].ip4[k] != NULL; k++)
			add(&c, "ip4.addr", fits[i].ip4[k]);
		if (fits[i].ip6 != NULL)
			add(&c, "ip6.addr", fits[i].ip6);
		add(&c, param_table[fits[i].id].name, fits[i].line);
		is_int(addrs_from_conf(&c, &a, &e), 0, "addresses");
		is_int(pf_from_conf(&c, fits[i].id, &r, &e), 0, "rules");
		is_int(pf_check(&r, fits[i].id, &a, &e),
		    fits[i].message[0] == '\0' ? 0 : -1, "checked");
		is_str(e.msg, fits[i].message, "... message");
		addrs_free(&a);
		pf_free(&r);
		conf_free(&c);
	}
}

int
main(void)
{
	test_good();
	test_bad();
	test_odd();
	test_conf();
	test_fits();
	done_testing();
}
