/*
 * One value as text and as the bytes of the API (jail_set(2), jail_get(2),
 * jp_value).  A list that is no array of addresses is one string with a line
 * an element (fstab lines have commas and blanks); people see it with commas.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "jail.h"
#include "libjail/lib_int.h"

static const char *const jailsys_words[] = {
	[JAIL_SYS_DISABLE] = "disable",
	[JAIL_SYS_NEW] = "new",
	[JAIL_SYS_INHERIT] = "inherit",
};

#define NWORDS (sizeof(jailsys_words) / sizeof(jailsys_words[0]))

static int
add(struct strbuf *out, const void *p, size_t n, struct jerr *e)
{
	return strbuf_add(out, p, n) == 0 ? 0 : jerr_sys(e, "libjail");
}

static int
read_bool(const char *name, const char *text, int64_t *n, struct jerr *e)
{
	if (strcasecmp(text, "true") == 0)
		*n = 1;
	else if (strcasecmp(text, "false") == 0)
		*n = 0;
	else if (num_int(text, INT32_MIN, INT32_MAX, n) == -1)
		return jerr_set(
		    e, EINVAL, "%s: unknown boolean value \"%s\"", name, text);
	return 0;
}

static int
read_jailsys(const char *name, const char *text, int64_t *n, struct jerr *e)
{
	*n = JAIL_SYS_NEW;
	if (*text == '\0')
		return 0;
	for (size_t i = 0; i < NWORDS; i++)
		if (strcasecmp(text, jailsys_words[i]) == 0) {
			*n = (int64_t)i;
			return 0;
		}
	if (num_int(text, INT32_MIN, INT32_MAX, n) == 0)
		return 0;
	return jerr_set(
	    e, EINVAL, "%s: unknown jailsys value \"%s\"", name, text);
}

/*
 * A bare address, as FreeBSD's libjail has it.  What jail(8) takes besides,
 * "em0|10.0.0.1/24", has no room in the bytes of the API: dropping it without
 * a word would put the jail on another interface than was asked for.  The
 * parameter "interface" says it here.
 */
static int
add_address(const struct lib_type *t, const char *name, const char *text,
    size_t len, struct strbuf *out, struct jerr *e)
{
	char addr[INET6_ADDRSTRLEN];
	union {
		struct in_addr in;
		struct in6_addr in6;
	} u;
	bool v4 = t->structtype == LIB_IN_ADDR;

	if (len < sizeof(addr)) {
		memcpy(addr, text, len);
		addr[len] = '\0';
		if (inet_pton(v4 ? AF_INET : AF_INET6, addr, &u) == 1)
			return add(out, &u, t->elemlen, e);
	}
	return jerr_set(e, EINVAL, "%s: not an %s address: %.*s", name,
	    v4 ? "IPv4" : "IPv6", (int)len, text);
}

static int
add_addresses(const struct lib_type *t, const char *name, const char *text,
    struct strbuf *out, struct jerr *e)
{
	if (*text == '\0' || str_eq(text, "-"))
		return 0;
	for (;;) {
		size_t n = strcspn(text, ",");

		if (add_address(t, name, text, n, out, e) == -1)
			return -1;
		if (text[n] == '\0')
			return 0;
		text += n + 1;
	}
}

static int
add_int(const struct lib_type *t, const char *name, const char *text,
    struct strbuf *out, struct jerr *e)
{
	int64_t n;
	int i;

	if (t->flags & (JP_BOOL | JP_NOBOOL)) {
		if (read_bool(name, text, &n, e) == -1)
			return -1;
	} else if (t->flags & JP_JAILSYS) {
		if (read_jailsys(name, text, &n, e) == -1)
			return -1;
	} else if (num_int(text, INT32_MIN, INT32_MAX, &n) == -1)
		return jerr_set(
		    e, EINVAL, "%s: non-integer value \"%s\"", name, text);
	i = (int)n;
	return add(out, &i, sizeof(i), e);
}

int
lib_value_encode(const struct lib_type *t, const char *name, const char *text,
    struct strbuf *out, struct jerr *e)
{
	unsigned long ul;
	uint64_t u;

	switch (t->ctltype & CTLTYPE) {
	case CTLTYPE_INT:
		return add_int(t, name, text, out, e);
	case CTLTYPE_ULONG:
		if (num_u64(text, ULONG_MAX, &u) == -1)
			return jerr_set(e, EINVAL,
			    "%s: non-integer value \"%s\"", name, text);
		ul = (unsigned long)u;
		return add(out, &ul, sizeof(ul), e);
	case CTLTYPE_STRUCT:
		return add_addresses(t, name, text, out, e);
	default:
		return add(out, text, strlen(text) + 1, e);
	}
}

static int
show_addresses(
    const struct lib_type *t, const char *p, size_t len, struct strbuf *out)
{
	char addr[INET6_ADDRSTRLEN];
	int family = t->structtype == LIB_IN_ADDR ? AF_INET : AF_INET6;

	for (size_t i = 0; i + t->elemlen <= len; i += t->elemlen) {
		if (i > 0 && strbuf_putc(out, ',') == -1)
			return -1;
		if (inet_ntop(family, p + i, addr, sizeof(addr)) == NULL ||
		    strbuf_puts(out, addr) == -1)
			return -1;
	}
	return 0;
}

static int
show_int(const struct lib_type *t, int n, struct strbuf *out)
{
	if ((t->flags & (JP_BOOL | JP_NOBOOL)) && (n == 0 || n == 1))
		return strbuf_puts(out, n ? "true" : "false");
	if ((t->flags & JP_JAILSYS) && n >= 0 && n < (int)NWORDS)
		return strbuf_puts(out, jailsys_words[n]);
	return strbuf_addf(out, "%d", n);
}

int
lib_value_decode(
    const struct lib_type *t, const void *value, size_t len, struct strbuf *out)
{
	bool list = t->id != P_COUNT &&
	    (param_table[t->id].type == PT_LIST ||
		param_table[t->id].type == PT_COMMA);
	unsigned long ul;
	const char *p = value;
	int n;

	switch (t->ctltype & CTLTYPE) {
	case CTLTYPE_INT:
		if (len != sizeof(n))
			break;
		memcpy(&n, value, sizeof(n));
		return show_int(t, n, out);
	case CTLTYPE_ULONG:
		if (len != sizeof(ul))
			break;
		memcpy(&ul, value, sizeof(ul));
		return strbuf_addf(out, "%lu", ul);
	case CTLTYPE_STRUCT:
		return show_addresses(t, p, len, out);
	default:
		for (; len > 0 && *p != '\0'; p++, len--)
			if (strbuf_putc(out, list && *p == '\n' ? ',' : *p) ==
			    -1)
				return -1;
		return 0;
	}
	errno = EINVAL; /* a raw value of the wrong size */
	return -1;
}
