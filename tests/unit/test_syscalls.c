/*
 * The table of system calls: complete, consistent between machines, and as the
 * policy says it.  What is refused is listed here by hand, by name, and looked
 * up in libseccomp's own table of numbers.
 */
#include <errno.h>
#include <seccomp.h>

#include <asm/unistd.h>

#include "base/cleanup.h"
#include "policy/seccomp.h"
#include "policy/syscalls.h"
#include "tests/unit/tap.h"

struct row {
	int nr;
	const char *name;
	enum sys_action act;
};

static const struct row x86[] = {
#define S(nr, name, act) { nr, #name, ACT_##act },
#include "policy/syscalls_x86_64.def"
#undef S
};

static const struct row arm[] = {
#define S(nr, name, act) { nr, #name, ACT_##act },
#include "policy/syscalls_aarch64.def"
#undef S
};

/* What the headers of this machine know, written by the build. */
static const struct {
	int nr;
	const char *name;
} headers[] = {
#define X(name) { __NR_##name, #name },
#include "header_syscalls.inc"
#undef X
};

static const char *const eperm[] = {
	"mount",
	"umount2",
	"pivot_root",
	"setns",
	"bpf",
	"perf_event_open",
	"lookup_dcookie",
	"fanotify_init",
	"userfaultfd",
	"lsm_set_self_attr",
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"query_module",
	"get_kernel_syms",
	"iopl",
	"ioperm",
	"swapon",
	"swapoff",
	"acct",
	"quotactl",
	"quotactl_fd",
	"nfsservctl",
	"uselib",
	"vhangup",
	"_sysctl",
	"sysfs",
	"ustat",
	"vserver",
	"settimeofday",
	"clock_settime",
	"syslog",
	"open_by_handle_at",
	"modify_ldt",
	"mbind",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"migrate_pages",
	"move_pages",
};

static const char *const enosys[] = {
	"clone3",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"open_tree",
	"open_tree_attr",
	"move_mount",
	"mount_setattr",
	"add_key",
	"request_key",
	"keyctl",
	/* names without a call behind them */
	"getpmsg",
	"putpmsg",
	"afs_syscall",
	"tuxcall",
	"security",
	"epoll_ctl_old",
	"epoll_wait_old",
	"set_thread_area",
	"get_thread_area",
};

static const struct {
	const char *name;
	enum sys_action act;
} ruled[] = {
	{ "clone", ACT_CLONE },
	{ "unshare", ACT_UNSHARE },
	{ "socket", ACT_SOCKET },
	{ "socketpair", ACT_SOCKET },
	{ "ioctl", ACT_IOCTL },
	{ "personality", ACT_PERSONALITY },
	{ "prlimit64", ACT_PRLIMIT },
	{ "statmount", ACT_STATMOUNT },
	{ "listmount", ACT_STATMOUNT },
};

static bool
listed(const char *const *list, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static enum sys_action
wanted(const char *name)
{
	size_t i;

	if (listed(eperm, nitems(eperm), name))
		return ACT_EPERM;
	if (listed(enosys, nitems(enosys), name))
		return ACT_ENOSYS;
	for (i = 0; i < nitems(ruled); i++)
		if (strcmp(ruled[i].name, name) == 0)
			return ruled[i].act;
	return ACT_ALLOW;
}

static void
test_table(const char *machine, const struct row *t, size_t n, uint32_t arch)
{
	unsigned wrong = 0, misnamed = 0, unsorted = 0;
	char *name;
	size_t i;

	for (i = 0; i < n; i++) {
		if (t[i].act != wanted(t[i].name)) {
			(void)printf("# %s: action %d, not %d\n", t[i].name,
			    t[i].act, wanted(t[i].name));
			wrong++;
		}
		if (i > 0 && t[i].nr <= t[i - 1].nr)
			unsorted++;
		/* NULL: newer than this libseccomp. */
		name = seccomp_syscall_resolve_num_arch(arch, t[i].nr);
		if (name != NULL && strcmp(name, t[i].name) != 0) {
			(void)printf("# %s %d: %s, libseccomp's %s\n", machine,
			    t[i].nr, t[i].name, name);
			misnamed++;
		}
		free(name);
	}
	is_int(wrong, 0, "%s: every action is the policy's", machine);
	is_int(unsorted, 0, "%s: numbers rise", machine);
	is_int(misnamed, 0, "%s: names are libseccomp's", machine);
}

/* A name of the list that no table has is a slip of the pen. */
static void
test_lists(void)
{
	size_t i, k, found = 0;

	for (i = 0; i < nitems(eperm); i++)
		for (k = 0; k < nitems(x86); k++)
			found += strcmp(x86[k].name, eperm[i]) == 0;
	is_int(found, nitems(eperm), "all of the EPERM list exist");
	found = 0;
	for (i = 0; i < nitems(enosys); i++)
		for (k = 0; k < nitems(x86); k++)
			found += strcmp(x86[k].name, enosys[i]) == 0;
	is_int(found, nitems(enosys), "all of the ENOSYS list exist");
}

static void
test_headers(void)
{
	unsigned missing = 0;
	const char *name;
	size_t i;

	for (i = 0; i < nitems(headers); i++) {
		name = syscall_name((size_t)headers[i].nr);
		if (name != NULL && strcmp(name, headers[i].name) == 0)
			continue;
		(void)printf("# asm/unistd.h has %s %d, we have %s\n",
		    headers[i].name, headers[i].nr,
		    name != NULL ? name : "none");
		missing++;
	}
	ok(nitems(headers) > 250, "the headers were read: %zu calls",
	    nitems(headers));
	is_int(missing, 0, "every call of asm/unistd.h is classified");
}

/* Beyond 424 all machines share one numbering. */
static void
test_common_numbers(void)
{
	unsigned wrong = 0;
	size_t i, k;

	for (i = 0; i < nitems(x86); i++) {
		if (x86[i].nr < 424)
			continue;
		for (k = 0; k < nitems(arm); k++)
			if (arm[k].nr == x86[i].nr &&
			    strcmp(arm[k].name, x86[i].name) == 0)
				break;
		if (k == nitems(arm))
			wrong++;
	}
	is_int(wrong, 0, "from 424 on both tables are the same");
	is_int(x86[nitems(x86) - 1].nr, 469, "the last is Linux 6.18's");
}

static void
test_lookup(void)
{
	struct seccomp_choice c = { .statmount = false };

	is_int(syscall_action(syscall_count()), ACT_UNKNOWN, "past the end");
	is_int(syscall_action((size_t)-1), ACT_UNKNOWN, "far past the end");
	ok(syscall_name(syscall_count()) == NULL, "without a name");
	is_int(syscall_action(400), ACT_UNKNOWN, "400 is in a gap");
	is_int(seccomp_action(&c, 400), ACT_ENOSYS, "and gets ENOSYS");
	is_int(seccomp_action(&c, 457), ACT_ENOSYS, "no statmount");
	c.statmount = true;
	is_int(seccomp_action(&c, 457), ACT_ALLOW, "statmount");
}

int
main(void)
{
	test_lists();
	test_table("x86-64", x86, nitems(x86), SCMP_ARCH_X86_64);
	test_table("aarch64", arm, nitems(arm), SCMP_ARCH_AARCH64);
	test_headers();
	test_common_numbers();
	test_lookup();
	done_testing();
}
