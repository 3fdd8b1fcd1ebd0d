/* base/ip: what is an address, its one text, prefixes, the special ranges. */
#include <sys/socket.h>

#include <errno.h>

#include "base/ip.h"
#include "tests/unit/tap.h"

static struct ip
ip(const char *s)
{
	struct ip a = { 0 };

	(void)ip_parse(s, AF_UNSPEC, &a);
	return a;
}

static void
reading(void)
{
	static const struct {
		const char *text, *want; /* want NULL: refused */
		int family;
	} v[] = {
		{ "10.0.0.1", "10.0.0.1", AF_UNSPEC },
		{ "255.255.255.255", "255.255.255.255", AF_INET },
		{ "10.0.0.1", NULL, AF_INET6 },
		{ "fd00::1", NULL, AF_INET },
		{ "FD00:0:0::1", "fd00::1", AF_UNSPEC },
		{ "fd00:0:1:0:0:0:0:1", "fd00:0:1::1", AF_INET6 },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", AF_INET6 },
		{ "::", "::", AF_INET6 },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", AF_INET6 },
		{ "10.0.0", NULL, AF_UNSPEC },
		{ "10.0.0.256", NULL, AF_UNSPEC },
		{ "10.0.0.01", NULL, AF_UNSPEC },
		{ "0x0a.0.0.1", NULL, AF_UNSPEC },
		{ "10.0.0.1.2", NULL, AF_UNSPEC },
		{ " 10.0.0.1", NULL, AF_UNSPEC },
		{ "10.0.0.1 ", NULL, AF_UNSPEC },
		{ "10.0.0.1/32", NULL, AF_UNSPEC },
		{ "fe80::1%em0", NULL, AF_UNSPEC },
		{ "fe80:::1", NULL, AF_UNSPEC },
		{ "1:2:3:4:5:6:7:8:9", NULL, AF_UNSPEC },
		{ "localhost", NULL, AF_UNSPEC },
		{ "", NULL, AF_UNSPEC },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ip a = { .family = -1 };
		char buf[IP_TEXT];
		int r;

		errno = 0;
		r = ip_parse(v[i].text, v[i].family, &a);
		if (v[i].want == NULL)
			ok(r == -1 && errno == EINVAL && a.family == -1,
			    "'%s' is refused", v[i].text);
		else
			is_str(r == 0 ? ip_print(&a, buf) : NULL, v[i].want,
			    "'%s'", v[i].text);
	}
}

static void
prefixes(void)
{
	static const struct {
		const char *a, *net;
		unsigned prefix;
		bool in;
	} v[] = {
		{ "10.0.0.1", "10.0.0.0", 24, true },
		{ "10.0.1.1", "10.0.0.0", 24, false },
		{ "10.0.1.1", "10.0.0.0", 23, true },
		{ "10.0.0.129", "10.0.0.128", 25, true },
		{ "10.0.0.127", "10.0.0.128", 25, false },
		{ "10.0.0.1", "10.0.0.1", 32, true },
		{ "10.0.0.1", "10.0.0.2", 32, false },
		{ "10.0.0.1", "200.0.0.0", 0, true },
		{ "10.0.0.1", "::", 0, false },
		{ "fd00:10::1", "fd00:10::", 64, true },
		{ "fd00:10:0:1::1", "fd00:10::", 64, false },
		{ "fd00:10:0:1::1", "fd00:10::", 63, true },
		{ "fd00::1", "fd00::1", 128, true },
		{ "fd00::1", "fd00::3", 127, false },
		{ "fd00::2", "fd00::3", 127, true },
	};
	struct ip a, b;
	char buf[IP_TEXT];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		a = ip(v[i].a);
		b = ip(v[i].net);
		is_int(ip_in(&a, &b, v[i].prefix), v[i].in, "%s in %s/%u",
		    v[i].a, v[i].net, v[i].prefix);
	}
	a = ip("10.1.2.255");
	b = ip_network(&a, 27);
	is_str(ip_print(&b, buf), "10.1.2.224", "10.1.2.255/27");
	b = ip_network(&a, 32);
	ok(ip_eq(&a, &b), "all 32 bits change nothing");
	a = ip("fd00:ffff::ffff");
	b = ip_network(&a, 20);
	is_str(ip_print(&b, buf), "fd00:f000::", "/20");
	is_int(ip_bits(&a), 128, "bits of IPv6");
	a = ip("10.0.0.1");
	is_int(ip_bits(&a), 32, "bits of IPv4");
	a = ip("0.0.0.0");
	b = ip("::");
	ok(!ip_eq(&a, &b), "0.0.0.0 is not ::");
	a.family = 0;
	is_str(ip_print(&a, buf), "?", "no address");
}

static void
kinds(void)
{
	/* any, loopback, link-local, multicast */
	static const struct {
		const char *a, *is;
	} v[] = {
		{ "0.0.0.0", "a" },
		{ "0.0.0.1", "" },
		{ "::", "a" },
		{ "::1", "l" },
		{ "::2", "" },
		{ "127.0.0.1", "l" },
		{ "127.255.3.4", "l" },
		{ "128.0.0.1", "" },
		{ "169.254.169.254", "k" },
		{ "169.253.0.1", "" },
		{ "fe80::1", "k" },
		{ "febf::1", "k" },
		{ "fec0::1", "" },
		{ "224.0.0.1", "m" },
		{ "239.1.1.1", "m" },
		{ "240.0.0.1", "" },
		{ "ff02::1", "m" },
		{ "fd00::1", "" },
		{ "::ffff:127.0.0.1", "" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ip a = ip(v[i].a);
		char is[5] = "", *p = is;

		if (ip_is_any(&a))
			*p++ = 'a';
		if (ip_is_loopback(&a))
			*p++ = 'l';
		if (ip_is_linklocal(&a))
			*p++ = 'k';
		if (ip_is_multicast(&a))
			*p++ = 'm';
		*p = '\0';
		is_str(is, v[i].is, "kind of %s", v[i].a);
	}
}

int
main(void)
{
	reading();
	prefixes();
	kinds();
	done_testing();
}
