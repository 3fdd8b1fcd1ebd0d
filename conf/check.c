/*
 * The values that are a small language of their own, addresses and pf's rules:
 * read here, where it is known in which file, line and column each one begins.
 * What comes out is thrown away; that the parts fit together is the model's
 * question (conf_check), when all is known.
 *
 * Never stops at the first mistake: every value of a jail is told.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/ast.h"
#include "conf/expand.h"
#include "model/addr.h"
#include "model/pf.h"

/* How many strings of a slot came of this text; see put_text(). */
static size_t
made_of(struct scratch *s, const struct text *t)
{
	const struct var_ref *v = t->vars;
	const struct slot *of;

	if (t->len != 0 || v == NULL || v->next != NULL || v->sym == NULL)
		return 1;
	of = scratch_slot(s, v->sym->number);
	return of != NULL && of->out.n > 1 ? of->out.n : 1;
}

/* Where the value of this index begins. */
static struct conf_origin
begins(struct scratch *s, const struct slot *slot, size_t index)
{
	size_t past = 0;

	for (size_t n = slot->first; n != NO_NODE; n = s->nodes[n].next) {
		const struct assign *a = s->nodes[n].a;

		for (const struct text *t = a->values; t != NULL; t = t->next) {
			past += made_of(s, t);
			if (index < past)
				return (struct conf_origin) {
					.file = a->at.file,
					.line = t->line,
					.col = t->col,
				};
		}
	}
	return slot->latest->at;
}

/* As expand.c leaves them. */
static bool
waits(const char *text)
{
	return strstr(text, "${jid}") != NULL ||
	    strstr(text, "${jailid}") != NULL;
}

static int
check_one(const struct jail_conf *c, enum param_id id, const char *text,
    struct jerr *e)
{
	const char *dflt = conf_str(c, P_INTERFACE);
	struct pf_rules rules = PF_RULES_INIT;
	struct addr addr;
	int r;

	/* Both empty the list, as the model has it. */
	if (*text == '\0' || str_eq(text, "-"))
		return 0;
	if (id == P_IP4_ADDR || id == P_IP6_ADDR)
		return addr_parse(text, id == P_IP4_ADDR ? AF_INET : AF_INET6,
		    dflt != NULL && *dflt != '\0' ? dflt : NULL, &addr, e);
	r = pf_parse(id, text, 0, &rules, e);
	pf_free(&rules);
	return r;
}

int
check_values(const struct conf_file *f, const struct jail_conf *c,
    const char *jid, struct reporter *r)
{
	static const enum param_id ids[] = { P_IP4_ADDR, P_IP6_ADDR, P_NAT,
		P_RDR, P_BINAT };

	for (size_t i = 0; i < nitems(ids); i++) {
		const struct symbol *sym = sym_find(
		    &f->syms, param_table[ids[i]].name);
		const struct slot *slot = sym == NULL ?
		    NULL :
		    scratch_slot(f->scratch, sym->number);

		if (slot == NULL || !slot->is_param || slot->failed)
			continue;
		for (size_t k = 0; k < slot->out.n; k++) {
			struct jerr e = JERR_INIT;

			/* It comes here again with the jid. */
			if (slot->used_jid && jid == NULL &&
			    waits(slot->out.v[k]))
				continue;
			if (check_one(c, ids[i], slot->out.v[k], &e) == 0)
				continue;
			if (e.code == ENOMEM)
				return -1;
			report_error(
			    r, begins(f->scratch, slot, k), "%s", e.msg);
		}
	}
	return 0;
}
