/*
 * The jail's tree of mounts: what is refused and how it is said, files of
 * mounts and devfs rules, jails without a user namespace, and hooks that mount
 * the root itself.
 */
#include "tests/unit/play_mounts.h"

static void
look_fdesc(void)
{
	auto_close int fd = open("/dev/fd/0", O_PATH | O_CLOEXEC);
	char to[64];
	ssize_t n = readlink("/dev/fd/63", to, sizeof(to) - 1);

	to[n < 0 ? 0 : n] = '\0';
	check(strcmp(to, "/proc/self/fd/63") == 0 || fd != -1,
	    "/dev/fd is the process's: %s", to);
	check(access("/dev/null", F_OK) == -1, "and the rest is not ours");
}

static void
look_rules(void)
{
	struct stat st;

	check(is_node("/dev/null", 1, 3), "null is shown");
	check(access("/dev/zero", F_OK) == -1, "zero is not");
	check(access("/dev/mem", F_OK) == -1 && access("/dev/kvm", F_OK) == -1,
	    "nor is what was asked for in vain");
	check(stat("/dev/random", &st) == 0 && (st.st_mode & 0777) == 0640 &&
		st.st_uid == 0 && st.st_gid == 80,
	    "mode and group of a rule");
}

/* Without a user namespace: the long list of masks, and the host's ids. */
static void
look_host(void)
{
	static const char *const masked[] = { "/proc/kcore", "/proc/kmsg",
		"/proc/slabinfo", "/proc/timer_list", "/proc/kallsyms" };

	for (size_t i = 0; i < nitems(masked); i++)
		check(is_masked_file(masked[i]), "%s is masked", masked[i]);
	check(open("/proc/sys/kernel/core_pattern", O_WRONLY) == -1 &&
		errno == EROFS,
	    "core_pattern is read-only");
	check(open("/proc/sysrq-trigger", O_WRONLY) == -1 &&
		(errno == EROFS || errno == ENOENT),
	    "sysrq-trigger is read-only");
	check(open("/sys/kernel/mm/ksm/run", O_WRONLY) == -1, "/sys");
	check(is_empty_dir("/sys/power"), "/sys/power is empty");
	check(owner("/dev") == 0 && owner("/etc/user") == 1000, "owners");
}

static void
look_late(void)
{
	check(holds("/hello", "base"), "what a hook mounted is the root");
	check(access("/etc/root", F_OK) == -1, "and covers what was there");
	check(access("/proc/self", F_OK) == 0, "/proc of that root");
}

static void
test_refused(void)
{
	static char line[512];
	static const char *const one[] = { "mount", line, NULL };
	static const char *const dev[] = { "mount.devfs", NULL, NULL };
	static const char *const ruleset[] = { "devfs_ruleset", "99", NULL };
	char root[512];

	(void)snprintf(root, sizeof(root), "%s", at("root"));
#define REFUSED(name, want, ...) \
	do { \
		(void)snprintf(line, sizeof(line), __VA_ARGS__); \
		expect_bad(name, root, one, want); \
	} while (0)
	REFUSED("a missing target", "root/none: No such file or directory",
	    "%s %s nullfs rw", at("base"), at("root/none"));
	REFUSED("a link as target", "root/link is a symbolic link",
	    "%s %s nullfs rw", at("base"), at("root/link"));
	REFUSED("a link on the way", "root/out is a symbolic link",
	    "%s %s nullfs rw", at("base"), at("root/out/sub"));
	REFUSED("a target outside", "not below the jail's path",
	    "%s %s nullfs rw", at("base"), at("rootx/base"));
	REFUSED("a target that climbs out", "leads out of the jail's path",
	    "%s %s nullfs rw", at("base"), at("root/../base"));
	REFUSED("a relative target", "not an absolute pathname",
	    "%s base nullfs rw", at("base"));
	REFUSED("a missing source", "none: No such file or directory",
	    "%s %s nullfs rw", at("none"), at("root/base"));
	REFUSED("a directory on a file", "root/etc/one: Not a directory",
	    "%s %s nullfs rw", at("base"), at("root/etc/one"));
	REFUSED("a file on a directory", "source is a file", "%s %s nullfs rw",
	    at("base/hello"), at("root/base"));
	REFUSED("devtmpfs", "devtmpfs: it would show", "x %s devtmpfs rw",
	    at("root/dev"));
	REFUSED("an unknown type", "nosuchfs: this kernel does not know",
	    "x %s nosuchfs rw", at("root/base"));
	REFUSED("an unknown option", "unknown option \"frob\"",
	    "%s %s nullfs rw,frob", at("base"), at("root/base"));
	REFUSED("a bad option of the kernel's", "option \"frob\"",
	    "x %s tmpfs frob", at("root/base"));
	REFUSED("too few fields", "missing information", "%s", at("base"));
	REFUSED("noidmap and rw", "noidmap needs ro", "%s %s nullfs rw,noidmap",
	    at("base"), at("root/base"));
	REFUSED("what cannot be mapped", "cannot map the ids of proc",
	    "/proc %s nullfs ro", at("root/base"));
	REFUSED("a source behind a link of the jail's", "is a symbolic link",
	    "%s %s nullfs ro", at("root/link"), at("root/base"));
	expect_bad("a ruleset that is not there", root, ruleset,
	    "devfs_ruleset: 99: no such ruleset in /etc/devfs.rules");

	(void)rename(at("root/dev"), at("root/dev.real"));
	(void)symlink("etc", at("root/dev"));
	expect_bad("/dev is a link", root, dev, "mount.devfs: ");
	expect_bad("/dev is a link, as the reference says it", root, dev,
	    "root/dev is a symbolic link");
	(void)unlink(at("root/dev"));
	(void)rename(at("root/dev.real"), at("root/dev"));

	(void)chown(root, 70000, 0);
	expect_bad("a root of an id that no jail has", root, dev,
	    "owned by user 70000");
	(void)chown(root, 0, 0);
	if (mount("mqueue", at("root/tmp"), "mqueue", 0, NULL) == 0) {
		expect_bad("a mount below that cannot be mapped", root, dev,
		    "cannot map the ids of mqueue");
		(void)umount2(at("root/tmp"), MNT_DETACH);
	}
}

static void
look_noidmap(void)
{
	check(access("/base/self", F_OK) == 0 ||
		access("/base/version", F_OK) == 0,
	    "noidmap: it is there");
	check(stays_ro("/base"), "noidmap: read-only");
	check(stays_ro("/run"), "noidmap: a kernel's type, read-only");
}

static void
test_fstab(void)
{
	char file[512], text[1024], line[512], other[512];
	const char *conf[] = { "mount.fstab", "", "mount.fstab", file, "mount",
		line, "mount", other, NULL };
	struct scene s = {
		.name = "noidmap", .conf = conf, .inside = look_noidmap
	};

	(void)snprintf(file, sizeof(file), "%s", at("fstab"));
	(void)snprintf(
	    line, sizeof(line), "/proc %s nullfs ro,noidmap", at("root/base"));
	(void)snprintf(other, sizeof(other), "x %s ramfs ro,noidmap,mode=700",
	    at("root/run"));
	(void)snprintf(text, sizeof(text),
	    "# all of it\n\n"
	    "%s %s nullfs ro 0 0 # the rest\n",
	    at("deep"), at("root/rec"));
	put(file, text, 0);
	expect_good(&s, at("root"));
	(void)snprintf(
	    text, sizeof(text), "\n%s %s\n", at("deep"), at("root/rec"));
	put(file, text, 0);
	expect_bad("fstab: file and line", at("root"), conf, "fstab:2: ");
	put(file, "", 1000);
	expect_bad(
	    "fstab: of another user", at("root"), conf, "others may write it");
	(void)unlink(file);
	expect_bad("fstab: missing", at("root"), conf,
	    "fstab: No such file or directory");
}

static void
test_fdesc(void)
{
	static const char *const conf[] = { "mount.fdescfs", NULL, NULL };
	struct scene s = {
		.name = "fdescfs", .conf = conf, .inside = look_fdesc
	};

	(void)mkdir(at("root/dev/fd"), 0755);
	expect_good(&s, at("root"));
	(void)rmdir(at("root/dev/fd"));
	(void)symlink("/proc/self/fd", at("root/dev/fd"));
	s.name = "fdescfs, a link";
	expect_good(&s, at("root"));
	(void)unlink(at("root/dev/fd"));
	(void)symlink("/proc/self/cwd", at("root/dev/fd"));
	expect_bad("fdescfs: another link", at("root"), conf,
	    "dev/fd is a symbolic link");
	(void)unlink(at("root/dev/fd"));
}

static void
test_rules(void)
{
	static const char *const conf[] = { "mount.devfs", NULL,
		"devfs_ruleset", "10", NULL };
	struct scene s = {
		.name = "rules", .conf = conf, .inside = look_rules
	};

	/* /etc of this mount namespace alone. */
	if (mount(at("la"), "/etc", NULL, MS_BIND, NULL) == -1)
		perror("mount");
	put(at("la/devfs.rules"),
	    "[ours=10]\nadd include "
	    "$devfsrules_hide_all\nadd path null unhide\n"
	    "add path random unhide mode 0640 group 80\n"
	    "add path kvm unhide\nadd path mem unhide\n",
	    0);
	expect_good(&s, at("root"));
	is_str(s.warned,
	    "/etc/devfs.rules:6: mem: a jail may not have this "
	    "device; left out",
	    "rules: said so");
	put(at("la/devfs.rules"), "[ours=10]\nadd path null unhid\n", 0);
	expect_bad("rules: one that does not parse", at("root"), conf,
	    "devfs_ruleset: /etc/devfs.rules:2: unhid: unknown word");
	(void)chmod(at("la/devfs.rules"), 0666);
	expect_bad("rules: others may write them", at("root"), conf,
	    "others may write it");
	(void)umount2("/etc", MNT_DETACH);
	(void)unlink(at("la/devfs.rules"));
}

static void
test_host_users(void)
{
	static const char *const conf[] = { "users", "inherit", "mount.devfs",
		NULL, NULL };
	struct scene s = { .name = "users=inherit",
		.conf = conf,
		.host_users = true,
		.inside = look_host };

	expect_good(&s, at("root"));
}

static void
mount_over_root(void)
{
	(void)mount(at("base"), at("root"), NULL, MS_BIND, NULL);
}

static void
test_late(void)
{
	struct scene s = { .name = "prestart",
		.inside = look_late,
		.between = mount_over_root,
		.tiny = true };
	char root[512];

	(void)snprintf(root, sizeof(root), "%s", at("root"));
	is_str(play(&s, root), NULL, "prestart: built");
	for (int k = 0; k < shared->n; k++)
		ok(shared->v[k].good, "prestart: %s", shared->v[k].name);
	(void)umount2(root, MNT_DETACH);
}

int
main(void)
{
	play_begin();
	test_refused();
	test_fstab();
	test_fdesc();
	test_rules();
	test_host_users();
	test_late();
	play_end();
	done_testing();
}
