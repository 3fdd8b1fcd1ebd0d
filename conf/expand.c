/*
 * Variables of jail.conf(5): per jail, with full look-ahead, through any
 * number of steps, loops told.
 *
 * Walks with a stack of its own.  What a few lines can blow up to is bounded.
 */
#include "conf/expand.h"

#include <stdlib.h>
#include <string.h>

#define MAXBYTES ((size_t)4 * 1024 * 1024) /* of one jail's values */

struct scratch *
scratch_new(unsigned nsyms)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->slots = calloc(nsyms + 1U, sizeof(*s->slots));
	s->order = calloc(nsyms + 1U, sizeof(*s->order));
	s->stack = calloc(nsyms + 1U, sizeof(*s->stack));
	if (s->slots == NULL || s->order == NULL || s->stack == NULL) {
		scratch_free(s);
		return NULL;
	}
	s->epoch = 1;
	return s;
}

void
scratch_free(struct scratch *s)
{
	if (s == NULL)
		return;
	if (s->slots != NULL && s->order != NULL)
		scratch_clear(s);
	free(s->slots);
	free(s->order);
	free(s->stack);
	free(s->nodes);
	free(s);
}

void
scratch_clear(struct scratch *s)
{
	for (size_t i = 0; i < s->norder; i++)
		strv_free(&s->slots[s->order[i]].out);
	s->norder = 0;
	s->nnodes = 0;
	s->bytes = 0;
	s->epoch++;
}

struct slot *
scratch_slot(struct scratch *s, unsigned number)
{
	struct slot *slot = &s->slots[number];

	return slot->epoch == s->epoch ? slot : NULL;
}

struct slot *
scratch_claim(struct scratch *s, unsigned number)
{
	struct slot *slot = &s->slots[number];

	if (slot->epoch != s->epoch) {
		*slot = (struct slot) {
			.epoch = s->epoch,
			.first = NO_NODE,
			.last = NO_NODE,
		};
		s->order[s->norder++] = number;
	}
	return slot;
}

int
scratch_add(struct scratch *s, struct slot *slot, const struct assign *a)
{
	if (!a->append)
		slot->first = slot->last = NO_NODE;
	slot->latest = a;
	if (!a->is_var)
		slot->is_param = true;
	if (s->nnodes == s->maxnodes) {
		size_t n = s->maxnodes != 0 ? s->maxnodes * 2 : 64;
		struct node *p = reallocarray(s->nodes, n, sizeof(*p));

		if (p == NULL)
			return -1;
		s->nodes = p;
		s->maxnodes = n;
	}
	s->nodes[s->nnodes] = (struct node) { .a = a, .next = NO_NODE };
	if (slot->first == NO_NODE)
		slot->first = s->nnodes;
	else
		s->nodes[slot->last].next = s->nnodes;
	slot->last = s->nnodes++;
	return 0;
}

/* ---- the walk ---- */

static bool
is_jid_name(const char *name)
{
	return str_eq(name, "jid") || str_eq(name, "jailid");
}

static struct conf_origin
place(const struct assign *a, const struct var_ref *v)
{
	return (struct conf_origin) {
		.file = a->at.file,
		.line = v->line,
		.col = v->col,
	};
}

/* Where a variable's text is, if anything gave it one. */
static struct slot *
target(const struct expansion *x, const struct var_ref *v)
{
	return v->sym != NULL ? scratch_slot(x->s, v->sym->number) : NULL;
}

static void
push(struct expansion *x, size_t *depth, unsigned number)
{
	struct slot *slot = &x->s->slots[number];
	struct frame_of *fr = &x->s->stack[(*depth)++];

	slot->state = SLOT_BUSY;
	*fr = (struct frame_of) { .number = number, .node = slot->first };
	if (fr->node != NO_NODE) {
		fr->text = x->s->nodes[fr->node].a->values;
		fr->var = fr->text != NULL ? fr->text->vars : NULL;
	}
}

/* The next variable of a frame, or NULL; *a is the assignment it stands in. */
static const struct var_ref *
next_var(struct expansion *x, struct frame_of *fr, const struct assign **a)
{
	const struct var_ref *v;

	while (fr->node != NO_NODE) {
		*a = x->s->nodes[fr->node].a;
		if (fr->var != NULL) {
			v = fr->var;
			fr->var = v->next;
			return v;
		}
		if (fr->text != NULL)
			fr->text = fr->text->next;
		if (fr->text == NULL) {
			fr->node = x->s->nodes[fr->node].next;
			if (fr->node != NO_NODE)
				fr->text = x->s->nodes[fr->node].a->values;
		}
		fr->var = fr->text != NULL ? fr->text->vars : NULL;
	}
	return NULL;
}

/* What a variable stands for: strings, or NULL when told that it cannot be. */
static const struct strv *
value_of(struct expansion *x, struct slot *slot, const struct assign *a,
    const struct var_ref *v, struct strv *jid)
{
	struct slot *t = target(x, v);
	const char *text;

	if (t != NULL && (t->failed || t->state != SLOT_DONE)) {
		/* Told where it went wrong, or as a loop. */
		slot->failed = true;
		return NULL;
	}
	if (t != NULL && t->out.n > 0) {
		slot->used_jid |= t->used_jid;
		return &t->out;
	}
	if (t == NULL && is_jid_name(v->name)) {
		t = scratch_slot(x->s, x->f->jid->number);
		if (t != NULL && t->out.n == 1) {
			slot->used_jid |= t->used_jid;
			return &t->out;
		}
		slot->used_jid = true;
		text = x->jid;
		if (strv_addf(jid, text != NULL ? "%s" : "${%s}",
			text != NULL ? text : v->name) == -1)
			return NULL;
		return jid;
	}
	slot->failed = true;
	report_error(x->r, place(a, v), "%s: variable \"%s\" not found",
	    a->name, v->name);
	return NULL;
}

static int
account(
    struct expansion *x, struct slot *slot, const struct assign *a, size_t more)
{
	if (x->s->bytes > MAXBYTES)
		return 1;
	x->s->bytes += more + sizeof(char *);
	if (x->s->bytes <= MAXBYTES)
		return 0;
	slot->failed = true;
	report_error(x->r, a->at,
	    "%s: the variables make more than %zu MiB "
	    "of text",
	    a->name, MAXBYTES >> 20);
	return 1;
}

/* One value into slot->out.  -1: no memory. */
static int
put_text(struct expansion *x, struct slot *slot, const struct assign *a,
    const struct text *t)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	bool whole = t->len == 0 && t->vars != NULL && t->vars->next == NULL;
	size_t pos = 0;

	for (const struct var_ref *v = t->vars; v != NULL; v = v->next) {
		auto_strv struct strv jid = STRV_INIT;
		const struct strv *val = value_of(x, slot, a, v, &jid);

		if (val == NULL) {
			if (!slot->failed)
				return -1;
			continue;
		}
		if (whole && val->n > 1) {
			for (size_t i = 0; i < val->n; i++)
				if (account(x, slot, a, strlen(val->v[i])) != 0)
					return 0;
				else if (strv_add(&slot->out, val->v[i]) == -1)
					return -1;
			return 0;
		}
		if (val->n > 1) {
			slot->failed = true;
			report_error(x->r, place(a, v),
			    "%s: array cannot be substituted inline", a->name);
			continue;
		}
		if (account(x, slot, a, strlen(val->v[0])) != 0)
			return 0;
		if (strbuf_add(&b, t->s + pos, v->pos - pos) == -1 ||
		    strbuf_puts(&b, val->v[0]) == -1)
			return -1;
		pos = v->pos;
	}
	if (account(x, slot, a, t->len) != 0)
		return 0;
	if (strbuf_add(&b, t->s + pos, t->len - pos) == -1)
		return -1;
	return strv_addn(&slot->out, b.s, b.len);
}

/* Everything that slot's text needs is there. */
static int
finish(struct expansion *x, struct slot *slot)
{
	for (size_t n = slot->first; n != NO_NODE; n = x->s->nodes[n].next) {
		const struct assign *a = x->s->nodes[n].a;

		for (const struct text *t = a->values; t != NULL; t = t->next)
			if (put_text(x, slot, a, t) == -1)
				return -1;
	}
	slot->state = SLOT_DONE;
	return 0;
}

static int
expand_slot(struct expansion *x, unsigned number)
{
	size_t depth = 0;

	push(x, &depth, number);
	while (depth > 0) {
		struct frame_of *fr = &x->s->stack[depth - 1];
		struct slot *slot = &x->s->slots[fr->number], *t;
		const struct assign *a = NULL;
		const struct var_ref *v = next_var(x, fr, &a);

		if (v == NULL) {
			if (finish(x, slot) == -1)
				return -1;
			depth--;
			continue;
		}
		t = target(x, v);
		if (t == NULL)
			continue;
		if (t->state == SLOT_NEW) {
			push(x, &depth, v->sym->number);
		} else if (t->state == SLOT_BUSY) {
			slot->failed = true;
			report_error(
			    x->r, place(a, v), "%s: variable loop", v->name);
		}
	}
	return 0;
}

int
expand_all(struct expansion *x)
{
	/* The jid first: $jailid may stand for it anywhere. */
	struct slot *jid = scratch_slot(x->s, x->f->jid->number);

	if (jid != NULL && expand_slot(x, x->f->jid->number) == -1)
		return -1;
	for (size_t i = 0; i < x->s->norder; i++) {
		unsigned number = x->s->order[i];

		if (x->s->slots[number].state == SLOT_NEW &&
		    expand_slot(x, number) == -1)
			return -1;
	}
	return 0;
}
