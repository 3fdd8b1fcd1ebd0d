/*
 * How one jail's parameters come together (reference 2.3): wildcards in their
 * order, +=, names and numbers, variables, $jid.
 */
#include <time.h>

#include "tests/unit/conf_run.h"
#include "tests/unit/tap.h"

static const struct {
	const char *what, *text, *want;
	int jid;
} cases[] = {
	/* ---- order ---- */
	{ "wildcards before, the block, wildcards after",
	    "* { exec.start = 1; }\na { exec.start += 2; }\n"
	    "* { exec.start += 3; }",
	    "[a]\nname=<a>\nexec.start=<1>\nexec.start=<2>\n"
	    "exec.start=<3>\n",
	    0 },
	{ "a wildcard block at the end wins",
	    "a { path = /a; }\n* { path = /w; }", "[a]\nname=<a>\npath=</w>\n",
	    0 },
	{ "the block wins over a wildcard before it",
	    "* { path = /w; }\na { path = /a; }", "[a]\nname=<a>\npath=</a>\n",
	    0 },
	{ "all global lines stand where the first one stood",
	    "exec.stop = 0;\na { path = /a; exec.start = 1; }\n"
	    "path = /g; exec.start += 2;",
	    "[a]\nname=<a>\npath=</a>\nexec.start=<1>\nexec.stop=<0>\n", 0 },
	{ "a global line after the only block comes after it",
	    "a { path = /a; }\npath = /g;", "[a]\nname=<a>\npath=</g>\n", 0 },
	{ "global lines and * mix by place",
	    "* { exec.start = 1; }\nexec.start += 2;\n"
	    "* { exec.start += 3; }\na { }\nexec.start += 4;",
	    "[a]\nname=<a>\nexec.start=<1>\nexec.start=<2>\n"
	    "exec.start=<4>\nexec.start=<3>\n",
	    0 },
	{ "a valueless assignment clears",
	    "exec.start = 1, 2; a { exec.start; exec.start += 3; }",
	    "[a]\nname=<a>\nexec.start=<3>\n", 0 },
	{ "of a scalar's several values the last counts",
	    "a { path = /1, /2; path += /3; }", "[a]\nname=<a>\npath=</3>\n",
	    0 },
	{ "a boolean and its negation are one parameter",
	    "allow.nomount; a { allow.mount = false; }\n"
	    "b { allow.nomount = false; allow.nomount; }\nc { nopersist = 0; }",
	    "[a]\nname=<a>\nallow.mount=<false>\n"
	    "[b]\nname=<b>\nallow.mount=<false>\n"
	    "[c]\nname=<c>\npersist=<true>\nallow.mount=<false>\n",
	    0 },
	{ "booleans: words of any case and numbers",
	    "a { persist = TRUE; exec.clean = False; mount.devfs = 7; "
	    "mount.procfs = 0; }",
	    "[a]\nname=<a>\npersist=<true>\nexec.clean=<false>\n"
	    "mount.devfs=<true>\nmount.procfs=<false>\n",
	    0 },
	{ "keys keep the order in which they were given first",
	    "meta.a = 1; meta.b = 2; j { meta.a = 3; meta.c; "
	    "cgroup.memory.max = 5M; }",
	    "[j]\nname=<j>\nmeta.a=<3>\nmeta.b=<2>\nmeta.c\n"
	    "cgroup.memory.max=<5M>\n",
	    0 },

	/* ---- which wildcards ---- */
	{ "a nested jail takes from wildcards, not from its parent",
	    "a { path = /a; b { } }\na.* { persist; }\n*.b { exec.clean; }",
	    "[a]\nname=<a>\npath=</a>\n"
	    "[a.b]\nname=<a.b>\npersist=<true>\nexec.clean=<true>\n",
	    0 },
	{ "a wildcard made by nesting", "a { * { persist; } b { } }",
	    "[a]\nname=<a>\n[a.b]\nname=<a.b>\npersist=<true>\n", 0 },
	{ "a star inside a word is no wildcard", "a* { persist; }\nab { }",
	    "[a*]\nname=<a*>\npersist=<true>\n[ab]\nname=<ab>\n", 0 },

	/* ---- names and numbers ---- */
	{ "a numeric block is a jid and, at last, a name",
	    "5309 { path = \"/j/$name/$jid\"; }",
	    "[5309]\njid=<5309>\nname=<5309>\npath=</j/5309/5309>\n", 0 },
	{ "a numeric block with a name",
	    "5309 { name = foo; path = \"/$name\"; }",
	    "[foo]\njid=<5309>\nname=<foo>\npath=</foo>\n", 0 },
	{ "a name with a jid", "foo { jid = 5309; }",
	    "[foo]\njid=<5309>\nname=<foo>\n", 0 },
	{ "the name is fixed", "foo { name = bar; }",
	    "E F:1:7: cannot redefine parameter \"name\".\n[foo] failed\n", 0 },
	{ "by a wildcard as well", "* { name = bar; }\nfoo { }\n",
	    "E F:1:5: cannot redefine parameter \"name\".\n[foo] failed\n", 0 },
	{ "the jid is fixed", "7 { jid = 8; }\nx { jid = 1; jid = 2; }",
	    "E F:1:5: cannot redefine parameter \"jid\".\n[7] failed\n"
	    "E F:2:14: cannot redefine parameter \"jid\".\n[x] failed\n",
	    0 },

	/* ---- variables ---- */
	{ "per jail, with look-ahead",
	    "path = \"/j/$name/$v\";\na { $v = 1; }\nb { $v = 2; }",
	    "[a]\nname=<a>\npath=</j/a/1>\n[b]\nname=<b>\npath=</j/b/2>\n", 0 },
	{ "through several",
	    "a { path = $x; $x = \"/$y\"; $y = \"$z$z\"; "
	    "$z = \"$name\"; }",
	    "[a]\nname=<a>\npath=</aa>\n", 0 },
	{ "parameters are variables too",
	    "a { path = /j; exec.start = \"${host.hostname} $path\"; "
	    "host.hostname = h; }",
	    "[a]\nname=<a>\npath=</j>\nhost.hostname=<h>\n"
	    "exec.start=<h /j>\n",
	    0 },
	{ "a list as the whole value",
	    "$l = x, y; a { exec.start = $l; exec.stop = \"$l\", z; }",
	    "[a]\nname=<a>\nexec.start=<x>\nexec.start=<y>\n"
	    "exec.stop=<x>\nexec.stop=<y>\nexec.stop=<z>\n",
	    0 },
	{ "a list of lists", "$k = 1, 2; $l = $k, $k; a { exec.start = $l; }",
	    "[a]\nname=<a>\nexec.start=<1>\nexec.start=<2>\n"
	    "exec.start=<1>\nexec.start=<2>\n",
	    0 },
	{ "a list inside a text",
	    "$l = x, y; a { exec.start = \"-$l\"; }\nb { }",
	    "E F:1:31: exec.start: array cannot be substituted inline\n"
	    "[a] failed\n[b]\nname=<b>\n",
	    0 },
	{ "a list of one inside a text", "$l = x; a { exec.start = \"-$l\"; }",
	    "[a]\nname=<a>\nexec.start=<-x>\n", 0 },
	{ "a variable that is not there",
	    "path = \"/$nope/$name\";\na { }\nb { $nope = x; }",
	    "E F:1:10: path: variable \"nope\" not found\n[a] failed\n"
	    "[b]\nname=<b>\npath=</x/b>\n",
	    0 },
	{ "a valueless one is not there",
	    "a { $v; path = $v; exec.clean; exec.start = ${exec.clean}; }",
	    "E F:1:16: path: variable \"v\" not found\n"
	    "E F:1:45: exec.start: variable \"exec.clean\" not found\n"
	    "[a] failed\n",
	    0 },
	{ "a default is not there", "a { exec.start = $path; }",
	    "E F:1:18: exec.start: variable \"path\" not found\n"
	    "[a] failed\n",
	    0 },
	{ "also when nothing uses the text", "$w = $v; a { }",
	    "E F:1:6: w: variable \"v\" not found\n"
	    "[a] failed\n",
	    0 },
	{ "what depends on it is told once",
	    "$w = $v; a { path = $w; exec.start = $w; }",
	    "E F:1:6: w: variable \"v\" not found\n[a] failed\n", 0 },
	{ "a loop", "a { $x = $y; $y = \"-$z\"; $z = $x; path = $x; }",
	    "E F:1:31: x: variable loop\n[a] failed\n", 0 },
	{ "a loop of one", "a { path = \"$path\"; }",
	    "E F:1:13: path: variable loop\n[a] failed\n", 0 },
	{ "+= onto itself is a loop", "a { $x = 1; $x += $x; }",
	    "E F:1:19: x: variable loop\n[a] failed\n", 0 },
	{ "a variable named like a parameter", "a { $path = x; }",
	    "E F:1:5: variable \"$path\" cannot have the same name as a "
	    "parameter.\n[a] failed\n",
	    0 },
	{ "an expanded value is checked", "a { securelevel = $s; $s = x; }",
	    "E F:1:5: securelevel: non-integer value \"x\"\n"
	    "[a] failed\n",
	    0 },

	/* ---- $jid ---- */
	{ "$jid and $jailid wait for the jid",
	    "a { path = \"/$jid/$jailid\"; securelevel = $jid; }",
	    "[a] jid?\nname=<a>\npath=</${jid}/${jailid}>\n", 0 },
	{ "and have it then",
	    "a { path = \"/$jid/$jailid\"; securelevel = $jid; }",
	    "[a]\nname=<a>\npath=</3/3>\nsecurelevel=<3>\n", 3 },
	{ "through a variable", "a { $x = \"_$jid\"; path = \"/$x\"; }",
	    "[a] jid?\nname=<a>\npath=</_${jid}>\n", 0 },
	{ "a file's own $jailid goes first",
	    "a { $jailid = 7; path = \"/$jailid\"; }",
	    "[a]\nname=<a>\npath=</7>\n", 3 },
	{ "a given jid is known at once",
	    "a { jid = 12; path = \"/$jid/$jailid\"; }",
	    "[a]\njid=<12>\nname=<a>\npath=</12/12>\n", 0 },
	{ "254 fits an address", "a { ip4.addr = \"lo1|127.0.1.$jid\"; }",
	    "[a]\nname=<a>\nip4.addr=<lo1|127.0.1.254>\n", 254 },
	{ "255 does not", "a { ip4.addr = \"lo1|127.0.1.$jid\"; }",
	    "E F:1:5: ip4.addr: lo1|127.0.1.255: jid 255 is above 254 and "
	    "fits no part of an address\n[a] failed\n",
	    255 },
	{ "through a variable neither",
	    "a { $ip = \"10.0.$jailid.1\"; ip4.addr = \"em0|$ip/24\"; }",
	    "E F:1:29: ip4.addr: em0|10.0.300.1/24: jid 300 is above 254 and "
	    "fits no part of an address\n[a] failed\n",
	    300 },
	{ "elsewhere it may be large",
	    "a { path = \"/j/$jid\"; "
	    "ip4.addr = 10.0.0.1; }",
	    "[a]\nname=<a>\npath=</j/300>\nip4.addr=<10.0.0.1>\n", 300 },
};

static const struct {
	const char *pattern, *name;
	bool want;
} matches[] = {
	{ "*", "a", true },
	{ "*", "a.b.c", true },
	{ "*", "", false },
	{ "a.*", "a.b", true },
	{ "a.*", "a.b.c", true },
	{ "a.*", "a", false },
	{ "a.*", "ab.c", false },
	{ "*.b", "a.b", true },
	{ "*.b", "b", false },
	{ "*.b", "a.c.b", false },
	{ "*.b", "a.bc", false },
	{ "a.*.c", "a.b.c", true },
	{ "a.*.c", "a.b.b.c", false },
	{ "a.*.c", "a..c", false },
	{ "*.*", "a", false },
	{ "*.*", "a.b", true },
	{ "*.*", "a.b.c", true },
	{ "a", "a", true },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "a*", "ab", false },
	{ "a.b", "a.b", true },
	{ "a", "a.b", false },
};

static double
seconds(void)
{
	struct timespec t;

	/* Not what others do on this machine meanwhile. */
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Ten levels of ten would be 10 GB. */
static void
test_bomb(struct conf_run *r)
{
	auto_strbuf struct strbuf in = STRBUF_INIT;

	(void)strbuf_puts(&in, "a {\n$v0 = 0123456789;\n");
	for (int i = 1; i < 10; i++) {
		(void)strbuf_addf(&in, "$v%d = \"", i);
		for (int k = 0; k < 10; k++)
			(void)strbuf_addf(&in, "$v%d", i - 1);
		(void)strbuf_puts(&in, "\";\n");
	}
	(void)strbuf_puts(&in, "}\n");
	ok(strstr(run_text(r, in.s),
	       "v6: the variables make more than 4 MiB "
	       "of text\n") != NULL,
	    "a text that blows up is refused: %s", r->out.s);
}

/* A chain as long as nobody writes: no recursion. */
static void
test_chain(struct conf_run *r)
{
	auto_strbuf struct strbuf in = STRBUF_INIT;

	(void)strbuf_puts(&in, "a {\npath = $v0;\n");
	for (int i = 0; i < 100000; i++)
		(void)strbuf_addf(&in, "$v%d = $v%d;\n", i, i + 1);
	(void)strbuf_puts(&in, "$v100000 = /x;\n}\n");
	is_str(run_text(r, in.s), "[a]\nname=<a>\npath=</x>\n",
	    "a chain of 100,000 variables");
}

static void
test_speed(struct conf_run *r)
{
	auto_strbuf struct strbuf in = STRBUF_INIT;
	double start;

	(void)strbuf_puts(&in,
	    "exec.start = \"/bin/sh /etc/rc\";\nmount.devfs;"
	    "\npath = \"/j/$name\";\nhost.hostname = \"$name.local\";\n");
	for (int i = 0; i < 10000; i++)
		(void)strbuf_addf(&in,
		    "j%d { $ip = 10.0.0.%d; persist; "
		    "exec.start += \"echo $ip\"; }\n",
		    i, i % 250);
	start = seconds();
	ok(strstr(run_text(r, in.s), "[j9999]\n") != NULL, "10,000 jails");
	/* The sanitizers' builds take five times as long as it is. */
	ok(seconds() - start < 1, "in well under a second: %.3f s",
	    seconds() - start);
}

static void
test_lookup(void)
{
	static const char text[] =
	    "a { jid = 7; }\n12 { name = b; }\n"
	    "b { }\nc { d { } }\n* { persist; }\n9 { jid; }\n";
	struct conf_run r = { .notes = false };
	struct jerr e = JERR_INIT;
	FILE *fp = tmpfile();
	struct conf_file *f;
	char path[64];

	if (fp == NULL || fputs(text, fp) == EOF || fflush(fp) == EOF)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(fp));
	f = conf_file_load(path, true, run_message, &r, &e);
	if (f == NULL)
		abort();
	is_int(conf_file_count(f), 6, "wildcards are not counted");
	is_int(conf_file_lookup(f, "a"), 0, "by name");
	is_int(conf_file_lookup(f, "7"), 0, "by the jid it is given");
	is_int(conf_file_lookup(f, "12"), 1, "by a numeric name");
	is_int(conf_file_lookup(f, "b"), 2, "a block's name goes first");
	is_int(conf_file_lookup(f, "c.d"), 4, "by a nested name");
	is_int(conf_file_lookup(f, "d"), -1, "not by a part");
	is_int(conf_file_lookup(f, "*"), -1, "not a wildcard");
	is_int(conf_file_lookup(f, ""), -1, "not nothing");
	is_str(conf_file_name(f, 1), "b", "a numeric block's name");
	conf_file_free(f);
	(void)fclose(fp);
	strbuf_free(&r.out);
}

int
main(void)
{
	struct conf_run r = { .notes = false };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(run_bytes(&r, cases[i].text, strlen(cases[i].text),
			   cases[i].jid),
		    cases[i].want, "%s", cases[i].what);
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		is_int(conf_match(matches[i].pattern, matches[i].name),
		    matches[i].want, "\"%s\" and \"%s\"", matches[i].pattern,
		    matches[i].name);
	test_bomb(&r);
	test_chain(&r);
	test_speed(&r);
	test_lookup();
	strbuf_free(&r.out);
	done_testing();
}
