/*
 * The entries of ip4.addr and ip6.addr: reading them in every spelling that
 * jail.conf files have, and showing them as FreeBSD does.
 *
 * Never asks the host anything, and never drops a word whose effect somebody
 * counts on: what Linux has no counterpart for is refused by its name, what
 * changes nothing for a jail is accepted.
 */
#include "model/addr.h"

#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

#define BLANKS " \t\n"
#define WORDLEN 64

/* An entry being read, and what its messages begin with. */
struct entry {
	const char *param; /* "ip4.addr" */
	const char *text;
	int len; /* without blanks at the end */
	int family;
	struct jerr *e;
};

static const char *
family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* "ip4.addr: ENTRY: WHAT" with a value in WHAT. */
static int
wrong(const struct entry *en, const char *what, const char *value)
{
	return jerr_set(en->e, EINVAL, "%s: %.*s: %s%s", en->param, en->len,
	    en->text, what, value);
}

/* ---- interface ---- */

/* loN, the loopback interface or a clone of it: FreeBSD's lo1, Linux's lo. */
static bool
is_loopback_if(const char *ifname)
{
	const char *n = str_after(ifname, "lo");

	return n != NULL && n[strspn(n, "0123456789")] == '\0';
}

/* dev_valid_name() of the kernel, and nothing that would not be seen. */
static bool
is_ifname(const char *s, size_t n)
{
	if (n == 0 || n >= ADDR_IFNAME || (n == 1 && s[0] == '.') ||
	    (n == 2 && s[0] == '.' && s[1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)s[i]) ||
		    strchr("/:|,", s[i]) != NULL)
			return false;
	return true;
}

static int
read_ifname(const struct entry *en, const char *dflt, const char **rest,
    struct addr *out)
{
	const char *bar = memchr(en->text, '|', (size_t)en->len);
	const char *name = dflt != NULL ? dflt : "";
	size_t n = strlen(name);

	*rest = en->text;
	if (bar != NULL) {
		name = en->text;
		n = (size_t)(bar - en->text);
		*rest = bar + 1;
		if (n == 0)
			return wrong(en, "no interface before \"|\"", "");
	}
	out->ifname[0] = '\0';
	if (n == 0)
		return 0;
	if (!is_ifname(name, n)) {
		if (bar == NULL)
			return jerr_set(en->e, EINVAL,
			    "interface: \"%s\" is not the name of an "
			    "interface (up to 15 characters)",
			    name);
		return wrong(en,
		    "not the name of an interface before \"|\" "
		    "(up to 15 characters)",
		    "");
	}
	memcpy(out->ifname, name, n);
	out->ifname[n] = '\0';
	return 0;
}

/* ---- address ---- */

/* FreeBSD's message, and what was probably meant. */
static int
not_address(const struct entry *en, const char *s, size_t n)
{
	char copy[WORDLEN], *scope;
	const char *hint = "";
	struct ip other;

	if (n < sizeof(copy)) {
		memcpy(copy, s, n);
		copy[n] = '\0';
		scope = strchr(copy, '%');
		if (scope != NULL)
			*scope = '\0';
		if (ip_parse(copy, AF_UNSPEC, &other) == 0) {
			if (other.family != en->family)
				hint = en->family == AF_INET ?
				    " (ip6.addr takes it)" :
				    " (ip4.addr takes it)";
			else if (scope != NULL)
				hint = " (an interface stands in front: "
				       "lo1|fe80::1)";
		}
	}
	return jerr_set(en->e, EINVAL, "%s: not an %s address: %.*s%s",
	    en->param, family_name(en->family), n < 256 ? (int)n : 256, s,
	    hint);
}

/* ::ffff:10.0.0.1 is IPv4 in a coat that no interface has on. */
static bool
is_mapped(const struct ip *a)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 && memcmp(a->b, head, sizeof(head)) == 0;
}

static bool
is_broadcast(const struct ip *a)
{
	static const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff };

	return a->family == AF_INET && memcmp(a->b, ones, sizeof(ones)) == 0;
}

static int
read_ip(const struct entry *en, const char *s, size_t n, struct addr *out)
{
	char copy[WORDLEN];

	if (n >= sizeof(copy))
		return not_address(en, s, n);
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (ip_parse(copy, en->family, &out->ip) == -1)
		return not_address(en, s, n);
	if (ip_is_any(&out->ip))
		return wrong(en,
		    "no address of one jail; leave it out for no network, or "
		    "use inherit",
		    "");
	if (is_broadcast(&out->ip))
		return wrong(en, "the broadcast address", "");
	if (ip_is_multicast(&out->ip))
		return wrong(en, "a multicast address", "");
	if (is_mapped(&out->ip))
		return wrong(en, "an IPv4 address; ip4.addr takes it", "");
	/* KAME keeps the interface's index in the second word of a link-local
	 * address, and guides for FreeBSD show it so (fe80:3::1). */
	if (out->ip.family == AF_INET6 && ip_is_linklocal(&out->ip))
		out->ip.b[2] = out->ip.b[3] = 0;
	return 0;
}

static int
classify(const struct entry *en, struct addr *a)
{
	bool lo = is_loopback_if(a->ifname);

	if (ip_is_loopback(&a->ip)) {
		a->class = ADDR_LOOPBACK;
	} else if (a->ip.family == AF_INET6 && ip_is_linklocal(&a->ip)) {
		if (!lo)
			return wrong(en,
			    "a link-local address does not leave its link "
			    "and cannot be the jail's on the host's; with "
			    "lo1| in front it is the jail's own",
			    "");
		a->class = ADDR_LOOPBACK;
	} else if (a->ifname[0] == '\0') {
		a->class = ADDR_OPEN;
	} else {
		a->class = lo ? ADDR_INTERNAL : ADDR_WIRE;
	}
	return 0;
}

/* ---- mask and words ---- */

/* Ones, then zeros: their number, else -1. */
static int
mask_bits(uint32_t mask)
{
	int n = 0;

	while (mask & 0x80000000U) {
		mask <<= 1;
		n++;
	}
	return mask == 0 ? n : -1;
}

static int
hex_mask(const char *s)
{
	size_t n = strlen(s);
	unsigned long long v;

	if (n == 0 || n > 8 || s[strspn(s, "0123456789abcdefABCDEF")] != '\0')
		return -1;
	v = strtoull(s, NULL, 16);
	return mask_bits((uint32_t)v);
}

/* 24, 255.255.255.0 or 0xffffff00. */
static int
read_mask(const struct entry *en, const char *s, unsigned *prefix)
{
	const char *hex = str_after(s, "0x");
	struct ip m;
	uint64_t v;
	int n = -1;

	if (num_u64(s, ip_bits(&(struct ip) { .family = en->family }), &v) == 0)
		n = (int)v;
	else if (en->family == AF_INET && ip_parse(s, AF_INET, &m) == 0)
		n = mask_bits((uint32_t)m.b[0] << 24 | (uint32_t)m.b[1] << 16 |
		    (uint32_t)m.b[2] << 8 | m.b[3]);
	else if (en->family == AF_INET && hex != NULL)
		n = hex_mask(hex);
	if (n == -1)
		return jerr_set(en->e, EINVAL, "%s: bad %s \"%s\"", en->param,
		    en->family == AF_INET ? "netmask" : "prefixlen", s);
	*prefix = (unsigned)n;
	return 0;
}

enum word_kind {
	WORD_NOTHING, /* changes nothing for a jail's address */
	WORD_ADDRESS, /* the same, and an address follows */
	WORD_NETMASK,
	WORD_PREFIXLEN,
	WORD_REFUSED,
};

/* ifconfig(8) of FreeBSD, as far as people put it behind an address. */
static const struct word {
	const char *name;
	enum word_kind kind;
	const char *why;
} words[] = {
	{ "alias", WORD_NOTHING, NULL },
	{ "add", WORD_NOTHING, NULL },
	{ "up", WORD_NOTHING, NULL },
	{ "arp", WORD_NOTHING, NULL },
	{ "no_dad", WORD_NOTHING, NULL },
	{ "-tentative", WORD_NOTHING, NULL },
	{ "-deprecated", WORD_NOTHING, NULL },
	{ "-autoconf", WORD_NOTHING, NULL },
	{ "-ifdisabled", WORD_NOTHING, NULL },
	{ "broadcast", WORD_ADDRESS, NULL },
	{ "netmask", WORD_NETMASK, NULL },
	{ "prefixlen", WORD_PREFIXLEN, NULL },
	{ "vhid", WORD_REFUSED, "Linux has no CARP" },
	{ "advskew", WORD_REFUSED, "Linux has no CARP" },
	{ "advbase", WORD_REFUSED, "Linux has no CARP" },
	{ "pass", WORD_REFUSED, "Linux has no CARP" },
	{ "state", WORD_REFUSED, "Linux has no CARP" },
	{ "carpdev", WORD_REFUSED, "Linux has no CARP" },
	{ "fib", WORD_REFUSED, "Linux has no routing tables by process" },
	{ "tunnelfib", WORD_REFUSED, "Linux has no routing tables by process" },
	{ "-alias", WORD_REFUSED, "it would take the address away" },
	{ "delete", WORD_REFUSED, "it would take the address away" },
	{ "remove", WORD_REFUSED, "it would take the address away" },
	{ "down", WORD_REFUSED, "the interface is the host's" },
	{ "mtu", WORD_REFUSED, "the jail has that of the interface" },
	{ "metric", WORD_REFUSED, "routes are made as the host's" },
	{ "ether", WORD_REFUSED, "the jail's MAC is made of its name" },
	{ "lladdr", WORD_REFUSED, "the jail's MAC is made of its name" },
	{ "link", WORD_REFUSED, "the jail's MAC is made of its name" },
	{ "eui64", WORD_REFUSED, "write the whole address" },
	{ "anycast", WORD_REFUSED, "not made for jails" },
	{ "deprecated", WORD_REFUSED, "not made for jails" },
	{ "autoconf", WORD_REFUSED, "not made for jails" },
	{ "prefer_source", WORD_REFUSED, "routes choose, see ip6.saddrsel" },
	{ "pltime", WORD_REFUSED, "a jail's address does not expire" },
	{ "vltime", WORD_REFUSED, "a jail's address does not expire" },
	{ "-arp", WORD_REFUSED, "the interface is the host's" },
	{ "staticarp", WORD_REFUSED, "the interface is the host's" },
	{ "promisc", WORD_REFUSED, "the interface is the host's" },
	{ "vlan", WORD_REFUSED, "make that interface on the host" },
	{ "vlandev", WORD_REFUSED, "make that interface on the host" },
	{ "media", WORD_REFUSED, "the interface is the host's" },
	{ "mediaopt", WORD_REFUSED, "the interface is the host's" },
	{ "description", WORD_REFUSED, "the interface is the host's" },
	{ "name", WORD_REFUSED, "the interface is the host's" },
	{ "group", WORD_REFUSED, "the interface is the host's" },
};

/* The next word of *p, cut to fit; false at the end. */
static bool
next_word(const char **p, char out[WORDLEN])
{
	size_t n;

	*p += strspn(*p, BLANKS);
	n = strcspn(*p, BLANKS);
	if (n == 0)
		return false;
	memcpy(out, *p, n < WORDLEN ? n : WORDLEN - 1);
	out[n < WORDLEN ? n : WORDLEN - 1] = '\0';
	*p += n;
	return true;
}

static int
read_word(const struct entry *en, const struct word *w, const char **p,
    unsigned *prefix)
{
	int wanted = w->kind == WORD_NETMASK ? AF_INET : AF_INET6;
	char arg[WORDLEN];
	struct ip ip;

	if (w->kind == WORD_NOTHING)
		return 0;
	if (w->kind == WORD_REFUSED)
		return jerr_set(en->e, EINVAL, "%s: %.*s: %s: %s", en->param,
		    en->len, en->text, w->name, w->why);
	if (!next_word(p, arg))
		return wrong(en, "nothing behind ", w->name);
	if (w->kind == WORD_ADDRESS)
		return ip_parse(arg, AF_INET, &ip) == 0 ?
		    0 :
		    wrong(en, "not an address: ", arg);
	if (en->family != wanted)
		return wrong(en,
		    en->family == AF_INET ? "IPv4 has \"netmask\", not " :
					    "IPv6 has \"prefixlen\", not ",
		    w->name);
	return read_mask(en, arg, prefix);
}

static int
read_words(const struct entry *en, const char *p, unsigned *prefix)
{
	char name[WORDLEN];

	while (next_word(&p, name)) {
		const struct word *w = NULL;

		for (size_t i = 0; i < nitems(words) && w == NULL; i++)
			if (str_eq(name, words[i].name))
				w = &words[i];
		if (w == NULL)
			return wrong(en, "unknown word: ", name);
		if (read_word(en, w, &p, prefix) == -1)
			return -1;
	}
	return 0;
}

int
addr_parse(const char *text, int family, const char *dflt_if, struct addr *out,
    struct jerr *e)
{
	struct entry en = {
		.param =
		    param_table[family == AF_INET ? P_IP4_ADDR : P_IP6_ADDR]
			.name,
		.text = text + strspn(text, BLANKS),
		.family = family,
		.e = e,
	};
	size_t n = strlen(en.text);
	char mask[WORDLEN];
	const char *p;

	while (n > 0 && strchr(BLANKS, en.text[n - 1]) != NULL)
		n--;
	en.len = n < 256 ? (int)n : 256;
	*out = (struct addr) { .prefix = family == AF_INET ? 32 : 128 };
	if (read_ifname(&en, dflt_if, &p, out) == -1)
		return -1;
	n = strcspn(p, "/" BLANKS);
	if (read_ip(&en, p, n, out) == -1)
		return -1;
	p += n;
	if (*p == '/') {
		p++;
		/* "10.0.0.1/ alias": the mask is missing, not "alias". */
		if (*p == '\0' || strchr(BLANKS, *p) != NULL)
			return wrong(&en, "no mask after \"/\"", "");
		(void)next_word(&p, mask);
		if (read_mask(&en, mask, &out->prefix) == -1)
			return -1;
	}
	if (read_words(&en, p, &out->prefix) == -1)
		return -1;
	return classify(&en, out);
}
