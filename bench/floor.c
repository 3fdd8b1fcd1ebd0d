/*
 * The floor: the kernel work of
 *
 *	jail -c path=ROOT mount.devfs command=CMD
 *
 * and nothing else, written down plainly.  Three cgroups; a builder in private
 * mount, uts, cgroup and net namespaces; pid 1 in user, pid and ipc namespaces
 * with an id-mapped root, the same mounts and masks, the same filter and
 * capabilities; jail-init; CMD entered as a second process; kill, wait, rmdir.
 *
 *	bench-floor create INIT ROOT CMD [ARG...]
 *	bench-floor net IF ADDR INIT ROOT CMD [ARG...]	with a veth pair
 *	bench-floor enter PID CGROUP CMD [ARG...]	jexec's: PID is pid 1
 *
 * No registry, journal, configuration, output relay or verification.
 */
#include "bench/floor.h"

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct floor {
	int procfd, root, init_exe, events;
	int cgroot, top, init, j;
	char name[64];
	int go[2], done[2]; /* builder to pid 1, pid 1 to builder */
	int pid[2];	    /* builder to us */
	struct net net;
};

static void
make_cgroups(struct floor *f)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	char path[96];

	f->cgroot = open("/sys/fs/cgroup/unified", flags);
	if (f->cgroot == -1)
		f->cgroot = open("/sys/fs/cgroup", flags);
	check(f->cgroot, "cgroup2");
	(void)snprintf(f->name, sizeof(f->name), "floor.%d", (int)getpid());
	check(mkdirat(f->cgroot, f->name, 0755), f->name);
	(void)snprintf(path, sizeof(path), "%s/init", f->name);
	check(mkdirat(f->cgroot, path, 0755), path);
	f->init = openat(f->cgroot, path, flags);
	(void)snprintf(path, sizeof(path), "%s/j", f->name);
	check(mkdirat(f->cgroot, path, 0755), path);
	f->j = openat(f->cgroot, path, flags);
	f->top = openat(f->cgroot, f->name, flags);
	f->events = openat(f->j, "cgroup.events", O_RDONLY | O_CLOEXEC);
	check(f->events, "cgroup.events");
}

static void
lo_up(void)
{
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo" };

	r.ifr_flags = IFF_UP | IFF_RUNNING;
	check(ioctl(s, SIOCSIFFLAGS, &r), "lo");
	(void)close(s);
}

static void
wait_byte(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(1);
}

static void __attribute__((noreturn)) pid1(struct floor *f)
{
	static char *const argv[] = { (char *)(uintptr_t) "jail-init", NULL };
	static char *const envp[] = { NULL };
	int null;

	/* Else nobody sees the builder fail. */
	(void)close(f->pid[1]);
	(void)close(f->go[1]);
	wait_byte(f->go[0]);
	check(chdir("/.."), "root");
	check(chroot("."), "root");
	check(unshare(CLONE_NEWNS), "mount namespace");
	check(chdir("/"), "root");
	(void)setsid();
	write_file(f->procfd, "sys/user/max_user_namespaces", "0");
	write_file(f->procfd, "sys/user/max_mnt_namespaces", "1");
	write_file(f->procfd, "sys/user/max_net_namespaces", "0");
	confine();
	check(write(f->done[1], "", 1), "pipe");
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)dup2(f->init_exe, 60);
	(void)dup2(f->events, 3);
	(void)close_range(4, ~0u, CLOSE_RANGE_CLOEXEC);
	(void)syscall(SYS_execveat, 60, "", argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

static void __attribute__((noreturn)) builder(struct floor *f)
{
	struct mount_attr map = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[64];
	int pidfd = -1, user;
	pid_t c;

	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	check(unshare(
		  CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWNET),
	    "unshare");
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	check(sethostname("floor", 5), "hostname");
	if (f->net.ifname != NULL) {
		int netns = openat(
		    f->procfd, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);

		check(netns, "network namespace");
		net_make(&f->net, netns);
		(void)close(netns);
	} else
		lo_up();
	c = fork_into(
	    f->init, CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWIPC, &pidfd);
	if (c == 0)
		pid1(f);
	(void)snprintf(path, sizeof(path), "%d/uid_map", (int)c);
	write_file(f->procfd, path, "0 1879048192 65536\n");
	(void)snprintf(path, sizeof(path), "%d/gid_map", (int)c);
	write_file(f->procfd, path, "0 1879048192 65536\n");
	(void)snprintf(path, sizeof(path), "%d/ns/user", (int)c);
	user = openat(f->procfd, path, O_RDONLY | O_CLOEXEC);
	map.userns_fd = (uint64_t)user;
	check(mount_setattr(f->root, "", AT_EMPTY_PATH, &map, sizeof(map)),
	    "idmap");
	build_mounts(f->root, f->procfd, pidfd, c);
	check(write(f->go[1], "", 1), "pipe");
	(void)close(f->done[1]);
	wait_byte(f->done[0]);
	check(write(f->pid[1], &c, sizeof(c)), "pipe");
	_exit(0);
}

static void
destroy(const struct floor *f, int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	char path[96];

	write_file(f->top, "cgroup.kill", "1");
	(void)poll(&p, 1, -1);
	for (int i = 0; i < 3; i++) {
		static const char *const leaf[] = { "/j", "/init", "" };

		(void)snprintf(path, sizeof(path), "%s%s", f->name, leaf[i]);
		while (unlinkat(f->cgroot, path, AT_REMOVEDIR) == -1 &&
		    errno == EBUSY)
			(void)usleep(50);
	}
}

static int
create(char **argv, char **net)
{
	struct floor f = { .procfd = open("/proc", O_PATH | O_CLOEXEC) };
	int builderfd = -1, initfd;
	pid_t pid;

	if (net != NULL)
		net_open(&f.net, net);
	make_cgroups(&f);
	f.root = clone_mount(AT_FDCWD, argv[1], MOUNT_ATTR_NODEV);
	f.init_exe = clone_mount(AT_FDCWD, argv[0],
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	check(pipe2(f.go, O_CLOEXEC), "pipe");
	check(pipe2(f.done, O_CLOEXEC), "pipe");
	check(pipe2(f.pid, O_CLOEXEC), "pipe");
	if (fork_into(f.top, 0, &builderfd) == 0)
		builder(&f);
	(void)close(f.pid[1]);
	if (read(f.pid[0], &pid, sizeof(pid)) != sizeof(pid))
		return 1;
	initfd = (int)syscall(SYS_pidfd_open, pid, 0);
	check(initfd, "pidfd_open");
	/* The builder first: enter waits for any child. */
	check(waitpid(-1, NULL, __WALL), "wait");
	enter(initfd, f.j, argv + 2);
	destroy(&f, initfd);
	if (net != NULL)
		net_remove(&f.net);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 4 && strcmp(argv[1], "create") == 0)
		return create(argv + 2, NULL);
	if (argc > 6 && strcmp(argv[1], "net") == 0)
		return create(argv + 4, argv + 2);
	if (argc > 4 && strcmp(argv[1], "enter") == 0) {
		int pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[2]), 0);
		int j = open(argv[3], O_PATH | O_DIRECTORY | O_CLOEXEC);

		check(pidfd, "pidfd_open");
		check(j, argv[3]);
		enter(pidfd, j, argv + 4);
		return 0;
	}
	fprintf(stderr,
	    "usage: bench-floor create INIT ROOT CMD [ARG...]\n"
	    "       bench-floor net IF ADDR INIT ROOT CMD [ARG...]\n"
	    "       bench-floor enter PID CGROUP CMD [ARG...]\n");
	return 2;
}
