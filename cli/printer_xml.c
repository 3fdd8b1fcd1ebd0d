/*
 * The printer for programs that read XML: an element a value, a list as
 * several elements of one name.  Always well-formed, whatever a key is called.
 */
#include <ctype.h>

#include "cli/printer_int.h"

/* Keys of meta and env may hold what an element's name may not. */
static void
put_name(struct printer *p, const char *s)
{
	for (; *s != '\0'; s++)
		printer_putc(p,
		    isascii((unsigned char)*s) &&
			    (isalnum((unsigned char)*s) || *s == '.' ||
				*s == '-') ?
			*s :
			'_');
}

static void
open_tag(struct printer *p, const char *name, unsigned depth)
{
	if (depth > 0)
		printer_indent(p, depth);
	printer_putc(p, '<');
	put_name(p, name);
	printer_putc(p, '>');
}

static void
close_tag(struct printer *p, const char *name)
{
	printer_put(p, "</");
	put_name(p, name);
	printer_putc(p, '>');
}

static void
open_xml(struct printer *p)
{
	printer_putc(p, '<');
	put_name(p, p->container);
	printer_put(p, " __version=\"");
	printer_put_markup(p, p->version);
	printer_put(p, "\">");
}

static void
close_xml(struct printer *p)
{
	printer_indent(p, 0);
	close_tag(p, p->container);
	printer_putc(p, '\n');
}

static void
begin(struct printer *p)
{
	open_tag(p, p->list, 1);
}

static void
end(struct printer *p)
{
	printer_indent(p, 1);
	close_tag(p, p->list);
}

static void
value(struct printer *p, const char *name, const char *v, bool bare)
{
	(void)bare;
	open_tag(p, name, 2);
	printer_put_markup(p, v);
	close_tag(p, name);
}

static void
list(struct printer *p, const char *name, char *const *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		value(p, name, values[i], false);
}

const struct printer_ops printer_xml = {
	.open = open_xml,
	.close = close_xml,
	.begin = begin,
	.end = end,
	.value = value,
	.list = list,
};
