/*
 * One jail out of a configuration: the wildcards and its own block in their
 * order, the variables, and every parameter through the model's checks.
 *
 * Whatever is wrong with this jail is told and fails this jail alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/conf_file.h"
#include "conf/expand.h"

struct merge {
	const struct conf_file *f;
	const struct block *b;
	struct scratch *s;
	struct reporter *r;
	/* What a block's name says by itself. */
	struct assign implied[2];
	struct text implied_text;
};

static int
assign(struct merge *m, const struct assign *a)
{
	struct slot *slot = scratch_slot(m->s, a->sym->number);
	bool fixed = !m->f->from_args && !a->sym->keyed &&
	    (a->sym->id == P_NAME || a->sym->id == P_JID);

	if (a->is_var && a->sym->id != P_COUNT) {
		report_error(m->r, a->at,
		    "variable \"$%s\" cannot have the "
		    "same name as a parameter.",
		    a->name);
		return 0;
	}
	if (fixed && slot != NULL) {
		report_error(
		    m->r, a->at, "cannot redefine parameter \"%s\".", a->name);
		return 0;
	}
	if (slot == NULL)
		slot = scratch_claim(m->s, a->sym->number);
	return scratch_add(m->s, slot, a);
}

static int
assign_block(struct merge *m, const struct block *b)
{
	for (const struct assign *a = b->first; a != NULL; a = a->next)
		if (assign(m, a) == -1)
			return -1;
	return 0;
}

/* The block's name as the parameter sym. */
static int
assign_implied(struct merge *m, struct symbol *sym)
{
	struct assign *a = &m->implied[sym == m->f->jid];

	m->implied_text = (struct text) {
		.s = m->b->name,
		.len = strlen(m->b->name),
		.line = m->b->at.line,
		.col = m->b->at.col,
	};
	*a = (struct assign) {
		.sym = sym,
		.name = sym->name,
		.values = &m->implied_text,
		.nvalues = 1,
		.at = m->b->at,
	};
	return assign(m, a);
}

static int
collect(struct merge *m)
{
	const struct conf_file *f = m->f;
	bool number = is_number(m->b->name);
	size_t i = 0;

	if (f->from_args)
		return assign_block(m, m->b);
	if (assign_implied(m, number ? f->jid : f->name) == -1)
		return -1;
	for (; i < f->nwild && f->wild[i]->seq < m->b->seq; i++)
		if (conf_match(f->wild[i]->name, m->b->name) &&
		    assign_block(m, f->wild[i]) == -1)
			return -1;
	if (assign_block(m, m->b) == -1)
		return -1;
	for (; i < f->nwild; i++)
		if (conf_match(f->wild[i]->name, m->b->name) &&
		    assign_block(m, f->wild[i]) == -1)
			return -1;
	if (number && scratch_slot(m->s, f->name->number) == NULL)
		return assign_implied(m, f->name);
	return 0;
}

/* ---- giving the model what came out ---- */

static void
tell_unknown(struct merge *m, const struct assign *a)
{
	const char *near = param_nearest(a->name);

	if (near != NULL)
		report_error(m->r, a->at,
		    "%s: unknown parameter (did you mean %s?)", a->name, near);
	else
		report_error(m->r, a->at, "%s: unknown parameter", a->name);
}

/* Does text have the number jid as a part of a dotted address? */
static bool
in_dotted(const char *text, const char *jid)
{
	size_t n = strlen(jid);
	const char *s;

	for (s = strstr(text, jid); s != NULL; s = strstr(s + 1, jid)) {
		bool whole = (s == text ||
				 strchr("0123456789", s[-1]) == NULL) &&
		    (s[n] == '\0' || strchr("0123456789", s[n]) == NULL);

		if (whole && ((s > text && s[-1] == '.') || s[n] == '.'))
			return true;
	}
	return false;
}

static void
check_octets(struct merge *m, const struct symbol *sym, struct slot *slot,
    const char *jid)
{
	static const enum param_id ids[] = { P_IP4_ADDR, P_NAT, P_RDR,
		P_BINAT };
	bool wanted = false;

	for (size_t i = 0; i < nitems(ids); i++)
		wanted |= sym->id == ids[i];
	if (!wanted || jid == NULL || !slot->used_jid ||
	    strtol(jid, NULL, 10) <= 254)
		return;
	for (size_t i = 0; i < slot->out.n; i++)
		if (in_dotted(slot->out.v[i], jid)) {
			slot->failed = true;
			report_error(m->r, slot->latest->at,
			    "%s: %s: jid %s "
			    "is above 254 and fits no part of an address",
			    slot->latest->name, slot->out.v[i], jid);
		}
}

/* A value that waits for the jid can be stored as text only. */
static bool
is_textual(const struct symbol *sym)
{
	enum param_type t = param_table[sym->id].type;

	return sym->keyed || t == PT_STR || t == PT_LIST || t == PT_COMMA ||
	    t == PT_KEYVALUE;
}

/* "jail -m ip4.addr+=10.0.0.2": not the whole list. */
static void
mark_more(const struct merge *m, const struct slot *slot, struct jail_conf *out)
{
	const struct symbol *sym = slot->latest->sym;

	if (slot->first != NO_NODE && m->s->nodes[slot->first].a->more &&
	    (param_table[sym->id].type == PT_LIST ||
		param_table[sym->id].type == PT_COMMA))
		out->val[sym->id].more = true;
}

static int
give(struct merge *m, const struct symbol *sym, struct slot *slot,
    struct jail_conf *out, const char *jid)
{
	const struct assign *a = slot->latest;
	struct jerr e = JERR_INIT;

	if (sym->id == P_COUNT || (sym->id == P_CGROUP && !sym->keyed)) {
		tell_unknown(m, a);
	} else if (slot->used_jid && jid == NULL && !is_textual(sym)) {
		return 0;
	} else if (conf_set(out, a->name, slot->out.v, slot->out.n, false,
		       a->at, &e) == -1) {
		if (e.code == ENOMEM)
			return -1;
		report_error(m->r, a->at, "%s", e.msg);
	} else {
		check_octets(m, sym, slot, jid);
		mark_more(m, slot, out);
		return 0;
	}
	if (a->brk.line != 0)
		report_error(
		    m->r, a->brk, "missing \";\" at the end of this line?");
	return 0;
}

/* Symbols by number are not kept; the latest assignment knows its own. */
static int
give_all(
    struct merge *m, struct jail_conf *out, const char *jid, bool *needs_jid)
{
	for (size_t i = 0; i < m->s->norder; i++) {
		struct slot *slot = &m->s->slots[m->s->order[i]];

		if (slot->used_jid && jid == NULL)
			*needs_jid = true;
		if (!slot->is_param || slot->failed)
			continue;
		if (give(m, slot->latest->sym, slot, out, jid) == -1)
			return -1;
	}
	return 0;
}

static void
tell_twins(struct merge *m)
{
	for (const struct block *t = m->b->twin; t != NULL; t = t->twin)
		report_error(m->r, t->at,
		    "%s: second block of this name; the first is at %s:%u",
		    t->name, m->b->at.file, m->b->at.line);
}

int
conf_file_jail(const struct conf_file *f, size_t i, int jid, bool *needs_jid,
    struct jail_conf *out, conf_message_fn *msg, void *arg, struct jerr *e)
{
	struct reporter r = { .msg = msg, .arg = arg, .e = e };
	struct merge m = {
		.f = f,
		.b = f->jails[i],
		.s = f->scratch,
		.r = &r,
	};
	char number[16] = "";
	struct expansion x = { .f = f, .s = f->scratch, .r = &r };
	int n;

	*needs_jid = false;
	if (jid > 0) {
		(void)snprintf(number, sizeof(number), "%d", jid);
		x.jid = number;
	}
	tell_twins(&m);
	n = collect(&m);
	if (n == 0)
		n = expand_all(&x);
	if (n == 0)
		n = give_all(&m, out, x.jid, needs_jid);
	if (n == 0)
		n = check_values(f, out, x.jid, &r);
	scratch_clear(f->scratch);
	if (n == -1)
		report_error(&r, (struct conf_origin) { 0 },
		    "%s: out of memory", conf_file_name(f, i));
	if (r.errors > 0) {
		conf_free(out);
		return -1;
	}
	/* Asked again when the jid is known, it would say all this twice. */
	if (!*needs_jid)
		notes_jail(out, &r);
	return 0;
}
