/*
 * One jail's parameters in the model: giving values, reading them with their
 * defaults, what is refused, and the registry's text in its frozen format.
 */
#include <errno.h>

#include "model/conf.h"
#include "tests/unit/tap.h"

#define NOWHERE ((struct conf_origin) { 0 })

/* ---- setting one value ---- */

static const struct {
	const char *name, *value; /* value NULL: valueless */
	enum param_id id;
	const char *want; /* exported; NULL: refused */
	const char *message;
	int code;
} sets[] = {
	{ "persist", NULL, P_PERSIST, "true", "", 0 },
	{ "nopersist", NULL, P_PERSIST, "false", "", 0 },
	{ "persist", "False", P_PERSIST, "false", "", 0 },
	{ "nopersist", "false", P_PERSIST, "true", "", 0 },
	{ "persist", "2", P_PERSIST, "true", "", 0 },
	{ "persist", "-1", P_PERSIST, "true", "", 0 },
	{ "persist", "0", P_PERSIST, "false", "", 0 },
	{ "persist", "", P_PERSIST, NULL, "persist: unknown boolean value \"\"",
	    EINVAL },
	{ "persist", "1x", P_PERSIST, NULL,
	    "persist: unknown boolean value \"1x\"", EINVAL },
	{ "securelevel", "3", P_SECURELEVEL, "3", "", 0 },
	{ "securelevel", "-1", P_SECURELEVEL, "-1", "", 0 },
	{ "securelevel", " 1", P_SECURELEVEL, NULL,
	    "securelevel: non-integer value \" 1\"", EINVAL },
	{ "securelevel", "4", P_SECURELEVEL, NULL,
	    "securelevel: 4 is not within -1 to 3", EINVAL },
	{ "securelevel", "99999999999999999999", P_SECURELEVEL, NULL,
	    "securelevel: 99999999999999999999 is not within -1 to 3", EINVAL },
	{ "enforce_statfs", NULL, P_ENFORCE_STATFS, NULL,
	    "enforce_statfs: no value given", EINVAL },
	{ "jid", "999999", P_JID, "999999", "", 0 },
	{ "jid", "1000000", P_JID, NULL,
	    "jid: 1000000 is not within 0 to 999999", EINVAL },
	{ "jid", "-5", P_JID, NULL, "negative jid", EINVAL },
	{ "osreldate", "0", P_OSRELDATE, NULL, "osreldate cannot be 0",
	    EINVAL },
	{ "devfs_ruleset", "65536", P_DEVFS_RULESET, NULL,
	    "devfs_ruleset: 65536 is not within 0 to 65535", EINVAL },
	{ "ip4", "inherit", P_IP4, "inherit", "", 0 },
	{ "ip4", "INHERIT", P_IP4, "inherit", "", 0 },
	{ "ip4", "0", P_IP4, "disable", "", 0 },
	{ "ip4", "", P_IP4, "new", "", 0 },
	{ "vnet", NULL, P_VNET, "new", "", 0 },
	{ "ip4", "3", P_IP4, NULL, "ip4: unknown jailsys value \"3\"", EINVAL },
	{ "vnet", "disable", P_VNET, NULL,
	    "vnet: unknown jailsys value \"disable\"", EINVAL },
	{ "users", "0", P_USERS, NULL, "users: unknown jailsys value \"0\"",
	    EINVAL },
	{ "name", "www", P_NAME, "www", "", 0 },
	{ "name", NULL, P_NAME, "", "", 0 },
	{ "name", "a\nb", P_NAME, NULL, "name: control character in the value",
	    EINVAL },
	{ "path", "", P_PATH, NULL, "path: no value given", EINVAL },
	{ "path", NULL, P_PATH, NULL, "path: no value given", EINVAL },
	{ "host.hostname",
	    "0123456789012345678901234567890123456789012345678901234567890123",
	    P_HOST_HOSTNAME,
	    "0123456789012345678901234567890123456789012345678901234567890123",
	    "", 0 },
	{ "host.hostname",
	    "01234567890123456789012345678901234567890123456789012345678901234",
	    P_HOST_HOSTNAME, NULL,
	    "host.hostname: longer than 64 bytes, "
	    "which is all that Linux keeps",
	    ENAMETOOLONG },
	{ "osrelease", "12345678901234567890123456789012", P_OSRELEASE, NULL,
	    "osrelease string must be 1-31 bytes long", EINVAL },
	{ "osrelease", "", P_OSRELEASE, NULL,
	    "osrelease string must be 1-31 bytes long", EINVAL },
	{ "exec.start", "", P_EXEC_START, "", "", 0 },
	{ "ip4.addr", "-", P_IP4_ADDR, "", "", 0 },
	{ "meta", "a b\nc", P_META, "a b\nc", "", 0 },
	{ "nothing", "x", P_COUNT, NULL, "unknown parameter: nothing", ENOENT },
	{ "ipv4.addr", "x", P_COUNT, NULL,
	    "unknown parameter: ipv4.addr (did you mean ip4.addr?)", ENOENT },
	{ "dying", NULL, P_DYING, NULL, "unknown parameter: dying", EINVAL },
	{ "parent", "0", P_PARENT, NULL, "unknown parameter: parent", EINVAL },
	{ "cgroup", "x", P_CGROUP, NULL, "unknown parameter: cgroup", ENOENT },
	{ "meta.", "x", P_META, NULL, "meta.: empty key", EINVAL },
	{ "meta.a", "x\ny", P_META, NULL,
	    "meta.a: newline or \"=\" where it "
	    "would end the value",
	    EINVAL },
	{ "meta.a\nb", "x", P_META, NULL,
	    "meta.a\nb: newline or \"=\" where "
	    "it would end the key",
	    EINVAL },
	{ "cgroup.memory.max", NULL, P_CGROUP, NULL,
	    "cgroup.memory.max: no value given", EINVAL },
	{ "cgroup.../x", "1", P_CGROUP, NULL,
	    "cgroup.../x: not the name of a cgroup file", EINVAL },
	{ "cgroup...", "1", P_CGROUP, NULL,
	    "cgroup...: not the name of a cgroup file", EINVAL },
	{ "cgroup.init", "1", P_CGROUP, NULL,
	    "cgroup.init: not the name of a cgroup file", EINVAL },
	{ "cgroup.cgroup.procs", "1", P_CGROUP, NULL,
	    "cgroup.cgroup.procs: this file is jail's own", EINVAL },
};

static void
test_sets(void)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		struct strbuf out = STRBUF_INIT;
		struct jerr e = JERR_INIT;
		const char *value = sets[i].value;
		int r = conf_set1(&c, sets[i].name, value, &e);

		is_int(r, sets[i].want != NULL ? 0 : -1, "%s=%s", sets[i].name,
		    value != NULL ? value : "(none)");
		is_str(e.msg, sets[i].message, "... its message");
		is_int(e.code, sets[i].code, "... its code");
		if (r == 0) {
			(void)conf_export(&c, sets[i].id, &out);
			is_str(strbuf_str(&out), sets[i].want, "... its text");
			ok(conf_isset(&c, sets[i].id), "... is given");
		} else if (sets[i].id != P_COUNT) {
			ok(!conf_isset(&c, sets[i].id) && c.nkeyed == 0,
			    "... nothing is given");
		}
		strbuf_free(&out);
		conf_free(&c);
	}
}

static void
test_reading(void)
{
	struct jail_conf c = JAIL_CONF_INIT, d = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;
	char a[] = "a", b[] = "b", comma[] = "x,y";
	char *one[] = { a }, *two[] = { a, b }, *third[] = { comma };
	struct strbuf out = STRBUF_INIT;

	is_str(conf_str(&c, P_PATH), "/", "default of a string");
	is_str(conf_str(&c, P_NAME), NULL, "no default of a string");
	is_int(conf_int(&c, P_STOP_TIMEOUT), 10, "default of a number");
	is_int(conf_int(&c, P_SECURELEVEL), -1, "a negative default");
	is_int(conf_int(&c, P_SYSVSHM), JSYS_NEW, "default of a jailsys");
	is_int(conf_bool(&c, P_MOUNT_PROCFS), true, "default of a boolean");
	is_int(conf_bool(&c, P_PERSIST), false, "the other default");
	is_int(conf_list(&c, P_EXEC_START)->n, 0, "an empty list");

	(void)conf_set(&c, "exec.start", two, 2, false, NOWHERE, &e);
	(void)conf_set(&c, "exec.start", one, 1, true, NOWHERE, &e);
	(void)conf_export(&c, P_EXEC_START, &out);
	is_str(strbuf_str(&out), "a,b,a", "a list appended to");
	(void)conf_set(&c, "exec.start", third, 1, false, NOWHERE, &e);
	is_int(conf_list(&c, P_EXEC_START)->n, 1, "a list replaced, not split");
	(void)conf_set(&c, "path", two, 2, true, NOWHERE, &e);
	is_str(conf_str(&c, P_PATH), "b", "a scalar keeps the last");
	(void)conf_set1(&c, "exec.consolelog", "", &e);
	is_str(conf_str(&c, P_EXEC_CONSOLELOG), NULL,
	    "an empty string of the tool's is none");
	(void)conf_set1(&c, "meta.k", "v", &e);

	is_int(conf_copy(&d, &c), 0, "a copy");
	conf_free(&c);
	is_str(conf_str(&d, P_PATH), "b", "... with strings of its own");
	is_str(d.keyed[0].value, "v", "... and keys of its own");
	ok(!c.val[P_PATH].set && c.keyed == NULL, "free gives an empty one");
	conf_free(&d);
	strbuf_free(&out);
}

/* ---- what is refused ---- */

static const struct {
	const char *name[2], *value[2];
	const char *message; /* "": passes */
} checks[] = {
	{ { "persist" }, { NULL }, "" },
	{ { "vnet" }, { NULL },
	    "vnet: not available yet: a network stack of "
	    "the jail's own waits for the network work" },
	{ { "vnet" }, { "inherit" }, "" },
	{ { "ip4.addr" }, { "10.0.0.1" }, "" },
	{ { "ip4.addr" }, { "10.0.0" },
	    "ip4.addr: not an IPv4 address: 10.0.0" },
	{ { "ip4.addr" }, { "" }, "" },
	{ { "ip4" }, { "inherit" }, "" },
	{ { "ip4" }, { "disable" }, "" },
	{ { "ip4", "ip6" }, { "inherit", "inherit" }, "" },
	{ { "ip6" }, { "inherit" },
	    "ip6: inherit needs ip4=inherit as well: "
	    "an IPv6 socket speaks IPv4 too (mapped addresses), which nothing "
	    "here can refuse yet" },
	{ { "allow.raw_sockets" }, { "1" }, "" },
	{ { "allow.raw_sockets" }, { "0" }, "" },
	{ { "allow.suser" }, { "0" },
	    "allow.suser: not available yet: a root "
	    "without privilege waits for the policy work" },
	{ { "allow.set_hostname" }, { "0" }, "" },
	{ { "sysvshm" }, { "new" }, "" },
	{ { "sysvshm" }, { "inherit" },
	    "sysvshm: not available yet: other "
	    "than new waits for the policy work" },
	{ { "users" }, { "new" }, "" },
	{ { "users" }, { "inherit" },
	    "users: not available yet: a jail "
	    "without a user namespace waits for the policy work" },
	{ { "children.max" }, { "0" }, "" },
	{ { "children.max" }, { "1" },
	    "children.max: not available yet: "
	    "jails inside jails need the keeper" },
	{ { "ip.stack" }, { "private" }, "" },
	{ { "ip.stack" }, { "shared" },
	    "ip.stack: not available yet: "
	    "addresses that are the host's own wait for later work" },
	{ { "nat" }, { "on em0" }, "" },
	{ { "depend" }, { "x" },
	    "depend: not available yet: order between "
	    "jails is not built; write them in the order wanted" },
	{ { "depend" }, { NULL }, "" },
	{ { "exec.fib" }, { "0" }, "" },
	{ { "exec.init" }, { "/sbin/init" },
	    "exec.init: not available yet: "
	    "an init of the jail's own is not built" },
	{ { "exec.nonewprivs" }, { NULL }, "" },
	{ { "securelevel" }, { "3" }, "" },
	{ { "osrelease" }, { "6.1-jail" }, "" },
	{ { "linux.osname" }, { "x" },
	    "linux.osname: not available yet: this "
	    "is Linux itself; osrelease sets what uname shows" },
	{ { "name" }, { "a.b" },
	    "name: not available yet: a dotted name is a "
	    "jail inside a jail, which needs the keeper" },
	{ { "name" }, { ".b" }, "name: \".b\" has an empty part" },
	{ { "name" }, { "a/b" }, "name: \"a/b\" has a \"/\"" },
	{ { "name" }, { "*" }, "name: \"*\" is a pattern" },
	{ { "cgroup.memory.max" }, { "1G" }, "" },
};

static void
test_checks(void)
{
	struct jail_conf none = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;

	is_int(conf_check(&none, &e), 0, "nothing given passes");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		int want = checks[i].message[0] == '\0' ? 0 : -1;

		e = (struct jerr)JERR_INIT;
		for (size_t k = 0; k < 2 && checks[i].name[k] != NULL; k++)
			is_int(conf_set1(&c, checks[i].name[k],
				   checks[i].value[k], &e),
			    0, "%s", checks[i].name[k]);
		is_int(conf_check(&c, &e), want, "... checked");
		is_str(e.msg, checks[i].message, "... message");
		conf_free(&c);
	}
}

/* What addresses, modes and rules may not say together. */
static const struct {
	const char *name[4], *value[4];
	const char *message; /* "": passes */
} wholes[] = {
	{ { "ip4.addr", "ip4" }, { "10.0.0.1", "inherit" }, "" },
	{ { "ip4.addr", "ip4" }, { "10.0.0.1", "disable" }, "" },
	{ { "ip4.addr", "ip6" }, { "10.0.0.1", "inherit" },
	    "ip6: inherit does not go with ip4.addr: a jail is on the host's "
	    "network or on one of its own" },
	{ { "ip6.addr", "ip4" }, { "fd00::1", "inherit" },
	    "ip4: inherit does not go with ip6.addr: a jail is on the host's "
	    "network or on one of its own" },
	{ { "ip4.addr", "ip6.addr" }, { "10.0.0.1", "fd00::1" }, "" },
	{ { "ip4.addr" }, { "fd00::1" },
	    "ip4.addr: not an IPv4 address: fd00::1 (ip6.addr takes it)" },
	{ { "ip6.addr" }, { "10.0.0.1" },
	    "ip6.addr: not an IPv6 address: 10.0.0.1 (ip4.addr takes it)" },
	{ { "ip4.addr", "ip4.addr" }, { "10.0.0.1", "em0|10.0.0.1/24" },
	    "ip4.addr: 10.0.0.1: given twice" },
	{ { "ip6.addr", "interface" }, { "fe80::1", "em0" },
	    "ip6.addr: fe80::1: a link-local address does not leave its link "
	    "and cannot be the jail's on the host's; with lo1| in front it is "
	    "the jail's own" },
	{ { "ip6.addr", "interface" }, { "fe80::1", "lo1" }, "" },
	{ { "ip4.addr" }, { "lo1|127.0.1.${jailid}" }, "" },
	{ { "ip4.addr", "rdr" }, { "10.0.0.1", "to any port 80 -> ${jid}" },
	    "" },
	{ { "rdr" }, { "to any port 80" },
	    "rdr: the jail has no address that can be reached" },
	{ { "ip4", "rdr" }, { "inherit", "to any port 80" },
	    "rdr: the jail has no address that can be reached" },
	{ { "ip4.addr", "rdr" }, { "10.0.0.1", "to any port 80" }, "" },
	{ { "ip4.addr", "rdr" }, { "10.0.0.1", "to any prot 80" },
	    "rdr: column 8 of \"to any prot 80\": prot: not known here (the order "
	    "is: pass, on, inet, proto, from, to, port, ->)" },
	{ { "ip4.addr", "rdr" }, { "10.0.0.1", "to any port 80 -> 10.0.0.2" },
	    "rdr: 10.0.0.2: not an address of this jail" },
	{ { "ip_hostname", "rdr" }, { "true", "to any port 80 -> 10.0.0.2" },
	    "" },
	{ { "nat" }, { "on em0" }, "" },
	{ { "nat" }, { "on" },
	    "nat: column 3 of \"on\": the name of an interface expected, not "
	    "the end" },
	{ { "ip4.addr", "binat" }, { "10.0.0.1", "on em0 -> 1.2.3.4" }, "" },
	{ { "binat" }, { "on em0 -> 1.2.3.4" },
	    "binat: the jail has no IPv4 address that can be reached" },
};

static void
test_wholes(void)
{
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		struct jerr e = JERR_INIT;

		for (size_t k = 0; k < 4 && wholes[i].name[k] != NULL; k++) {
			char *v = strdup(wholes[i].value[k]);

			is_int(conf_set(&c, wholes[i].name[k], &v, 1, true,
				   NOWHERE, &e),
			    0, "%s=%s", wholes[i].name[k], v);
			free(v);
		}
		is_int(conf_check_whole(&c, &e),
		    wholes[i].message[0] == '\0' ? 0 : -1, "... together");
		is_str(e.msg, wholes[i].message, "... message");
		conf_free(&c);
	}
}

/* Every row of later work is refused away from its default, none at it. */
static void
test_later(void)
{
	for (unsigned i = 0; i < P_COUNT; i++) {
		const struct param_desc *d = &param_table[i];
		struct jail_conf c = JAIL_CONF_INIT;
		struct jerr e = JERR_INIT;
		const char *other = "x";

		if ((d->flags & PF_LATER) == 0)
			continue;
		if (d->dflt != NULL) {
			is_int(conf_set1(&c, d->name, d->dflt, &e), 0,
			    "%s=%s is taken", d->name, d->dflt);
			is_int(conf_check(&c, &e), 0, "... and passes");
		}
		if (d->type == PT_BOOL)
			other = strcmp(d->dflt, "true") == 0 ? "0" : "1";
		else if (d->type == PT_INT)
			other = "1";
		else if (d->type == PT_JAILSYS)
			other = strcmp(d->dflt, "new") == 0 ? "inherit" : "new";
		is_int(conf_set1(&c, d->name, other, &e), 0, "%s=%s is taken",
		    d->name, other);
		is_int(conf_check(&c, &e), -1, "... and refused");
		ok(strstr(e.msg, ": not available yet: ") != NULL,
		    "... saying so: %s", e.msg);
		conf_free(&c);
	}
}

/* ---- the registry's text ---- */

/* Format 1 as first released.  This text never changes. */
static const char frozen1[] = "params 1\n"
			      "jid=7\n"
			      "name=web\n"
			      "path=/srv/jails/w\\040\\134 x\n"
			      "securelevel=-1\n"
			      "persist=true\n"
			      "ip4=inherit\n"
			      "ip4.addr\n"
			      "host.hostname=web.local\n"
			      "meta=a=1\\012b=\\011two\n"
			      "mount=/a /b nullfs ro 0 0\n"
			      "mount=\n"
			      "mount=proc /c proc rw 0 0\n"
			      "mount.procfs=false\n"
			      "env.k=v=w\n"
			      "env.gone\n"
			      "cgroup.memory.max=256M\n";

static void
test_text(void)
{
	struct jail_conf c = JAIL_CONF_INIT, d = JAIL_CONF_INIT;
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct jerr e = JERR_INIT;

	is_int(conf_load(&c, frozen1, &e), 0, "format 1 is read: %s", e.msg);
	is_int(conf_int(&c, P_JID), 7, "a number");
	is_str(conf_str(&c, P_PATH), "/srv/jails/w \\ x", "an escaped string");
	is_int(conf_int(&c, P_SECURELEVEL), -1, "a negative number");
	is_int(conf_bool(&c, P_PERSIST), 1, "a boolean");
	is_int(conf_int(&c, P_IP4), JSYS_INHERIT, "a jailsys");
	ok(conf_isset(&c, P_IP4_ADDR) && conf_list(&c, P_IP4_ADDR)->n == 0,
	    "an empty list that was given");
	is_str(conf_str(&c, P_META), "a=1\nb=\ttwo", "lines in a value");
	is_int(conf_list(&c, P_MOUNT)->n, 3, "a list");
	is_str(conf_list(&c, P_MOUNT)->v[1], "", "an empty string in it");
	is_int(conf_bool(&c, P_MOUNT_PROCFS), 0, "a boolean that is off");
	is_int(c.nkeyed, 3, "keys");
	is_str(c.keyed[0].value, "v=w", "a key's value");
	is_str(c.keyed[1].value, NULL, "a key without a value");

	is_int(conf_save(&c, &a), 0, "saved");
	is_int(conf_load(&d, strbuf_str(&a), &e), 0, "read again: %s", e.msg);
	is_int(conf_save(&d, &b), 0, "saved again");
	is_str(strbuf_str(&b), strbuf_str(&a), "the same text");
	is_int(conf_set1(&c, "exec.start", "x", &e), 0, "exec.start is set");
	b.len = 0;
	(void)conf_save(&c, &b);
	ok(strstr(strbuf_str(&b), "exec.start") == NULL,
	    "what is jail(8)'s own is not saved");
	conf_free(&c);
	conf_free(&d);
	strbuf_free(&a);
	strbuf_free(&b);
}

static const struct {
	const char *text, *message;
} broken[] = {
	{ "", "parameters: empty" },
	{ "name=x\n", "parameters: unknown format \"name=x\"" },
	{ "params 2\n", "parameters: unknown format \"params 2\"" },
	{ "params 0\n", "parameters: unknown format \"params 0\"" },
	{ "params 1", "parameters, line 1: cut short" },
	{ "params 1\nname=x", "parameters, line 2: cut short" },
	{ "params 1\n\n", "parameters, line 2: unknown parameter: " },
	{ "params 1\nfoo=x\n", "parameters, line 2: unknown parameter: foo" },
	{ "params 1\npath=\\08\n", "parameters, line 2: bad escape" },
	{ "params 1\npath=\\000\n", "parameters, line 2: bad escape" },
	{ "params 1\npath=\\777\n", "parameters, line 2: bad escape" },
	{ "params 1\npath=/x\\\n", "parameters, line 2: bad escape" },
	{ "params 1\npersist=perhaps\n",
	    "parameters, line 2: persist: "
	    "unknown boolean value \"perhaps\"" },
};

static void
test_broken(void)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		struct jerr e = JERR_INIT;

		is_int(conf_load(&c, broken[i].text, &e), -1, "not read: %s",
		    broken[i].text);
		is_str(e.msg, broken[i].message, "... message");
		conf_free(&c);
	}
}

/* ---- meta and env ---- */

static const struct {
	const char *before;
	const char *set[4][2];
	const char *want;
} metas[] = {
	{ NULL, { { "meta", "x" } }, "x" },
	{ "old", { { "meta", "new" } }, "new" },
	{ "old", { { "meta", NULL } }, "" },
	{ NULL, { { "meta.a", "1" }, { "meta", "ttt" }, { "meta.b", "2" } },
	    "b=2\nttt" },
	{ "a=1\nb=2", { { "meta.c", "3" } }, "c=3\na=1\nb=2" },
	{ "a=1\nb=2\na=3", { { "meta.a", "4" } }, "a=4\nb=2" },
	{ "a=1\nb=2", { { "meta.a", NULL } }, "b=2" },
	{ "a=1", { { "meta.a", NULL } }, "" },
	{ "a=1", { { "meta.a", "" } }, "a=" },
	{ "ab=1", { { "meta.a", "2" } }, "a=2\nab=1" },
	{ "a", { { "meta.a", NULL } }, "a" },
	{ NULL, { { "meta.a", "x=y" } }, "a=x=y" },
	{ "a=1", { { "env.a", "2" } }, "a=1" },
	{ NULL, { { "persist", NULL } }, "" },
};

static void
test_keyvalue(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;
	char big[4096], *text;

	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		text = metas[i].before != NULL ? strdup(metas[i].before) : NULL;
		for (size_t k = 0; k < 4 && metas[i].set[k][0] != NULL; k++)
			(void)conf_set1(
			    &c, metas[i].set[k][0], metas[i].set[k][1], &e);
		is_int(conf_apply_keyvalue(&c, P_META, &text, &e), 0,
		    "meta %zu: %s", i, e.msg);
		is_str(text, metas[i].want, "... its text");
		free(text);
		conf_free(&c);
	}
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	is_int(conf_set1(&c, "meta", big, &e), 0, "4095 bytes fit");
	text = strdup("old");
	is_int(conf_apply_keyvalue(&c, P_META, &text, &e), 0, "... and are");
	free(text);
	(void)conf_set1(&c, "meta.k", "v", &e);
	text = strdup("old");
	is_int(conf_apply_keyvalue(&c, P_META, &text, &e), -1, "more do not");
	is_int(e.code, EFBIG, "... EFBIG");
	is_str(text, "old", "... and nothing changes");
	free(text);
	conf_free(&c);
}

int
main(void)
{
	test_sets();
	test_reading();
	test_checks();
	test_wholes();
	test_later();
	test_text();
	test_broken();
	test_keyvalue();
	done_testing();
}
