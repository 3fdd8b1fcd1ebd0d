/*
 * An interpreter of the classic BPF that seccomp takes, for tests.  Strict:
 * what the kernel would refuse, or a jump out of the program, is an abort.
 */
#ifndef TESTS_UNIT_BPF_RUN_H
#define TESTS_UNIT_BPF_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void
bpf_bad(const char *what, size_t pc)
{
	(void)printf("Bail out! BPF program: %s at %zu\n", what, pc);
	exit(1);
}

/* The return value for d; *steps counts instructions if not NULL. */
static inline uint32_t
bpf_run(const struct sock_filter *p, size_t n, const struct seccomp_data *d,
    unsigned *steps)
{
	uint32_t a = 0;
	bool yes;
	size_t pc;

	for (pc = 0; pc < n; pc++) {
		if (steps != NULL)
			(*steps)++;
		switch (p[pc].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (p[pc].k % 4 != 0 || p[pc].k >= sizeof(*d))
				bpf_bad("load outside of seccomp_data", pc);
			memcpy(&a, (const char *)d + p[pc].k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= p[pc].k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += p[pc].k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == p[pc].k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= p[pc].k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > p[pc].k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & p[pc].k) != 0;
			break;
		case BPF_RET | BPF_K:
			return p[pc].k;
		default:
			bpf_bad("instruction that is not known", pc);
			return 0;
		}
		pc += yes ? p[pc].jt : p[pc].jf;
	}
	bpf_bad("ran past the end", pc);
	return 0;
}

#endif
