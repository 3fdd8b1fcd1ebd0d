/* devfs rulesets: the built-in ones and /etc/devfs.rules as text. */
#include <errno.h>

#include "base/cleanup.h"
#include "model/devfs_rules.h"
#include "tests/unit/tap.h"

#define FILE_NAME "/etc/devfs.rules"

static struct devfs_state st[DEV_COUNT];
static struct strv notes;
static struct jerr e;

/* The nodes that ruleset number of text shows, or the message. */
static const char *
shown(const char *text, int number)
{
	static struct strbuf out;
	struct devfs_rules *r = devfs_rules_new();
	int rc = 0;

	strbuf_free(&out);
	strv_free(&notes);
	e.msg[0] = '\0';
	if (text != NULL)
		rc = devfs_rules_parse(r, FILE_NAME, text, &e);
	if (rc == 0)
		rc = devfs_rules_apply(r, number, FILE_NAME, st, &notes, &e);
	devfs_rules_free(r);
	if (rc == -1)
		return e.msg;
	for (int i = 0; i < DEV_COUNT; i++)
		if (st[i].shown)
			(void)strbuf_addf(&out, "%s%s", out.len == 0 ? "" : " ",
			    devfs_nodes[i].name);
	return strbuf_str(&out);
}

#define BASIC "null zero full random urandom"
#define LOGIN "tty ptmx pts fd stdin stdout stderr"

static void
test_builtin(void)
{
	is_str(shown(NULL, 1), "", "1 hides everything");
	is_str(shown(NULL, 4), BASIC " " LOGIN, "4, the jail's");
	is_str(shown(NULL, 5), BASIC " " LOGIN, "5, the vnet jail's");
	is_str(shown(NULL, 99), "99: no such ruleset in /etc/devfs.rules",
	    "an unknown one names the file");
	is_int(st[DEV_NULL].mode, 0666, "modes");
}

static void
test_file(void)
{
	is_str(shown("# ours\n\n[mine=10]\nadd include $devfsrules_hide_all\n"
		     "add include $devfsrules_unhide_basic\n"
		     "add path 'tty' unhide # and this\n",
		   10),
	    BASIC " tty", "names of the built-in ones");
	is_str(shown("[mine=10]\nadd include 4\nadd path '*random' hide\n", 10),
	    "null zero full " LOGIN, "numbers and globs");
	is_str(shown("[mine=10]\nadd include 1\nadd path \"std*\" unhide\n"
		     "[other=11]\nadd include mine\nadd path null unhide",
		   11),
	    "null stdin stdout stderr", "a name without $, no last newline");
	is_str(shown("[mine=10]\nadd include $later\n[later=11]\n"
		     "add path 'z*' hide\n",
		   10),
	    "null full random urandom " LOGIN,
	    "a ruleset further down; what no rule hides is shown");
	is_str(
	    shown("[devfsrules_jail=4]\nadd hide\nadd path null unhide\n", 4),
	    "null", "the file's 4 replaces ours");
	is_str(
	    shown("[devfsrules_jail=4]\nadd hide\nadd path null unhide\n", 5),
	    "null", "also where it is included");
	is_str(shown("[m=10]\nadd 200 path null unhide\nadd 100 hide\n", 10),
	    "null", "rules go by their numbers");
	is_str(shown("[m=10]\nadd hide\nadd path null unhide mode 0600 "
		     "group 80 user root\n",
		   10),
	    "null", "several actions");
	is_int(st[DEV_NULL].mode, 0600, "mode");
	is_int(st[DEV_NULL].gid, 80, "group");
	ok(st[DEV_NULL].changed && !st[DEV_ZERO].changed,
	    "and that it changed");
	is_str(shown("[m=10]\nadd hide\nadd type tty unhide\n", 10), "tty",
	    "type");
	is_str(shown("[m=10]\nadd hide\nadd path 'bpf*' unhide\n"
		     "add path 'net/tun' unhide\n",
		   10),
	    "", "what there is not, or not yet");
	is_int(notes.n, 0, "is no news");
}

static void
test_forbidden(void)
{
	static const char *const words[] = {
		"mem",
		"kmem",
		"kmsg",
		"sda",
		"'sd*'",
		"'ada*'",
		"da0",
		"'da*'",
		"'nvme*'",
		"loop0",
		"'[k]mem'",
		"'m*'",
		"io",
		"port",
		"'mapper/*'",
		"/dev/sda1",
		"console",
		"tty1",
	};

	for (size_t i = 0; i < nitems(words); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text),
		    "[m=10]\nadd hide\nadd path %s unhide\n", words[i]);
		is_str(shown(text, 10), "", "%s is not shown", words[i]);
		is_int(notes.n, 1, "%s is told", words[i]);
	}
	is_str(notes.v[0],
	    "/etc/devfs.rules:3: tty1: a jail may not have this "
	    "device; left out",
	    "with file and line");
	is_str(shown("[m=10]\nadd path '*' unhide\n", 10), BASIC " " LOGIN,
	    "everything is everything of the table");
	is_int(notes.n, 0, "and no news");
	(void)shown("[m=10]\nadd path 'sd*' hide\n", 10);
	is_int(notes.n, 0, "nor is hiding a disk");
}

static void
test_bad(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "[m=10]\nadd path null unhid\n",
		    "/etc/devfs.rules:2: unhid: unknown word" },
		{ "[m=10]\n\nadd path\n",
		    "/etc/devfs.rules:3: path: needs a value" },
		{ "[m=10]\nadd path null\n",
		    "/etc/devfs.rules:2: the rule does "
		    "nothing (hide, unhide, include, ...)" },
		{ "[m=10]\nadd hide hide\n",
		    "/etc/devfs.rules:2: hide: given twice" },
		{ "[m=10]\nadd path null mode 9\n",
		    "/etc/devfs.rules:2: mode: bad value \"9\"" },
		{ "[m=10]\nadd type door hide\n",
		    "/etc/devfs.rules:2: type: bad value \"door\"" },
		{ "[m=10]\ndel 100\n",
		    "/etc/devfs.rules:2: del: unknown command (add)" },
		{ "[m=10]\nadd path 'null unhide\n",
		    "/etc/devfs.rules:2: cannot "
		    "be understood (quotes, or shell syntax)" },
		{ "[m=10]\nadd path null unhide; reboot\n",
		    "/etc/devfs.rules:2: "
		    "cannot be understood (quotes, or shell syntax)" },
		{ "[m=10]\nadd include $none\n",
		    "/etc/devfs.rules:2: include none: no such ruleset" },
		{ "[m=10]\nadd include 10\n",
		    "ruleset 10: includes go round in a circle" },
		{ "[m]\n",
		    "/etc/devfs.rules:1: bad ruleset header "
		    "(\"[name=number]\")" },
		{ "[m=0]\n",
		    "/etc/devfs.rules:1: bad ruleset header "
		    "(\"[name=number]\")" },
		{ "[m=10\n",
		    "/etc/devfs.rules:1: bad ruleset header "
		    "(\"[name=number]\")" },
		{ "add hide\n[m=10]\n",
		    "/etc/devfs.rules:1: a rule before the "
		    "first [name=number]" },
	};

	for (size_t i = 0; i < nitems(t); i++)
		is_str(shown(t[i].text, 10), t[i].want, "bad: %zu", i);
	is_str(shown("[bad=9]\nadd nonsense\n[m=10]\nadd hide\n", 10), "",
	    "a bad rule spoils its own ruleset only");
}

int
main(void)
{
	test_builtin();
	test_file();
	test_forbidden();
	test_bad();
	done_testing();
}
