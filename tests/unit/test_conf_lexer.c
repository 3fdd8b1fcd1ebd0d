/*
 * Every lexical rule of jail.conf(5) (reference 2.1), seen through what comes
 * out of a file: comments, quoting, escapes, variables, columns.
 */
#include "tests/unit/conf_run.h"
#include "tests/unit/tap.h"

/* Values of exec.start of the jail j, in a file that is otherwise empty. */
static const struct {
	const char *what, *text, *want;
} values[] = {
	{ "unquoted", "abc-1.2_3:4", "abc-1.2_3:4" },
	{ "every unquoted character", "_!%&()-.:<>?@[]^`|~+*/z",
	    "_!%&()-.:<>?@[]^`|~+*/z" },
	{ "double quotes", "\"a b;{}#//x\"", "a b;{}#//x" },
	{ "single quotes", "'a b;{}#//x'", "a b;{}#//x" },
	{ "a quote of the other kind", "\"it's\"'\"q\"'", "it's\"q\"" },
	{ "pieces join", "/a/\"b c\"'d'e",
	    "/a/b cd"
	    "e" },
	{ "pieces join over a joined line", "ab\\\ncd", "abcd" },
	{ "quotes over lines", "\"a\nb\"", "a\nb" },
	{ "a joined line inside quotes", "\"a\\\n  b\"", "a  b" },
	{ "letters escaped", "\"\\a\\b\\f\\n\\r\\t\\v\"", "\a\b\f\n\r\t\v" },
	{ "octal escapes", "\"\\1012\\60\\7x\"", "A20\ax" },
	{ "hexadecimal escapes", "\"\\x41\\x4g\\x7\"", "A\4g\a" },
	{ "\\x without a digit", "\"\\xg\"", "xg" },
	{ "any other escape", "\"\\q\\\"\\\\\\$a\"", "q\"\\$a" },
	{ "escapes in single quotes", "'\\'\\t\\\\'", "'\t\\" },
	{ "escapes outside quotes", "a\\ b\\;\\{\\#\\\"", "a b;{#\"" },
	{ "a NUL ends the value", "\"ab\\0cd$nowhere\"ef", "ab" },
	{ "an empty string", "\"\"", "" },
	{ "a dollar sign alone", "a$", "a$" },
	{ "a dollar sign before a digit", "\"$1\"", "$1" },
	{ "no variables in single quotes", "'$v${v}'", "$v${v}" },
	{ "a variable", "$v", "V" },
	{ "a variable in braces", "${v}x", "Vx" },
	{ "a variable in quotes", "\"<$v>\"", "<V>" },
	{ "a dotted name needs braces", "$v.x${d.v}", "V.xD" },
	{ "variables joined", "$v$v\"$v\"", "VVV" },
	{ "a dollar sign escaped", "\\$v", "$v" },
	{ "UTF-8 in quotes", "\"gr\303\274n\"", "gr\303\274n" },
	{ "a C comment before it", "/* ; } */ x", "x" },
	{ "a C++ comment in the middle", "http://x\n", "http:" },
	{ "a shell comment in the middle", "a#b\n", "a" },
	{ "a C comment ends a word", "a/* b\n */", "a" },
	{ "a comment that ends in stars", "/***/ x /* **/", "x" },
	{ "a lone slash, star and plus", "a/b*c+d", "a/b*c+d" },
	{ "plus and equals end a word", "\"a+=b\"", "a+=b" },
	{ "CR before a newline", "x\r\n", "x" },
	{ "CR before a newline in quotes", "\"a\r\nb\"", "a\nb" },
	{ "CR behind a joined line", "a\\\r\nb", "ab" },
	{ "CR escaped stays", "\"a\\rb\"", "a\rb" },
	{ "a joined line between words", "\\\n x \\\r\n", "x" },
};

/* Whole files that are wrong. */
static const struct {
	const char *what, *text, *want;
} wrong[] = {
	{ "unterminated comment, told where it opens", "a { }\n  /* x\n\n\n",
	    "E F:2:3: unterminated comment\n" },
	{ "a comment that would end too early", "/*/ a;",
	    "E F:1:1: unterminated comment\n" },
	{ "unterminated string, told where it opens",
	    "path = /a\"b;\npersist;\n", "E F:1:10: unterminated string\n" },
	{ "unterminated single quotes", "path = 'b;\n",
	    "E F:1:8: unterminated string\n" },
	{ "a backslash at the end", "path = \"b\\",
	    "E F:1:8: unterminated string\n" },
	{ "unterminated variable", "path = a${b\n};",
	    "E F:1:9: unterminated variable\n" },
	{ "a brace in a variable", "path = ${b{c}};",
	    "E F:1:8: unterminated variable\n" },
	{ "a quote in a variable in quotes", "path = \"${b\"}\";",
	    "E F:1:9: unterminated variable\n" },
	{ "a variable at the end of the file", "path = \"${b",
	    "E F:1:9: unterminated variable\n" },
	{ "CR alone", "path =\r/x;", "E F:1:7: \\015: syntax error\n" },
	{ "form feed", "path =\f/x;", "E F:1:7: \\014: syntax error\n" },
	{ "UTF-8 outside quotes is one mistake, columns are characters",
	    "path = \"\303\274\" \303\274;",
	    "E F:1:12: \303\274: syntax error\n" },
	{ "a tab is one column", "\t\t=;", "E F:1:3: =: syntax error\n" },
	{ "an error before an unterminated string", "= ;\npath = \"x",
	    "E F:1:1: =: syntax error\nE F:2:8: unterminated string\n" },
};

int
main(void)
{
	struct conf_run r = { .notes = true };
	auto_strbuf struct strbuf in = STRBUF_INIT, want = STRBUF_INIT;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		in.len = want.len = 0;
		(void)strbuf_addf(&in,
		    "$v = V; ${d.v} = D;\n"
		    "j { exec.start = %s; }",
		    values[i].text);
		(void)strbuf_addf(
		    &want, "[j]\nname=<j>\nexec.start=<%s>\n", values[i].want);
		is_str(run_text(&r, in.s), want.s, "%s", values[i].what);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		is_str(run_text(&r, wrong[i].text), wrong[i].want, "%s",
		    wrong[i].what);
	is_str(run_bytes(&r, "path =\0;", 8, 0),
	    "E F:1:7: \\000: syntax error\n", "a NUL in the file");
	is_str(run_bytes(&r, "j { path = \"a\0b\"; }", 19, 0),
	    "[j]\nname=<j>\npath=<a>\n", "a NUL in quotes ends the value");
	is_str(run_text(&r, ""), "", "an empty file");
	is_str(run_text(&r, "# only this"), "", "a comment without a newline");
	is_str(run_text(&r, "// only this"), "", "the same with //");
	strbuf_free(&r.out);
	done_testing();
}
