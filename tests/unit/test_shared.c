/*
 * What jails share on the host, as the registry counts it: first and last user,
 * the value of before, addresses that no two jails may have, and many records
 * with one append.
 */
#include "registry/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/tap.h"

static struct jerr e;

static struct reg_jail *
make(struct reg *r, const char *name)
{
	struct reg_want w = { .name = name, .path = "/srv/x" };
	struct reg_jail *j = reg_reserve(r, &w, &e);

	if (j == NULL) {
		(void)printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return j;
}

static const char *value_of; /* of what is new */

static int
save(struct reg_share *s)
{
	return strbuf_puts(&s->value, value_of);
}

static int
use(struct reg *r, const struct reg_row *user, const char *kind,
    const char *key, const char *value, bool *first)
{
	struct reg_share s = { .kind = kind, .key = key };
	int rc;

	value_of = value;
	rc = reg_shared_use(r, user, &s, 1, save, &e);
	*first = s.flip;
	strbuf_free(&s.value);
	return rc;
}

static int
drop(struct reg *r, const struct reg_row *user, const char *kind,
    const char *key, struct strbuf *value, bool *last)
{
	struct reg_share s = { .kind = kind, .key = key };
	int rc = reg_shared_drop(r, user, &s, 1, &e);

	*last = s.flip;
	strbuf_free(value);
	*value = s.value;
	return rc;
}

static void
test_users(struct reg *r, const struct reg_row *a, const struct reg_row *b)
{
	auto_strbuf struct strbuf v = STRBUF_INIT;
	auto_strv struct strv keys = STRV_INIT;
	bool first = false, last = true;

	is_int(
	    use(r, a, "if4", "em0", "x", &first), -1, "not without the lock");
	is_int(reg_lock(r, &e), 0, "locked");
	is_int(use(r, a, "if4", "em0", "fwd=0", &first), 0, "a");
	ok(first, "a is the first");
	is_int(use(r, a, "if4", "em0", "fwd=1", &first), 0, "a again");
	ok(!first, "and not the first any more");
	is_int(use(r, b, "if4", "em0", "fwd=1", &first), 0, "b");
	ok(!first, "nor is b");
	is_int(use(r, b, "if4", "em1", "fwd=7", &first), 0, "another key");
	ok(first, "is another thing");
	{
		auto_strbuf struct strbuf value = STRBUF_INIT;

		is_int(reg_shared_value(r, "if4", "nosuch", &value, &e), 0,
		    "no such thing");
		is_str(strbuf_str(&value), "", "has no value");
		is_int(reg_shared_value(r, "if4", "em1", &value, &e), 0,
		    "the other thing");
		is_str(strbuf_str(&value), "fwd=7", "has its own");
	}
	is_int(reg_shared_keys(r, "if4", &keys, &e), 0, "keys");
	is_int(keys.n, 2, "two of them");
	is_int(drop(r, a, "if4", "em0", &v, &last), 0, "a goes");
	ok(!last, "b is left");
	is_int(drop(r, a, "if4", "em0", &v, &last), 0, "a goes twice");
	ok(!last, "b is left still");
	strbuf_free(&v);
	is_int(drop(r, b, "if4", "em0", &v, &last), 0, "b goes");
	ok(last, "it was the last");
	is_str(strbuf_str(&v), "fwd=0", "the value is that of the first use");
	/* A crash between that and its end: the old value stays known. */
	is_int(use(r, a, "if4", "em0", "fwd=1", &first), 0, "a comes back");
	ok(first, "as the first");
	strbuf_free(&v);
	is_int(reg_shared_forget(r, "if4", "em0", &e), 0, "forget: in use");
	is_int(drop(r, a, "if4", "em0", &v, &last), 0, "gone");
	is_str(strbuf_str(&v), "fwd=0", "with the value of before all that");
	is_int(reg_shared_forget(r, "if4", "em0", &e), 0, "forget");
	is_int(drop(r, a, "if4", "em0", &v, &last), 0, "what nobody knows");
	ok(!last, "has no last user");
	is_int(use(r, a, "x", "a\tb", "", &first), -1, "a tab is no text");
	reg_unlock(r);
}

/* Several at once; each of three users goes. */
static void
test_several(struct reg *r, const struct reg_row *a, const struct reg_row *b)
{
	struct reg_row c = *a;
	const struct reg_row *const order[] = { b, &c, a };
	struct reg_share v[] = { { .kind = "table", .key = "-" },
		{ .kind = "if4", .key = "em0" } };

	/* 11.UUID before 1.UUID */
	c.jid = a->jid * 10 + a->jid;
	value_of = "old";
	is_int(reg_lock(r, &e), 0, "locked");
	is_int(reg_shared_use(r, &c, v, 1, save, &e), 0, "c, the table");
	is_int(reg_shared_use(r, &c, v, 2, save, &e), 0, "c, both");
	ok(!v[0].flip && v[1].flip, "one of them is new");
	strbuf_free(&v[0].value);
	value_of = "new";
	is_int(reg_shared_use(r, a, v, 2, save, &e), 0, "a");
	is_str(strbuf_str(&v[0].value), "old", "is told the first value");
	is_int(reg_shared_use(r, b, v, 2, save, &e), 0, "b");
	ok(!v[0].flip && !v[1].flip, "nothing is new");
	for (size_t i = 0; i < 3; i++) {
		strbuf_free(&v[0].value);
		strbuf_free(&v[1].value);
		is_int(reg_shared_drop(r, order[i], v, 2, &e), 0, "one goes");
		is_str(strbuf_str(&v[1].value), "old", "with the value");
		is_int(v[0].flip, i == 2, "who is the last");
		is_int(v[1].flip, i == 2, "of both");
	}
	is_int(reg_shared_forget(r, "table", "-", &e), 0, "forget");
	is_int(reg_shared_forget(r, "if4", "em0", &e), 0, "both");
	is_int(reg_shared_drop(r, a, v, 2, &e), 0, "gone");
	ok(!v[0].found && !v[1].found, "both");
	reg_unlock(r);
	strbuf_free(&v[0].value);
	strbuf_free(&v[1].value);
}

static void
test_clash(struct reg_jail *a, struct reg_jail *b)
{
	is_int(
	    reg_addresses(a, "x", "10.0.0.1,fd00::1", &e), 0, "a's addresses");
	is_str(reg_jail_row(a)->claim, "10.0.0.1,fd00::1", "in its row");
	is_str(reg_jail_row(a)->ip4, "x", "beside what is shown");
	is_int(reg_addresses(b, "x", "10.0.0.10,fd00::1", &e), -1, "taken");
	is_int(e.code, EADDRINUSE, "as EADDRINUSE");
	is_str(e.msg, "IPv6 addresses clash: fd00::1 is jail \"a\"'s", "said");
	is_int(reg_addresses(b, "x", "10.0.0.10", &e), 0, "whole words");
	is_int(reg_addresses(a, "x", "", &e), 0, "a has none");
	is_int(reg_addresses(b, "x", "10.0.0.1", &e), 0, "so b may");
}

static void
test_addv(struct reg_jail *a)
{
	char one[] = "one", two[] = "two\nlines";
	char *const texts[] = { one, two };
	struct reg_record *rec;
	size_t n;

	is_int(reg_journal_addv(a, "elem", texts, 2, &e), 0, "two records");
	is_int(reg_journal_addv(a, "elem", texts, 0, &e), 0, "none");
	is_int(reg_journal_read(a, &rec, &n, &e), 0, "read");
	is_int(n, 2, "two");
	is_str(n == 2 ? rec[0].text : "", "two\nlines", "newest first");
	for (size_t i = 0; i < n; i++)
		is_int(reg_journal_done(a, rec[i].n, &e), 0, "taken back");
	reg_records_free(rec, n);
}

int
main(void)
{
	char dir[] = "/tmp/test_shared.XXXXXX", sub[64], cmd[64];
	struct reg_jail *a, *b;
	struct reg *r;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(sub, sizeof(sub), "%s/jail", dir);
	r = reg_open(sub, true, &e);
	if (r == NULL)
		return 1;
	a = make(r, "a");
	b = make(r, "b");
	test_users(r, reg_jail_row(a), reg_jail_row(b));
	test_several(r, reg_jail_row(a), reg_jail_row(b));
	test_clash(a, b);
	test_addv(a);
	is_int(reg_release(a, &e), 0, "a is gone");
	is_int(reg_release(b, &e), 0, "b is gone");
	reg_close(r);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ok(system(cmd) == 0, "the scratch directory is removed");
	done_testing();
}
