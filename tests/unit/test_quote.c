/*
 * Words as jail -e shows them, lines that are one line, and whole
 * configurations as words.
 */
#include "base/quote.h"

#include "life/words.h"
#include "tests/unit/tap.h"

static const char *
word(const char *s)
{
	static struct strbuf b = STRBUF_INIT;

	strbuf_free(&b);
	(void)quote_word(&b, s);
	return strbuf_str(&b);
}

static const char *
line(const char *s)
{
	static struct strbuf b = STRBUF_INIT;

	strbuf_free(&b);
	(void)quote_line(&b, s);
	return strbuf_str(&b);
}

static void
test_words(void)
{
	struct jail_conf c = JAIL_CONF_INIT;
	struct conf_origin at = { .file = NULL };
	struct jerr e = JERR_INIT;
	auto_strv struct strv w = STRV_INIT;
	char *two[] = { (char[]) { "/bin/sh /etc/rc" }, (char[]) { "true" } };

	is_int(conf_set1(&c, "path", "/srv/a b", &e), 0, "path");
	is_int(conf_set1(&c, "name", "web", &e), 0, "name");
	is_int(conf_set1(&c, "persist", NULL, &e), 0, "persist");
	is_int(conf_set1(&c, "allow.set_hostname", "false", &e), 0, "a false");
	is_int(conf_set1(&c, "ip4", "inherit", &e), 0, "ip4");
	is_int(conf_set1(&c, "meta.k", "it's", &e), 0, "meta.k");
	is_int(conf_set(&c, "exec.start", two, 2, false, at, &e), 0, "a list");
	is_int(words_from_conf(&c, &w), 0, "words");
	is_int(w.n, 7, "one for each");
	is_str(w.v[0], "name=web", "the name first");
	is_str(w.v[1], "path=\"/srv/a b\"", "quoted");
	is_str(w.v[2], "persist", "true is bare");
	is_str(w.v[3], "ip4=inherit", "a jailsys");
	is_str(w.v[4], "allow.noset_hostname", "false carries no");
	is_str(w.v[5], "exec.start=\"/bin/sh /etc/rc\",true",
	    "values of a list each by itself");
	is_str(w.v[6], "meta.k=\"it's\"", "a key");
	conf_free(&c);
}

int
main(void)
{
	is_str(word(""), "\"\"", "empty");
	is_str(word("plain"), "plain", "plain");
	is_str(word("a b"), "\"a b\"", "blank");
	is_str(word("a\tb"), "\"a\tb\"", "tab");
	is_str(word("it's"), "\"it's\"", "single quote");
	is_str(word("say \"x\""), "'say \"x\"'", "double quote");
	is_str(word("it's \"x\""), "\"it's \\\"x\\\"\"", "both");
	is_str(word("a\\b"), "a\\\\b", "backslash");
	is_str(line("a\nb\033[2J"), "a\\012b\\033[2J", "control characters");
	is_str(line("\303\274 \177"), "\303\274 \\177", "UTF-8 and DEL");
	test_words();
	done_testing();
}
