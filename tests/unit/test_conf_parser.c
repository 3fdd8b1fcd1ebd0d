/*
 * The grammar of jail.conf(5) (reference 2.2): what is accepted, what is told
 * about the rest and where, and that one mistake hides no other.
 */
#include "tests/unit/conf_run.h"
#include "tests/unit/tap.h"

static const struct {
	const char *what, *text, *want;
} cases[] = {
	/* ---- accepted ---- */
	{ "name value without =", "a { path /x; }",
	    "[a]\nname=<a>\npath=</x>\n" },
	{ "a list without =", "a { exec.start b, c; }",
	    "[a]\nname=<a>\nexec.start=<b>\nexec.start=<c>\n" },
	{ "no blanks at all", "a{path=/x;persist;}",
	    "[a]\nname=<a>\npath=</x>\npersist=<true>\n" },
	{ "+= without blanks", "a { exec.start=x;exec.start+=y; }",
	    "[a]\nname=<a>\nexec.start=<x>\nexec.start=<y>\n" },
	{ "stray semicolons", ";; a { ; persist;; } ;",
	    "[a]\nname=<a>\npersist=<true>\n" },
	{ "no semicolon is needed after }", "a { } b { }",
	    "[a]\nname=<a>\n[b]\nname=<b>\n" },
	{ "a quoted block name", "\"a b\" { }", "[a b]\nname=<a b>\n" },
	{ "a quoted parameter name", "a { \"path\" = /x; }",
	    "[a]\nname=<a>\npath=</x>\n" },
	{ "nested blocks", "a { persist; b { path = /b; c { } } path = /a; }",
	    "[a]\nname=<a>\npath=</a>\npersist=<true>\n"
	    "[a.b]\nname=<a.b>\npath=</b>\n[a.b.c]\nname=<a.b.c>\n" },
	{ ".include with = is an unknown parameter", "a { .include = x; }",
	    "E F:1:5: .include: unknown parameter\n[a] failed\n" },
	{ "a valueless list is empty", "exec.start = x; a { exec.start; }",
	    "[a]\nname=<a>\nexec.start\n" },

	/* ---- a forgotten semicolon ---- */
	{ "before a parameter on the next line",
	    "a {\n\tpath = /x\n\tpersist;\n}",
	    "E F:2:11: missing \";\" at the end of this line?\n"
	    "E F:3:2: persist: syntax error\n" },
	{ "after a bare name, before name = value",
	    "a {\n\tpersist # yes\n\n\tpath = /x;\n}",
	    "E F:2:9: missing \";\" at the end of this line?\n"
	    "E F:4:7: =: syntax error\n" },
	{ "before }", "a { path = /x }",
	    "E F:1:14: missing \";\" at the end of this line?\n"
	    "E F:1:15: }: syntax error\n" },
	{ "before } on the next line", "a {\npath = \"/x\"\n}\nb { }",
	    "E F:2:12: missing \";\" at the end of this line?\n"
	    "E F:3:1: }: syntax error\n" },
	{ "at the end of the file", "path = /x\n",
	    "E F:1:10: missing \";\" at the end of this line?\n"
	    "E F:2:1: unexpected EOF\n" },
	{ "before a block", "path = /x\na { persist; }",
	    "E F:1:10: missing \";\" at the end of this line?\n"
	    "E F:2:1: a: syntax error\n" },
	{ "a bare name before a block", "persist\na { persist; = }",
	    "E F:1:8: missing \";\" at the end of this line?\n"
	    "E F:2:3: {: syntax error\n"
	    "E F:2:14: =: syntax error\n" },
	{ "between two bare names: legal, so told by the value",
	    "a {\n  persist\n  exec.clean;\n}",
	    "N F:2:10: persist: its value begins on the next line; "
	    "missing \";\"?\n"
	    "E F:2:3: persist: unknown boolean value \"exec.clean\"\n"
	    "E F:2:10: missing \";\" at the end of this line?\n"
	    "[a] failed\n" },
	{ "on a line of its own no guess is made", "path = /x /y;",
	    "E F:1:11: /y: syntax error\n" },

	{ "what follows on that line is skipped", "path = /x /y = = ;\n= ;",
	    "E F:1:11: /y: syntax error\nE F:2:1: =: syntax error\n" },

	/* ---- other mistakes ---- */
	{ "no value after =", "a = ;", "E F:1:5: ;: syntax error\n" },
	{ "a comma too many", "a = b, ;", "E F:1:8: ;: syntax error\n" },
	{ "a comma too early", "a = , b;", "E F:1:5: ,: syntax error\n" },
	{ "two equals signs", "a = = b;", "E F:1:5: =: syntax error\n" },
	{ "+ = with a blank", "a + = b;", "E F:1:5: =: syntax error\n" },
	{ "a name with a blank as a block", "my jail { persist; }",
	    "E F:1:9: {: syntax error\n" },
	{ "} without {", "persist; }\n}",
	    "E F:1:10: }: syntax error\n"
	    "E F:2:1: }: syntax error\n" },
	{ "a block without }", "a {\n b { }\n persist;\n",
	    "E F:4:1: unexpected EOF: \"a {\" of line 1 has no \"}\"\n" },
	{ "two blocks without }", "a {\n b {",
	    "E F:2:5: unexpected EOF: \"a.b {\" of line 2 has no \"}\"\n"
	    "E F:2:5: unexpected EOF: \"a {\" of line 1 has no \"}\"\n" },
	{ "{ without a name", "{ persist; }\n= ;",
	    "E F:1:1: {: syntax error\nE F:2:1: =: syntax error\n" },
	{ "a variable as a block name", "$a { }",
	    "E F:1:4: {: syntax error\n" },
	{ "a variable in a block name", "a$b { }",
	    "E F:1:1: variables not permitted in the name of a jail\n" },
	{ "an empty block name", "\"\" { }", "E F:1:1: a jail needs a name\n" },
	{ "a variable in a parameter name", "a { exec.$x = y; }",
	    "E F:1:5: variables not permitted in the name of a parameter\n" },
	{ "an empty parameter name", "\"\" = x;",
	    "E F:1:1: empty parameter name\n" },
	{ "an empty variable name", "${} = x;",
	    "E F:1:1: empty variable name\n" },
	{ "all mistakes are told",
	    "a { path = ; }\nb { = x; persist; }\nc { persist }\nd e f;\n",
	    "E F:1:12: ;: syntax error\n"
	    "E F:2:5: =: syntax error\n"
	    "E F:3:12: missing \";\" at the end of this line?\n"
	    "E F:3:13: }: syntax error\n"
	    "E F:4:5: f: syntax error\n" },
	{ "a long token is cut",
	    "a b \"0123456789012345678901234567890123456789012345\";",
	    "E F:1:5: \"0123456789012345678901234567890123456789012...: "
	    "syntax error\n" },
	{ "of a token over lines the first", "a b \"one\ntwo\";",
	    "E F:1:5: \"one...: syntax error\n" },
	{ "nothing of a wrong file is used", "a { }\n= ;",
	    "E F:2:1: =: syntax error\n" },

	/* ---- what is wrong with one jail alone ---- */
	{ "an unknown parameter, with the nearest",
	    "a { ipv4.addr = 10.0.0.1; }\nb { }",
	    "E F:1:5: ipv4.addr: unknown parameter (did you mean ip4.addr?)\n"
	    "[a] failed\n[b]\nname=<b>\n" },
	{ "one that is like nothing", "a { zzzzzzzz; }",
	    "E F:1:5: zzzzzzzz: unknown parameter\n[a] failed\n" },
	{ "a read-only parameter", "a { dying; }",
	    "E F:1:5: unknown parameter: dying\n[a] failed\n" },
	{ "a boolean", "a { persist = maybe; }",
	    "E F:1:5: persist: unknown boolean value \"maybe\"\n[a] failed\n" },
	{ "a number", "a { securelevel = high; }",
	    "E F:1:5: securelevel: non-integer value \"high\"\n"
	    "[a] failed\n" },
	{ "a number out of range", "a { enforce_statfs = 3; }",
	    "E F:1:5: enforce_statfs: 3 is not within 0 to 2\n"
	    "[a] failed\n" },
	{ "a jailsys word", "a { ip4 = yes; }",
	    "E F:1:5: ip4: unknown jailsys value \"yes\"\n[a] failed\n" },
	{ "several of one jail", "a { persist = x; foo; path = \"\"; }",
	    "E F:1:5: persist: unknown boolean value \"x\"\n"
	    "E F:1:18: foo: unknown parameter\n"
	    "E F:1:23: path: no value given\n[a] failed\n" },
	{ "control characters do not reach the terminal",
	    "a { persist = \"\\e\\x1b[2J\\n\"; }",
	    "E F:1:5: persist: unknown boolean value "
	    "\"e\\033[2J\\012\"\n[a] failed\n" },
	{ "two blocks of one name", "a { path = /1; }\nb { }\na { path = /2; }",
	    "E F:3:1: a: second block of this name; the first is at F:1\n"
	    "[a] failed\n[b]\nname=<b>\n" },
	{ "three blocks of one name, one of them nested",
	    "x { y { } }\nx.y { }\nx { y { } }",
	    "E F:3:1: x: second block of this name; the first is at F:1\n"
	    "[x] failed\n"
	    "E F:2:1: x.y: second block of this name; the first is at F:1\n"
	    "E F:3:5: x.y: second block of this name; the first is at F:1\n"
	    "[x.y] failed\n" },

	/* ---- notes ---- */
	{ "a list replaced within a block",
	    "a {\nexec.start = x;\nexec.start = y;\nexec.start += z;\n}",
	    "N F:3:1: exec.start: replaces the list of line 2 "
	    "(\"+=\" would add to it)\n"
	    "[a]\nname=<a>\nexec.start=<y>\nexec.start=<z>\n" },
	{ "a list replaced by another block is as meant",
	    "exec.start = x; a { exec.start = y; }",
	    "[a]\nname=<a>\nexec.start=<y>\n" },
	{ "a list emptied within a block is as meant",
	    "a { exec.start = x; exec.start; exec.start = y; }",
	    "[a]\nname=<a>\nexec.start=<y>\n" },
	{ "a parameter given twice",
	    "a {\nallow.mount.tmpfs = 0;\nallow.mount.notmpfs;\n$x = 1; $x = 2;\n}",
	    "N F:3:1: allow.mount.notmpfs: given twice, what line 2 says is "
	    "lost\n"
	    "N F:4:9: $x: given twice, what line 4 says is lost\n"
	    "[a]\nname=<a>\nallow.mount.tmpfs=<false>\n" },
	{ "given twice around a nested block",
	    "a { path = /x;\nb { path = /y; }\npath = /z; }",
	    "N F:3:1: path: given twice, what line 1 says is lost\n"
	    "[a]\nname=<a>\npath=</z>\n[a.b]\nname=<a.b>\npath=</y>\n" },
	{ "allow.mount.* without allow.mount",
	    "a { allow.mount.tmpfs; allow.mount.devfs; enforce_statfs = 1; }",
	    "N F:1:24: a: allow.mount.devfs: has no effect without "
	    "allow.mount\n"
	    "[a]\nname=<a>\nenforce_statfs=<1>\nallow.mount.devfs=<true>\n"
	    "allow.mount.tmpfs=<true>\n" },
	{ "allow.mount with enforce_statfs 2", "a { allow.mount; }",
	    "N F:1:5: a: allow.mount: has no effect while enforce_statfs is 2\n"
	    "[a]\nname=<a>\nallow.mount=<true>\n" },
	{ "allow.mount.* with enforce_statfs 2",
	    "a { allow.mount; allow.mount.tmpfs; }",
	    "N F:1:18: a: allow.mount.tmpfs: has no effect while "
	    "enforce_statfs is 2\n"
	    "[a]\nname=<a>\nallow.mount=<true>\nallow.mount.tmpfs=<true>\n" },
	{ "allow.mount.* as it should be",
	    "a { allow.mount; allow.mount.tmpfs; enforce_statfs = 1; }",
	    "[a]\nname=<a>\nenforce_statfs=<1>\nallow.mount=<true>\n"
	    "allow.mount.tmpfs=<true>\n" },
	{ "an empty address", "a { ip4.addr = \"\"; }",
	    "N F:1:5: a: ip4.addr: empty address\n[a]\nname=<a>\nip4.addr\n" },
	{ "an address of which only the interface is there",
	    "a { $i = \"\"; ip6.addr = \"em0|$i/64\"; }",
	    "E F:1:25: ip6.addr: not an IPv6 address: \n[a] failed\n" },
	{ "addresses, each mistake at its value",
	    "a { ip4.addr = 10.0.0.1, 10.0.0,\n  10.0.0.3/33;\n"
	    "    ip4.addr += \"lo1|fd00::1\"; interface = em0; }",
	    "E F:1:26: ip4.addr: not an IPv4 address: 10.0.0\n"
	    "E F:2:3: ip4.addr: bad netmask \"33\"\n"
	    "E F:3:17: ip4.addr: not an IPv4 address: fd00::1 (ip6.addr takes "
	    "it)\n[a] failed\n" },
	{ "an address through a list of variables",
	    "a { $x = 10.0.0.1, 10.0.0.2;\n  ip4.addr = $x, bad; }",
	    "E F:2:18: ip4.addr: not an IPv4 address: bad\n[a] failed\n" },
	{ "the words of pf, each mistake at its value",
	    "a {\n  rdr = \"on em0 proto tcp to any port 80\";\n"
	    "  rdr += \"on em0 proto tpc to any port 80\";\n"
	    "  nat = \"on em0 from ! 10.0.0.1\";\n}",
	    "E F:4:9: nat: column 13 of \"on em0 from ! 10.0.0.1\": !: \"not\" "
	    "is not known here\n"
	    "E F:3:10: rdr: column 14 of \"on em0 proto tpc to any port 80\": "
	    "tpc: tcp or udp expected\n[a] failed\n" },
	{ "what waits for the jid is read when it is there",
	    "a { ip4.addr = \"lo1|127.0.1.$jailid\"; rdr = \"$jid\"; }",
	    "[a] jid?\nname=<a>\nip4.addr=<lo1|127.0.1.${jailid}>\n"
	    "rdr=<${jid}>\n" },
	{ "... and the others at once",
	    "a { ip4.addr = \"lo1|127.0.1.$jailid\", 10.0.0; }",
	    "E F:1:39: ip4.addr: not an IPv4 address: 10.0.0\n[a] failed\n" },
	{ "\"the link-local one on the interface for all\"",
	    "interface = lo1; a { ip6.addr = fe80:3::1; }",
	    "[a]\nname=<a>\nip6.addr=<fe80:3::1>\ninterface=<lo1>\n" },
};

/* More than can be written down by hand. */
static void
test_large(struct conf_run *r)
{
	auto_strbuf struct strbuf in = STRBUF_INIT;

	for (int i = 0; i < 70; i++)
		(void)strbuf_puts(&in, "a { ");
	is_str(run_text(r, in.s), "E F:1:259: blocks are nested too deep\n",
	    "the depth of blocks is bounded");
	in.len = 0;
	for (int i = 0; i < 256; i++)
		(void)strbuf_putc(&in, 'n');
	(void)strbuf_puts(&in, " { }");
	is_str(run_text(r, in.s),
	    "E F:1:1: the name of a jail is longer than 255 bytes\n",
	    "the length of a name is bounded");
	in.len = 0;
	for (int i = 0; i < 1500; i++)
		(void)strbuf_puts(&in, "= ;\n");
	is_str(strstr(run_text(r, in.s), "E F:1000:"),
	    "E F:1000:1: =: syntax error\nE F:1000:1: too many errors\n",
	    "rubbish ends at some point");
}

int
main(void)
{
	struct conf_run r = { .notes = true };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(run_text(&r, cases[i].text), cases[i].want, "%s",
		    cases[i].what);
	test_large(&r);
	strbuf_free(&r.out);
	done_testing();
}
