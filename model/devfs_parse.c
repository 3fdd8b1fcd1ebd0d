/*
 * Reader of /etc/devfs.rules: sections "[name=number]", lines "add [number]
 * CONDITIONS ACTIONS" with the shell's quotes and $name for a number, since
 * rc(8) hands each line to the shell and then to devfs(8).
 *
 * No shell is run: a line with anything else of the shell's in it does not
 * parse.
 */
#include "model/devfs_rules.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "model/devfs_rules_int.h"

#define MAXWORDS 32
#define RULE_STEP 100 /* devfs(8) numbers by hundreds */

/* What every system has: FreeBSD's defaults, with Linux's usual nodes. */
static const char builtin[] = "[devfsrules_hide_all=1]\n"
			      "add hide\n"
			      "[devfsrules_unhide_basic=2]\n"
			      "add path null unhide\n"
			      "add path zero unhide\n"
			      "add path full unhide\n"
			      "add path random unhide\n"
			      "add path urandom unhide\n"
			      "[devfsrules_unhide_login=3]\n"
			      "add path tty unhide\n"
			      "add path ptmx unhide\n"
			      "add path pts unhide\n"
			      "add path fd unhide\n"
			      "add path stdin unhide\n"
			      "add path stdout unhide\n"
			      "add path stderr unhide\n"
			      "[devfsrules_jail=4]\n"
			      "add include $devfsrules_hide_all\n"
			      "add include $devfsrules_unhide_basic\n"
			      "add include $devfsrules_unhide_login\n"
			      "[devfsrules_jail_vnet=5]\n"
			      "add include $devfsrules_jail\n";

static void
set_clear(struct devfs_ruleset *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->rules[i].path);
		free(s->rules[i].include);
	}
	free(s->rules);
	free(s->name);
	free(s->error);
	free(s->file);
	*s = (struct devfs_ruleset) { .number = s->number };
}

void
devfs_rules_free(struct devfs_rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		set_clear(&r->sets[i]);
	free(r->sets);
	free(r);
}

struct devfs_rules *
devfs_rules_new(void)
{
	struct devfs_rules *r = calloc(1, sizeof(*r));
	struct jerr e = JERR_INIT;

	if (r == NULL)
		return NULL;
	if (devfs_rules_parse(r, "built-in", builtin, &e) == -1) {
		devfs_rules_free(r);
		errno = ENOMEM;
		return NULL;
	}
	return r;
}

/* Room for one more set; the number of the one that number has or gets. */
static int
place_set(struct devfs_rules *r, int number, size_t *at)
{
	for (*at = 0; *at < r->n; (*at)++)
		if (r->sets[*at].number == number)
			return 0;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 8 : r->cap * 2;
		void *p = reallocarray(r->sets, cap, sizeof(*r->sets));

		if (p == NULL)
			return -1;
		r->sets = p;
		r->cap = cap;
	}
	r->sets[r->n++] = (struct devfs_ruleset) { .number = number };
	return 0;
}

/* The set of this number, emptied if it was there. */
static struct devfs_ruleset *
start_set(struct devfs_rules *r, int number, const char *name, const char *file)
{
	auto_free char *n = strdup(name);
	auto_free char *f = strdup(file);
	struct devfs_ruleset *s;
	size_t at;

	if (n == NULL || f == NULL || place_set(r, number, &at) == -1)
		return NULL;
	s = &r->sets[at];
	set_clear(s);
	s->name = take_ptr(n);
	s->file = take_ptr(f);
	return s;
}

/*
 * Words of a line, shell-wise: blanks part them, '...' and "..." and \x quote,
 * '#' at the start of a word ends the line.  In place.  The number of words,
 * or -1.
 */
static int
split(char *s, char *words[MAXWORDS])
{
	int n = 0;

	for (;;) {
		char *to, quote = '\0';

		while (isspace((unsigned char)*s))
			s++;
		if (*s == '\0' || *s == '#')
			return n;
		if (n == MAXWORDS)
			return -1;
		words[n++] = to = s;
		for (; *s != '\0'; s++) {
			if (quote == '\0' && isspace((unsigned char)*s))
				break;
			if (quote == '\0' && (*s == '\'' || *s == '"'))
				quote = *s;
			else if (quote != '\0' && *s == quote)
				quote = '\0';
			else if (*s == '\\' && quote != '\'' && s[1] != '\0')
				*to++ = *++s;
			else if (quote == '\0' && strchr("`;&|<>()", *s))
				return -1;
			else
				*to++ = *s;
		}
		if (quote != '\0')
			return -1;
		if (*s != '\0')
			s++;
		*to = '\0';
	}
}

static int
id_of(const char *word, uint64_t *out)
{
	/* The jail's own names cannot be known yet; these two are 0 anywhere. */
	if (str_eq(word, "root") || str_eq(word, "wheel"))
		return *out = 0, 0;
	if (num_u64(word, 65535, out) == 0)
		return 0;
	/* A name is accepted and means root: on our nodes ids matter only
	 * together with a mode that shuts others out. */
	*out = 0;
	return isalpha((unsigned char)word[0]) || word[0] == '_' ? 0 : -1;
}

static int
octal_mode(const char *word, mode_t *out)
{
	unsigned v = 0;

	if (*word == '\0' || strlen(word) > 5)
		return -1;
	for (; *word != '\0'; word++) {
		if (*word < '0' || *word > '7')
			return -1;
		v = v * 8 + (unsigned)(*word - '0');
	}
	if (v > 07777)
		return -1;
	*out = v & 0777;
	return 0;
}

static const struct {
	const char *name;
	enum devfs_type type;
} type_names[] = {
	{ "disk", DEVT_DISK },
	{ "mem", DEVT_MEM },
	{ "tape", DEVT_TAPE },
	{ "tty", DEVT_TTY },
};

enum word {
	W_PATH,
	W_TYPE,
	W_HIDE,
	W_UNHIDE,
	W_MODE,
	W_USER,
	W_GROUP,
	W_INCLUDE,
	W_COUNT
};

static const struct {
	const char *name;
	bool arg;
} words_known[W_COUNT] = {
	[W_PATH] = { "path", true },
	[W_TYPE] = { "type", true },
	[W_HIDE] = { "hide", false },
	[W_UNHIDE] = { "unhide", false },
	[W_MODE] = { "mode", true },
	[W_USER] = { "user", true },
	[W_GROUP] = { "group", true },
	[W_INCLUDE] = { "include", true },
};

static int
type_word(struct devfs_rule *rule, const char *arg)
{
	for (size_t i = 0; i < nitems(type_names); i++) {
		if (str_eq(arg, type_names[i].name)) {
			rule->type = type_names[i].type;
			return 0;
		}
	}
	return -1;
}

/* One condition or action; -1: the argument makes no sense. */
static int
take_word(struct devfs_rule *rule, enum word w, const char *arg)
{
	uint64_t id = 0;

	switch (w) {
	case W_PATH:
		arg = str_after(arg, "/dev/") != NULL ? arg + 5 : arg;
		return (rule->path = strdup(arg)) == NULL ? -1 : 0;
	case W_TYPE:
		return type_word(rule, arg);
	case W_HIDE:
		rule->acts |= ACT_HIDE;
		return 0;
	case W_UNHIDE:
		rule->acts |= ACT_UNHIDE;
		return 0;
	case W_MODE:
		rule->acts |= ACT_MODE;
		return octal_mode(arg, &rule->mode);
	case W_USER:
		rule->acts |= ACT_USER;
		if (id_of(arg, &id) == -1)
			return -1;
		rule->uid = (uid_t)id;
		return 0;
	case W_GROUP:
		rule->acts |= ACT_GROUP;
		if (id_of(arg, &id) == -1)
			return -1;
		rule->gid = (gid_t)id;
		return 0;
	case W_INCLUDE:
		return (rule->include = strdup(
			    arg[0] == '$' ? arg + 1 : arg)) == NULL ?
		    -1 :
		    0;
	case W_COUNT:
		break;
	}
	return -1;
}

/* NULL, or what is wrong ("WORD: what" in buf). */
static const char *
parse_rule(char *const *words, int n, struct devfs_rule *rule, char buf[256])
{
	unsigned seen = 0;

	for (int i = 0; i < n; i++) {
		const char *arg = "";
		int w;

		for (w = 0; w < W_COUNT; w++)
			if (str_eq(words[i], words_known[w].name))
				break;
		if (w == W_COUNT) {
			(void)snprintf(buf, 256, "%s: unknown word", words[i]);
			return buf;
		}
		if (seen & 1u << w) {
			(void)snprintf(buf, 256, "%s: given twice", words[i]);
			return buf;
		}
		seen |= 1u << w;
		if (words_known[w].arg) {
			if (++i == n) {
				(void)snprintf(buf, 256, "%s: needs a value",
				    words[i - 1]);
				return buf;
			}
			arg = words[i];
		}
		if (take_word(rule, (enum word)w, arg) == -1) {
			(void)snprintf(buf, 256, "%s: bad value \"%s\"",
			    words_known[w].name, arg == NULL ? "" : arg);
			return buf;
		}
	}
	if (rule->acts == 0 && rule->include == NULL)
		return "the rule does nothing (hide, unhide, include, ...)";
	return NULL;
}

static int
insert(struct devfs_ruleset *s, struct devfs_rule *rule)
{
	size_t at;

	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 16 : s->cap * 2;
		void *p = reallocarray(s->rules, cap, sizeof(*s->rules));

		if (p == NULL)
			return -1;
		s->rules = p;
		s->cap = cap;
	}
	if (rule->number == 0)
		rule->number = s->n == 0 ?
		    RULE_STEP :
		    s->rules[s->n - 1].number + RULE_STEP;
	for (at = s->n; at > 0 && s->rules[at - 1].number > rule->number; at--)
		s->rules[at] = s->rules[at - 1];
	s->rules[at] = *rule;
	s->n++;
	return 0;
}

/* NULL, or what is wrong with this line of a ruleset. */
static const char *
take_line(struct devfs_ruleset *s, char *line, unsigned lineno, char buf[256])
{
	struct devfs_rule rule = { .file = s->file, .line = lineno };
	char *words[MAXWORDS];
	const char *why;
	int n = split(line, words), from = 1;
	int64_t number;

	if (n == -1)
		return "cannot be understood (quotes, or shell syntax)";
	if (n == 0)
		return NULL;
	if (!str_eq(words[0], "add")) {
		(void)snprintf(buf, 256, "%s: unknown command (add)", words[0]);
		return buf;
	}
	if (n > 1 && num_int(words[1], 1, 65535, &number) == 0) {
		rule.number = (int)number;
		from = 2;
	}
	why = parse_rule(words + from, n - from, &rule, buf);
	if (why == NULL && insert(s, &rule) == -1)
		why = "out of memory";
	if (why != NULL) {
		free(rule.path);
		free(rule.include);
	}
	return why;
}

/* "[name=number]"; the number, or -1.  name is cut out in place. */
static int
header(char *line, char **name)
{
	char *close = strchr(line, ']'), *eq;
	int64_t number;

	if (close == NULL || close[1 + strspn(close + 1, " \t\r")] != '\0') {
		if (close == NULL ||
		    close[1 + strspn(close + 1, " \t\r")] != '#')
			return -1;
	}
	*close = '\0';
	*name = line + 1;
	eq = strchr(*name, '=');
	if (eq == NULL || eq == *name)
		return -1;
	*eq = '\0';
	if (num_int(eq + 1, 1, 65535, &number) == -1)
		return -1;
	return (int)number;
}

int
devfs_rules_parse(
    struct devfs_rules *r, const char *file, const char *text, struct jerr *e)
{
	auto_free char *copy = strdup(text);
	struct devfs_ruleset *set = NULL;
	unsigned lineno = 0;
	char *line, *next;

	if (copy == NULL)
		return jerr_sys(e, "%s", file);
	for (line = copy; line != NULL; line = next) {
		char buf[256], full[512], *name;
		const char *why;
		int number;

		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		lineno++;
		line += strspn(line, " \t\r");
		if (*line == '\0' || *line == '#')
			continue;
		if (*line == '[') {
			number = header(line, &name);
			if (number == -1)
				return jerr_set(e, EINVAL,
				    "%s:%u: bad ruleset "
				    "header (\"[name=number]\")",
				    file, lineno);
			set = start_set(r, number, name, file);
			if (set == NULL)
				return jerr_sys(e, "%s", file);
			continue;
		}
		if (set == NULL)
			return jerr_set(e, EINVAL,
			    "%s:%u: a rule before the first [name=number]",
			    file, lineno);
		why = take_line(set, line, lineno, buf);
		if (why == NULL || set->error != NULL)
			continue;
		(void)snprintf(
		    full, sizeof(full), "%s:%u: %s", file, lineno, why);
		set->error = strdup(full);
		if (set->error == NULL)
			return jerr_sys(e, "%s", file);
	}
	return 0;
}
