/*
 * ip4.addr and ip6.addr: every spelling that people use, what is refused and
 * how, a jail's addresses together, and what jls shows of them.
 */
#include <sys/socket.h>

#include <errno.h>

#include "base/cleanup.h"
#include "model/addr.h"
#include "tests/unit/tap.h"

/* ---- one entry ---- */

static const char *const class_names[] = {
	[ADDR_WIRE] = "wire",
	[ADDR_INTERNAL] = "internal",
	[ADDR_LOOPBACK] = "loopback",
	[ADDR_OPEN] = "open",
};

#define V4 AF_INET
#define V6 AF_INET6

static const struct {
	int family;
	const char *text, *dflt;
	const char *want; /* "ADDRESS/PREFIX IF CLASS" */
} good[] = {
	{ V4, "em0|10.10.0.1/32", NULL, "10.10.0.1/32 em0 wire" },
	{ V4, "em0|10.10.0.1", NULL, "10.10.0.1/32 em0 wire" },
	{ V4, "em0|10.10.0.1/24", "em1", "10.10.0.1/24 em0 wire" },
	{ V4, "10.10.0.1/0", NULL, "10.10.0.1/0  open" },
	{ V4, "10.10.0.1", NULL, "10.10.0.1/32  open" },
	{ V4, "10.10.0.1", "em0", "10.10.0.1/32 em0 wire" },
	{ V4, "10.10.0.1", "lo1", "10.10.0.1/32 lo1 internal" },
	{ V4, "lo1|10.10.10.2", NULL, "10.10.10.2/32 lo1 internal" },
	{ V4, "lo1|10.10.0.5/24", NULL, "10.10.0.5/24 lo1 internal" },
	{ V4, "lo|10.10.10.2", NULL, "10.10.10.2/32 lo internal" },
	{ V4, "lo17|10.10.10.2", NULL, "10.10.10.2/32 lo17 internal" },
	{ V4, "loop0|10.10.10.2", NULL, "10.10.10.2/32 loop0 wire" },
	{ V4, "bastille0|10.10.10.2", NULL, "10.10.10.2/32 bastille0 wire" },
	{ V4, "lo1|127.0.1.7/32", NULL, "127.0.1.7/32 lo1 loopback" },
	{ V4, "127.0.0.1", NULL, "127.0.0.1/32  loopback" },
	{ V4, "127.0.0.1", "em0", "127.0.0.1/32 em0 loopback" },
	{ V6, "::1", "em0", "::1/128 em0 loopback" },
	{ V6, "em0|fd00:10::1/128", NULL, "fd00:10::1/128 em0 wire" },
	{ V6, "lo1|fd00::202", NULL, "fd00::202/128 lo1 internal" },
	{ V6, "FD00:0:0::0202/64", NULL, "fd00::202/64  open" },
	{ V6, "lo1|fe80::dead:beef:1/64", NULL,
	    "fe80::dead:beef:1/64 lo1 loopback" },
	/* KAME's index in the second word. */
	{ V6, "lo1|fe80:3::dead:beef:1/64", NULL,
	    "fe80::dead:beef:1/64 lo1 loopback" },
	{ V6, "fe80:3::dead:beef:1", "lo1",
	    "fe80::dead:beef:1/128 lo1 loopback" },
	{ V6, "fd80:3::1", NULL, "fd80:3::1/128  open" },
	/* Masks and ifconfig's words. */
	{ V4, "10.0.0.1/255.255.255.0", NULL, "10.0.0.1/24  open" },
	{ V4, "10.0.0.1 netmask 255.255.0.0", NULL, "10.0.0.1/16  open" },
	{ V4, "em0|10.0.0.1 netmask 0xffffff80 alias", NULL,
	    "10.0.0.1/25 em0 wire" },
	{ V4, "em0|10.0.0.1/24 broadcast 10.0.0.255 up", NULL,
	    "10.0.0.1/24 em0 wire" },
	{ V4, "10.0.0.1/24 netmask 255.255.255.255", NULL,
	    "10.0.0.1/32  open" },
	{ V6, "em0|fd00::1 prefixlen 64 no_dad", NULL, "fd00::1/64 em0 wire" },
	{ V4, "  em0|10.0.0.1/24\talias ", NULL, "10.0.0.1/24 em0 wire" },
	{ V4, "abcdefghijklmno|10.0.0.1", NULL,
	    "10.0.0.1/32 abcdefghijklmno wire" },
	{ V4, "em0.100|10.0.0.1", NULL, "10.0.0.1/32 em0.100 wire" },
};

static void
test_good(void)
{
	for (size_t i = 0; i < nitems(good); i++) {
		struct jerr e = JERR_INIT;
		char bare[IP_TEXT], got[128];
		struct addr a;

		is_int(addr_parse(
			   good[i].text, good[i].family, good[i].dflt, &a, &e),
		    0, "\"%s\"", good[i].text);
		is_str(e.msg, "", "... no message");
		if (e.msg[0] != '\0')
			continue;
		(void)snprintf(got, sizeof(got), "%s/%u %s %s",
		    ip_print(&a.ip, bare), a.prefix, a.ifname,
		    class_names[a.class]);
		is_str(got, good[i].want, "... is");
	}
}

static const struct {
	int family;
	const char *text, *dflt, *message;
} bad[] = {
	{ V4, "fish", NULL, "ip4.addr: not an IPv4 address: fish" },
	{ V4, "em0|", NULL, "ip4.addr: not an IPv4 address: " },
	{ V4, "em0|/24", NULL, "ip4.addr: not an IPv4 address: " },
	{ V4, "%%SERVER_IP%%", NULL,
	    "ip4.addr: not an IPv4 address: %%SERVER_IP%%" },
	{ V4, "10.0.0", NULL, "ip4.addr: not an IPv4 address: 10.0.0" },
	{ V4, "10.0.0.256", NULL, "ip4.addr: not an IPv4 address: 10.0.0.256" },
	{ V4, "10.0.0.01", NULL, "ip4.addr: not an IPv4 address: 10.0.0.01" },
	{ V4, "em0|em1|10.0.0.1", NULL,
	    "ip4.addr: not an IPv4 address: em1|10.0.0.1" },
	{ V4, "em0| 10.0.0.1", NULL, "ip4.addr: not an IPv4 address: " },
	{ V4, "fd00::1", NULL,
	    "ip4.addr: not an IPv4 address: fd00::1 (ip6.addr takes it)" },
	{ V6, "em0|10.0.0.1/24", NULL,
	    "ip6.addr: not an IPv6 address: 10.0.0.1 (ip4.addr takes it)" },
	{ V6, "fe80::1%lo1", NULL,
	    "ip6.addr: not an IPv6 address: fe80::1%lo1 "
	    "(an interface stands in front: lo1|fe80::1)" },
	{ V6, "::ffff:10.0.0.1", NULL,
	    "ip6.addr: ::ffff:10.0.0.1: an IPv4 address; ip4.addr takes it" },
	{ V4, "0.0.0.0", NULL,
	    "ip4.addr: 0.0.0.0: no address of one jail; leave it out for no "
	    "network, or use inherit" },
	{ V6, "::", NULL,
	    "ip6.addr: ::: no address of one jail; leave it out for no "
	    "network, or use inherit" },
	{ V4, "em0|255.255.255.255", NULL,
	    "ip4.addr: em0|255.255.255.255: the broadcast address" },
	{ V4, "224.0.0.1", NULL, "ip4.addr: 224.0.0.1: a multicast address" },
	{ V6, "ff02::1", NULL, "ip6.addr: ff02::1: a multicast address" },
	{ V6, "em0|fe80::1/64", NULL,
	    "ip6.addr: em0|fe80::1/64: a link-local address does not leave its "
	    "link and cannot be the jail's on the host's; with lo1| in front it "
	    "is the jail's own" },
	{ V6, "fe80::1", "em0",
	    "ip6.addr: fe80::1: a link-local address does not leave its link "
	    "and cannot be the jail's on the host's; with lo1| in front it is "
	    "the jail's own" },
	{ V4, "|10.0.0.1", NULL,
	    "ip4.addr: |10.0.0.1: no interface before \"|\"" },
	{ V4, "abcdefghijklmnop|10.0.0.1", NULL,
	    "ip4.addr: abcdefghijklmnop|10.0.0.1: not the name of an interface "
	    "before \"|\" (up to 15 characters)" },
	{ V4, "em 0|10.0.0.1", NULL,
	    "ip4.addr: em 0|10.0.0.1: not the name of an interface before "
	    "\"|\" (up to 15 characters)" },
	{ V4, "../em0|10.0.0.1", NULL,
	    "ip4.addr: ../em0|10.0.0.1: not the name of an interface before "
	    "\"|\" (up to 15 characters)" },
	{ V4, "..|10.0.0.1", NULL,
	    "ip4.addr: ..|10.0.0.1: not the name of an interface before "
	    "\"|\" (up to 15 characters)" },
	{ V4, "10.0.0.1", "em/0",
	    "interface: \"em/0\" is not the name of an interface (up to 15 "
	    "characters)" },
	{ V4, "10.0.0.1/33", NULL, "ip4.addr: bad netmask \"33\"" },
	{ V4, "10.0.0.1/", NULL, "ip4.addr: 10.0.0.1/: no mask after \"/\"" },
	{ V4, "10.0.0.1/ alias", NULL,
	    "ip4.addr: 10.0.0.1/ alias: no mask after \"/\"" },
	{ V4, "10.0.0.1/-1", NULL, "ip4.addr: bad netmask \"-1\"" },
	{ V4, "10.0.0.1/24x", NULL, "ip4.addr: bad netmask \"24x\"" },
	{ V4, "10.0.0.1/255.0.255.0", NULL,
	    "ip4.addr: bad netmask \"255.0.255.0\"" },
	{ V4, "10.0.0.1 netmask 0xff00ff00", NULL,
	    "ip4.addr: bad netmask \"0xff00ff00\"" },
	{ V4, "10.0.0.1 netmask 0xfffffffff", NULL,
	    "ip4.addr: bad netmask \"0xfffffffff\"" },
	{ V4, "10.0.0.1 netmask", NULL,
	    "ip4.addr: 10.0.0.1 netmask: nothing behind netmask" },
	{ V6, "fd00::1/129", NULL, "ip6.addr: bad prefixlen \"129\"" },
	{ V6, "fd00::1/255.255.255.0", NULL,
	    "ip6.addr: bad prefixlen \"255.255.255.0\"" },
	{ V6, "fd00::1 netmask 64", NULL,
	    "ip6.addr: fd00::1 netmask 64: IPv6 has \"prefixlen\", not "
	    "netmask" },
	{ V4, "10.0.0.1 prefixlen 24", NULL,
	    "ip4.addr: 10.0.0.1 prefixlen 24: IPv4 has \"netmask\", not "
	    "prefixlen" },
	{ V4, "em0|10.0.0.1/24 vhid 1 pass x", NULL,
	    "ip4.addr: em0|10.0.0.1/24 vhid 1 pass x: vhid: Linux has no "
	    "CARP" },
	{ V4, "10.0.0.1 fib 1", NULL,
	    "ip4.addr: 10.0.0.1 fib 1: fib: Linux has no routing tables by "
	    "process" },
	{ V4, "10.0.0.1 -alias", NULL,
	    "ip4.addr: 10.0.0.1 -alias: -alias: it would take the address "
	    "away" },
	{ V4, "10.0.0.1 broadcast x", NULL,
	    "ip4.addr: 10.0.0.1 broadcast x: not an address: x" },
	{ V4, "10.0.0.1 10.0.0.2", NULL,
	    "ip4.addr: 10.0.0.1 10.0.0.2: unknown word: 10.0.0.2" },
};

static void
test_bad(void)
{
	for (size_t i = 0; i < nitems(bad); i++) {
		struct jerr e = JERR_INIT;
		struct addr a;

		is_int(
		    addr_parse(bad[i].text, bad[i].family, bad[i].dflt, &a, &e),
		    -1, "\"%s\" is refused", bad[i].text);
		is_str(e.msg, bad[i].message, "... message");
		is_int(e.code, EINVAL, "... code");
	}
}

/* ---- a jail ---- */

static void
set(struct jail_conf *c, const char *name, const char *const *v, size_t n)
{
	struct strv s = STRV_INIT;
	struct jerr e = JERR_INIT;

	for (size_t i = 0; i < n; i++)
		(void)strv_add(&s, v[i]);
	is_int(
	    conf_set(c, name, s.v, s.n, false, (struct conf_origin) { 0 }, &e),
	    0, "%s is given", name);
	strv_free(&s);
}

#define SET(c, name, ...) \
	set(c, name, (const char *const[]) { __VA_ARGS__ }, \
	    nitems(((const char *const[]) { __VA_ARGS__ })))

static const char *
bare(const struct addrs *a, int family)
{
	static struct strbuf b;
	char text[IP_TEXT];

	strbuf_free(&b);
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].ip.family == family)
			(void)strbuf_addf(&b, "%s%s", b.len != 0 ? "," : "",
			    ip_print(&a->v[i].ip, text));
	return strbuf_str(&b);
}

static const char *
primary(const struct addrs *a, int family)
{
	static char text[IP_TEXT];
	const struct addr *p = addrs_primary(a, family);

	return p != NULL ? ip_print(&p->ip, text) : "none";
}

static const char *
listed(const struct jail_conf *c, enum param_id id)
{
	static struct strbuf b;

	strbuf_free(&b);
	(void)addr_show_list(c, id, &b);
	return strbuf_str(&b);
}

static void
test_jail(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct addrs a = ADDRS_INIT;
	struct strbuf b = STRBUF_INIT;
	struct jerr e = JERR_INIT;
	struct ip ip;

	SET(&c, "ip4.addr", "lo1|127.0.1.4/32", "em0|10.10.0.1/32", "",
	    "10.2.0.1");
	SET(&c, "ip6.addr", "em0|fd00:10::1/128", "lo1|fe80:3::dead:beef:1/64");
	SET(&c, "interface", "em1");
	is_int(addrs_from_conf(&c, &a, &e), 0, "read: %s", e.msg);
	is_int(a.n, 5, "five of them");
	is_str(bare(&a, AF_INET), "127.0.1.4,10.10.0.1,10.2.0.1", "IPv4");
	is_str(bare(&a, AF_INET6), "fd00:10::1,fe80::dead:beef:1", "IPv6");
	is_str(a.v[2].ifname, "em1", "the interface for all");
	is_str(primary(&a, AF_INET), "10.10.0.1", "the primary is reachable");
	is_str(primary(&a, AF_INET6), "fd00:10::1", "of IPv6 too");
	(void)ip_parse("10.2.0.1", AF_UNSPEC, &ip);
	ok(addrs_find(&a, &ip) == &a.v[2], "found");
	(void)ip_parse("10.2.0.2", AF_UNSPEC, &ip);
	ok(addrs_find(&a, &ip) == NULL, "not found");
	is_str(listed(&c, P_IP4_ADDR), "127.0.1.4,10.10.0.1,10.2.0.1",
	    "as jls shows them");
	is_str(listed(&c, P_IP6_ADDR), "fd00:10::1,fe80::dead:beef:1",
	    "of IPv6 too");
	(void)addr_show_first4(&c, &b);
	is_str(strbuf_str(&b), "127.0.1.4", "the first one for the index");
	is_int(conf_export(&c, P_IP4_ADDR, &b), 0, "exported");
	is_str(strbuf_str(&b),
	    "127.0.1.4lo1|127.0.1.4/32,em0|10.10.0.1/32,10.2.0.1",
	    "what is stored stays whole");
	is_int(addr_mode(&c, AF_INET), JSYS_NEW, "the mode is new");
	strbuf_free(&b);
	addrs_free(&a);
	ok(a.v == NULL && a.n == 0, "empty again");
	conf_free(&c);
}

static void
test_modes(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct addrs a = ADDRS_INIT;
	struct strbuf b = STRBUF_INIT;
	struct jerr e = JERR_INIT;

	is_int(addrs_from_conf(&c, &a, &e), 0, "no addresses are read");
	is_int(a.n, 0, "... and none come out");
	is_str(primary(&a, AF_INET), "none", "... no primary");
	(void)addr_show_first4(&c, &b);
	is_str(strbuf_str(&b), "", "... nothing for the index");
	is_int(addr_mode(&c, AF_INET), JSYS_DISABLE, "no IPv4");
	SET(&c, "ip4", "new");
	is_int(addr_mode(&c, AF_INET), JSYS_DISABLE, "new without: the same");
	SET(&c, "ip4", "inherit");
	is_int(addr_mode(&c, AF_INET), JSYS_INHERIT, "the host's");
	is_int(addr_mode(&c, AF_INET6), JSYS_DISABLE, "not of IPv6");
	SET(&c, "ip4.addr", "");
	is_int(addr_mode(&c, AF_INET), JSYS_INHERIT, "an empty list is none");
	SET(&c, "ip4.addr", "10.0.0.1");
	is_int(addr_mode(&c, AF_INET), JSYS_NEW, "an address means new");
	SET(&c, "ip4", "disable");
	is_int(addr_mode(&c, AF_INET), JSYS_NEW, "whatever the mode");
	SET(&c, "ip6.addr", "fd00::1");
	SET(&c, "ip4.addr", "lo1|127.0.0.2");
	is_int(addrs_from_conf(&c, &a, &e), 0, "read");
	is_str(primary(&a, AF_INET), "127.0.0.2", "a loopback if all are");
	SET(&c, "ip4.addr", "rubbish/");
	is_str(listed(&c, P_IP4_ADDR), "rubbish/", "shown, whatever it is");
	strbuf_free(&b);
	addrs_free(&a);
	conf_free(&c);
}

static void
test_limits(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct addrs a = ADDRS_INIT;
	struct strv many = STRV_INIT;
	struct jerr e = JERR_INIT;

	SET(&c, "ip4.addr", "em0|10.0.0.1/24", "lo1|10.0.0.1");
	is_int(addrs_from_conf(&c, &a, &e), -1, "twice the same");
	is_str(e.msg, "ip4.addr: 10.0.0.1: given twice", "... message");
	addrs_free(&a);
	SET(&c, "ip4.addr", "10.0.0.1", "fish");
	is_int(addrs_from_conf(&c, &a, &e), -1, "a bad one among good ones");
	is_str(e.msg, "ip4.addr: not an IPv4 address: fish", "... message");
	addrs_free(&a);

	for (int i = 1; i <= 255; i++)
		(void)strv_addf(&many, "em0|10.0.0.%d", i);
	(void)conf_set(&c, "ip4.addr", many.v, many.n, false,
	    (struct conf_origin) { 0 }, &e);
	SET(&c, "ip6.addr", "fd00::1");
	is_int(addrs_from_conf(&c, &a, &e), 0, "255 and one of the other");
	is_int(a.n, 256, "all of them");
	addrs_free(&a);
	(void)strv_add(&many, "10.0.1.1");
	(void)conf_set(&c, "ip4.addr", many.v, many.n, false,
	    (struct conf_origin) { 0 }, &e);
	is_int(addrs_from_conf(&c, &a, &e), -1, "256");
	is_str(e.msg, "too many IPv4 addresses", "... message");
	addrs_free(&a);
	strv_free(&many);
	conf_free(&c);
}

int
main(void)
{
	test_good();
	test_bad();
	test_jail();
	test_modes();
	test_limits();
	done_testing();
}
