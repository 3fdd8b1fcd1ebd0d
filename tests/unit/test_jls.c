/*
 * jls(8), every form, byte for byte, over a registry that is made by hand.
 * The program itself runs in a child, its main renamed by the build.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "libjail/lib_int.h"
#include "linux/proc.h"
#include "registry/registry.h"
#include "sys/jail.h"
#include "tests/unit/tap.h"

int jls_main(int argc, char **argv);

static char scratch[64], dir[96];
static struct reg *reg;

static void
bail(const char *what, const struct jerr *e)
{
	(void)printf("Bail out! %s: %s\n", what, e->msg);
	exit(1);
}

static struct reg_jail *
make(const char *name, const char *path, const char *hostname, const char *ip4,
    const char *params)
{
	struct reg_want w = {
		.name = name, .path = path, .hostname = hostname, .ip4 = ip4
	};
	struct jerr e = JERR_INIT;
	struct reg_jail *j = reg_reserve(reg, &w, &e);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (j == NULL || strbuf_addf(&text, "params 1\n%s", params) == -1 ||
	    reg_params_write(reg, reg_jail_row(j)->jid, text.s, &e) == -1 ||
	    reg_update(j, NULL, NULL, NULL, getpid(),
		proc_start_time(-1, getpid()), &e) == -1 ||
	    reg_set_state(j, REG_ALIVE, &e) == -1)
		bail("make", &e);
	return j;
}

/* What the last run printed. */
static struct strbuf out, err;

static void
slurp(const char *name, struct strbuf *b)
{
	char path[128];
	auto_close int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	strbuf_free(b);
	if (fd == -1 || io_read_all(fd, 1 << 20, b) == -1)
		(void)printf("# %s: unreadable\n", path);
}

static void
redirect(const char *name, int to)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || dup2(fd, to) == -1)
		_exit(99);
	close_keep(fd);
}

/* Runs jls with the words of args (no blanks in them); its exit status. */
static int
run(const char *args)
{
	char copy[512], *argv[32], *save = NULL;
	char prog[] = "jls";
	int argc = 0, st;
	pid_t pid;

	(void)snprintf(copy, sizeof(copy), "%s", args);
	argv[argc++] = prog;
	for (char *w = strtok_r(copy, " ", &save); w != NULL && argc < 31;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		redirect("out", STDOUT_FILENO);
		redirect("err", STDERR_FILENO);
		_exit(jls_main(argc, argv));
	}
	(void)waitpid(pid, &st, 0);
	slurp("out", &out);
	slurp("err", &err);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

#define prints(args, want) \
	do { \
		is_int(run(args), 0, "jls %s", args); \
		is_str(strbuf_str(&out), want, "its output"); \
		is_str(strbuf_str(&err), "", "and nothing else"); \
	} while (0)

static bool
ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

#define fails(args, want) \
	do { \
		is_int(run(args), 1, "jls %s: fails", args); \
		is_str(strbuf_str(&err), want, "its message"); \
		is_str(strbuf_str(&out), "", "and nothing else"); \
	} while (0)

#define HEAD "   JID  IP Address      Hostname                      Path\n"

static void
test_none(void)
{
	prints("", HEAD);
	prints("-N",
	    " JID             IP Address      Hostname                      "
	    "Path\n");
	prints("name", "");
	prints("-h name jid", "name jid\n");
	prints("--libxo json",
	    "{\"__version\": \"2\", "
	    "\"jail-information\": {\"jail\": []}}\n");
	prints("--libxo xml",
	    "<jail-information __version=\"2\">"
	    "</jail-information>\n");
	fails("-j web", "jls: jail \"web\" not found\n");
	fails("-v -j 7", "jls: jail 7 not found\n");
	fails("-j 7 name", "jls: jail 7 not found\n");
	is_int(run("-c -j web"), 1, "-c: not there");
	is_str(strbuf_str(&err), "", "and silent");
	prints("-v",
	    "   JID  Hostname                      Path\n"
	    "        Name                          State\n"
	    "        CPUSetID\n"
	    "        IP Address(es)\n");
}

static void
test_tables(void)
{
	prints("",
	    HEAD
	    "     1  10.0.0.1        web.example                   /srv/web\n"
	    "     2                  a-host-name-that-is-longer-th /srv/a\"b\n");
	prints("-N",
	    " JID             IP Address      Hostname                      "
	    "Path\n"
	    " web             10.0.0.1        web.example                   "
	    "/srv/web\n"
	    " two             "
	    "                a-host-name-that-is-longer-th /srv/a\"b\n");
	prints("-j web",
	    HEAD
	    "     1  10.0.0.1        web.example                   /srv/web\n");
	prints("-d -j 3",
	    HEAD "     3                                                "
		 "/srv/old\n");
	fails("-j 3", "jls: jail 3 is dying\n");
	prints("-v -j web",
	    "   JID  Hostname                      Path\n"
	    "        Name                          State\n"
	    "        CPUSetID\n"
	    "        IP Address(es)\n"
	    "     1  web.example                   /srv/web\n"
	    "        web                           ACTIVE\n"
	    "        1\n"
	    "        10.0.0.1\n"
	    "        10.0.0.2\n"
	    "        fd00::1\n");
	is_int(run("-dv -j old"), 0, "-d -v");
	ok(strstr(strbuf_str(&out),
	       "        old                           "
	       "DYING\n") != NULL,
	    "tells a dying one");
}

static void
test_params(void)
{
	prints("jid name path", "1 web /srv/web\n2 two /srv/a\"b\n");
	prints("-a jid", "1\n2\n3\n");
	prints("-d name dying", "web false\ntwo false\nold true\n");
	prints("-h jid persist", "jid persist\n1 true\n2 false\n");
	prints("-n jid persist host.hostname",
	    "jid=1 persist host.hostname=web.example\n"
	    "jid=2 nopersist host.hostname=a-host-name-that-is-longer-than-29-"
	    "bytes\n");
	prints(
	    "-n -j two nopersist allow.nomount", "nopersist allow.nomount\n");
	prints("-j web nopersist", "false\n");
	prints("-j two path ip4.addr", "/srv/a\"b -\n");
	prints("-n -j two path ip4.addr", "path=/srv/a\"b ip4.addr=\n");
	prints("-q -j two path ip4.addr", "'/srv/a\"b' \"\"\n");
	prints("-j web ip4.addr ip6.addr", "10.0.0.1,10.0.0.2 fd00::1\n");
	prints("-j web host.domainname", "\"\"\n");
	prints("-n -j web host.domainname", "host.domainname=\"\"\n");
	prints(
	    "-j web meta.a meta.empty meta.none meta.q", "1 \"\"  it's so\n");
	prints("-q -j web meta.q", "\"it's so\"\n");
	prints("-s -j web meta.none", "meta.none\n");
	prints("-n -j web meta.empty", "meta.empty=\"\"\n");
	prints("-j web meta", "a=1\nempty=\nq=it's so\n");
	prints("-j web cgroup.memory.max", "512M\n");
	prints("-j web cgroup", "memory.max=512M\ncpu.max=50000 100000\n");
	prints("-s -j web cgroup jid",
	    "cgroup.memory.max=512M cgroup.cpu.max=\"50000 100000\" "
	    "jid=1\n");
	prints("-n -j two cgroup jid", "jid=2\n");
	is_int(run("-s -j web all"), 0, "jls -s all");
	ok(ends(strbuf_str(&out),
	       " cgroup.memory.max=512M cgroup.cpu.max=\"50000 100000\"\n"),
	    "has the limits");
	is_int(run("-s -j two all"), 0, "jls -s all");
	ok(strstr(strbuf_str(&out), "cgroup.memory") == NULL, "or has none");
	prints("-s -j web jid dying parent ip4.addr ip4 host host.hostname",
	    "jid=1 ip4=disable host=new host.hostname=web.example\n");
	fails("nonsuch", "jls: unknown parameter: nonsuch\n");
	fails("jid exec.start", "jls: unknown parameter: exec.start\n");
}

/* What is stored is what the administrator wrote; what is shown are addresses
 * alone, in every form. */
static void
test_addresses(void)
{
	prints("-j net ip4.addr ip6.addr interface",
	    "127.0.1.4,10.10.0.1,10.20.0.7 fd00:10::1,fe80::dead:beef:1 em1\n");
	prints(
	    "-n -j net ip4.addr", "ip4.addr=127.0.1.4,10.10.0.1,10.20.0.7\n");
	prints("-q -j net ip6.addr", "fd00:10::1,fe80::dead:beef:1\n");
	prints("-v -j net",
	    "   JID  Hostname                      Path\n"
	    "        Name                          State\n"
	    "        CPUSetID\n"
	    "        IP Address(es)\n"
	    "     4                                /srv/net\n"
	    "        net                           ACTIVE\n"
	    "        4\n"
	    "        127.0.1.4\n"
	    "        10.10.0.1\n"
	    "        10.20.0.7\n"
	    "        fd00:10::1\n"
	    "        fe80::dead:beef:1\n");
	prints("-j net",
	    HEAD "     4  127.0.1.4                             "
		 "        /srv/net\n");
	prints("--libxo json -j net ip4.addr ip6.addr",
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{"
	    "\"ip4.addr\": [\"127.0.1.4\",\"10.10.0.1\",\"10.20.0.7\"], "
	    "\"ip6.addr\": [\"fd00:10::1\",\"fe80::dead:beef:1\"]}]}}\n");
	prints("-q -j net rdr nat",
	    "\"proto tcp to any port 80,proto tcp to any port 443\" "
	    "\"on em0\"\n");
}

static void
test_all(void)
{
	static const char *const absent[] = { " parent=", " dying", "nodying",
		" children.cur=", " cpuset.id=", " ip4.addr=", " ip4.saddrsel",
		" linux.osname=" };
	static const char *const there[] = { " name=web ", " persist ",
		" allow.noset_hostname ", " host.hostname=web.example ",
		" ip4=disable", " path=/srv/web ",
		" mount=\"/a b nullfs ro 0 0\"",
		" meta=\"a=1\nempty=\nq=it's so\"" };

	is_int(run("-s -j web"), 0, "-s");
	for (size_t i = 0; i < nitems(absent); i++)
		ok(strstr(strbuf_str(&out), absent[i]) == NULL, "has no \"%s\"",
		    absent[i]);
	for (size_t i = 0; i < nitems(there); i++)
		ok(strstr(strbuf_str(&out), there[i]) != NULL, "has \"%s\"",
		    there[i]);
	is_int(run("-n -j web"), 0, "-n");
	ok(strstr(strbuf_str(&out),
	       "binat=\"\" devfs_ruleset=0 "
	       "nodying enforce_statfs=2 env=\"\" host=new interface=\"\" ip4=disable "
	       "ip6=disable jid=1 linux=inherit") == strbuf_str(&out),
	    "all, undotted names first: %.60s", strbuf_str(&out));
	ok(strstr(strbuf_str(&out), " zfs=disable allow.noadjtime ") != NULL,
	    "then the dotted ones");
	is_int(run("-h -j web"), 0, "-h");
	ok(strncmp(strbuf_str(&out), "binat devfs_ruleset dying enforce", 32) ==
		0,
	    "a line of names");
	ok(strchr(strbuf_str(&out), '\n') != NULL &&
		strncmp(strchr(strbuf_str(&out), '\n'),
		    "\n\"\" 0 false 2 \"\" new", 20) == 0,
	    "and one of values");
	is_int(run("all"), 0, "all");
	ok(strncmp(strbuf_str(&out), "\"\" 0 false 2 ", 13) == 0,
	    "values alone");
}

static void
test_flags(void)
{
	is_int(run("-n -v"), 0, "-v after -n");
	ok(strncmp(strbuf_str(&out), "   JID  Hostname", 16) == 0, "is -v");
	is_int(run("-v -n -j web"), 0, "-n after -v");
	ok(strncmp(strbuf_str(&out), "binat=", 6) == 0, "is -n");
	prints("-v name", "web\ntwo\n");
	prints("-h -s -j web persist", "persist\n");
	prints("-s -h -j web persist", "persist\npersist\n");
	prints("-q -j web",
	    HEAD
	    "     1  10.0.0.1        web.example                   /srv/web\n");
	fails("-x",
	    "jls: usage: jls [-dhNnqsv] [-j jail] [param ...]\n"
	    "            jls -c [-d] -j jail\n");
	fails("-c",
	    "jls: usage: jls [-dhNnqsv] [-j jail] [param ...]\n"
	    "            jls -c [-d] -j jail\n");
	is_int(run("-c -n -j web"), 1, "-c goes with -d and -j alone");
	fails("--libxo yaml", "jls: --libxo: unknown style: yaml\n");
	prints("-c -j web", "");
	prints("-c -j 1", "");
	prints("-cdj old", "");
	is_int(run("-cj old"), 1, "-c: dying ones only with -d");
	fails("name --libxo", "jls: unknown parameter: --libxo\n");
}

#define J(x) \
	"{\"__version\": \"2\", \"jail-information\": {\"jail\": [" x "]}}\n"

static void
test_json(void)
{
	prints("--libxo json",
	    J("{\"jid\":1,\"ipv4\":\"10.0.0.1\",\"hostname\":\"web.example\","
	      "\"path\":\"/srv/web\"}, "
	      "{\"jid\":2,\"ipv4\":\"\",\"hostname\":"
	      "\"a-host-name-that-is-longer-than-29-bytes\","
	      "\"path\":\"/srv/a\\\"b\"}"));
	prints("--json -N -j web",
	    J("{\"name\":\"web\",\"ipv4\":\"10.0.0.1\",\"hostname\":"
	      "\"web.example\",\"path\":\"/srv/web\"}"));
	prints("--libxo=json -v -j web",
	    J("{\"jid\":1,\"hostname\":\"web.example\",\"path\":\"/srv/web\","
	      "\"name\":\"web\",\"state\":\"ACTIVE\",\"cpusetid\":1, "
	      "\"ipv4_addrs\": [\"10.0.0.1\",\"10.0.0.2\"], "
	      "\"ipv6_addrs\": [\"fd00::1\"]}"));
	prints("--json -j web name meta.q",
	    J("{\"name\":\"web\",\"meta.q\":\"it's so\"}"));
	prints("--json -j web meta.none jid persist ip4.addr meta",
	    J("{\"jid\":\"1\",\"persist\":true, \"ip4.addr\": [\"10.0.0.1\","
	      "\"10.0.0.2\"],\"meta\":\"a=1\\nempty=\\nq=it's so\"}"));
	prints("--json -j two ip4.addr persist",
	    J("{\"ip4.addr\": [],\"persist\":false}"));
	prints("--json -j two meta",
	    J("{\"meta\":\"e=\\u001b[1m\\\\ \xc3\xa9 \xef\xbf\xbd!\"}"));
	prints("--libxo json,pretty -j web name ip4.addr",
	    "{\n  \"__version\": \"2\",\n  \"jail-information\": {\n"
	    "    \"jail\": [\n      {\n        \"name\": \"web\",\n"
	    "        \"ip4.addr\": [\n          \"10.0.0.1\",\n"
	    "          \"10.0.0.2\"\n        ]\n      }\n    ]\n  }\n}\n");
}

static void
test_xml(void)
{
	prints("--libxo xml -j web",
	    "<jail-information __version=\"2\"><jail>"
	    "<jid>1</jid><ipv4>10.0.0.1</ipv4><hostname>web.example</hostname>"
	    "<path>/srv/web</path></jail></jail-information>\n");
	prints("--libxo xml -j two path persist meta",
	    "<jail-information __version=\"2\"><jail>"
	    "<path>/srv/a&quot;b</path><persist>false</persist>"
	    "<meta>e=\xef\xbf\xbd[1m\\ \xc3\xa9 \xef\xbf\xbd!</meta>"
	    "</jail></jail-information>\n");
	prints("--libxo xml -j web ip4.addr meta.a<b meta.a",
	    "<jail-information __version=\"2\"><jail>"
	    "<ip4.addr>10.0.0.1</ip4.addr><ip4.addr>10.0.0.2</ip4.addr>"
	    "<meta.a>1</meta.a></jail></jail-information>\n");
	prints("--libxo xml,pretty -j web jid",
	    "<jail-information __version=\"2\">\n  <jail>\n    <jid>1</jid>\n"
	    "  </jail>\n</jail-information>\n");
}

static void
test_html(void)
{
	prints("--libxo html -j web jid name",
	    "<div class=\"line\"><div class=\"data\" data-tag=\"jid\">1</div>"
	    "<div class=\"text\"> </div>"
	    "<div class=\"data\" data-tag=\"name\">web</div></div>\n");
	prints("--libxo html -j two",
	    "<div class=\"line\"><div class=\"title\">   JID</div>"
	    "<div class=\"text\">  </div>"
	    "<div class=\"title\">IP Address     </div>"
	    "<div class=\"text\"> </div>"
	    "<div class=\"title\">Hostname                     </div>"
	    "<div class=\"text\"> </div><div class=\"title\">Path</div></div>"
	    "<div class=\"line\"><div class=\"data\" data-tag=\"jid\">     2"
	    "</div><div class=\"text\">  </div>"
	    "<div class=\"data\" data-tag=\"ipv4\">               </div>"
	    "<div class=\"text\"> </div>"
	    "<div class=\"data\" data-tag=\"hostname\">"
	    "a-host-name-that-is-longer-th</div>"
	    "<div class=\"text\"> </div>"
	    "<div class=\"data\" data-tag=\"path\">/srv/a&quot;b</div></div>"
	    "\n");
}

static void
test_text_is_tame(void)
{
	prints("-j two meta", "e=\\033[1m\\ \xc3\xa9 \xff!\n");
}

#undef main

int
main(void)
{
	struct jerr e = JERR_INIT;
	struct reg_jail *old;
	char cmd[128];

	(void)snprintf(scratch, sizeof(scratch), "/tmp/test_jls.XXXXXX");
	if (mkdtemp(scratch) == NULL)
		return 1;
	(void)snprintf(dir, sizeof(dir), "%s/jail", scratch);
	lib_set_dir(dir);
	reg = reg_open(dir, true, &e);
	if (reg == NULL)
		bail("reg_open", &e);
	test_none();
	(void)make("web", "/srv/web", "web.example", "10.0.0.1",
	    "persist=true\nhost.hostname=web.example\nip4.addr=10.0.0.1\n"
	    "ip4.addr=10.0.0.2\nip6.addr=fd00::1\nallow.set_hostname=false\n"
	    "mount=/a b nullfs ro 0 0\nmeta=a=1\\012empty=\\012q=it's so\n"
	    "cgroup.memory.max=1G\ncgroup.cpu.max=50000 100000\n"
	    "cgroup.memory.max=512M\n");
	(void)make("two", "/srv/a\"b",
	    "a-host-name-that-is-longer-than-29-bytes", "",
	    "meta=e=\\033[1m\\134 \xc3\xa9 \xff!\n");
	old = make("old", "/srv/old", "", "", "");
	(void)reg_set_state(old, REG_DYING, &e);
	test_tables();
	test_params();
	test_all();
	test_flags();
	test_json();
	test_xml();
	test_html();
	test_text_is_tame();
	(void)make("net", "/srv/net", "", "127.0.1.4",
	    "ip4.addr=lo1|127.0.1.4/32\nip4.addr=em0|10.10.0.1/24 alias\n"
	    "ip4.addr=10.20.0.7\nip6.addr=em0|fd00:10::1/128\n"
	    "ip6.addr=lo1|fe80:3::dead:beef:1/64\ninterface=em1\n"
	    "rdr=proto tcp to any port 80\nrdr=proto tcp to any port 443\n"
	    "nat=on em0\n");
	test_addresses();
	reg_close(reg);
	strbuf_free(&out);
	strbuf_free(&err);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	ok(system(cmd) == 0, "the scratch directory is removed");
	done_testing();
}
