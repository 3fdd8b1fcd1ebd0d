/*
 * Words and lines for people to read.  Never loses a byte: what cannot be
 * shown is written as an escape.
 */
#include "base/quote.h"

#include <string.h>

int
quote_word(struct strbuf *b, const char *s)
{
	char quote = '\0';

	if (s[0] == '\0')
		return strbuf_puts(b, "\"\"");
	if (strpbrk(s, "\" \t'") != NULL)
		quote = strchr(s, '"') != NULL && strchr(s, '\'') == NULL ?
		    '\'' :
		    '"';
	if (quote != '\0' && strbuf_putc(b, quote) == -1)
		return -1;
	for (; *s != '\0'; s++) {
		if ((*s == '\\' || (quote != '\0' && *s == quote)) &&
		    strbuf_putc(b, '\\') == -1)
			return -1;
		if (strbuf_putc(b, *s) == -1)
			return -1;
	}
	return quote != '\0' ? strbuf_putc(b, quote) : 0;
}

int
quote_line(struct strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= ' ' && c != 0x7f ? strbuf_putc(b, *s) == -1 :
					    strbuf_addf(b, "\\%03o", c) == -1)
			return -1;
	}
	return 0;
}
