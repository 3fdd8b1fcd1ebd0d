/*
 * Addresses as bytes.  The C library's inet_pton and inet_ntop do the reading
 * and printing: they are strict and their text is the canonical one.
 */
#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int
ip_parse(const char *s, int family, struct ip *out)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		struct ip a = { .family = families[i] };

		if (family != AF_UNSPEC && family != families[i])
			continue;
		if (inet_pton(families[i], s, a.b) == 1) {
			*out = a;
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

const char *
ip_print(const struct ip *a, char buf[IP_TEXT])
{
	if (inet_ntop(a->family, a->b, buf, IP_TEXT) == NULL)
		(void)snprintf(buf, IP_TEXT, "?");
	return buf;
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family &&
	    memcmp(a->b, b->b, ip_bits(a) / 8) == 0;
}

unsigned
ip_bits(const struct ip *a)
{
	return a->family == AF_INET6 ? 128 : 32;
}

struct ip
ip_network(const struct ip *a, unsigned prefix)
{
	struct ip n = *a;

	for (unsigned i = 0; i < sizeof(n.b); i++)
		if (i * 8 >= prefix)
			n.b[i] = 0;
		else if (i * 8 + 8 > prefix)
			n.b[i] &= (uint8_t)(0xff << (i * 8 + 8 - prefix));
	return n;
}

bool
ip_in(const struct ip *a, const struct ip *net, unsigned prefix)
{
	struct ip na, nn;

	if (a->family != net->family)
		return false;
	na = ip_network(a, prefix);
	nn = ip_network(net, prefix);
	return ip_eq(&na, &nn);
}

bool
ip_is_any(const struct ip *a)
{
	static const uint8_t none[16];

	return memcmp(a->b, none, ip_bits(a) / 8) == 0;
}

bool
ip_is_loopback(const struct ip *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == AF_INET6 ? memcmp(a->b, one, 16) == 0 :
				       a->b[0] == 127;
}

bool
ip_is_linklocal(const struct ip *a)
{
	return a->family == AF_INET6 ?
	    a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80 :
	    a->b[0] == 169 && a->b[1] == 254;
}

bool
ip_is_multicast(const struct ip *a)
{
	return a->family == AF_INET6 ? a->b[0] == 0xff :
				       (a->b[0] & 0xf0) == 0xe0;
}
