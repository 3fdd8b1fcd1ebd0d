/*
 * The printer for programs that read JSON (RFC 8259), spaced as libxo does:
 * commas alone between values, comma and blank between larger things.  Always
 * valid UTF-8: what is none becomes U+FFFD.
 */
#include <string.h>

#include "cli/printer_int.h"

static void
put_string(struct printer *p, const char *s)
{
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	size_t n;

	printer_putc(p, '"');
	for (; *s != '\0'; s += n != 0 ? n : 1) {
		const char *e = strchr(from, *s);

		n = printer_utf8(s);
		if (e != NULL) {
			printer_putc(p, '\\');
			printer_putc(p, to[e - from]);
		} else if (n == 0)
			printer_put(p, "\xef\xbf\xbd");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			if (strbuf_addf(
				&p->out, "\\u%04x", (unsigned char)*s) == -1)
				p->failed = true;
		} else if (strbuf_add(&p->out, s, n) == -1)
			p->failed = true;
	}
	printer_putc(p, '"');
}

/* The comma before all but the first; loose: with a blank. */
static void
separate(struct printer *p, bool loose)
{
	if (!p->first)
		printer_put(p, loose && !p->pretty ? ", " : ",");
	p->first = false;
}

static void
open_json(struct printer *p)
{
	printer_put(p, "{");
	printer_indent(p, 1);
	printer_put(p, "\"__version\": ");
	put_string(p, p->version);
	printer_put(p, p->pretty ? "," : ", ");
	printer_indent(p, 1);
	put_string(p, p->container);
	printer_put(p, ": {");
	printer_indent(p, 2);
	put_string(p, p->list);
	printer_put(p, ": [");
	p->first = true;
}

static void
close_json(struct printer *p)
{
	printer_indent(p, 2);
	printer_put(p, "]");
	printer_indent(p, 1);
	printer_put(p, "}");
	printer_indent(p, 0);
	printer_put(p, "}\n");
}

static void
begin(struct printer *p)
{
	separate(p, true);
	printer_indent(p, 3);
	printer_put(p, "{");
	p->first = true;
}

static void
end(struct printer *p)
{
	printer_indent(p, 3);
	printer_put(p, "}");
	p->first = false;
}

static void
value(struct printer *p, const char *name, const char *v, bool bare)
{
	separate(p, false);
	printer_indent(p, 4);
	put_string(p, name);
	printer_put(p, p->pretty ? ": " : ":");
	if (bare)
		printer_put(p, v);
	else
		put_string(p, v);
}

static void
list(struct printer *p, const char *name, char *const *values, size_t n)
{
	separate(p, true);
	printer_indent(p, 4);
	put_string(p, name);
	printer_put(p, ": [");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			printer_putc(p, ',');
		printer_indent(p, 5);
		put_string(p, values[i]);
	}
	if (n > 0)
		printer_indent(p, 4);
	printer_put(p, "]");
}

const struct printer_ops printer_json = {
	.open = open_json,
	.close = close_json,
	.begin = begin,
	.end = end,
	.value = value,
	.list = list,
};
