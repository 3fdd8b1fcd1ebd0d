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

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void
reg_unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    is_octal(s[2]) && is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 4;
		} else
			*to++ = *s++;
	}
	*to = '\0';
}
