/*
 * The command line as a configuration of one jail: "name=value", "name",
 * "name+=value", "command=x a b".  No variables, wildcards or quoting: the
 * shell did that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/ast.h"

static struct text *
add_text(struct conf_file *f, struct assign *a, struct text **last,
    const char *s, size_t n)
{
	struct text *t = pool_alloc(&f->pool, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->s = pool_strdup(&f->pool, s, n);
	if (t->s == NULL)
		return NULL;
	t->len = n;
	*last = t;
	a->nvalues++;
	return t;
}

/* One text, or with commas one for each part. */
static int
add_value(struct conf_file *f, struct assign *a, const char *value, bool commas)
{
	struct text **last = &a->values, *t;
	size_t n;

	for (;; value += n + 1) {
		n = commas ? strcspn(value, ",") : strlen(value);
		t = add_text(f, a, last, value, n);
		if (t == NULL)
			return -1;
		last = &t->next;
		if (value[n] == '\0')
			return 0;
	}
}

static bool
splits(const char *name)
{
	const char *key;
	bool negated;
	enum param_id id = param_find(name, &negated, &key);

	return id != P_COUNT && key == NULL && param_table[id].type == PT_COMMA;
}

static bool
given_before(const struct conf_file *f, const struct block *b, const char *name)
{
	bool negated;
	const char *key;
	enum param_id id = param_find(name, &negated, &key);
	const struct symbol *sym = sym_find(&f->syms,
	    id != P_COUNT && key == NULL ? param_table[id].name : name);

	for (const struct assign *a = b->first; a != NULL; a = a->next)
		if (a->sym == sym)
			return true;
	return false;
}

/* One argument; -1 with e. */
static int
add_arg(struct conf_file *f, struct block *b, const char *arg,
    struct assign **made, struct jerr *e)
{
	const char *eq = strchr(arg, '=');
	size_t n = eq != NULL ? (size_t)(eq - arg) : strlen(arg);
	auto_free char *name = NULL;
	struct assign a = { .append = false };
	bool plus = false;

	if (eq != NULL && n > 0 && arg[n - 1] == '+') {
		n--;
		plus = true;
	}
	if (n == 0)
		return jerr_set(e, EINVAL, "%s: a parameter needs a name", arg);
	name = strndup(arg, n);
	if (name == NULL)
		return jerr_nomem(e);
	a.name = name;
	a.append = given_before(f, b, name);
	a.more = plus && !a.append;
	if (eq != NULL && add_value(f, &a, eq + 1, splits(name)) == -1)
		return jerr_nomem(e);
	*made = conf_file_add_assign(f, b, &a);
	if (*made == NULL)
		return jerr_nomem(e);
	return 0;
}

static int
add_args(struct conf_file *f, int argc, char *const *argv, struct jerr *e)
{
	struct block *b = conf_file_add_block(
	    f, "", (struct conf_origin) { 0 });
	struct assign *a = NULL;
	struct text *t;

	if (b == NULL)
		return jerr_nomem(e);
	for (int i = 0; i < argc; i++) {
		if (add_arg(f, b, argv[i], &a, e) == -1)
			return -1;
		if (a == NULL || a->sym->id != P_COMMAND || a->values == NULL)
			continue;
		/* The rest are the command's own words. */
		t = a->values;
		while (++i < argc) {
			t = add_text(f, a, &t->next, argv[i], strlen(argv[i]));
			if (t == NULL)
				return jerr_nomem(e);
		}
	}
	if (conf_file_index(f) == -1)
		return jerr_nomem(e);
	return 0;
}

struct conf_file *
conf_file_from_args(int argc, char *const *argv, struct jerr *e)
{
	struct conf_file *f = conf_file_new();

	if (f == NULL) {
		(void)jerr_nomem(e);
		return NULL;
	}
	f->from_args = true;
	if (add_args(f, argc, argv, e) == -1) {
		conf_file_free(f);
		return NULL;
	}
	return f;
}
