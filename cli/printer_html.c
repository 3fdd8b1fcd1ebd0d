/*
 * The printer for web pages: the lines of the text, as the div elements that
 * libxo makes, for a page's style sheet to arrange.  Never lets a value be
 * markup.
 */
#include "cli/printer_int.h"

static void
put_div(struct printer *p, const char *class, const char *tag, const char *text)
{
	if (!p->in_line)
		printer_put(p, "<div class=\"line\">");
	p->in_line = true;
	printer_put(p, "<div class=\"");
	printer_put(p, class);
	if (tag != NULL) {
		printer_put(p, "\" data-tag=\"");
		printer_put_markup(p, tag);
	}
	printer_put(p, "\">");
	printer_put_markup(p, text);
	printer_put(p, "</div>");
}

static void
title(struct printer *p, const char *text)
{
	put_div(p, "title", NULL, text);
}

static void
gap(struct printer *p, const char *text)
{
	put_div(p, "text", NULL, text);
}

static void
data(struct printer *p, const char *name, const char *text)
{
	put_div(p, "data", name, text);
}

static void
newline(struct printer *p)
{
	if (p->in_line)
		printer_put(p, "</div>");
	p->in_line = false;
	if (p->pretty)
		printer_putc(p, '\n');
}

static void
close_html(struct printer *p)
{
	if (!p->pretty)
		printer_putc(p, '\n');
}

const struct printer_ops printer_html = {
	.close = close_html,
	.title = title,
	.gap = gap,
	.data = data,
	.newline = newline,
};
