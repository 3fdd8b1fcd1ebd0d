/* fstab lines, types and options. */
#include <sys/mount.h>

#include <errno.h>

#include "base/cleanup.h"
#include "model/fstab.h"
#include "tests/unit/tap.h"

static void
test_lines(void)
{
	struct fstab_line l;
	struct jerr e = JERR_INIT;

	is_int(fstab_parse("/srv/base /srv/x/base nullfs ro 0 0", &l, &e), 1,
	    "a line");
	is_str(l.spec, "/srv/base", "spec");
	is_str(l.file, "/srv/x/base", "file");
	is_str(l.type, "nullfs", "type");
	is_str(l.opts, "ro", "options");
	fstab_line_free(&l);
	is_int(fstab_parse("\t/a\\040b  /c\\134d\ttmpfs\r\n", &l, &e), 1,
	    "escapes, tabs, no options");
	is_str(l.spec, "/a b", "\\040");
	is_str(l.file, "/c\\d", "\\134");
	is_str(l.opts, "rw", "rw is the default");
	fstab_line_free(&l);
	is_int(fstab_parse("  \t ", &l, &e), 0, "blanks are nothing");
	is_int(fstab_parse("", &l, &e), 0, "nothing is nothing");
	is_int(fstab_parse("/a /b", &l, &e), -1, "two fields");
	is_str(e.msg, "/a /b: missing information", "as FreeBSD says it");
	is_int(fstab_parse("/a\\9 /b nullfs ro", &l, &e), -1, "a bad escape");
	is_str(e.msg, "/a\\9 /b nullfs ro: fstab parse error",
	    "as FreeBSD says it");
	is_int(fstab_parse("/a\\000 /b nullfs", &l, &e), -1, "no NUL in names");
	is_int(fstab_parse("/a\\", &l, &e), -1, "a lone backslash");
}

static void
test_comments(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "# all", "" },
		{ "a b # c", "a b " },
		{ "a b#c", "a b" },
		{ "a\\#b c", "a\\#b c" },
		{ "a b", "a b" },
		{ "a\\", "a\\" },
	};

	for (size_t i = 0; i < nitems(t); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "%s", t[i].in);
		fstab_cut_comment(line);
		is_str(line, t[i].out, "comment: %s", t[i].in);
	}
}

static void
test_types(void)
{
	static const struct {
		const char *type;
		int kind;
	} t[] = {
		{ "nullfs", FSK_BIND },
		{ "rbind", FSK_RBIND },
		{ "unionfs", FSK_UNION },
		{ "linprocfs", FSK_PROC },
		{ "procfs", FSK_PROC },
		{ "proc", FSK_PROC },
		{ "linsysfs", FSK_SYS },
		{ "fdescfs", FSK_FDESC },
		{ "devfs", FSK_DEV },
		{ "tmpfs", FSK_TMPFS },
		{ "ext4", FSK_OTHER },
		{ "null", FSK_OTHER },
	};
	enum fstab_kind kind;
	struct jerr e = JERR_INIT;

	for (size_t i = 0; i < nitems(t); i++) {
		is_int(fstab_kind_of(t[i].type, &kind, &e), 0, "%s", t[i].type);
		is_int(kind, t[i].kind, "%s: kind", t[i].type);
	}
	is_int(fstab_kind_of("devtmpfs", &kind, &e), -1, "devtmpfs is refused");
	is_int(fstab_kind_of("cgroup", &kind, &e), -1, "cgroup is refused");
}

static void
test_options(void)
{
	struct fstab_opts o;
	struct jerr e = JERR_INIT;

	is_int(fstab_parse_opts(FSK_BIND, "nullfs",
		   "ro,nosuid,noexec,noatime,late,noauto", &o, &e),
	    0, "nullfs");
	is_int(o.set,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
		MOUNT_ATTR_NOATIME,
	    "attributes");
	is_int(o.clr, MOUNT_ATTR__ATIME, "noatime replaces the mode");
	ok(o.ro && !o.noidmap, "ro");
	fstab_opts_free(&o);
	is_int(fstab_parse_opts(FSK_BIND, "nullfs", "ro,rw", &o, &e), 0,
	    "ro, then rw");
	ok(!o.ro && o.set == 0, "the later one counts");
	fstab_opts_free(&o);
	is_int(fstab_parse_opts(FSK_TMPFS, "tmpfs",
		   "rw,size=1g,mode=1777,uid=33,inodes=10", &o, &e),
	    0, "tmpfs");
	is_int(o.uid, 33, "uid");
	is_int(o.gid, -1, "no gid");
	is_int(o.rest.n, 3, "the rest is the kernel's");
	if (o.rest.n == 3)
		is_str(o.rest.v[2], "nr_inodes=10", "FreeBSD's inodes");
	fstab_opts_free(&o);
	is_int(fstab_parse_opts(FSK_BIND, "nullfs", "ro,size=3", &o, &e), -1,
	    "an option of another type");
	is_str(e.msg, "nullfs: unknown option \"size=3\"", "is named");
	is_int(fstab_parse_opts(FSK_BIND, "nullfs", "rox", &o, &e), -1,
	    "whole words");
	is_int(fstab_parse_opts(FSK_UNION, "unionfs", "belowx", &o, &e), -1,
	    "whole words of a type");
	is_int(fstab_parse_opts(FSK_BIND, "nullfs", "noidmap", &o, &e), -1,
	    "noidmap without ro");
	is_int(fstab_parse_opts(FSK_BIND, "nullfs", "noidmap,ro", &o, &e), 0,
	    "noidmap with ro");
	ok(o.noidmap, "is kept");
	fstab_opts_free(&o);
	is_int(fstab_parse_opts(FSK_TMPFS, "tmpfs", "uid=65536", &o, &e), -1,
	    "an id that no jail has");
	is_int(fstab_parse_opts(FSK_TMPFS, "tmpfs", "uid=-1", &o, &e), -1,
	    "a negative one");
	is_int(fstab_parse_opts(FSK_DEV, "devfs", "rw,ruleset=7", &o, &e), 0,
	    "devfs");
	is_int(o.ruleset, 7, "ruleset");
	fstab_opts_free(&o);
	is_int(fstab_parse_opts(FSK_OVERLAY, "overlay",
		   "lowerdir=/a:/b,upperdir=/u,workdir=/w,volatile", &o, &e),
	    0, "overlay");
	is_str(o.lowerdir, "/a:/b", "lowerdir");
	is_str(o.upperdir, "/u", "upperdir");
	is_str(o.workdir, "/w", "workdir");
	is_int(o.rest.n, 1, "volatile is the kernel's");
	fstab_opts_free(&o);
}

int
main(void)
{
	test_lines();
	test_comments();
	test_types();
	test_options();
	done_testing();
}
