/*
 * Other people's forward chains.  No rule of ours can overrule a drop of
 * theirs, and none shall; but where the policy alone drops, one accept of our
 * mark at the very end lets jails' packets pass, after every rule of theirs had
 * its say.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/nft.h"
#include "net/nftlib.h"

#define COMMENT "comment \"linux-jails\""

static int
no_memory(struct jerr *e)
{
	return jerr_set(e, ENOMEM, "out of memory");
}

static bool
is_ours(const struct nft_chain *c)
{
	return str_eq(c->family, "inet") && str_eq(c->table, "jail");
}

static bool
filters_ip(const char *family)
{
	return str_eq(family, "ip") || str_eq(family, "ip6") ||
	    str_eq(family, "inet");
}

static int
list_chain(
    const struct nft_chain *c, bool handles, struct strbuf *out, struct jerr *e)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "list chain %s %s %s",
	    c->family, c->table, c->chain);
	return nft_run(command, handles, out, e);
}

/* Reads "list chains": "table FAMILY NAME {", "chain NAME {", "type ...". */
static int
parse(char *text, struct nft_chain **v, size_t *n)
{
	struct nft_chain c = { .ours_there = false };
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save)) {
		struct nft_chain *grown;

		if (sscanf(l, " table %7s %63s {", c.family, c.table) == 2 ||
		    sscanf(l, " chain %63s {", c.chain) == 1)
			continue;
		if (strstr(l, " hook forward ") == NULL ||
		    strstr(l, "policy drop;") == NULL ||
		    !filters_ip(c.family) || is_ours(&c))
			continue;
		grown = reallocarray(*v, *n + 1, sizeof(*grown));
		if (grown == NULL)
			return -1;
		*v = grown;
		grown[(*n)++] = c;
	}
	return 0;
}

int
nft_forward_drops(struct nft_chain **v, size_t *n, struct jerr *e)
{
	auto_strbuf struct strbuf out = STRBUF_INIT;

	*v = NULL;
	*n = 0;
	if (nft_run("list chains", false, &out, e) == -1)
		return -1;
	if (out.s != NULL && parse(out.s, v, n) == -1) {
		free(*v);
		return no_memory(e);
	}
	for (size_t i = 0; i < *n; i++) {
		auto_strbuf struct strbuf rules = STRBUF_INIT;

		if (list_chain(&(*v)[i], false, &rules, e) == -1) {
			free(*v);
			return -1;
		}
		(*v)[i].ours_there = strstr(strbuf_str(&rules), COMMENT) !=
		    NULL;
	}
	return 0;
}

int
nft_accept_add(const struct nft_chain *c, struct jerr *e)
{
	char command[320];

	(void)snprintf(command, sizeof(command),
	    "add rule %s %s %s meta mark & 0x40000000 == 0x40000000 "
	    "accept " COMMENT,
	    c->family, c->table, c->chain);
	return nft_run(command, false, NULL, e);
}

int
nft_accept_del(const struct nft_chain *c, struct jerr *e)
{
	auto_strbuf struct strbuf out = STRBUF_INIT;
	auto_strbuf struct strbuf commands = STRBUF_INIT;
	struct jerr why = JERR_INIT;
	char *save = NULL;

	if (list_chain(c, true, &out, &why) == -1) {
		if (why.code == ENOENT)
			return 0;
		*e = why;
		return -1;
	}
	for (char *l = out.s == NULL ? NULL : strtok_r(out.s, "\n", &save);
	     l != NULL; l = strtok_r(NULL, "\n", &save)) {
		const char *h = strstr(l, "# handle ");

		if (strstr(l, COMMENT) != NULL && h != NULL &&
		    strbuf_addf(&commands, "delete rule %s %s %s handle %lu\n",
			c->family, c->table, c->chain,
			strtoul(h + strlen("# handle "), NULL, 10)) == -1)
			return no_memory(e);
	}
	return commands.len == 0 ? 0 : nft_run(commands.s, false, NULL, e);
}
