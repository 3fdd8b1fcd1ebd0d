/*
 * All addresses of one jail: both lists with what they may not hold together,
 * and the texts that jls and the registry's index show of them.
 *
 * Never asks the host anything.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/addr.h"

static const struct family {
	enum param_id id, mode;
	int af;
	const char *name;
} families[] = {
	{ P_IP4_ADDR, P_IP4, AF_INET, "IPv4" },
	{ P_IP6_ADDR, P_IP6, AF_INET6, "IPv6" },
};

/* As jls and jail -e write an empty list. */
static bool
is_nothing(const char *s)
{
	return *s == '\0' || str_eq(s, "-");
}

static const char *
default_if(const struct jail_conf *c)
{
	const char *s = conf_str(c, P_INTERFACE);

	return s != NULL && *s != '\0' ? s : NULL;
}

static int
add_one(const struct jail_conf *c, const struct family *f, const char *text,
    struct addrs *out, struct jerr *e)
{
	char bare[IP_TEXT];
	struct addr a, *v;

	if (addr_parse(text, f->af, default_if(c), &a, e) == -1)
		return -1;
	if (addrs_find(out, &a.ip) != NULL)
		return jerr_set(e, EINVAL, "%s: %s: given twice",
		    param_table[f->id].name, ip_print(&a.ip, bare));
	v = reallocarray(out->v, out->n + 1, sizeof(*v));
	if (v == NULL)
		return jerr_nomem(e);
	v[out->n] = a;
	out->v = v;
	out->n++;
	return 0;
}

int
addrs_from_conf(const struct jail_conf *c, struct addrs *out, struct jerr *e)
{
	for (size_t i = 0; i < nitems(families); i++) {
		const struct family *f = &families[i];
		const struct strv *l = conf_list(c, f->id);
		size_t before = out->n;

		for (size_t k = 0; k < l->n; k++) {
			if (is_nothing(l->v[k]))
				continue;
			if (out->n - before == ADDR_MAX)
				return jerr_set(e, EINVAL,
				    "too many %s addresses", f->name);
			if (add_one(c, f, l->v[k], out, e) == -1)
				return -1;
		}
	}
	return 0;
}

void
addrs_free(struct addrs *a)
{
	free(a->v);
	*a = (struct addrs)ADDRS_INIT;
}

const struct addr *
addrs_primary(const struct addrs *a, int family)
{
	const struct addr *first = NULL;

	for (size_t i = 0; i < a->n; i++) {
		if (a->v[i].ip.family != family)
			continue;
		if (a->v[i].class != ADDR_LOOPBACK)
			return &a->v[i];
		if (first == NULL)
			first = &a->v[i];
	}
	return first;
}

const struct addr *
addrs_find(const struct addrs *a, const struct ip *ip)
{
	for (size_t i = 0; i < a->n; i++)
		if (ip_eq(&a->v[i].ip, ip))
			return &a->v[i];
	return NULL;
}

/* ---- of what is stored ---- */

static int
show_one(
    const struct jail_conf *c, int family, const char *text, struct strbuf *out)
{
	struct jerr ignored = JERR_INIT;
	char bare[IP_TEXT];
	struct addr a;

	if (addr_parse(text, family, default_if(c), &a, &ignored) == -1)
		return strbuf_puts(out, text);
	return strbuf_puts(out, ip_print(&a.ip, bare));
}

static int
show(const struct jail_conf *c, enum param_id id, size_t most,
    struct strbuf *out)
{
	const struct strv *l = conf_list(c, id);
	size_t shown = 0;

	for (size_t i = 0; i < l->n && shown < most; i++) {
		if (is_nothing(l->v[i]))
			continue;
		if ((shown > 0 && strbuf_putc(out, ',') == -1) ||
		    show_one(c, id == P_IP4_ADDR ? AF_INET : AF_INET6, l->v[i],
			out) == -1)
			return -1;
		shown++;
	}
	return 0;
}

int
addr_show_list(const struct jail_conf *c, enum param_id id, struct strbuf *out)
{
	return show(c, id, SIZE_MAX, out);
}

int
addr_show_first4(const struct jail_conf *c, struct strbuf *out)
{
	return show(c, P_IP4_ADDR, 1, out);
}

enum jailsys
addr_mode(const struct jail_conf *c, int family)
{
	const struct family *f = &families[family == AF_INET6];
	const struct strv *l = conf_list(c, f->id);

	for (size_t i = 0; i < l->n; i++)
		if (!is_nothing(l->v[i]))
			return JSYS_NEW;
	return conf_int(c, f->mode) == JSYS_INHERIT ? JSYS_INHERIT :
						      JSYS_DISABLE;
}
