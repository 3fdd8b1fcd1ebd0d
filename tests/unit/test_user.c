/*
 * Users of a jail, with the files that its root may leave for us.
 */
#include "life/user.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/test_user.XXXXXX";
static int root = -1;

static void
put(const char *path, const char *text, size_t n)
{
	int fd;

	(void)unlinkat(root, path, 0);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd == -1 || write(fd, text, n) != (ssize_t)n)
		abort();
	(void)close(fd);
}

static void
puts_file(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

/* "uid:gid:groups:name:home:shell" */
static const char *
show(const struct user *u)
{
	static char out[2048];
	int n = snprintf(out, sizeof(out), "%u:%u:", u->uid, u->gid);

	for (size_t i = 0; i < u->ngroups && i < 20; i++)
		n += snprintf(out + n, sizeof(out) - (size_t)n, "%s%u",
		    i != 0 ? "," : "", u->groups[i]);
	(void)snprintf(out + n, sizeof(out) - (size_t)n, ":%s:%s:%s", u->name,
	    u->home, u->shell);
	return out;
}

/* That, or "error: message". */
static const char *
look(const char *name)
{
	static char out[2048];
	struct jerr e = JERR_INIT;
	auto_user struct user u = USER_INIT;

	if (user_from_jail(root, name, &u, &e) == 0)
		return show(&u);
	(void)snprintf(out, sizeof(out), "error: %s", e.msg);
	return out;
}

static void
test_plain(void)
{
	puts_file("etc/passwd",
	    "# a comment: and: more: of: it: : x\n"
	    "root:x:0:0:root:/root:/bin/bash\n"
	    "+nis::1:1:::\n"
	    "www:x:33:33:www:/var/www:\n"
	    "neg:x:-1:0::/:/bin/sh\n"
	    "plus:x:+1:0::/:/bin/sh\n"
	    "big:x:4294967295:0::/:/bin/sh\n"
	    "wrap:x:4294967296:0::/:/bin/sh\n"
	    "few:x:7\n"
	    "many:x:8:8:a:b:c:d\n"
	    "1000:x:0:0:root in disguise:/root:/bin/sh\n"
	    "alice:x:1000:100:Alice:/home/alice:/bin/zsh\n"
	    "last:x:5:6::/:/bin/last");
	puts_file("etc/group",
	    "root:x:0:\nadm:x:4:alice,www\nalic:x:9:alic\nlong:x:10:alicee\n"
	    "again:x:4:alice\nown:x:100:alice\nsub:x:5:bob,alice,eve\n"
	    "bad:x:-3:alice\nfew:x\nend:x:3:alice");
	is_str(look("alice"), "1000:100:3,4,5:alice:/home/alice:/bin/zsh",
	    "entry and groups, each once, whole words");
	is_str(look("root"), "0:0::root:/root:/bin/bash", "root");
	is_str(look("www"), "33:33:4:www:/var/www:/bin/sh",
	    "an empty shell is /bin/sh");
	is_str(look("last"), "5:6::last:/:/bin/last", "no newline at the end");
	is_str(look("1000"), "1000:100:3,4,5:alice:/home/alice:/bin/zsh",
	    "digits are a number, whatever is named so");
	is_str(look("4242"), "4242:4242::4242:/:/bin/sh", "an unknown number");
	is_str(look("nobody"), "error: nobody: no such user", "unknown name");
	is_str(look("neg"), "error: neg: no such user", "negative id");
	is_str(look("plus"), "error: plus: no such user", "signed id");
	is_str(look("big"), "error: big: no such user", "id 2^32-1");
	is_str(look("wrap"), "error: wrap: no such user", "id 2^32");
	is_str(look("few"), "error: few: no such user", "too few fields");
	is_str(look("many"), "error: many: no such user", "too many fields");
	is_str(look("+nis"), "error: +nis: no such user", "a NIS line");
	is_str(look("4294967295"), "error: 4294967295: no such user id",
	    "the id that means none");
	is_str(look("99999999999999999999"),
	    "error: 99999999999999999999: no such user id", "a huge number");
	is_str(look(""), "error: user: empty name", "empty name");
}

static void
test_root(void)
{
	static const char *const made[] = { NULL, "www:x:33:33:::\n",
		"root:x:7:8:r:/r:/bin/zsh\n" };
	static const char *const want[] = { "0:0::root:/root:/bin/sh",
		"0:0::root:/root:/bin/sh", "0:0::root:/r:/bin/zsh" };

	for (size_t i = 0; i < nitems(made); i++) {
		struct user u = USER_INIT;
		struct jerr e = JERR_INIT;

		(void)unlinkat(root, "etc/passwd", 0);
		if (made[i] != NULL)
			puts_file("etc/passwd", made[i]);
		puts_file("etc/group", "no:x:5:root\n");
		is_int(user_root_of_jail(root, &u, &e), 0, "root %zu", i);
		is_str(show(&u), want[i], "root is root, without groups");
		user_free(&u);
	}
}

static void
test_hostile(void)
{
	static const char nul[] =
	    "mallory:x:0:0::/:/bin/sh\0:x\nok:x:7:7::/:/s\n";
	char big[4096];
	int fd;

	put("etc/passwd", nul, sizeof(nul) - 1);
	is_str(look("mallory"), "error: mallory: no such user", "a NUL");
	is_str(look("ok"), "7:7::ok:/:/s", "the line after it");

	(void)unlinkat(root, "etc/passwd", 0);
	ok(mkfifoat(root, "etc/passwd", 0666) == 0, "a FIFO as passwd");
	is_str(look("root"), "error: /etc/passwd: not a regular file",
	    "is refused at once");

	(void)unlinkat(root, "etc/passwd", 0);
	ok(symlinkat("/etc/passwd.real", root, "etc/passwd") == 0, "a link");
	puts_file("etc/passwd.real", "root:x:0:0::/:/bin/sh\n");
	is_str(look("root"), "error: /etc/passwd: is a symbolic link",
	    "is refused");

	(void)unlinkat(root, "etc/passwd", 0);
	ok(mkdirat(root, "etc/passwd", 0755) == 0, "a directory");
	is_str(look("root"), "error: /etc/passwd: not a regular file",
	    "is refused");
	(void)unlinkat(root, "etc/passwd", AT_REMOVEDIR);

	puts_file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
	fd = openat(root, "etc/passwd", O_WRONLY);
	ok(ftruncate(fd, (off_t)1 << 40) == 0, "a terabyte of nothing");
	(void)close(fd);
	is_str(look("root"), "error: /etc/passwd: File too large",
	    "is not read to the end");

	(void)unlinkat(root, "etc/passwd", 0);
	is_str(look("0"), "0:0::root:/:/bin/sh", "no passwd: number 0");
	is_str(look("root"), "0:0::root:/:/bin/sh", "no passwd: root");
	is_str(look("www"), "error: www: no such user", "no passwd: a name");

	puts_file("etc/passwd", "u:x:1:1::/:/bin/sh\n");
	(void)unlinkat(root, "etc/group", 0);
	is_str(look("u"), "1:1::u:/:/bin/sh", "no group file");
	fd = openat(root, "etc/group", O_WRONLY | O_CREAT, 0644);
	for (unsigned i = 0; i <= USER_MAXGROUPS;) {
		int n = 0;

		for (int k = 0; k < 100 && i <= USER_MAXGROUPS; k++, i++)
			n += snprintf(big + n, sizeof(big) - (size_t)n,
			    "g:x:%u:u\n", i + 2);
		(void)!write(fd, big, (size_t)n);
	}
	(void)close(fd);
	is_str(
	    look("u"), "error: u: more than 65536 groups", "unbounded groups");
}

static void
test_outside(void)
{
	struct jerr e = JERR_INIT;
	auto_user struct user u = USER_INIT;

	/* etc -> / of the host: resolved inside, where it is the root itself. */
	ok(renameat(root, "etc", root, "old") == 0 &&
		symlinkat("/../../../../etc", root, "etc") == 0,
	    "etc leads out");
	ok(user_from_jail(root, "daemon", &u, &e) == -1,
	    "and the host's files are not read");
	(void)unlinkat(root, "etc", 0);
	(void)renameat(root, "old", root, "etc");
}

static void
test_host(void)
{
	struct jerr e = JERR_INIT;
	auto_user struct user u = USER_INIT;
	auto_user struct user v = USER_INIT;

	is_int(user_from_host("root", &u, &e), 0, "the host's root");
	is_int(u.uid, 0, "is 0");
	is_int(user_from_host("4000000000", &v, &e), 0, "a host number");
	is_int(v.gid, 4000000000, "without entry: its own group");
	ok(user_from_host("no-such-user-here", &v, &e) == -1, "unknown");
	is_str(e.msg, "no-such-user-here: no such user", "message");
}

static const char *
path_for(uid_t uid)
{
	static char *p;

	free(p);
	p = user_login_path(root, uid);
	return p;
}

static void
test_env(void)
{
	static const char dflt[] =
	    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	struct jerr e = JERR_INIT;
	auto_strv struct strv env = STRV_INIT;
	struct user u = { .uid = 0,
		.name = (char[]) { "r" },
		.home = (char[]) { "/h" },
		.shell = (char[]) { "/s" } };

	is_str(path_for(0), dflt, "no login.defs");
	puts_file("etc/login.defs",
	    "# ENV_SUPATH PATH=/x\n"
	    "ENV_SUPATH_NOT /no\nENV_SUPATH\tPATH=/a:/b \nENV_PATH /c\n");
	is_str(path_for(0), "/a:/b", "ENV_SUPATH");
	is_str(path_for(1000), "/c", "ENV_PATH");
	puts_file("etc/login.defs", "ENV_SUPATH PATH=/a:.:/b\n");
	is_str(path_for(0), dflt, "a relative directory is not taken");
	puts_file("etc/login.defs", "ENV_SUPATH PATH=/a\033]0;x\n");
	is_str(path_for(0), dflt, "nor control characters");
	(void)unlinkat(root, "etc/login.defs", 0);
	ok(mkfifoat(root, "etc/login.defs", 0666) == 0, "a FIFO");
	is_str(path_for(0), dflt, "does not block");

	ok(user_term_ok("xterm-256color"), "a good TERM");
	ok(!user_term_ok("x/../y"), "a slash");
	ok(!user_term_ok(""), "empty");
	ok(!user_term_ok("a234567890123456789012345678901234567890123456789"
			 "012345678901234"),
	    "64 bytes");
	is_int(user_clean_env(root, &u, "vt100", &env, &e), 0, "environment");
	is_int(env.n, 5, "five entries");
	is_str(env.v[1], "USER=r", "USER");
	is_str(env.v[4], "TERM=vt100", "TERM");
	is_int(user_clean_env(root, &u, "a b", &env, &e), 0, "a bad TERM");
	is_int(env.n, 9, "is left out");
}

int
main(void)
{
	(void)alarm(60);
	if (mkdtemp(dir) == NULL)
		return 1;
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(root, "etc", 0755);
	test_plain();
	test_root();
	test_hostile();
	test_outside();
	test_host();
	test_env();
	for (const char *const *p = (const char *const[]) { "etc/passwd",
		 "etc/passwd.real", "etc/group", "etc/login.defs", NULL };
	     *p != NULL; p++)
		(void)unlinkat(root, *p, 0);
	(void)unlinkat(root, "etc", AT_REMOVEDIR);
	(void)rmdir(dir);
	done_testing();
}
