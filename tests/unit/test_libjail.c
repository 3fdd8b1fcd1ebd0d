/*
 * The reading side of libjail through its public functions, over a registry
 * that is made by hand in a scratch directory.  Needs no root.
 */
#include "jail.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail_linux.h"
#include "libjail/lib_int.h"
#include "registry/registry.h"
#include "tests/unit/tap.h"

static char scratch[64], dir[96];
static struct reg *reg;
static int fds_at_start; /* before any call of the library */

/* Our own start time: the jails' pid 1 is this process. */
static uint64_t
my_start(void)
{
	FILE *f = fopen("/proc/self/stat", "r");
	char line[1024], *p = NULL;

	if (f != NULL && fgets(line, sizeof(line), f) != NULL)
		p = strrchr(line, ')');
	if (f != NULL)
		(void)fclose(f);
	for (int field = 2; field < 22 && p != NULL; field++)
		p = strchr(p + 1, ' ');
	return p != NULL ? strtoull(p, NULL, 10) : 0;
}

static void
bail(const char *what, const struct jerr *e)
{
	(void)printf("Bail out! %s: %s\n", what, e->msg);
	exit(1);
}

/* An alive jail with these parameters (registry text without its head). */
static struct reg_jail *
make(int jid, const char *name, const char *params)
{
	struct reg_want w = { .jid = jid,
		.name = name,
		.path = "/srv/j",
		.hostname = "h.example",
		.ip4 = "10.0.0.1" };
	struct jerr e = JERR_INIT;
	struct reg_jail *j = reg_reserve(reg, &w, &e);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (j == NULL || strbuf_addf(&text, "params 1\n%s", params) == -1 ||
	    reg_params_write(reg, reg_jail_row(j)->jid, text.s, &e) == -1 ||
	    reg_update(j, NULL, NULL, NULL, getpid(), my_start(), &e) == -1 ||
	    reg_set_state(j, REG_ALIVE, &e) == -1)
		bail("make", &e);
	return j;
}

static void
unmake(struct reg_jail *j)
{
	struct jerr e = JERR_INIT;

	if (reg_release(j, &e) == -1)
		bail("unmake", &e);
}

/* One parameter of a jail as text; "(error)" with jail_errmsg set. */
static const char *
get(const char *jail, const char *param)
{
	static char buf[8192];
	struct jailparam jp[2];
	char *text = NULL;

	(void)snprintf(buf, sizeof(buf), "(error)");
	if (jailparam_init(&jp[0], "name") == -1)
		return buf;
	if (jailparam_init(&jp[1], param) == 0) {
		if (jailparam_import(&jp[0], jail) == 0 &&
		    jailparam_get(jp, 2, 0) != -1)
			text = jailparam_export(&jp[1]);
		if (text != NULL)
			(void)snprintf(buf, sizeof(buf), "%s%s", text,
			    jp[1].jp_valuelen == 0 ? "(none)" : "");
		free(text);
		jailparam_free(&jp[1], 1);
	}
	jailparam_free(jp, 1);
	return buf;
}

static int
fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* Go through all jails once: how many are named "stays", -1 at a failure. */
static int
count_staying(void)
{
	struct jailparam jp[2];
	char last[16] = "0";
	int n = 0, jid = 0;

	while (jid != -1) {
		if (jailparam_init(&jp[0], "lastjid") == -1 ||
		    jailparam_init(&jp[1], "name") == -1 ||
		    jailparam_import(&jp[0], last) == -1)
			return -1;
		jid = jailparam_get(jp, 2, 0);
		if (jid == -1 && errno != ENOENT)
			n = -1;
		else if (jid != -1)
			n += str_eq(jp[1].jp_value, "stays");
		(void)snprintf(last, sizeof(last), "%d", jid);
		jailparam_free(jp, 2);
	}
	return n;
}

/* Others come and go meanwhile: whoever looks sees neither half of one, nor
 * fails, nor misses the one that stays. */
static void
test_vanishing(void)
{
	struct reg_jail *stays = make(900, "stays", "");
	unsigned wrong = 0;
	pid_t pid = fork();

	if (pid == 0) {
		for (;;) {
			unmake(make(0, "comes", ""));
			unmake(make(950, "goes", ""));
		}
	}
	for (int i = 0; i < 4000; i++)
		wrong += count_staying() != 1;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	is_int(
	    wrong, 0, "one stays while others come and go (%s)", jail_errmsg);
	unmake(stays);
}

static void
test_none(void)
{
	char jid[16] = "x";

	lib_set_dir("/nonexistent/registry");
	is_int(jail_getid("0"), 0, "the host is 0, whatever there is");
	is_int(jail_getid("web"), -1, "no registry, no jail");
	is_str(jail_errmsg, "jail \"web\" not found", "is said");
	is_int(errno, ENOENT, "ENOENT");
	is_int(jail_getid("7"), -1, "nor by number");
	is_str(jail_errmsg, "jail 7 not found", "is said");
	ok(jail_getname(7) == NULL, "no name");
	is_int(jail_getv(0, "lastjid", "0", "jid", jid, NULL), -1, "no list");
	is_str(jail_errmsg, "no jail after 0", "is said");
	lib_set_dir(dir);
}

static void
test_names(void)
{
	struct reg_jail *a = make(3, "web", ""), *b = make(12, "12", "");
	struct jerr e = JERR_INIT;
	char *name;

	is_int(jail_getid("web"), 3, "jail_getid by name");
	is_int(jail_getid("3"), 3, "by number");
	is_int(jail_getid("12"), 12, "by a name that is the number");
	name = jail_getname(3);
	is_str(name, "web", "jail_getname");
	free(name);
	is_int(reg_update(a, "www", NULL, NULL, 0, 0, &e), 0, "renamed");
	is_int(jail_getid("web"), -1, "the old name is gone");
	is_str(get("www", "name"), "www", "the new one is read");
	unmake(a);
	unmake(b);
}

static void
test_values(void)
{
	struct reg_jail *j = make(5, "v",
	    "jid=5\nname=old\npath=/elsewhere\nsecurelevel=2\n"
	    "persist=true\nhost.hostname=in.params\nhost.hostid=4294967297\n"
	    "ip4=inherit\nip4.addr=em0|10.1.2.3/24\nip4.addr=10.1.2.4\n"
	    "ip6.addr=fd00::1\nallow.mount=true\nallow.set_hostname=false\n"
	    "mount=/a /srv/j/a nullfs ro,noatime 0 0\nmount=/b /srv/j/b "
	    "nullfs ro 0 0\n"
	    "meta=a=1\\012b=\nenv.k=v\ncgroup.memory.max=512M\nosrelease=6.1\n");
	struct utsname u;
	static const struct {
		const char *param, *want;
	} t[] = {
		{ "jid", "5" },
		{ "name", "v" },
		{ "path", "/srv/j" },
		{ "parent", "0" },
		{ "securelevel", "2" },
		{ "enforce_statfs", "2" },
		{ "persist", "true" },
		{ "nopersist", "false" },
		{ "dying", "false" },
		{ "host.hostname", "in.params" },
		{ "host.hostid", "4294967297" },
		{ "host", "new" },
		{ "ip4", "inherit" },
		{ "ip6", "disable" },
		{ "ip4.addr", "10.1.2.3,10.1.2.4" },
		{ "ip6.addr", "fd00::1" },
		{ "allow.mount", "true" },
		{ "allow.nomount", "false" },
		{ "allow.noset_hostname", "true" },
		{ "allow.chflags", "false" },
		{ "children.max", "0" },
		{ "children.cur", "0" },
		{ "cpuset.id", "5" },
		{ "vnet", "inherit" },
		{ "mount",
		    "/a /srv/j/a nullfs ro,noatime 0 0,"
		    "/b /srv/j/b nullfs ro 0 0" },
		{ "meta", "a=1\nb=" },
		{ "meta.a", "1" },
		{ "meta.b", "" },
		{ "meta.c", "(none)" },
		{ "env.k", "v" },
		{ "env", "k=v" },
		{ "cgroup.memory.max", "512M" },
		{ "cgroup.pids.max", "(none)" },
		{ "osrelease", "6.1" },
		{ "vnet.interface", "" },
		{ "users", "new" },
	};
	struct reg_jail *plain = make(0, "plain", "");

	for (size_t i = 0; i < nitems(t); i++)
		is_str(get("v", t[i].param), t[i].want, "%s", t[i].param);
	is_int(uname(&u), 0, "uname");
	is_str(get("plain", "osrelease"), u.release, "osrelease: the host's");
	is_str(get("plain", "host.hostname"), "h.example",
	    "host.hostname out of the index");
	is_str(get("plain", "ip4.addr"), "(none)", "an empty list");
	is_str(get("plain", "meta"), "", "an empty text");
	is_str(get("plain", "exec.start"), "(error)", "jail(8)'s own");
	is_str(jail_errmsg, "unknown parameter: exec.start", "is unknown");
	is_int(errno, ENOENT, "ENOENT");
	is_str(get("plain", "ipv4.addr"), "(error)", "a slip");
	is_str(jail_errmsg,
	    "unknown parameter: ipv4.addr (did you mean ip4.addr?)",
	    "is answered");
	is_str(get("plain", "cgroup"), "", "cgroup: no limits");
	is_str(get("plain", "meta."), "(error)", "an empty key");
	is_int(errno, EINVAL, "EINVAL");
	unmake(j);
	unmake(plain);
}

static void
test_params_lost(void)
{
	struct reg_jail *j = make(6, "lost", "");
	struct jerr e = JERR_INIT;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/6/params", dir);
	is_int(unlink(path), 0, "the parameters are lost");
	is_str(get("lost", "path"), "/srv/j", "the index still knows");
	is_int(reg_params_write(reg, 6, "params 1\nnosuch=1\n", &e), 0,
	    "parameters of a later version");
	is_str(get("lost", "path"), "(error)", "are no guess");
	ok(strncmp(jail_errmsg, "jail 6: ", 8) == 0 &&
		strstr(jail_errmsg, "unknown parameter: nosuch") != NULL,
	    "but said: %s", jail_errmsg);
	unmake(j);
}

static void
test_hiding(void)
{
	struct reg_jail *s = make(1, "starting", ""), *d = make(2, "dying", ""),
			*gone = make(3, "gone", ""),
			*again = make(4, "again", ""),
			*zombie = make(6, "zombie", ""),
			*a = make(5, "alive", "");
	struct jerr e = JERR_INIT;
	struct jail_list *l;
	const struct jail_summary *js;
	char name[64], dying[64];
	uint64_t start;
	pid_t pid = fork();
	siginfo_t si;

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	/* 3: its pid is nobody's; 4: somebody else's by now; 6: a zombie. */
	(void)reg_update(again, NULL, NULL, NULL, getpid(), my_start() + 1, &e);
	{
		FILE *f;
		char path[64], line[1024], *p;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		p = f != NULL && fgets(line, sizeof(line), f) != NULL ?
		    strrchr(line, ')') :
		    NULL;
		for (int field = 2; field < 22 && p != NULL; field++)
			p = strchr(p + 1, ' ');
		start = p != NULL ? strtoull(p, NULL, 10) : 0;
		if (f != NULL)
			(void)fclose(f);
	}
	(void)reg_update(zombie, NULL, NULL, NULL, pid, start, &e);
	is_int(jail_getid("zombie"), 6, "pid 1 lives");
	(void)kill(pid, SIGKILL);
	(void)waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT);
	is_int(jail_getid("zombie"), -1, "a zombie does not");
	(void)reg_update(gone, NULL, NULL, NULL, 4194303, 1, &e);
	(void)reg_set_state(s, REG_STARTING, &e);
	(void)reg_set_state(d, REG_DYING, &e);

	is_int(jail_getid("starting"), -1, "being made: hidden");
	is_str(jail_errmsg, "jail \"starting\" not found", "not found");
	is_int(jail_getid("dying"), -1, "dying: hidden");
	is_str(jail_errmsg, "jail \"dying\" is dying", "and said");
	is_int(jail_getid("2"), -1, "by number too");
	is_str(jail_errmsg, "jail 2 is dying", "and said");
	is_int(jail_getid("gone"), -1, "dead and not swept: hidden");
	is_str(jail_errmsg, "jail \"gone\" not found", "not found");
	is_int(jail_getid("again"), -1, "its pid used again: hidden");
	is_int(jail_getid("alive"), 5, "the living one is there");
	is_int(jail_getv(0, "lastjid", "0", "name", name, NULL), 5,
	    "the first in the list");
	is_str(name, "alive", "is the only one");
	is_int(jail_getv(JAIL_DYING, "lastjid", "0", "name", name, "dying",
		   dying, NULL),
	    2, "with JAIL_DYING");
	is_str(dying, "true", "the dying one is first");
	is_int(jail_getv(JAIL_DYING, "lastjid", "2", "name", name, NULL), 5,
	    "then the living one");
	is_int(jail_getv(JAIL_DYING, "lastjid", "5", "name", name, NULL), -1,
	    "then none");
	is_str(jail_errmsg, "no jail after 5", "which is said");

	l = jail_list_open(0);
	ok(l != NULL, "jail_list_open");
	js = jail_list_next(l);
	ok(js != NULL, "one");
	is_int(js->jid, 5, "its jid");
	is_str(js->name, "alive", "its name");
	is_str(js->path, "/srv/j", "its path");
	is_str(js->hostname, "h.example", "its host name");
	is_str(js->ip4, "10.0.0.1", "its address");
	ok(!js->dying, "not dying");
	ok(jail_list_next(l) == NULL, "no other");
	jail_list_close(l);
	l = jail_list_open(JAIL_DYING);
	js = jail_list_next(l);
	ok(js != NULL && js->jid == 2 && js->dying, "the dying one, if asked");
	jail_list_close(l);
	ok(jail_list_open(JAIL_CREATE) == NULL, "other flags are refused");
	is_int(errno, EINVAL, "EINVAL");
	unmake(s);
	unmake(d);
	unmake(gone);
	unmake(again);
	unmake(a);
	unmake(zombie);
	(void)waitpid(pid, NULL, 0);
}

static void
test_iteration(void)
{
	static struct reg_jail *j[50];
	char last[16] = "0", name[64];
	int n = 0, jid, tenth;

	for (int i = 0; i < 50; i++)
		j[i] = make(0, NULL, "");
	tenth = reg_jail_row(j[10])->jid;
	for (int at = 0;
	     (jid = jail_getv(0, "lastjid", last, "name", name, NULL)) > 0;
	     at = jid) {
		n += jid > at;
		(void)snprintf(last, sizeof(last), "%d", jid);
		/* As people do: take away the one just seen, and another. */
		if (jid == tenth) {
			unmake(j[10]);
			unmake(j[11]);
			j[10] = j[11] = NULL;
		}
	}
	is_int(n, 49, "every jail once, in order, but one that went meanwhile");
	for (int i = 0; i < 50; i++)
		if (j[i] != NULL)
			unmake(j[i]);
	is_int(fds(), fds_at_start, "and no descriptor is left open");
}

static void
test_iovec(void)
{
	struct reg_jail *j = make(7, "seven",
	    "persist=true\n"
	    "ip4.addr=10.0.0.1\nip4.addr=10.0.0.2\n");
	char msg[64] = "", name[8] = "", k_jid[] = "jid", k_name[] = "name",
	     k_persist[] = "persist", k_msg[] = "errmsg", k_ip[] = "ip4.addr",
	     k_none[] = "no.such", k_last[] = "lastjid";
	int jid = 7, persist = 0, bad = 99;
	struct in_addr ip[2];
	struct iovec v[10] = {
		{ k_jid, sizeof(k_jid) },
		{ &jid, sizeof(jid) },
		{ k_name, sizeof(k_name) },
		{ name, sizeof(name) },
		{ k_persist, sizeof(k_persist) },
		{ &persist, sizeof(persist) },
		{ k_ip, sizeof(k_ip) },
		{ NULL, 0 },
		{ k_msg, sizeof(k_msg) },
		{ msg, sizeof(msg) },
	};

	is_int(jail_get(v, 10, 0), 7, "jail_get");
	is_str(name, "seven", "a string");
	is_int(v[3].iov_len, 6, "its length with the NUL");
	is_int(persist, 1, "a boolean");
	is_int(v[7].iov_len, sizeof(ip), "the length of an array is told");
	v[7] = (struct iovec) { ip, sizeof(ip) };
	v[3].iov_len = sizeof(name);
	is_int(jail_get(v, 10, 0), 7, "and then");
	is_int(ip[1].s_addr, htonl(0x0a000002), "the array");
	v[3].iov_len = 3;
	is_int(jail_get(v, 10, 0), -1, "a buffer too small");
	is_int(errno, EINVAL, "EINVAL");
	is_str(msg, "name: the value is too long", "said");
	v[3].iov_len = sizeof(name);
	is_int(jail_get(v, 9, 0), -1, "half a pair");
	is_int(errno, EINVAL, "EINVAL");
	v[0].iov_len = 3;
	is_int(jail_get(v, 10, 0), -1, "a name without end");
	v[0].iov_len = sizeof(k_jid);
	v[6] = (struct iovec) { k_none, sizeof(k_none) };
	is_int(jail_get(v, 10, 0), -1, "an unknown name");
	is_str(msg, "unknown parameter: no.such", "said");
	is_int(errno, EINVAL, "EINVAL");
	v[1].iov_base = &bad;
	is_int(jail_get(v, 10, 0), -1, "no such jail comes first");
	is_str(msg, "jail 99 not found", "said");
	is_int(errno, ENOENT, "ENOENT");
	bad = -3;
	is_int(jail_get(v, 10, 0), -1, "a negative jid");
	is_str(msg, "negative jid", "said");
	bad = 0;
	(void)strcpy(name, "seven");
	v[3].iov_len = 6;
	v[6] = (struct iovec) { k_ip, sizeof(k_ip) };
	is_int(jail_get(v, 10, 0), 7, "jid 0: by name");
	is_int(bad, 7, "and the jid is filled in");
	v[0] = (struct iovec) { k_last, sizeof(k_last) };
	bad = 6;
	is_int(jail_get(v, 2, 0), 7, "by lastjid");
	is_int(jail_get(v + 2, 0, 0), -1, "by nothing");
	is_int(errno, ENOENT, "ENOENT");
	is_int(jail_get(v, 10, JAIL_USE_DESC), -1, "a descriptor");
	is_int(errno, ENOTSUP, "is not there yet");
	is_int(jail_get(v, 10, JAIL_CREATE), -1, "jail_set's flag");
	is_int(errno, EINVAL, "EINVAL");
	unmake(j);
}

static void
test_import(void)
{
	static const struct {
		const char *name, *value, *want, *message;
	} t[] = {
		{ "persist", "TRUE", "true", NULL },
		{ "persist", "0", "false", NULL },
		{ "persist", "7", "7", NULL },
		{ "nopersist", "false", "false", NULL },
		{ "persist", "maybe", NULL,
		    "persist: unknown boolean value \"maybe\"" },
		{ "securelevel", "-1", "-1", NULL },
		{ "securelevel", "1x", NULL,
		    "securelevel: non-integer value \"1x\"" },
		{ "securelevel", "", NULL,
		    "securelevel: non-integer value \"\"" },
		{ "host.hostid", "99999999999", "99999999999", NULL },
		{ "ip4", "", "new", NULL },
		{ "ip4", "Inherit", "inherit", NULL },
		{ "ip4", "0", "disable", NULL },
		{ "ip4", "9", "9", NULL },
		{ "ip4", "old", NULL, "ip4: unknown jailsys value \"old\"" },
		{ "ip4.addr", "1.2.3.4,5.6.7.8", "1.2.3.4,5.6.7.8", NULL },
		{ "ip4.addr", "", "", NULL },
		{ "ip4.addr", "-", "", NULL },
		{ "ip4.addr", "em0|1.2.3.4/24", NULL,
		    "ip4.addr: not an IPv4 address: em0|1.2.3.4/24" },
		{ "ip4.addr", "1.2.3.4/24", NULL,
		    "ip4.addr: not an IPv4 address: 1.2.3.4/24" },
		{ "ip4.addr", "1.2.3", NULL,
		    "ip4.addr: not an IPv4 address: 1.2.3" },
		{ "ip4.addr", "1.2.3.4,", NULL,
		    "ip4.addr: not an IPv4 address: " },
		{ "ip6.addr", "FD00::1", "fd00::1", NULL },
		{ "ip6.addr", "1.2.3.4", NULL,
		    "ip6.addr: not an IPv6 address: 1.2.3.4" },
		{ "name", "a b", "a b", NULL },
		{ "meta.k", "", "", NULL },
		{ "mount", "a b\nc d", "a b,c d", NULL },
	};
	struct jailparam jp, *all;
	char raw[16] = "raw";
	int n, seen = 0;

	for (size_t i = 0; i < nitems(t); i++) {
		char *text = NULL;

		(void)jailparam_init(&jp, t[i].name);
		if (jailparam_import(&jp, t[i].value) == 0)
			text = jailparam_export(&jp);
		is_str(text, t[i].want, "%s=%s", t[i].name, t[i].value);
		if (t[i].message != NULL)
			is_str(jail_errmsg, t[i].message, "and the message");
		free(text);
		jailparam_free(&jp, 1);
	}
	(void)jailparam_init(&jp, "name");
	is_int(jailparam_import(&jp, NULL), 0, "no value is fine");
	ok(jailparam_export(&jp) == NULL, "but shows nothing");
	is_str(jail_errmsg, "parameter name was not imported", "and says so");
	is_int(jailparam_import_raw(&jp, raw, sizeof(raw)), 0, "a raw value");
	ok(jp.jp_value == raw && (jp.jp_flags & JP_RAWVALUE), "not copied");
	jailparam_free(&jp, 1);
	is_int(jailparam_init(&jp, "depend"), -1, "depend is jail(8)'s");

	is_int(jailparam_init(&jp, "allow.nomount"), 0, "allow.nomount");
	is_int(jp.jp_flags, JP_NOBOOL, "JP_NOBOOL");
	jailparam_free(&jp, 1);
	(void)jailparam_init(&jp, "path");
	ok((jp.jp_ctltype & (int)CTLFLAG_RDTUN) == (int)CTLFLAG_RDTUN,
	    "path: create only");
	is_int(jp.jp_ctltype & CTLTYPE, CTLTYPE_STRING, "a string");
	is_int(jp.jp_structtype, -1, "no structure");
	jailparam_free(&jp, 1);
	(void)jailparam_init(&jp, "dying");
	ok((jp.jp_ctltype & (int)CTLFLAG_WR) == 0 &&
		(jp.jp_ctltype & (int)CTLFLAG_TUN) == 0,
	    "dying: never");
	jailparam_free(&jp, 1);

	n = jailparam_all(&all);
	ok(n > 60, "jailparam_all: %d", n);
	for (int i = 0; i < n; i++) {
		seen += str_eq(all[i].jp_name, "allow.mount.zfs");
		seen -= str_eq(all[i].jp_name, "exec.start") ||
		    str_eq(all[i].jp_name, "cgroup");
	}
	is_int(seen, 1, "the kernel's parameters, each once");
	jailparam_free(all, (unsigned)n);
	free(all);
}

static void
test_get_all(void)
{
	struct reg_jail *j = make(8, "eight", "");
	struct jailparam *jp;
	int n = jailparam_all(&jp), bad = 0;

	for (int i = 0; i < n; i++)
		if (str_eq(jp[i].jp_name, "name"))
			(void)jailparam_import(&jp[i], "eight");
	is_int(jailparam_get(jp, (unsigned)n, 0), 8, "all of a jail at once");
	for (int i = 0; i < n; i++) {
		char *text = jailparam_export(&jp[i]);

		bad += text == NULL;
		free(text);
	}
	is_int(bad, 0, "each with a value");
	jailparam_free(jp, (unsigned)n);
	free(jp);
	(void)jailparam_all(&jp);
	is_int(jailparam_get(jp, (unsigned)n, 0), -1, "of no jail");
	is_str(jail_errmsg, "no jail specified", "is said");
	is_int(errno, ENOENT, "ENOENT");
	jailparam_free(jp, (unsigned)n);
	free(jp);
	unmake(j);
}

static void
test_set_refusals(void)
{
	struct jailparam jp;
	char k[] = "dying", k2[] = "securelevel", msg[64], k_msg[] = "errmsg";
	short small = 1;
	struct iovec v[4] = { { k, sizeof(k) }, { NULL, 0 },
		{ k_msg, sizeof(k_msg) }, { msg, sizeof(msg) } };

	(void)jailparam_init(&jp, "persist");
	is_int(jailparam_set(&jp, 1, 0), -1, "neither create nor update");
	is_str(jail_errmsg, "no valid operation (create or update)", "said");
	is_int(jailparam_set(&jp, 1, JAIL_CREATE | 0x1000), -1, "odd flags");
	is_int(errno, EINVAL, "EINVAL");
	jailparam_free(&jp, 1);
	is_int(jail_set(v, 4, JAIL_CREATE), -1, "a read-only parameter");
	is_str(msg, "unknown parameter: dying", "is unknown to jail_set");
	is_int(errno, EINVAL, "EINVAL");
	v[0] = (struct iovec) { k2, sizeof(k2) };
	v[1] = (struct iovec) { &small, sizeof(small) };
	is_int(jail_set(v, 4, JAIL_CREATE), -1, "an int of two bytes");
	is_int(errno, EINVAL, "EINVAL");
	is_int(jail_setv(JAIL_CREATE, "exec.start", "x", NULL), -1,
	    "jail(8)'s own");
	is_str(jail_errmsg, "unknown parameter: exec.start", "said");
	is_int(jail_setv(JAIL_CREATE, "cgroup", "pids.max=1", NULL), -1,
	    "cgroup has only parts to be set");
	is_str(jail_errmsg, "unknown parameter: cgroup", "and is told");
	is_int(jail_setv(JAIL_CREATE, "persist", "perhaps", NULL), -1,
	    "a bad value");
	is_str(
	    jail_errmsg, "persist: unknown boolean value \"perhaps\"", "said");
}

int
main(void)
{
	struct jerr e = JERR_INIT;
	char cmd[128];

	(void)snprintf(scratch, sizeof(scratch), "/tmp/test_libjail.XXXXXX");
	if (mkdtemp(scratch) == NULL)
		return 1;
	(void)snprintf(dir, sizeof(dir), "%s/jail", scratch);
	reg = reg_open(dir, true, &e);
	if (reg == NULL)
		bail("reg_open", &e);
	fds_at_start = fds();
	test_none();
	test_names();
	test_values();
	test_params_lost();
	test_hiding();
	test_iteration();
	test_iovec();
	test_import();
	test_get_all();
	test_set_refusals();
	test_vanishing();
	reg_close(reg);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	ok(system(cmd) == 0, "the scratch directory is removed");
	done_testing();
}
