/*
 * What is legal in a jail.conf and probably not meant.  Told under -v only;
 * nothing here changes a jail or fails one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/ast.h"

struct seen { /* by symbol number */
	const struct block *block;
	const struct assign *a;
};

static bool
is_list(const struct assign *a)
{
	if (a->sym->id == P_COUNT || a->sym->keyed)
		return false;
	return param_table[a->sym->id].type == PT_LIST ||
	    param_table[a->sym->id].type == PT_COMMA;
}

static void
note_again(
    const struct assign *a, const struct assign *before, struct reporter *r)
{
	/* In another file of the same block: say which. */
	bool other = a->at.file != before->at.file;

	if (is_list(a) && a->values != NULL && before->values != NULL)
		report_note(r, a->at,
		    "%s: replaces the list of %s%sline %u "
		    "(\"+=\" would add to it)",
		    a->name, other ? before->at.file : "", other ? ", " : "",
		    before->at.line);
	else if (!is_list(a))
		report_note(r, a->at,
		    "%s%s: given twice, what %s%sline %u "
		    "says is lost",
		    a->is_var ? "$" : "", a->name, other ? before->at.file : "",
		    other ? ", " : "", before->at.line);
}

static void
notes_block(const struct block *b, struct seen *seen, struct reporter *r)
{
	for (const struct assign *a = b->first; a != NULL; a = a->next) {
		struct seen *s = &seen[a->sym->number];

		if (s->block == b && !a->append)
			note_again(a, s->a, r);
		*s = (struct seen) { .block = b, .a = a };
		/* "exec.clean" and, a line later, "mount.devfs;". */
		if (a->brk.line != 0)
			report_note(r, a->brk,
			    "%s: its value begins on the "
			    "next line; missing \";\"?",
			    a->name);
	}
}

void
notes_file(const struct conf_file *f, struct reporter *r)
{
	auto_free struct seen *seen = calloc(f->syms.n + 1U, sizeof(*seen));

	if (seen == NULL)
		return;
	for (const struct block *b = f->blocks; b != NULL; b = b->next)
		notes_block(b, seen, r);
}

/* ---- one jail ---- */

static const char *
label(const struct jail_conf *c)
{
	const char *name = conf_str(c, P_NAME);

	return name != NULL ? name : "jail";
}

/* One note for all allow.mount.*: they are missing the same thing. */
static void
note_mounts(const struct jail_conf *c, struct reporter *r)
{
	const char *first = NULL;
	struct conf_origin at = { 0 };

	for (unsigned i = 0; i < P_COUNT; i++)
		if (first == NULL && c->val[i].set && c->val[i].num != 0 &&
		    str_after(param_table[i].name, "allow.mount.") != NULL) {
			first = param_table[i].name;
			at = c->val[i].at;
		}
	if (first != NULL && !conf_bool(c, P_ALLOW_MOUNT)) {
		report_note(r, at, "%s: %s: has no effect without allow.mount",
		    label(c), first);
		return;
	}
	if (first == NULL && conf_bool(c, P_ALLOW_MOUNT)) {
		first = param_table[P_ALLOW_MOUNT].name;
		at = c->val[P_ALLOW_MOUNT].at;
	}
	if (first != NULL && conf_int(c, P_ENFORCE_STATFS) == 2)
		report_note(r, at,
		    "%s: %s: has no effect while "
		    "enforce_statfs is 2",
		    label(c), first);
}

static bool
is_empty_address(const char *s)
{
	const char *bar = strrchr(s, '|');

	return *s == '\0' || (bar != NULL && (bar[1] == '\0' || bar[1] == '/'));
}

static void
note_addresses(const struct jail_conf *c, struct reporter *r)
{
	/* On a command line, "ip4.addr=" is meant. */
	static const enum param_id ids[] = { P_IP4_ADDR, P_IP6_ADDR };

	for (size_t i = 0; i < nitems(ids); i++) {
		const struct conf_value *v = &c->val[ids[i]];
		bool empty = v->set && v->strs.n == 0;

		for (size_t k = 0; k < v->strs.n; k++)
			empty |= is_empty_address(v->strs.v[k]);
		if (empty && v->at.file != NULL)
			report_note(r, v->at, "%s: %s: empty address", label(c),
			    param_table[ids[i]].name);
	}
}

void
notes_jail(const struct jail_conf *c, struct reporter *r)
{
	note_mounts(c, r);
	note_addresses(c, r);
}
