/*
 * libnftables, opened on first use, and one transaction of text.  For the files
 * of nft_*.c alone.
 */
#ifndef NET_NFTLIB_H
#define NET_NFTLIB_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Run commands: all of them or none.  What they print is appended to out when
 * that is not NULL; handles: with "# handle N".  -1: e is the library's first
 * line, its code ENOENT when something named is not there.
 */
int nft_run(const char *text, bool handles, struct strbuf *out, struct jerr *e);

#endif
