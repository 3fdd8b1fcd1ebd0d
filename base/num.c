/*
 * Strict numbers.  No strtol: it skips blanks, takes signs and stops early.
 */
#include "base/num.h"

#include <errno.h>
#include <stddef.h>

int
num_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (*s == '\0') {
		errno = EINVAL;
		return -1;
	}
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9') {
			errno = EINVAL;
			return -1;
		}
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n) ||
		    n > max) {
			errno = ERANGE;
			return -1;
		}
	}
	*out = n;
	return 0;
}

int
num_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	uint64_t n;
	int64_t v;

	if (*s == '-') {
		if (num_u64(s + 1, (uint64_t)INT64_MAX, &n) == -1)
			return -1;
		v = -(int64_t)n;
	} else {
		if (num_u64(s, (uint64_t)INT64_MAX, &n) == -1)
			return -1;
		v = (int64_t)n;
	}
	if (v < min || v > max) {
		errno = ERANGE;
		return -1;
	}
	*out = v;
	return 0;
}
