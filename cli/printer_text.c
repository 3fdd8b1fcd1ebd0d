/*
 * The printer for people at a terminal.  Values are jail's parameters, which
 * others may have written: control characters but newline and tab are shown as
 * \ooo, so they move no cursor.
 */
#include "cli/printer_int.h"

static void
put(struct printer *p, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
			if (strbuf_addf(&p->out, "\\%03o", c) == -1)
				p->failed = true;
		} else
			printer_putc(p, *s);
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
