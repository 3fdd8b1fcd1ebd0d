/*
 * The registry in a scratch directory: numbers and names, ranges, the journal,
 * the locks, and every half-done state that a crash or a full file system can
 * leave.  Needs root only for the part with a tmpfs of its own.
 */
#include "registry/registry.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "registry/reg_int.h"
#include "tests/unit/tap.h"

static char scratch[64];

/* A registry directory that is not there yet. */
static const char *
fresh_dir(void)
{
	static char buf[96];
	static int n;

	(void)snprintf(buf, sizeof(buf), "%s/r%d", scratch, n++);
	return buf;
}

static struct reg *
open_rw(const char *dir)
{
	struct jerr e = JERR_INIT;
	struct reg *r = reg_open(dir, true, &e);

	if (r == NULL) {
		(void)printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return r;
}

static struct reg_jail *
want(struct reg *r, int jid, const char *name, struct jerr *e)
{
	struct reg_want w = {
		.jid = jid, .name = name, .path = "/srv/x", .users_new = true
	};

	*e = (struct jerr)JERR_INIT;
	return reg_reserve(r, &w, e);
}

static int
release(struct reg_jail *j)
{
	struct jerr e = JERR_INIT;

	if (reg_release(j, &e) == 0)
		return 0;
	(void)printf("# release: %s\n", e.msg);
	return -1;
}

static size_t
count(struct reg *r)
{
	struct jerr e = JERR_INIT;
	struct reg_snapshot s;
	size_t n;

	if (reg_snapshot(r, &s, &e) == -1)
		return (size_t)-1;
	n = s.n;
	reg_snapshot_free(&s);
	return n;
}

/* How many names a directory of the registry has. */
static int
entries(const char *dir, const char *sub)
{
	char cmd[256];
	FILE *f;
	int n = -1;

	(void)snprintf(cmd, sizeof(cmd), "ls -A %s/%s | wc -l", dir, sub);
	f = popen(cmd, "r");
	if (f == NULL || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f != NULL)
		(void)pclose(f);
	return n;
}

static bool
exists(const char *dir, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
put_file(const char *dir, const char *name, const char *text, int flags)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	if (fd == -1 || io_write_all(fd, text, strlen(text)) == -1)
		(void)printf("# %s: %s\n", path, strerror(errno));
	close_keep(fd);
}

static void
test_first_use(void)
{
	const char *dir = fresh_dir();
	struct jerr e = JERR_INIT;
	struct reg_snapshot s;
	struct reg *r = reg_open(dir, false, &e);
	struct stat st;
	char path[256];
	mode_t old = umask(077);

	ok(r != NULL, "a registry that is not there can be read");
	is_int(reg_snapshot(r, &s, &e), 0, "and");
	is_int(s.n, 0, "is empty");
	reg_snapshot_free(&s);
	reg_close(r);
	ok(access(dir, F_OK) == -1, "and reading made nothing");

	r = open_rw(dir);
	(void)umask(old);
	is_int(stat(dir, &st), 0, "writing makes it");
	is_int(st.st_mode & 07777, 0755, "readable whatever the umask");
	(void)snprintf(path, sizeof(path), "%s/index", dir);
	is_int(stat(path, &st), 0, "with an index");
	is_int(st.st_mode & 07777, 0644, "readable too");
	(void)snprintf(path, sizeof(path), "%s/private", dir);
	is_int(stat(path, &st), 0, "with a private directory");
	is_int(st.st_mode & 07777, 0700, "that is private");
	reg_close(r);

	(void)chmod(dir, 0777);
	ok(reg_open(dir, true, &e) == NULL,
	    "a directory that others may write is refused");
	is_int(e.code, EPERM, "with EPERM");
}

static void
test_life(void)
{
	const char *dir = fresh_dir();
	struct jerr e = JERR_INIT;
	struct reg *r = open_rw(dir);
	struct reg_want w = { .name = "web",
		.path = "/srv/a\tb\\c\nd",
		.hostname = "h\033[1m",
		.ip4 = "10.0.0.1",
		.users_new = true };
	struct reg_jail *j = reg_reserve(r, &w, &e);
	struct reg_snapshot s;
	const struct reg_row *row;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	ok(j != NULL, "reserve");
	is_int(reg_jail_row(j)->jid, 1, "the first jid");
	is_int(reg_jail_row(j)->base, 0x70000000, "the first range");
	is_int(reg_params_write(r, 1, "params 1\nname=web\n", &e), 0,
	    "parameters written");
	is_int(
	    reg_params_write(r, 1, "params 1\nname=www\n", &e), 0, "and again");
	is_int(reg_params_read(r, 1, &text, &e), 0, "and read");
	is_str(strbuf_str(&text), "params 1\nname=www\n", "as written");
	is_int(reg_snapshot(r, &s, &e), 0, "snapshot");
	is_int(s.n, 1, "of one row");
	row = reg_find_jid(&s, 1);
	ok(row != NULL && row->state == REG_STARTING, "being made");
	is_str(row->path, w.path, "its path, odd bytes and all");
	is_str(row->hostname, w.hostname, "its host name");
	is_str(row->ip4, "10.0.0.1", "its address");
	is_str(row->uuid8, reg_jail_row(j)->uuid8, "its uuid");
	is_int(strlen(row->uuid8), 8, "of eight digits");
	reg_snapshot_free(&s);

	is_int(reg_update(j, NULL, NULL, NULL, 4711, 99887766554433, &e), 0,
	    "pid 1 is known");
	is_int(reg_set_state(j, REG_ALIVE, &e), 0, "alive");
	is_int(reg_update(j, "www", "/srv/y", "host", 0, 0, &e), 0, "renamed");
	is_int(reg_snapshot(r, &s, &e), 0, "snapshot");
	is_int(s.n, 1, "still one row");
	row = reg_find_name(&s, "www");
	ok(row != NULL, "found by the new name");
	ok(reg_find_name(&s, "web") == NULL, "not by the old one");
	is_int(row->state, REG_ALIVE, "state kept");
	is_int(row->init, 4711, "pid kept");
	is_int(row->start, 99887766554433, "start time kept");
	is_int(row->base, 0x70000000, "range kept");
	is_str(row->path, "/srv/y", "path");
	is_str(row->hostname, "host", "host name");
	is_str(row->ip4, "10.0.0.1", "address kept");
	reg_snapshot_free(&s);

	is_int(reg_journal_add(j, "cgroup", "1.x", &e), 0, "a record");
	is_int(reg_release(j, &e), -1, "not released with a record left");
	is_int(e.code, EBUSY, "which is EBUSY");
	is_int(reg_journal_done(j, 0, &e), 0, "taken back");
	is_int(release(j), 0, "released");
	is_int(count(r), 0, "no row");
	is_int(entries(dir, ""), 2, "index and private alone");
	is_int(entries(dir, "private"), 2, "lock and lastjid alone");
	is_int(reg_params_read(r, 1, &text, &e), -1, "no parameters");
	is_int(e.code, ENOENT, "ENOENT");
	reg_close(r);
}

static void
test_jids(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct jerr e;
	struct reg_jail *a = want(r, 0, "a", &e), *five, *b, *c, *last;

	five = want(r, 5, "five", &e);
	is_int(reg_jail_row(five)->jid, 5, "an explicit jid");
	b = want(r, 0, "b", &e);
	is_int(reg_jail_row(b)->jid, 2, "does not move the counter");
	is_int(release(b), 0, "2 is free again");
	b = want(r, 0, "b", &e);
	is_int(reg_jail_row(b)->jid, 3, "but not given at once");
	c = want(r, 0, "c", &e);
	(void)release(c);
	c = want(r, 0, "c", &e);
	is_int(reg_jail_row(c)->jid, 6, "a used one is skipped");
	ok(want(r, 5, "x", &e) == NULL, "a used one asked for");
	is_str(e.msg, "jail 5 already exists", "is refused");
	is_int(e.code, EEXIST, "EEXIST");
	is_int(reg_set_state(five, REG_DYING, &e), 0, "dying");
	ok(want(r, 5, "x", &e) == NULL, "a dying one's too");
	ok(want(r, -1, "x", &e) == NULL, "a negative one");
	is_str(e.msg, "negative jid", "is refused");
	ok(want(r, 1000000, "x", &e) == NULL, "one too large");
	last = want(r, 999999, "", &e);
	ok(last != NULL, "the last");
	is_str(reg_jail_row(last)->name, "999999", "named by its number");
	(void)alloc_lastjid_write(r, 999998, &e);
	(void)release(a);
	a = want(r, 0, "a", &e);
	is_int(reg_jail_row(a)->jid, 1, "the counter wraps");
	(void)unlinkat(r->privfd, "lastjid", 0);
	(void)release(last);
	last = want(r, 0, NULL, &e);
	is_int(reg_jail_row(last)->jid, 7, "a lost counter goes on above");
	(void)release(last);
	(void)release(a);
	(void)release(b);
	(void)release(c);
	(void)release(five);
	reg_close(r);
}

static void
test_names(void)
{
	static const char *const numeric[] = { "7", "007", "0", "1000000",
		"foo.7", "99999999999999999999" };
	struct reg *r = open_rw(fresh_dir());
	struct jerr e;
	struct reg_jail *web = want(r, 0, "web", &e), *n, *again;
	struct reg_snapshot s;
	char name[300];

	ok(want(r, 0, "web", &e) == NULL, "a name in use");
	is_str(e.msg, "jail \"web\" already exists", "is refused");
	is_int(e.code, EEXIST, "EEXIST");
	for (size_t i = 0; i < nitems(numeric); i++) {
		ok(want(r, 3, numeric[i], &e) == NULL, "jid 3 name %s",
		    numeric[i]);
		is_str(e.msg, "name cannot be numeric (unless it is the jid)",
		    "is refused");
		is_int(e.code, EINVAL, "EINVAL");
	}
	n = want(r, 0, "40", &e);
	ok(n != NULL, "a numeric name");
	is_int(reg_jail_row(n)->jid, 40, "is the jid");
	is_int(reg_update(n, "41", NULL, NULL, 0, 0, &e), -1,
	    "not renamed to another number");
	is_int(reg_update(n, "web", NULL, NULL, 0, 0, &e), -1,
	    "nor to a name in use");
	is_str(e.msg, "jail \"web\" already exists", "said so");
	is_str(reg_jail_row(n)->name, "40", "name as it was");
	(void)release(n);
	n = want(r, 0, "foo.50", &e);
	is_int(reg_jail_row(n)->jid, 50, "the last component counts");
	(void)release(n);
	n = want(r, 0, "foo.", &e);
	is_str(reg_jail_row(n)->name, "foo.2", "a trailing dot takes the jid");
	(void)release(n);
	n = want(r, 0, "7up", &e);
	ok(n != NULL, "a name may begin with a digit");
	(void)release(n);
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	n = want(r, 0, name, &e);
	ok(n != NULL, "255 bytes");
	(void)release(n);
	name[255] = 'n';
	name[256] = '\0';
	ok(want(r, 0, name, &e) == NULL && e.code == ENAMETOOLONG, "not 256");

	(void)reg_set_state(web, REG_DYING, &e);
	again = want(r, 0, "web", &e);
	ok(again != NULL, "a dying jail's name");
	(void)reg_set_state(again, REG_ALIVE, &e);
	is_int(reg_snapshot(r, &s, &e), 0, "both are there");
	is_int(reg_find_name(&s, "web")->jid, reg_jail_row(again)->jid,
	    "the alive one wins");
	reg_snapshot_free(&s);
	(void)release(again);
	(void)release(web);
	reg_close(r);
}

static void
test_ranges(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct reg_want w = { .users_new = false };
	struct jerr e = JERR_INIT;
	struct reg_jail *a, *b, *c, *d;
	char uid[128], gid[128];

	(void)snprintf(uid, sizeof(uid), "%s/subuid", scratch);
	(void)snprintf(gid, sizeof(gid), "%s/subgid", scratch);
	put_file(scratch, "subuid",
	    "u:100000:65536\n"
	    "v:1879113728:1\nbroken\nw:x:y\n",
	    O_TRUNC); /* 0x70010000 */
	put_file(scratch, "subgid", "u:1879244799:2\n", O_TRUNC);
	alloc_set_subid_files(uid, gid); /* 0x7002ffff, 0x70030000 */
	a = want(r, 0, NULL, &e);
	b = want(r, 0, NULL, &e);
	d = reg_reserve(r, &w, &e);
	is_int(reg_jail_row(d)->base, 0, "users=inherit takes none");
	is_int(reg_jail_row(a)->base, 0x70000000, "first");
	is_int(reg_jail_row(b)->base, 0x70040000, "subordinate ids skipped");
	(void)release(a);
	c = want(r, 0, NULL, &e);
	is_int(reg_jail_row(c)->base, 0x70000000, "freed with the jail");
	(void)release(b);
	(void)release(c);
	(void)release(d);
	put_file(scratch, "subgid", "u:1879048192:4294967295\n", O_TRUNC);
	ok(want(r, 0, NULL, &e) == NULL, "no range left");
	is_str(e.msg, "users=new: no free range of host ids", "is said");
	alloc_set_subid_files("/etc/subuid", "/etc/subgid");
	reg_close(r);
}

static void
test_journal(void)
{
	const char *dir = fresh_dir();
	struct reg *r = open_rw(dir);
	struct jerr e;
	struct reg_jail *j = want(r, 0, "j", &e);
	struct reg_record *rec;
	size_t n;

	is_int(reg_journal_add(j, "cgroup", "a b\nc\\", &e), 0, "record 0");
	is_int(reg_journal_add(j, "veth", "", &e), 1, "record 1");
	is_int(reg_journal_add(j, "link", "x", &e), 2, "record 2");
	is_int(reg_journal_add(j, "two words", "x", &e), -1, "one word only");
	is_int(reg_journal_done(j, 1, &e), 0, "1 is taken back");
	is_int(reg_journal_done(j, 3, &e), -1, "there is no record 3");
	is_int(reg_journal_done(j, -1, &e), -1, "nor -1");
	put_file(dir, "private/1.journal", "+ half a rec", O_APPEND);
	is_int(reg_journal_read(j, &rec, &n, &e), 0, "read");
	is_int(n, 2, "two are left, half a record is none");
	is_int(rec[0].n, 2, "newest first");
	is_str(rec[0].kind, "link", "its kind");
	is_int(rec[1].n, 0, "then the oldest");
	is_str(rec[1].kind, "cgroup", "its kind");
	is_str(rec[1].text, "a b\nc\\", "its text");
	reg_records_free(rec, n);
	is_int(reg_journal_add(j, "next", "y", &e), 3,
	    "the next one replaces the half");
	is_int(reg_journal_read(j, &rec, &n, &e), 0, "read");
	is_int(n, 3, "three");
	is_str(rec[0].text, "y", "whole");
	reg_records_free(rec, n);
	reg_jail_put(j);

	j = reg_take(r, 1, NULL, &e);
	ok(j != NULL, "taken by a later run");
	is_int(reg_journal_read(j, &rec, &n, &e), 0, "its records");
	is_int(n, 3, "are there");
	for (size_t i = 0; i < n; i++)
		is_int(reg_journal_done(j, rec[i].n, &e), 0, "undone");
	reg_records_free(rec, n);
	(void)release(j);
	reg_close(r);
}

/* Runs fn in a child; its exit status. */
static int
in_child(int (*fn)(void *), void *arg)
{
	pid_t pid;
	int st;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st))
		return -1;
	return WEXITSTATUS(st);
}

static int
child_takes(void *arg)
{
	struct reg *r = arg;
	struct jerr e = JERR_INIT;
	struct reg_jail *j = reg_take(r, 1, NULL, &e);

	return j != NULL ? 0 : e.code;
}

static int
child_reserves_and_dies(void *arg)
{
	struct jerr e = JERR_INIT;

	(void)want(arg, 0, "dead", &e);
	return 7;
}

static void
test_walk_lock(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct jerr e = JERR_INIT;
	struct reg_jail *j = want(r, 0, "j", &e);
	struct reg_snapshot s;

	is_int(in_child(child_takes, r), EWOULDBLOCK,
	    "a jail that is being walked is not taken by another");
	ok(reg_take(r, 1, NULL, &e) == NULL && e.code == EWOULDBLOCK,
	    "nor by the same process again");
	is_int(in_child(child_takes, r), EWOULDBLOCK,
	    "which does not lose the lock by trying");
	ok(reg_take(r, 2, NULL, &e) == NULL && e.code == ENOENT,
	    "a jail that is not there");
	is_str(e.msg, "jail 2 not found", "is said");
	reg_jail_put(j);
	is_int(in_child(child_takes, r), 0, "a jail that was put is taken");
	ok(reg_take(r, 1, "00000000", &e) == NULL && e.code == ENOENT,
	    "not with another uuid");
	is_int(in_child(child_reserves_and_dies, r), 7, "a walker dies");
	is_int(reg_snapshot(r, &s, &e), 0, "it left");
	ok(reg_find_name(&s, "dead") != NULL, "its row");
	j = reg_take(r, reg_find_name(&s, "dead")->jid, NULL, &e);
	ok(j != NULL, "which is taken");
	reg_snapshot_free(&s);
	(void)release(j);
	j = reg_take(r, 1, NULL, &e);
	(void)release(j);
	is_int(count(r), 0, "nothing is left");
	reg_close(r);
}

static void
test_other_boot(void)
{
	const char *dir = fresh_dir();
	struct reg *r = open_rw(dir);
	struct jerr e = JERR_INIT;
	struct reg_jail *j = want(r, 0, "old", &e);
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct reg_snapshot s;
	char path[256], *boot;
	int fd;

	(void)reg_params_write(r, 1, "x", &e);
	(void)reg_journal_add(j, "k", "t", &e);
	reg_jail_put(j);
	boot = strdup(r->boot);
	reg_close(r);
	(void)snprintf(path, sizeof(path), "%s/index", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	(void)io_read_all(fd, 4096, &text);
	is_int(pwrite(fd, "ffff", 4, 8), 4, "an index of another boot");
	r = reg_open(dir, false, &e);
	is_int(reg_snapshot(r, &s, &e), 0, "a reader of another boot's");
	is_int(s.n, 0, "sees no jails");
	reg_snapshot_free(&s);
	reg_close(r);
	r = open_rw(dir);
	is_int(count(r), 0, "a writer neither");
	is_int(entries(dir, ""), 2, "and everything is thrown away");
	is_int(entries(dir, "private"), 1, "but the lock");
	j = want(r, 0, "new", &e);
	is_int(reg_jail_row(j)->jid, 1, "jids begin again");
	(void)release(j);
	reg_close(r);

	put_file(dir, "index", "", O_TRUNC);
	r = reg_open(dir, false, &e);
	is_int(count(r), 0, "a reader of an empty file sees no jails");
	reg_close(r);
	r = open_rw(dir);
	is_int(count(r), 0, "a writer neither");
	j = want(r, 0, "new", &e);
	ok(j != NULL, "and makes some");
	(void)release(j);
	reg_close(r);

	put_file(dir, "index", "index 99 ", O_TRUNC);
	put_file(dir, "index", boot, O_APPEND);
	put_file(dir, "index", "\nA what=ever\n", O_APPEND);
	ok(reg_open(dir, true, &e) == NULL, "another format of this boot");
	is_int(e.code, EPROTO, "is refused");
	ok(strstr(e.msg, "of another version") != NULL, "and named");
	ok(exists(dir, "index"), "not thrown away");
	close_keep(fd);
	free(boot);
}

/* The index takes part of a row and no more: the row is not there, and nothing
 * of it stays. */
static void
test_partial_write(void)
{
	const char *dir = fresh_dir();
	struct reg *r = open_rw(dir);
	struct jerr e = JERR_INIT;
	struct reg_jail *a = want(r, 0, "a", &e), *b;
	struct rlimit had, room;
	char long_name[200] = "";
	struct stat before, after;

	for (int i = 0; i < 5; i++) /* longer than any other file there is */
		(void)reg_update(a, NULL, "/a/path", "h", 0, 0, &e);
	memset(long_name, 'n', sizeof(long_name) - 1);
	(void)fstatat(r->dirfd, "index", &before, 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &had);
	room = had;
	room.rlim_cur = (rlim_t)before.st_size + 20;
	(void)setrlimit(RLIMIT_FSIZE, &room);
	b = want(r, 0, long_name, &e);
	(void)setrlimit(RLIMIT_FSIZE, &had);
	(void)signal(SIGXFSZ, SIG_DFL);
	ok(b == NULL, "a row that does not fit is refused");
	is_int(e.code, ENOSPC, "ENOSPC (%s)", e.msg);
	(void)fstatat(r->dirfd, "index", &after, 0);
	is_int(after.st_size, before.st_size, "the index is as it was");
	is_int(count(r), 1, "with its one jail");
	b = want(r, 0, long_name, &e);
	ok(b != NULL, "and goes on with room");
	is_int(count(r), 2, "to two");
	reg_jail_put(b);
	reg_jail_put(a);
	reg_close(r);
}

static void
test_half_done(void)
{
	const char *dir = fresh_dir();
	struct reg *r = open_rw(dir);
	struct jerr e = JERR_INIT;
	struct reg_jail *a = want(r, 0, "a", &e), *b;
	struct reg_snapshot s;
	struct reg_row row;
	size_t off;

	put_file(dir, "index", "A 2 deadbeef 1 1 0\tb", O_APPEND);
	is_int(count(r), 1, "half a row is ignored");
	b = want(r, 0, "b", &e);
	ok(b != NULL, "and the next row");
	is_int(count(r), 2, "replaces it");
	put_file(dir, "index", "A 2 dea", O_APPEND);
	is_int(reg_set_state(a, REG_ALIVE, &e), 0, "a state beside half a row");
	is_int(reg_update(a, NULL, NULL, "h", 0, 0, &e), 0, "an update too");
	put_file(
	    dir, "index", "rubbish\nZ 1 x\nA 1\nA 1 short 1 1 0\n\n", O_APPEND);
	is_int(count(r), 2, "rows that are none are ignored");

	put_file(dir, "index.new", "index 1", 0);
	index_compact(r);
	is_int(count(r), 2, "half a new index is no matter");
	ok(!exists(dir, "index.new"), "and gone");
	is_int(reg_set_state(a, REG_DYING, &e), 0,
	    "a handle finds its row in the rewritten index");

	/* An update that was killed between its two writes. */
	row = *reg_jail_row(b);
	row.name = "b2";
	is_int(index_append(r, &row, &off, &e), 0, "two rows of one jail");
	is_int(reg_snapshot(r, &s, &e), 0, "of which");
	is_str(reg_find_jid(&s, row.jid)->name, "b2", "the later one is true");
	is_int(s.n, 2, "and the only one");
	reg_snapshot_free(&s);
	reg_jail_put(b);
	b = reg_take(r, 2, NULL, &e);
	(void)release(b);
	is_int(count(r), 1, "and both end with the jail");

	b = want(r, 0, "c", &e);
	(void)reg_params_write(r, 3, "params 1\n", &e);
	put_file(dir, "3/params.new", "par", 0);
	(void)unlinkat(r->privfd, "3.journal", 0);
	reg_jail_put(b);
	b = reg_take(r, 3, NULL, &e);
	ok(b != NULL, "a row without journal is taken");
	is_int(release(b), 0, "and released");
	ok(!exists(dir, "3"), "with what was in its directory");

	put_file(dir, "private/4.journal", "journal 1 4 x\n+ a b\n", 0);
	b = want(r, 4, NULL, &e);
	ok(b != NULL, "a journal without row is no jail");
	is_int(release(b), 0, "and its records are nobody's");
	put_file(dir, "private/9.journal", "", 0);
	(void)mkdirat(r->dirfd, "9", 0755);
	put_file(dir, "9/params", "x", 0);
	index_compact(r);
	ok(!exists(dir, "9") && !exists(dir, "private/9.journal"),
	    "files without a row are swept up");
	ok(exists(dir, "1") && exists(dir, "private/1.journal"),
	    "the others stay");
	(void)release(a);
	reg_close(r);
}

static void
test_many(void)
{
	const char *dir = fresh_dir();
	struct reg *r = open_rw(dir);
	struct jerr e = JERR_INIT;
	static struct reg_jail *j[1000];
	struct reg_snapshot s;
	struct timespec t0, t1;
	struct stat st;
	char path[256];
	int bad = 0;

	for (int i = 0; i < 1000; i++) {
		j[i] = want(r, 0, NULL, &e);
		bad += j[i] == NULL ||
		    reg_update(j[i], NULL, NULL, "host", 10, 10, &e) == -1 ||
		    reg_set_state(j[i], REG_ALIVE, &e) == -1;
	}
	is_int(bad, 0, "1000 jails");
	is_int(count(r), 1000, "are listed");
	(void)snprintf(path, sizeof(path), "%s/index", dir);
	(void)stat(path, &st);
	ok(st.st_size < 200000, "in one small file (%jd bytes)",
	    (intmax_t)st.st_size);
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	for (int i = 0; i < 100; i++)
		if (reg_snapshot(r, &s, &e) == 0)
			reg_snapshot_free(&s);
	(void)clock_gettime(CLOCK_MONOTONIC, &t1);
	(void)printf("# a snapshot of 1000: %.0f us\n",
	    ((double)(t1.tv_sec - t0.tv_sec) * 1e9 +
		(double)(t1.tv_nsec - t0.tv_nsec)) /
		1e5);
	for (int i = 0; i < 1000; i++)
		bad += release(j[i]);
	is_int(bad, 0, "and released, by handles older than a rewrite");
	is_int(count(r), 0, "all");
	is_int(entries(dir, ""), 2, "leaving no directory");
	is_int(entries(dir, "private"), 2, "and no journal");
	for (int i = 0; i < 500; i++)
		bad += release(want(r, 0, NULL, &e));
	is_int(bad, 0, "500 more, one at a time");
	(void)stat(path, &st);
	ok(st.st_size < 20000, "leave a short index (%jd bytes)",
	    (intmax_t)st.st_size);
	reg_close(r);
}

static void
test_fresh(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct timespec pause = { .tv_nsec = 60000000 };
	struct jerr e = JERR_INIT;
	struct reg_jail *j = want(r, 0, "a", &e);
	struct reg_snapshot s;

	(void)reg_snapshot(r, &s, &e);
	ok(!reg_snapshot_fresh(r, &s), "a young index is never fresh");
	reg_snapshot_free(&s);
	(void)nanosleep(&pause, NULL);
	(void)reg_snapshot(r, &s, &e);
	ok(reg_snapshot_fresh(r, &s), "an old one is");
	(void)reg_set_state(j, REG_ALIVE, &e);
	ok(!reg_snapshot_fresh(r, &s), "until one letter changes");
	reg_snapshot_free(&s);
	(void)release(j);
	reg_close(r);
}

/* ---- many at once ---- */

#define PROCS 32
#define EACH 10

static int
child_reserves(void *arg)
{
	struct reg *r = arg;
	struct jerr e = JERR_INIT;

	for (int i = 0; i < EACH; i++) {
		struct reg_jail *j = want(r, 0, NULL, &e);

		if (j == NULL ||
		    reg_update(j, NULL, NULL, "h", getpid(), 1, &e) == -1 ||
		    reg_set_state(j, REG_ALIVE, &e) == -1)
			return 1;
		reg_jail_put(j);
		/* One in two goes again. */
		if (i % 2 == 0) {
			j = want(r, 0, NULL, &e);
			if (j == NULL || reg_release(j, &e) == -1)
				return 1;
		}
	}
	return 0;
}

static void
test_concurrency(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct jerr e = JERR_INIT;
	struct reg_snapshot s;
	static uint8_t base_seen[0x10000];
	int bad = 0, st, twice = 0;

	(void)fflush(NULL);
	for (int i = 0; i < PROCS; i++)
		if (fork() == 0)
			_exit(child_reserves(r));
	for (int i = 0; i < PROCS; i++)
		if (wait(&st) == -1 || st != 0)
			bad++;
	is_int(bad, 0, "%d processes at once, all well", PROCS);
	is_int(reg_snapshot(r, &s, &e), 0, "snapshot");
	is_int(s.n, PROCS * EACH, "every jail has a number of its own");
	for (size_t i = 0; i < s.n; i++) {
		twice += base_seen[s.rows[i].base >> 16]++ != 0;
		bad += s.rows[i].state != REG_ALIVE;
	}
	is_int(twice, 0, "and a range of its own");
	is_int(bad, 0, "and is alive");
	for (size_t i = 0; i < s.n; i++)
		bad += release(reg_take(r, s.rows[i].jid, s.rows[i].uuid8, &e));
	is_int(bad, 0, "all released");
	reg_snapshot_free(&s);
	is_int(count(r), 0, "none left");
	reg_close(r);
}

/* Changes a jail without end, so that a reader may look on. */
static int
child_updates(void *arg)
{
	struct reg *r = arg;
	struct jerr e = JERR_INIT;
	struct reg_jail *j = want(r, 0, "steady", &e);

	for (;;) {
		struct reg_jail *x = want(r, 0, NULL, &e);

		if (x == NULL ||
		    reg_update(j, NULL, NULL, "h", 1, 1, &e) == -1 ||
		    reg_release(x, &e) == -1)
			return 1;
	}
}

static void
test_reader(void)
{
	struct reg *r = open_rw(fresh_dir());
	struct jerr e = JERR_INIT;
	struct reg_snapshot s;
	int missed = 0;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(child_updates(r));
	while (count(r) == 0)
		(void)usleep(1000);
	for (int i = 0; i < 20000; i++) {
		if (reg_snapshot(r, &s, &e) == -1) {
			missed++;
			continue;
		}
		missed += reg_find_name(&s, "steady") == NULL;
		reg_snapshot_free(&s);
	}
	is_int(missed, 0, "a reader without lock never misses a jail");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	reg_close(r);
}

/* ---- killed anywhere ---- */

static int
child_lives(void *arg)
{
	struct reg *r = arg;
	struct jerr e = JERR_INIT;

	for (int i = 0;; i++) {
		struct reg_jail *j = want(r, 0, NULL, &e);
		int n;

		if (j == NULL)
			return 1;
		n = reg_journal_add(j, "thing", "x", &e);
		if (n == -1 ||
		    reg_params_write(
			r, reg_jail_row(j)->jid, "params 1\n", &e) == -1 ||
		    reg_update(j, NULL, NULL, "h", 1, 1, &e) == -1 ||
		    reg_set_state(j, REG_ALIVE, &e) == -1)
			return 2;
		if (i % 3 == 0) {
			reg_jail_put(j);
			continue;
		}
		if (reg_set_state(j, REG_DYING, &e) == -1 ||
		    reg_journal_done(j, n, &e) == -1 ||
		    reg_release(j, &e) == -1)
			return 3;
	}
}

/* What the next command does with what it finds. */
static int
recover(struct reg *r)
{
	struct jerr e = JERR_INIT;
	struct reg_snapshot s;
	int bad = 0;

	if (reg_snapshot(r, &s, &e) == -1)
		return 1;
	for (size_t i = 0; i < s.n; i++) {
		struct reg_jail *j = reg_take(
		    r, s.rows[i].jid, s.rows[i].uuid8, &e);
		struct reg_record *rec;
		size_t n;

		if (j == NULL || reg_journal_read(j, &rec, &n, &e) == -1) {
			(void)printf("# %s\n", e.msg);
			bad++;
			continue;
		}
		bad += n > 1 || (n == 1 && strcmp(rec[0].kind, "thing") != 0);
		for (size_t k = 0; k < n; k++)
			bad += reg_journal_done(j, rec[k].n, &e) == -1;
		reg_records_free(rec, n);
		bad += release(j) != 0;
	}
	reg_snapshot_free(&s);
	return bad;
}

static void
test_killed(void)
{
	const char *dir = fresh_dir();
	int bad = 0, died = 0, left = 0;

	srandom(4711);
	for (int i = 0; i < 300; i++) {
		struct reg *r = open_rw(dir);
		pid_t pid;
		int st;

		(void)fflush(NULL);
		pid = fork();
		if (pid == 0)
			_exit(child_lives(r));
		(void)usleep((useconds_t)(random() % 3000));
		(void)kill(pid, SIGKILL);
		if (waitpid(pid, &st, 0) == pid && WIFEXITED(st))
			died++;
		left += count(r) != 0;
		bad += recover(r);
		bad += count(r) != 0;
		reg_close(r);
	}
	is_int(died, 0, "300 times killed, no call had failed before");
	ok(left > 20, "something was mostly left (%d times)", left);
	is_int(bad, 0, "and always recovered");
	{
		struct reg *r = open_rw(dir);

		index_compact(r);
		reg_close(r);
	}
	is_int(entries(dir, ""), 2, "no directory is left");
	is_int(entries(dir, "private"), 2, "no journal is left");
}

/* ---- no space ---- */

static void
fill(const char *dir)
{
	static char block[4096];
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/private/filler", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close_keep(fd);
}

/* In a mount namespace of its own. */
static int
child_full(void *arg)
{
	const char *dir = arg;
	struct jerr e = JERR_INIT;
	struct reg *r;
	struct reg_jail *j[40], *extra;
	struct reg_record *rec;
	size_t n, before;
	int failed = 0;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mkdir(dir, 0755) == -1 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=755") == -1)
		return 2;
	r = open_rw(dir);
	for (int i = 0; i < 40; i++) {
		j[i] = want(r, 0, NULL, &e);
		if (j[i] == NULL || reg_journal_add(j[i], "a", "b", &e) == -1 ||
		    reg_params_write(r, i + 1, "params 1\n", &e) == -1)
			return 3;
	}
	fill(dir);
	before = count(r);
	extra = want(r, 0, "extra", &e);
	ok(extra == NULL, "full: no new jail");
	is_int(e.code, ENOSPC, "ENOSPC");
	ok(strstr(e.msg, "No space left") != NULL, "said: %s", e.msg);
	is_int(count(r), before, "no row of it");
	ok(!exists(dir, "41") && !exists(dir, "private/41.journal"),
	    "and no file");
	is_int(reg_params_write(r, 1, "params 1\nname=x\n", &e), -1,
	    "full: parameters stay");
	ok(!exists(dir, "1/params.new"), "without a remainder");
	for (int i = 0; i < 40; i++) {
		failed += reg_set_state(j[i], REG_ALIVE, &e) == -1;
		failed += reg_set_state(j[i], REG_DYING, &e) == -1;
		reg_jail_put(j[i]);
		j[i] = reg_take(r, i + 1, NULL, &e);
		if (j[i] == NULL)
			return 4;
		failed += reg_journal_read(j[i], &rec, &n, &e) == -1;
		for (size_t k = 0; k < n; k++)
			failed += reg_journal_done(j[i], rec[k].n, &e) == -1;
		reg_records_free(rec, n);
		failed += release(j[i]) != 0;
		fill(dir);
	}
	is_int(failed, 0, "full: states change and jails go");
	is_int(count(r), 0, "all of them");
	reg_close(r);
	return tap_failed == 0 ? 0 : 1;
}

/* The tests of the child are printed by it and counted here. */
static void
test_full(void)
{
	char dir[96];
	int rc;

	if (geteuid() != 0) {
		ok(true, "full file system # SKIP not root");
		return;
	}
	(void)snprintf(dir, sizeof(dir), "%s/full", scratch);
	rc = in_child(child_full, dir);
	tap_count += 9;
	tap_failed += rc == 1;
	is_int(rc, 0, "full file system: child's end");
}

int
main(void)
{
	char cmd[128];

	(void)snprintf(scratch, sizeof(scratch), "/tmp/test_registry.XXXXXX");
	if (mkdtemp(scratch) == NULL)
		return 1;
	test_first_use();
	test_life();
	test_jids();
	test_names();
	test_ranges();
	test_journal();
	test_walk_lock();
	test_other_boot();
	test_half_done();
	test_partial_write();
	test_many();
	test_fresh();
	test_concurrency();
	test_reader();
	test_killed();
	test_full();
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	ok(system(cmd) == 0, "the scratch directory is removed");
	done_testing();
}
