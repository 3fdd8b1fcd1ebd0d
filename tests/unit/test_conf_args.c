/*
 * The command line's parameters (reference 3.1): how they accumulate, split at
 * commas, and how command= takes the rest.
 */
#include "tests/unit/conf_run.h"
#include "tests/unit/tap.h"

static const char *
run_args(struct conf_run *r, char *const *argv)
{
	struct jerr e = JERR_INIT;
	struct conf_file *f;
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	r->out.len = 0;
	run_put(r, "");
	f = conf_file_from_args(argc, argv, &e);
	if (f == NULL) {
		run_put(r, "E ");
		run_put(r, e.msg);
		run_put(r, "\n");
	} else {
		run_jails(r, f, 0);
	}
	conf_file_free(f);
	return strbuf_str(&r->out);
}

static const struct {
	const char *what;
	const char *argv[12];
	const char *want;
} cases[] = {
	{ "a plain one", { "name=x", "path=/srv/x", "persist" },
	    "[x]\nname=<x>\npath=</srv/x>\npersist=<true>\n" },
	{ "without a name", { "path=/", "command=/bin/id" },
	    "[]\npath=</>\ncommand=</bin/id>\n" },
	{ "nothing at all", { NULL }, "[]\n" },
	{ "command= takes the rest as words",
	    { "path=/", "command=/bin/echo", "a b", "name=c", "$x", "" },
	    "[]\npath=</>\ncommand=</bin/echo>\ncommand=<a b>\n"
	    "command=<name=c>\ncommand=<$x>\ncommand=<>\n" },
	{ "no variables, no quoting", { "path=/$name/\"x\"\\n{}" },
	    "[]\npath=</$name/\"x\"\\n{}>\n" },
	{ "addresses split at commas and add up",
	    { "ip4.addr=10.0.0.1,10.0.0.2", "ip4.addr=10.0.0.3" },
	    "[]\nip4.addr=<10.0.0.1>\nip4.addr=<10.0.0.2>\n"
	    "ip4.addr=<10.0.0.3>\n" },
	{ "so do the other three",
	    { "ip6.addr=::1,::2", "vnet.interface=a,b", "zfs.dataset=a,b" },
	    "[]\nip6.addr=<::1>\nip6.addr=<::2>\nvnet.interface=<a>\n"
	    "vnet.interface=<b>\nzfs.dataset=<a>\nzfs.dataset=<b>\n" },
	{ "no other list does", { "exec.start=a,b", "exec.start=c" },
	    "[]\nexec.start=<a,b>\nexec.start=<c>\n" },
	{ "no address", { "ip4.addr=" }, "[]\nip4.addr\n" },
	{ "as jls shows it", { "ip4.addr=-" }, "[]\nip4.addr\n" },
	{ "+= as well", { "exec.start=a", "exec.start+=b", "exec.stop+=c" },
	    "[]\nexec.start=<a>\nexec.start=<b>\nexec.stop=<c>\n" },
	{ "a scalar keeps the last",
	    { "path=/a", "path=/b", "name=x", "name=y" },
	    "[y]\nname=<y>\npath=</b>\n" },
	{ "only the first = counts", { "exec.start=A=1 x", "meta.k=v=w" },
	    "[]\nexec.start=<A=1 x>\nmeta.k=<v=w>\n" },
	{ "meta in the order given",
	    { "meta.a=1", "meta=ttt", "meta.b=2", "meta.c" },
	    "[]\nmeta=<ttt>\nmeta.b=<2>\nmeta.c\n" },
	{ "booleans", { "nopersist", "allow.mount=false", "mount.noprocfs" },
	    "[]\npersist=<false>\nallow.mount=<false>\nmount.procfs=<false>\n" },
	{ "an empty string of a list", { "exec.start=" },
	    "[]\nexec.start=<>\n" },
	{ "a star is a name like others", { "name=*" }, "[*]\nname=<*>\n" },
	{ "unknown", { "ipv4.addr=1.2.3.4" },
	    "E ipv4.addr: unknown parameter (did you mean ip4.addr?)\n"
	    "[] failed\n" },
	{ "wrong", { "name=x", "securelevel=9", "persist=p" },
	    "E securelevel: 9 is not within -1 to 3\n"
	    "E persist: unknown boolean value \"p\"\n[x] failed\n" },
	{ "no name before =", { "=x" }, "E =x: a parameter needs a name\n" },
	{ "no name before +=", { "+=x" }, "E +=x: a parameter needs a name\n" },
	{ "empty", { "" }, "E : a parameter needs a name\n" },
};

/* jail -m has to know whether a list is added to or replaced. */
static const struct {
	const char *argv[3];
	bool more;
} adds[] = {
	{ { "ip4.addr+=10.0.0.1" }, true },
	{ { "ip4.addr+=10.0.0.1", "ip4.addr+=10.0.0.2" }, true },
	{ { "ip4.addr+=10.0.0.1", "ip4.addr=10.0.0.2" }, true },
	{ { "ip4.addr=10.0.0.1" }, false },
	{ { "ip4.addr=10.0.0.1", "ip4.addr+=10.0.0.2" }, false },
	{ { "ip4.addr=" }, false },
	{ { "ip4.addr" }, false },
	{ { "rdr+=to any port 80" }, true },
	{ { "path+=/x" }, false },
	{ { "meta+=x" }, false },
};

static void
test_more(void)
{
	for (size_t i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		struct jail_conf c = JAIL_CONF_INIT, d = JAIL_CONF_INIT;
		struct jerr e = JERR_INIT;
		struct conf_file *f;
		char *argv[3] = { NULL };
		bool needs, more = false;
		int n = 0;

		for (; n < 3 && adds[i].argv[n] != NULL; n++)
			argv[n] = strdup(adds[i].argv[n]);
		f = conf_file_from_args(n, argv, &e);
		is_int(conf_file_jail(f, 0, 0, &needs, &c, NULL, NULL, &e), 0,
		    "%s: %s", adds[i].argv[0], e.msg);
		is_int(conf_copy(&d, &c), 0, "... copied");
		for (unsigned k = 0; k < P_COUNT; k++)
			more |= d.val[k].more;
		is_int(more, adds[i].more, "... adds to what is there");
		conf_free(&c);
		conf_free(&d);
		conf_file_free(f);
		while (n > 0)
			free(argv[--n]);
	}
}

int
main(void)
{
	struct conf_run r = { .notes = true };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[12];

		memcpy(argv, cases[i].argv, sizeof(argv));
		is_str(run_args(&r, argv), cases[i].want, "%s", cases[i].what);
	}
	test_more();
	strbuf_free(&r.out);
	done_testing();
}
