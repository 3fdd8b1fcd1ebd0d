/*
 * The printer for people at a terminal.  Values are jail's parameters, which
 * others may have written: control characters but newline and tab are shown as
 * \ooo, so they move no cursor.
 */
#include "cli/printer_int.h"

static bool
is_control(char c)
{
	unsigned char u = (unsigned char)c;

	return (u < 0x20 && u != '\n' && u != '\t') || u == 0x7f;
}

static void
put(struct printer *p, const char *s)
{
	while (*s != '\0') {
		size_t n = 0;

		while (s[n] != '\0' && !is_control(s[n]))
			n++;
		if (strbuf_add(&p->out, s, n) == -1)
			p->failed = true;
		s += n;
		if (*s != '\0' &&
		    strbuf_addf(&p->out, "\\%03o", (unsigned char)*s++) == -1)
			p->failed = true;
	}
}

static void
data(struct printer *p, const char *name, const char *text)
{
	(void)name;
	put(p, text);
}

static void
newline(struct printer *p)
{
	printer_putc(p, '\n');
}

const struct printer_ops printer_text = {
	.title = put,
	.gap = printer_put,
	.data = data,
	.newline = newline,
};
