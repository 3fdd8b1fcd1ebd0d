/*
 * Any bytes as an entry of ip4.addr and ip6.addr, with and without an interface
 * for all, and as a line of rdr, nat and binat.  With libFuzzer: fuzz/run with
 * the target "net"; without it a program that runs the files named on its
 * command line once.
 *
 * Nothing of the system is used but /etc/services.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/pf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s: \"%s\"\n", what, text);
	abort();
}

static void
an_address(const char *text, int family, const char *dflt)
{
	struct jerr e = JERR_INIT;
	char bare[IP_TEXT];
	struct addr a, again;

	if (addr_parse(text, family, dflt, &a, &e) == -1) {
		must(e.msg[0] != '\0', "no message", text);
		return;
	}
	must(a.ip.family == family, "another family", text);
	must(a.prefix <= ip_bits(&a.ip), "a long prefix", text);
	must(memchr(a.ifname, '\0', sizeof(a.ifname)) != NULL, "no NUL", text);
	must(!ip_is_any(&a.ip) && !ip_is_multicast(&a.ip), "not one", text);
	must((a.class == ADDR_OPEN) <= (a.ifname[0] == '\0'), "open", text);
	/* What jls shows means the same address. */
	must(
	    addr_parse(ip_print(&a.ip, bare), family, "lo1", &again, &e) == 0 &&
		ip_eq(&a.ip, &again.ip),
	    "not read again", bare);
}

static bool
is_rule(const struct pf_rule *r, enum param_id id)
{
	for (size_t i = 0; i < r->nports; i++)
		if (r->ports[i].lo == 0 || r->ports[i].lo > r->ports[i].hi)
			return false;
	for (size_t i = 0; i < r->nifs; i++)
		if (r->ifs[i][0] == '\0')
			return false;
	if (r->family != 0 && r->target.family != 0 &&
	    r->family != r->target.family)
		return false;
	if (id == P_RDR)
		return r->protos != 0 &&
		    (r->nports != 0 || r->to_kind == PF_TO_NETS) &&
		    (r->nto != 0) == (r->to_kind == PF_TO_NETS) &&
		    (r->to_if[0] != '\0') == (r->to_kind == PF_TO_IF);
	return r->nifs != 0 && r->nports == 0 && r->target_port == 0 &&
	    (id == P_NAT || (r->target.family != 0 && r->nfrom <= 1));
}

static void
a_rule(const char *text, enum param_id id)
{
	struct pf_rules r = PF_RULES_INIT;
	struct jerr e = JERR_INIT;

	if (pf_parse(id, text, 3, &r, &e) == -1) {
		must(r.n == 0, "a rule and an error", text);
		must(str_after(e.msg, param_table[id].name) != NULL,
		    "no message", text);
		for (const char *s = e.msg; *s != '\0'; s++)
			must((unsigned char)*s >= 0x20, "two lines", e.msg);
	} else {
		must(r.n == 1 && r.v[0].line == 3 && is_rule(&r.v[0], id),
		    "no rule", text);
	}
	pf_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (text == NULL)
		return 0;
	an_address(text, AF_INET, NULL);
	an_address(text, AF_INET6, NULL);
	an_address(text, AF_INET, "em0");
	an_address(text, AF_INET6, "lo1");
	a_rule(text, P_RDR);
	a_rule(text, P_NAT);
	a_rule(text, P_BINAT);
	free(text);
	return 0;
}

#include "fuzz/main.h"
