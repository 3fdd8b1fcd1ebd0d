/*
 * Fields on one line: the registry's files hold what administrators and jails
 * wrote (paths, host names), so everything that could end a field or a line,
 * or act on a terminal, is written as \ooo.  Never loses a byte.
 */
#include "registry/reg_int.h"

int
reg_escape(struct strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		int r;

		if (c < 0x20 || c == 0x7f || c == '\\')
			r = strbuf_addf(b, "\\%03o", c);
		else
			r = strbuf_putc(b, *s);
		if (r == -1)
			return -1;
	}
	return 0;
}
