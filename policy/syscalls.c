/*
 * The tables of system calls as arrays.  The rows stand in one file for each
 * machine; a number given twice does not compile without a warning.  Never
 * takes a number from the system's headers: they may be older than the kernel
 * that runs.
 */
#include "policy/syscalls.h"

#include <stdint.h>

#include "base/cleanup.h"

#if defined(__x86_64__) && defined(__LP64__)
#define SYSCALL_TABLE "policy/syscalls_x86_64.def"
#elif defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#define SYSCALL_TABLE "policy/syscalls_aarch64.def"
#else
#error "no table of system calls for this machine: make policy/syscalls_*.def"
#endif

static const uint8_t actions[] = {
#define S(nr, name, act) [nr] = ACT_##act,
#include SYSCALL_TABLE
#undef S
};

static const char *const names[] = {
#define S(nr, name, act) [nr] = #name,
#include SYSCALL_TABLE
#undef S
};

_Static_assert(nitems(actions) == nitems(names), "one table, two arrays");

size_t
syscall_count(void)
{
	return nitems(actions);
}

enum sys_action
syscall_action(size_t nr)
{
	return nr < nitems(actions) ? (enum sys_action)actions[nr] :
				      ACT_UNKNOWN;
}

const char *
syscall_name(size_t nr)
{
	return nr < nitems(names) ? names[nr] : NULL;
}
