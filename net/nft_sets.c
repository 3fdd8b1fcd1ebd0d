/*
 * What the sets and maps of our table hold, and their keys as the kernel wants
 * them: every field of a concatenation padded to four bytes.  Elements are
 * written to the kernel by ourselves (nft_elems.c): libnftables costs half a
 * millisecond to open, and reads the list of all links, once, before it takes
 * the first name or number of one, so a link made later does not exist for it
 * and a host with a thousand jails pays for all of them.
 */
#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/num.h"
#include "net/nft_int.h"

static const struct nft_set sets[] = {
#define BOTH(name, k4, k6, d4, d6, interval) \
	{ name "4", k4, d4, interval }, \
	{ \
		name "6", k6, d6, interval \
	}
	BOTH("own", "xa", "xA", NULL, NULL, false),
	BOTH("jail", "a", "A", NULL, NULL, false),
	BOTH("int", "a", "A", NULL, NULL, false),
	{ "hair", "xx", NULL, false },
	BOTH("open", "i", "i", NULL, NULL, false),
	BOTH("shut", "i", "i", NULL, NULL, false),
	BOTH("nat", "ia", "iA", NULL, NULL, false),
	BOTH("bin", "a", "A", "a", "A", false),
	BOTH("bout", "ia", "iA", "a", "A", false),
	BOTH("rdr", "pas", "pAs", "as", "As", false),
	{ "rdr4r", "apas", "a", true },
	{ "rdr6r", "ApAs", "A", true },
	{ "rdr4f", "apas", "as", true },
	{ "rdr6f", "ApAs", "As", true },
	BOTH("rdrif", "ips", "ips", "as", "As", false),
	{ "rdrif4r", "iaps", "a", true },
	{ "rdrif6r", "iAps", "A", true },
#undef BOTH
};

const struct nft_set *
nft_set_find(const char *name)
{
	for (size_t i = 0; i < nitems(sets); i++)
		if (str_eq(sets[i].name, name))
			return &sets[i];
	return NULL;
}

bool
nft_set_is_interval(const char *name, size_t len)
{
	for (size_t i = 0; i < nitems(sets); i++)
		if (strlen(sets[i].name) == len &&
		    memcmp(sets[i].name, name, len) == 0)
			return sets[i].interval;
	return false;
}

/* ---- one field ---- */

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

static int
ifname(const char *s, uint8_t *first, uint8_t *last)
{
	size_t n = strlen(s);

	if (n == 0 || n >= IFNAMSIZ)
		return invalid();
	memcpy(first, s, n);
	memcpy(last, s, n);
	return 0;
}

/* A host end by its number, which still names it when the link has gone; by
 * its name while it is there. */
static int
ifindex(const char *s, uint8_t *first, uint8_t *last)
{
	uint64_t n;
	uint32_t index;

	if (num_u64(s, INT32_MAX, &n) == -1)
		n = if_nametoindex(s);
	if (n == 0)
		return invalid();
	index = (uint32_t)n; /* in the host's own order */
	memcpy(first, &index, sizeof(index));
	memcpy(last, &index, sizeof(index));
	return 0;
}

static int
proto(const char *s, uint8_t *first, uint8_t *last)
{
	uint64_t n;

	if (str_eq(s, "tcp"))
		n = 6;
	else if (str_eq(s, "udp"))
		n = 17;
	else if (num_u64(s, UINT8_MAX, &n) == -1)
		return invalid();
	*first = *last = (uint8_t)n;
	return 0;
}

/* The two halves of "a-b" or "a/b"; false: no such character, or too long. */
static bool
split(const char *s, char at, char a[IP_TEXT], const char **b)
{
	const char *c = strchr(s, at);

	if (c == NULL || (size_t)(c - s) >= IP_TEXT)
		return false;
	memcpy(a, s, (size_t)(c - s));
	a[c - s] = '\0';
	*b = c + 1;
	return true;
}

static int
address(int family, const char *s, bool ranges, uint8_t *first, uint8_t *last)
{
	size_t n = family == AF_INET ? 4 : 16;
	char text[IP_TEXT];
	struct ip a, b;
	const char *rest;
	uint64_t prefix;

	if (ip_parse(s, family, &a) == 0) {
		b = a;
	} else if (ranges && split(s, '/', text, &rest)) {
		if (ip_parse(text, family, &a) == -1 ||
		    num_u64(rest, n * 8, &prefix) == -1)
			return invalid();
		a = b = ip_network(&a, (unsigned)prefix);
		for (size_t bit = prefix; bit < n * 8; bit++)
			b.b[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	} else if (ranges && split(s, '-', text, &rest)) {
		if (ip_parse(text, family, &a) == -1 ||
		    ip_parse(rest, family, &b) == -1 || memcmp(a.b, b.b, n) > 0)
			return invalid();
	} else
		return invalid();
	memcpy(first, a.b, n);
	memcpy(last, b.b, n);
	return 0;
}

static int
port(const char *s, bool ranges, uint8_t *first, uint8_t *last)
{
	char text[IP_TEXT];
	const char *rest;
	uint64_t a, b;

	if (num_u64(s, UINT16_MAX, &a) == 0)
		b = a;
	else if (!ranges || !split(s, '-', text, &rest) ||
	    num_u64(text, UINT16_MAX, &a) == -1 ||
	    num_u64(rest, UINT16_MAX, &b) == -1 || a > b)
		return invalid();
	first[0] = (uint8_t)(a >> 8);
	first[1] = (uint8_t)a;
	last[0] = (uint8_t)(b >> 8);
	last[1] = (uint8_t)b;
	return 0;
}

/* ---- all of them ---- */

static const struct kind {
	char letter;
	const char *type; /* as nft(8) says it */
	size_t len;	  /* padded */
} kinds[] = {
	{ 'i', "ifname", IFNAMSIZ },
	{ 'x', "iface_index", 4 },
	{ 'a', "ipv4_addr", 4 },
	{ 'A', "ipv6_addr", 16 },
	{ 'p', "inet_proto", 4 },
	{ 's', "inet_service", 4 },
};

static const struct kind *
kind_of(char letter)
{
	const struct kind *k = kinds;

	while (k->letter != letter)
		k++;
	return k;
}

static int
field(char letter, const char *s, bool ranges, uint8_t *first, uint8_t *last)
{
	switch (letter) {
	case 'i':
		return ifname(s, first, last);
	case 'x':
		return ifindex(s, first, last);
	case 'a':
		return address(AF_INET, s, ranges, first, last);
	case 'A':
		return address(AF_INET6, s, ranges, first, last);
	case 'p':
		return proto(s, first, last);
	case 's':
		return port(s, ranges, first, last);
	default:
		return invalid();
	}
}

int
nft_encode(const char *fields, const char *text, bool ranges,
    uint8_t first[NFT_KEY], uint8_t last[NFT_KEY], size_t *len)
{
	char one[2 * IP_TEXT];
	size_t off = 0;

	memset(first, 0, NFT_KEY);
	memset(last, 0, NFT_KEY);
	for (const char *f = fields; *f != '\0'; f++) {
		const char *dot = strstr(text, " . ");
		size_t n = dot == NULL ? strlen(text) : (size_t)(dot - text);

		if (n >= sizeof(one) || (dot == NULL) != (f[1] == '\0'))
			return invalid();
		memcpy(one, text, n);
		one[n] = '\0';
		if (field(*f, one, ranges, first + off, last + off) == -1)
			return -1;
		off += kind_of(*f)->len;
		text += n + (dot == NULL ? 0 : strlen(" . "));
	}
	*len = off;
	return 0;
}

/* ---- the text that makes them ---- */

static int
type_text(struct strbuf *b, const char *fields)
{
	for (const char *f = fields; *f != '\0'; f++)
		if (strbuf_addf(b, "%s%s", f == fields ? "" : " . ",
			kind_of(*f)->type) == -1)
			return -1;
	return 0;
}

int
nft_sets_text(struct strbuf *b)
{
	for (size_t i = 0; i < nitems(sets); i++) {
		const struct nft_set *s = &sets[i];

		if (strbuf_addf(b, "%s %s { type ",
			s->data == NULL ? "set" : "map", s->name) == -1 ||
		    type_text(b, s->key) == -1 ||
		    (s->data != NULL &&
			(strbuf_puts(b, " : ") == -1 ||
			    type_text(b, s->data) == -1)) ||
		    strbuf_puts(b,
			s->interval ? "; flags interval; }\n" : "; }\n") == -1)
			return -1;
	}
	return 0;
}
