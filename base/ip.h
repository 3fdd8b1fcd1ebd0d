/*
 * IPv4 and IPv6 addresses as plain bytes: reading, printing, comparing.  Pure;
 * strict: four decimal parts or RFC 4291 text, no scope, no blanks.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#define IP_TEXT 46 /* bytes of the longest text, with NUL */

struct ip {
	int family;    /* AF_INET, AF_INET6; 0: none */
	uint8_t b[16]; /* network order; AF_INET: the first four, rest 0 */
};

/* family AF_UNSPEC: either.  0, or -1 with errno EINVAL. */
int ip_parse(const char *s, int family, struct ip *out);
/* Canonical (RFC 5952): equal addresses give equal texts.  Returns buf. */
const char *ip_print(const struct ip *a, char buf[IP_TEXT]);

bool ip_eq(const struct ip *a, const struct ip *b);
unsigned ip_bits(const struct ip *a); /* 32 or 128 */
/* Does net/prefix hold a?  Different families: no. */
bool ip_in(const struct ip *a, const struct ip *net, unsigned prefix);
/* a with everything after prefix bits cleared. */
struct ip ip_network(const struct ip *a, unsigned prefix);

bool ip_is_any(const struct ip *a);	  /* 0.0.0.0, :: */
bool ip_is_loopback(const struct ip *a);  /* 127/8, ::1 */
bool ip_is_linklocal(const struct ip *a); /* 169.254/16, fe80::/10 */
bool ip_is_multicast(const struct ip *a);

#endif
