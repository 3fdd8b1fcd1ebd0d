/*
 * The one strict reader of numbers: digits only, the whole token, no sign (but
 * for num_int), no blanks, range checked.  (crun took "-u 1" for root because
 * it had two readers: CVE-2026-30892.)
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

/* 0, or -1 with errno EINVAL (not a number) or ERANGE; *out unchanged then. */
int num_u64(const char *s, uint64_t max, uint64_t *out);
int num_int(const char *s, int64_t min, int64_t max,
    int64_t *out); /* may begin with '-' */

#endif
