/*
 * The classified table of system calls of the machine this is built for, ours
 * and by number, so that a call that the headers of today do not know is
 * classified too, and a call that nobody has classified is refused.
 */
#ifndef POLICY_SYSCALLS_H
#define POLICY_SYSCALLS_H

#include <stddef.h>

/*
 * ENOSYS is for what programs probe and have a way around (clone3, io_uring,
 * the new mount interface, keys), and for what no kernel of this machine has;
 * EPERM for what is not a jail's to do.  The reasons, by group:
 *  - mounts and namespaces: root and masks are locked, but the surface that a
 *    user namespace opens is where the kernel's holes were (CVE-2022-0185);
 *    clone3 and clone flags: see ACT_CLONE; setns also joins what was leaked;
 *  - bpf, perf, fanotify, lookup_dcookie, userfaultfd, io_uring: kernel
 *    surface, or a view of the whole host;
 *  - add_key, request_key, keyctl: keys are in no namespace;
 *  - modules, kexec, swap, accounting, quota, iopl, clock, console log: the
 *    host's.  adjtimex and clock_adjtime are allowed: whether they only read
 *    stands behind a pointer, and the kernel refuses the rest inside a user
 *    namespace;
 *  - open_by_handle_at: reaches files that no path leads to;
 *  - memory policy: sees and moves the host's nodes; modify_ldt: 16-bit code.
 * Allowed because the kernel confines them to the jail's namespaces: ptrace
 * and kin, chroot, reboot (ends pid 1), sethostname (by owner), mknod (no
 * CAP_MKNOD), seccomp (an own filter can only refuse more).  uretprobe and
 * uprobe are the kernel's own trampolines: refused, they would kill a process
 * that the host's administrator traces.
 */
enum sys_action {
	ACT_UNKNOWN, /* no such number: ENOSYS */
	ACT_ALLOW,
	ACT_EPERM,
	ACT_ENOSYS,
	ACT_EAFNOSUPPORT, /* only as the outcome of ACT_SOCKET */
	ACT_STATMOUNT,	  /* allowed below enforce_statfs 2, else ENOSYS */
	/* decided by an argument: policy/seccomp_rules.c */
	ACT_CLONE,	 /* EPERM with any CLONE_NEW* */
	ACT_UNSHARE,	 /* EPERM unless only threads' own flags */
	ACT_SOCKET,	 /* by family, netlink by protocol */
	ACT_IOCTL,	 /* EPERM for a few of terminals */
	ACT_PERSONALITY, /* EPERM but for the harmless ones */
	ACT_PRLIMIT,	 /* EPERM to set those of pid 1 */
	ACT_COUNT
};

/* One more than the highest number that is known. */
size_t syscall_count(void);
enum sys_action syscall_action(size_t nr);
/* Its name, or NULL. */
const char *syscall_name(size_t nr);

#endif
