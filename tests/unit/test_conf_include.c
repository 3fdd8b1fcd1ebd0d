/*
 * Includes, and which files are read at all: tests/conf has the files (from
 * JAIL_SRCDIR, or the working directory), a scratch directory the owners and
 * modes.  The second half needs root, who alone can give files away.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>

#include "tests/unit/conf_run.h"
#include "tests/unit/tap.h"

static void
test_tree(struct conf_run *r)
{
	const char *top = getenv("JAIL_SRCDIR");

	if (chdir(top != NULL ? top : ".") == -1 || chdir("tests/conf") == -1)
		abort();
	is_str(run_path(r, "web.conf", 0),
	    "[web]\n"
	    "name=<web>\n"
	    "path=</srv/jails/web>\n"
	    "host.hostname=<www.example.org>\n"
	    "exec.start=</bin/sh /etc/rc>\n"
	    "exec.start=<logger web is up>\n"
	    "exec.poststart=<logger first>\n"
	    "exec.poststart=<logger second>\n"
	    "exec.stop=</bin/sh /etc/rc.shutdown>\n"
	    "exec.clean=<true>\n"
	    "exec.consolelog=</var/log/web.log>\n"
	    "mount=</srv/base /srv/jails/web/basejail nullfs ro 0 0>\n"
	    "mount=</srv/www /srv/jails/web/var/www nullfs rw 0 0>\n"
	    "mount.devfs=<true>\n"
	    "cgroup.memory.max=<256M>\n"
	    "cgroup.pids.max=<100>\n"
	    "[web.cache]\n"
	    "name=<web.cache>\n"
	    "path=</srv/jails/web.cache>\n"
	    "persist=<true>\n"
	    "exec.start=</bin/sh /etc/rc>\n"
	    "exec.stop=</bin/sh /etc/rc.shutdown>\n"
	    "exec.clean=<true>\n"
	    "mount.devfs=<true>\n",
	    "includes, global and inside a block");
	is_str(run_path(r, "bad/outer.conf", 0),
	    "E bad/outer.conf:2:24: missing.conf: No such file or directory\n"
	    "E bad/open.conf:4:1: unexpected EOF: \"a.inner {\" of line 2 has "
	    "no \"}\"\n"
	    "E bad/outer.conf:3:9: missing \";\" at the end of this line?\n"
	    "E bad/outer.conf:4:1: }: syntax error\n"
	    "E bad/outer.conf:5:10: variables not permitted in '.include' "
	    "filename\n"
	    "E bad/close.conf:1:1: }: syntax error\n",
	    "mistakes in included files, each in its own");
	is_str(run_path(r, "deep/self.conf", 0),
	    "E deep/self.conf:1:1: maximum include depth exceeded\n",
	    "a file that includes itself");
	is_str(run_path(r, "nowhere.conf", 0),
	    "E nowhere.conf: No such file or directory\n", "a missing file");
	is_str(run_path(r, "common", 0), "E common: Is a directory\n",
	    "a directory");
}

/* Run path with text as standard input. */
static const char *
with_stdin(struct conf_run *r, const char *path, const char *text)
{
	int fd = memfd_create("stdin", MFD_CLOEXEC), keep = dup(0);

	if (fd == -1 || keep == -1 ||
	    io_write_all(fd, text, strlen(text)) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1 || dup2(fd, 0) == -1)
		abort();
	(void)run_path(r, path, 0);
	(void)dup2(keep, 0);
	(void)close(keep);
	(void)close(fd);
	return strbuf_str(&r->out);
}

static void
test_stdin(struct conf_run *r)
{
	is_str(with_stdin(r, "-", ".include \"-\";\na { persist; }\n= ;\n"),
	    "E stdin:1:10: -: No such file or directory\n"
	    "E stdin:3:1: =: syntax error\n",
	    "standard input");
	is_str(with_stdin(r, "-", "a { .include \"common/limits.conf\"; }\n"),
	    "[a]\nname=<a>\ncgroup.memory.max=<256M>\n"
	    "cgroup.pids.max=<100>\n",
	    "what it includes is relative to the working directory");
}

/* ---- who may write it ---- */

static char scratch[] = "/tmp/test_conf_XXXXXX";

static void
put_file(const char *path, const char *text, uid_t owner, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || io_write_all(fd, text, strlen(text)) == -1 ||
	    fchown(fd, owner, 0) == -1 || fchmod(fd, mode) == -1)
		abort();
	(void)close(fd);
}

static void
put_dir(const char *path, uid_t owner, mode_t mode)
{
	if (mkdir(path, 0700) == -1 || chown(path, owner, 0) == -1 ||
	    chmod(path, mode) == -1)
		abort();
}

static const char *
trusted(struct conf_run *r, const char *path)
{
	struct jerr e = JERR_INIT;
	struct conf_file *f;

	r->out.len = 0;
	run_put(r, "");
	r->path = scratch;
	f = conf_file_load(path, false, run_message, r, &e);
	run_put(r, f != NULL ? "read\n" : "");
	conf_file_free(f);
	r->path = NULL;
	return strbuf_str(&r->out);
}

static void
test_owners(struct conf_run *r)
{
	static const char text[] = "a { }\n";

	put_file("good.conf", text, 0, 0644);
	put_file("group.conf", text, 0, 0664);
	put_file("world.conf", text, 0, 0646);
	put_file("other.conf", text, 1000, 0644);
	put_dir("mine", 0, 0755);
	put_file("mine/x.conf", text, 0, 0600);
	put_dir("theirs", 1000, 0755);
	put_file("theirs/x.conf", text, 0, 0600);
	put_dir("open", 0, 0777);
	put_file("open/x.conf", text, 0, 0600);
	put_dir("sticky", 0, 01777);
	put_file("sticky/x.conf", text, 0, 0600);
	put_dir("theirsticky", 1000, 01777);
	put_file("theirsticky/x.conf", text, 0, 0600);
	if (symlink("mine/x.conf", "link.conf") == -1 ||
	    symlink("theirs/x.conf", "toopen.conf") == -1 ||
	    symlink("../good.conf", "open/out.conf") == -1 ||
	    symlink("loop2", "loop1") == -1 || symlink("loop1", "loop2") == -1)
		abort();
	put_file("inc.conf", ".include \"group.conf\";\n", 0, 0644);

	is_str(trusted(r, "good.conf"), "read\n", "root's own");
	is_str(trusted(r, "./mine/../mine//x.conf"), "read\n",
	    "along dots and slashes");
	is_str(trusted(r, "group.conf"),
	    "E group.conf: not read: others than "
	    "root may write it (owner 0, mode 0664)\n",
	    "group may write it");
	is_str(trusted(r, "world.conf"),
	    "E world.conf: not read: others than "
	    "root may write it (owner 0, mode 0646)\n",
	    "others may write it");
	is_str(trusted(r, "other.conf"),
	    "E other.conf: not read: others than "
	    "root may write it (owner 1000, mode 0644)\n",
	    "another's file");
	is_str(trusted(r, "theirs/x.conf"),
	    "E theirs/x.conf: not read: others "
	    "than root may write its directory F/theirs (owner 1000, mode "
	    "0755)\n",
	    "another's directory");
	is_str(trusted(r, "open/x.conf"),
	    "E open/x.conf: not read: others "
	    "than root may write its directory F/open (owner 0, mode 0777)\n",
	    "a directory that others may write");
	is_str(
	    trusted(r, "sticky/x.conf"), "read\n", "root's sticky directory");
	is_str(trusted(r, "theirsticky/x.conf"),
	    "E theirsticky/x.conf: not "
	    "read: others than root may write its directory F/theirsticky "
	    "(owner 1000, mode 1777)\n",
	    "another's sticky directory");
	is_str(trusted(r, "link.conf"), "read\n", "a link to a good one");
	is_str(trusted(r, "toopen.conf"),
	    "E toopen.conf: not read: others "
	    "than root may write its directory F/theirs (owner 1000, mode "
	    "0755)\n",
	    "a link into another's directory");
	is_str(trusted(r, "open/out.conf"),
	    "E open/out.conf: not read: "
	    "others than root may write its directory F/open (owner 0, mode "
	    "0777)\n",
	    "a link that others may turn");
	is_str(trusted(r, "loop1"), "E loop1: too many symbolic links\n",
	    "a loop of links");
	is_str(trusted(r, "good.conf/x"), "E good.conf/x: Not a directory\n",
	    "a file as a directory");
	is_str(trusted(r, "mine"), "E mine: is a directory\n", "a directory");
	is_str(trusted(r, ""), "E : is a directory\n", "no name");
	/* An include cannot be standard input, whatever its name. */
	put_file("-", "b { }\n", 0, 0644);
	is_str(with_stdin(r, "-", ".include \"-\";\na { }\n"),
	    "[b]\nname=<b>\n[a]\nname=<a>\n", "a file called -");
	is_str(trusted(r, "inc.conf"),
	    "E group.conf: not read: others than "
	    "root may write it (owner 0, mode 0664)\n",
	    "an included file");
}

/* What a shell's <(...) hands over. */
static void
test_pipe(struct conf_run *r)
{
	char path[64];
	int p[2];

	if (pipe(p) == -1 || io_write_all(p[1], "= ;\n", 4) == -1)
		abort();
	(void)close(p[1]);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", p[0]);
	ok(strstr(trusted(r, path), ":1:1: =: syntax error\n") != NULL,
	    "a pipe by /dev/fd: %s", r->out.s);
	(void)close(p[0]);
}

static int
unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	struct conf_run r = { .notes = true };

	test_tree(&r);
	test_stdin(&r);
	test_pipe(&r);
	if (geteuid() == 0) {
		if (mkdtemp(scratch) == NULL || chdir(scratch) == -1)
			abort();
		test_owners(&r);
		if (chdir("/") == -1 ||
		    nftw(scratch, unlink_one, 8, FTW_DEPTH | FTW_PHYS) == -1)
			abort();
	}
	strbuf_free(&r.out);
	done_testing();
}
