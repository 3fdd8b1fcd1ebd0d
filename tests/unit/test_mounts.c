/*
 * The jail's tree of mounts, really built, in both variants of the builder's
 * mount namespace and once more as a kernel without the newer interfaces.
 */
#include "tests/unit/play_mounts.h"

static void
look_plain(void)
{
	static const char *const locked[] = {
		"/",
		"/proc",
		"/proc/sys",
		"/proc/keys",
		"/sys",
		"/sys/firmware",
		"/sys/fs/cgroup",
		"/dev",
		"/dev/pts",
		"/dev/shm",
		"/dev/mqueue",
	};
	struct statvfs sf;

	check(holds("/etc/root", "root"), "file of 0 is read");
	check(owner("/etc/root") == 0, "file of 0 is owned by 0");
	check(owner("/etc/user") == 1000, "file of 1000 is owned by 1000");
	put("/etc/new", "new", 0);
	put("/etc/new1000", "new", 1000);
	check(count_pids() == 1, "/proc shows one process, %d", count_pids());
	(void)prctl(PR_SET_NAME, "played-c", 0, 0, 0);
	check(
	    getpid() == 1 && holds("/proc/1/comm", "played-c"), "/proc/1 is C");
	for (size_t i = 0; i < nitems(locked); i++)
		check(access(locked[i], F_OK) == -1 || is_locked(locked[i]),
		    "%s cannot be unmounted", locked[i]);
	check(stays_ro("/proc/sys"), "/proc/sys stays read-only");
	check(stays_ro("/sys"), "/sys stays read-only");
	check(open("/proc/sys/kernel/core_pattern", O_WRONLY) == -1,
	    "core_pattern cannot be written");
	check(is_masked_file("/proc/kallsyms"), "kallsyms is masked");
	check(is_masked_file("/proc/interrupts"), "interrupts is masked");
	check(is_masked_file("/proc/keys"), "keys is masked");
	check(is_empty_dir("/sys/firmware"), "/sys/firmware is empty");
	check(is_empty_dir("/sys/module"), "/sys/module is empty");
	check(is_empty_dir("/proc/acpi"), "/proc/acpi is empty");
	check(statvfs("/", &sf) == 0 && (sf.f_flag & ST_NODEV) != 0,
	    "the root is nodev");
	check(mount("none", "/proc", "proc", 0, NULL) == -1 && errno == EPERM,
	    "a fresh proc is refused");
	check(is_node("/dev/null", 1, 3) && is_node("/dev/zero", 1, 5) &&
		is_node("/dev/full", 1, 7) && is_node("/dev/random", 1, 8) &&
		is_node("/dev/urandom", 1, 9) && is_node("/dev/tty", 5, 0),
	    "the nodes of ruleset 4");
	check(can_read("/dev/zero", 8) && can_read("/dev/urandom", 8),
	    "zero and urandom are read");
	{
		auto_close int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		check(fd != -1 && write(fd, "x", 1) == 1, "null is written");
	}
	check(mknod("/dev/mem", S_IFCHR | 0600, makedev(1, 1)) == -1 &&
		errno == EPERM,
	    "mknod is refused");
	check(chmod("/dev/null", 0) == -1 && errno == EPERM,
	    "chmod of a node is refused");
	check(owner("/dev") == 0, "/dev belongs to the jail's root");
	check(pty_works(), "a pty opens, group 5");
	check(access("/dev/fd/0", F_OK) == 0 ||
		access("/proc/self/fd/0", F_OK) == -1,
	    "/dev/fd");
	put("/dev/shm/x", "shm", 1000);
	check(owner("/dev/shm/x") == 1000, "/dev/shm is written");
	put("/dev/log", "", 0);
	check(owner("/dev/log") == 0, "a file is made in /dev");
	check(access("/dev/mqueue", F_OK) == 0, "/dev/mqueue");
	check(access("/sub/file", F_OK) == 0 && owner("/sub/file") == 7,
	    "a mount below the root came along, mapped");
	check(is_locked("/sub"), "and is locked");
	check(is_empty_dir("/sub2/pts"), "a proc below the root did not");
	check(
	    access("/proc/sys/kernel/ostype", F_OK) == 0, "/proc/sys is there");
	check(access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 &&
		open("/sys/fs/cgroup/cgroup.procs", O_WRONLY) == -1,
	    "cgroup2 is there, read-only");
}

static void
look_thin(void)
{
	check(holds("/base/hello", "base") && owner("/base/hello") == 0,
	    "nullfs shows the base");
	check(open("/base/x", O_CREAT | O_WRONLY, 0644) == -1 && errno == EROFS,
	    "read-only");
	check(stays_ro("/base"), "and stays so");
	check(is_locked("/base"), "locked");
	check(holds("/base/deep/file", "deep"), "a target on another mount");
	check(access("/plain/sub/file", F_OK) == -1, "nullfs is not recursive");
	check(access("/rec/sub/file", F_OK) == 0, "rbind is");
	check(holds("/etc/one", "base"), "a file on a file");
	check(owner("/run") == 0 && chdir("/run") == 0,
	    "tmpfs of the jail's root");
	put("/run/x", "x", 1000);
	check(owner("/run/x") == 1000, "tmpfs is written");
	check(mknod("/run/null", S_IFCHR | 0666, makedev(1, 3)) == -1,
	    "no nodes there");
	{
		struct statvfs sf;

		check(statvfs("/run", &sf) == 0 &&
			sf.f_blocks * sf.f_frsize == 1 << 20,
		    "with its size");
		check((sf.f_flag & ST_NOSUID) != 0, "and nosuid");
		check((sf.f_flag & ST_NODEV) != 0, "and nodev");
		check(statvfs("/base", &sf) == 0 && (sf.f_flag & ST_NODEV) != 0,
		    "a bind is nodev");
		check(statvfs("/dev/shm", &sf) == 0 &&
			sf.f_blocks * sf.f_frsize == 2 << 20,
		    "a tmpfs for dev/shm replaces ours");
	}
	check(owner("/tmp") == 33, "tmpfs with uid=33");
	check(access("/proc/self", F_OK) == -1, "noprocfs");
	check(access("/sys/kernel", F_OK) == -1, "nosysfs");
}

static void
look_union(void)
{
	struct stat st;

	check(holds("/union/low", "low"), "the lower layer is seen");
	put("/union/made", "made", 0);
	put("/union/made1000", "made", 1000);
	check(owner("/union/made") == 0, "a file is made");
	check(unlink("/union/low") == 0, "a lower file is removed");
	check(stat("/union/low", &st) == -1, "and gone");
	check(rename("/union/keep", "/union/kept") == 0, "renamed");
	/* For the next variant, which finds the same upper layer. */
	put("/union/low", "low", 0);
	check(rename("/union/kept", "/union/keep") == 0, "and back");
	check(unlink("/union/gone") == 0 || errno == ENOENT, "a whiteout");
	check(is_locked("/union"), "locked");
	check(holds("/over/a", "a") && holds("/over/b", "b"),
	    "overlay of two lower layers");
	check(open("/over/x", O_CREAT | O_WRONLY, 0644) == -1, "read-only");
}

static void
look_root(void)
{
	check(holds("/hello", "base"), "the base is the root");
	check(access("/etc/root", F_OK) == -1, "the root below is covered");
	put("/made", "made", 0);
	check(owner("/made") == 0, "the upper layer is written");
	check(holds("/rw/root", "root"), "targets lie in the new root");
	check(access("/proc/self", F_OK) == 0, "with its /proc");
	check(chdir("/..") == 0 && access("/etc/root", F_OK) == -1,
	    "nothing above");
}

static void
look_slash(void)
{
	check(access("/proc/self", F_OK) == 0, "/proc");
	check(count_pids() == 1, "its own");
	check(access("/etc/passwd", F_OK) == 0, "the host's files");
	check(is_node("/dev/null", 1, 3), "our /dev");
	check(access("/dev/mem", F_OK) == -1 && access("/dev/kmsg", F_OK) == -1,
	    "and nothing of the host's");
}

static void
look_once(void)
{
	static const char *const once[] = { "/proc", "/sys", "/dev", "/dev/shm",
		"/dev/pts", "/dev/mqueue" };

	for (size_t i = 0; i < nitems(once); i++)
		check(count_mounts(once[i]) == 1, "%s: %d", once[i],
		    count_mounts(once[i]));
	check(count_mounts("/dev/fd") == 0, "/dev/fd is a link");
	/* Nothing of the host, nor what lies under the root. */
	check(count_mounts("/") == 0 && count_mounts("/mnt") == 0,
	    "nothing else");
}

/* ---- scenes ---- */

static void
test_plain(void)
{
	static const char *const conf[] = { "mount.devfs", NULL, NULL };
	struct scene s = {
		.name = "plain", .conf = conf, .inside = look_plain
	};
	char sub[512], sub2[512];

	(void)snprintf(sub, sizeof(sub), "%s", at("root/sub"));
	(void)snprintf(sub2, sizeof(sub2), "%s", at("root/sub2"));
	/* A file system of the administrator's, and one left out. */
	if (mount(at("src"), sub, NULL, MS_BIND, NULL) == -1 ||
	    mount("devpts", sub2, "devpts", 0, NULL) == -1)
		perror("mount");
	put(at("root/sub/file"), "sub", 7);
	expect_good(&s, at("root"));
	is_int(owner(at("root/etc/new")), 0, "on disk: 0 is 0");
	is_int(owner(at("root/etc/new1000")), 1000, "on disk: 1000 is 1000");
	ok(access(at("root/dev/log"), F_OK) == -1, "/dev is not on disk");
	(void)umount2(sub, MNT_DETACH);
	(void)umount2(sub2, MNT_DETACH);
}

static void
test_thin(void)
{
	char text[12][256];
	const char *conf[64];
	size_t n = 0, k = 0;
	struct scene s = { .name = "thin", .conf = conf, .inside = look_thin };

#define LINE(...) \
	do { \
		(void)snprintf(text[n], sizeof(text[0]), __VA_ARGS__); \
		conf[k++] = "mount"; \
		conf[k++] = text[n++]; \
	} while (0)
	/* Children before their parents, and what is there already. */
	LINE("%s %s nullfs ro", at("deep"), at("root/base/deep"));
	LINE("%s %s nullfs ro 0 0", at("base"), at("root/base"));
	LINE("%s %s nullfs rw", at("src"), at("root/plain"));
	LINE("%s %s rbind rw", at("src"), at("root//rec/."));
	LINE("%s %s nullfs ro", at("base/hello"), at("root/etc/one"));
	LINE("tmpfs %s tmpfs rw,nosuid,size=1m,mode=755 0 0", at("root/run"));
	LINE("tmpfs %s tmpfs rw,uid=33,gid=33", at("root/tmp"));
	LINE("devfs %s devfs rw 0 0", at("root/dev"));
	LINE("tmpfs %s tmpfs rw,size=2m,mode=1777", at("root/dev/shm"));
	LINE("fdescfs %s fdescfs rw,linrdlnk 0 0", at("root/dev/fd"));
	conf[k++] = "mount.devfs";
	conf[k++] = NULL;
	conf[k++] = "mount.fdescfs";
	conf[k++] = NULL;
	conf[k++] = "mount.noprocfs";
	conf[k++] = NULL;
	conf[k++] = "mount.nosysfs";
	conf[k++] = NULL;
	conf[k] = NULL;
	/* Not a tmpfs, which 6.1 cannot map. */
	if (mount(at("empty"), at("src/sub"), NULL, MS_BIND, NULL) == -1)
		perror("mount");
	put(at("src/sub/file"), "sub", 0);
	expect_good(&s, at("root"));
	(void)umount2(at("src/sub"), MNT_DETACH);
}

static void
test_once(void)
{
	static const char *const lines[] = {
		"proc %s linprocfs rw 0 0",
		"proc",
		"proc %s procfs rw",
		"proc",
		"sys %s linsysfs rw",
		"sys",
		"dev %s devfs rw",
		"dev",
		"dev %s devfs rw",
		"dev",
		"tmpfs %s tmpfs size=1m",
		"dev/shm",
		"pts %s devpts rw",
		"dev/pts",
		"mq %s mqueue rw",
		"dev/mqueue",
		"fd %s fdescfs rw",
		"dev/fd",
	};
	static char text[nitems(lines) / 2][512];
	const char *conf[40];
	size_t k = 0;
	struct scene s = { .name = "once", .conf = conf, .inside = look_once };

	for (size_t i = 0; i < nitems(lines); i += 2) {
		const char *cut = strchr(lines[i], '%');
		char target[64];

		(void)snprintf(target, sizeof(target), "root/%s", lines[i + 1]);
		(void)snprintf(text[i / 2], sizeof(text[0]), "%.*s%s%s",
		    (int)(cut - lines[i]), lines[i], at("%s", target), cut + 2);
		conf[k++] = "mount";
		conf[k++] = text[i / 2];
	}
	conf[k++] = "mount.devfs";
	conf[k++] = NULL;
	conf[k++] = "mount.procfs";
	conf[k++] = NULL;
	conf[k] = NULL;
	expect_good(&s, at("root"));
}

static void
test_union(void)
{
	char a[512], b[1024];
	const char *conf[] = { "mount", a, "mount", b, NULL };
	struct scene s = {
		.name = "union", .conf = conf, .inside = look_union
	};
	struct stat st;

	(void)snprintf(a, sizeof(a), "%s %s unionfs rw 0 0", at("upper"),
	    at("root/union"));
	(void)snprintf(b, sizeof(b), "x %s overlay ro,lowerdir=%s:%s",
	    at("root/over"), at("la"), at("lb"));
	expect_good(&s, at("root"));
	is_int(owner(at("upper/made")), 0, "union: on disk 0 is 0");
	is_int(
	    owner(at("upper/made1000")), 1000, "union: on disk 1000 is 1000");
	ok(stat(at("upper/gone"), &st) == 0 && S_ISCHR(st.st_mode) &&
		st.st_uid == 0,
	    "union: a whiteout of 0");
	ok(access(at("root/union/gone"), F_OK) == 0, "union: lower untouched");
}

static void
test_root_lines(void)
{
	char a[512], b[512], c[512];
	const char *conf[] = { "mount", a, "mount", b, "mount", c, NULL };
	struct scene s = { .name = "root", .conf = conf, .inside = look_root };

	(void)snprintf(a, sizeof(a), "%s %s nullfs ro", at("base"), at("root"));
	(void)snprintf(
	    b, sizeof(b), "%s %s unionfs rw", at("upper2"), at("root"));
	(void)snprintf(
	    c, sizeof(c), "%s %s nullfs rw", at("root/etc"), at("root/rw"));
	expect_good(&s, at("root"));
	is_int(owner(at("upper2/made")), 0, "root: on disk 0 is 0");
}

static void
test_slash(void)
{
	static const char *const conf[] = { "mount.devfs", NULL, NULL };
	struct scene s = {
		.name = "path=/", .conf = conf, .inside = look_slash
	};

	expect_good(&s, "/");
	/* mqueue can be mapped by no kernel. */
	if (mount("mqueue", at("empty"), "mqueue", 0, NULL) == 0) {
		s.tiny = true;
		is_str(play(&s, "/"), NULL, "path=/: with an mqueue");
		ok(strstr(s.warned, at("empty")) != NULL,
		    "path=/: which is named: %s", s.warned);
		(void)umount2(at("empty"), MNT_DETACH);
	}
}

int
main(void)
{
	play_begin();
	test_plain();
	test_thin();
	test_once();
	test_union();
	test_root_lines();
	test_slash();
	play_end();
	done_testing();
}
