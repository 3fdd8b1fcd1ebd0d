/*
 * The printer's common half: which instance, what was collected, writing it
 * out.  Must never print a document that lacks something without saying so.
 */
#include "cli/printer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/printer_int.h"

static const struct {
	const char *word;
	enum printer_style style;
} styles[] = {
	{ "text", PRINTER_TEXT },
	{ "json", PRINTER_JSON },
	{ "xml", PRINTER_XML },
	{ "html", PRINTER_HTML },
};

static bool
parse_word(const char *w, size_t n, enum printer_style *style, bool *pretty)
{
	if (n == 6 && strncmp(w, "pretty", n) == 0) {
		*pretty = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strlen(styles[i].word) == n &&
		    strncmp(w, styles[i].word, n) == 0) {
			*style = styles[i].style;
			return true;
		}
	return false;
}

bool
printer_parse(const char *words, enum printer_style *style, bool *pretty)
{
	for (;;) {
		size_t n = strcspn(words, ",");

		if (!parse_word(words, n, style, pretty))
			return false;
		if (words[n] == '\0')
			return true;
		words += n + 1;
	}
}

struct printer *
printer_new(enum printer_style style, bool pretty)
{
	static const struct printer_ops *const ops[] = {
		[PRINTER_TEXT] = &printer_text,
		[PRINTER_JSON] = &printer_json,
		[PRINTER_XML] = &printer_xml,
		[PRINTER_HTML] = &printer_html,
	};
	struct printer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->ops = ops[style];
	p->pretty = pretty;
	return p;
}

void
printer_open(struct printer *p, const char *container, const char *list,
    const char *version)
{
	p->container = container;
	p->list = list;
	p->version = version;
	if (p->ops->open != NULL)
		p->ops->open(p);
}

void
printer_close(struct printer *p)
{
	if (p->ops->close != NULL)
		p->ops->close(p);
}

void
printer_begin(struct printer *p)
{
	if (p->ops->begin != NULL)
		p->ops->begin(p);
}

void
printer_end(struct printer *p)
{
	if (p->ops->end != NULL)
		p->ops->end(p);
}

void
printer_title(struct printer *p, const char *text)
{
	if (p->ops->title != NULL)
		p->ops->title(p, text);
}

void
printer_gap(struct printer *p, const char *text)
{
	if (p->ops->gap != NULL)
		p->ops->gap(p, text);
}

void
printer_data(struct printer *p, const char *name, const char *text)
{
	if (p->ops->data != NULL)
		p->ops->data(p, name, text);
}

void
printer_newline(struct printer *p)
{
	if (p->ops->newline != NULL)
		p->ops->newline(p);
}

void
printer_value(struct printer *p, const char *name, const char *value, bool bare)
{
	if (p->ops->value != NULL)
		p->ops->value(p, name, value, bare);
}

void
printer_list(struct printer *p, const char *name, char *const *values, size_t n)
{
	if (p->ops->list != NULL)
		p->ops->list(p, name, values, n);
}

int
printer_finish(struct printer *p, int fd)
{
	int rc = -1, code;

	if (p->failed)
		errno = ENOMEM;
	else
		rc = io_write_all(fd, strbuf_str(&p->out), p->out.len);
	code = errno;
	strbuf_free(&p->out);
	free(p);
	errno = code;
	return rc;
}

/* ---- for the instances ---- */

void
printer_put(struct printer *p, const char *s)
{
	if (strbuf_puts(&p->out, s) == -1)
		p->failed = true;
}

void
printer_putc(struct printer *p, char c)
{
	if (strbuf_putc(&p->out, c) == -1)
		p->failed = true;
}

void
printer_indent(struct printer *p, unsigned depth)
{
	if (!p->pretty)
		return;
	printer_putc(p, '\n');
	while (depth-- > 0)
		printer_put(p, "  ");
}

size_t
printer_utf8(const char *s)
{
	static const struct {
		unsigned char mask, lead, low, high; /* of the second byte */
	} t[] = {
		{ 0xff, 0xe0, 0xa0, 0xbf },
		{ 0xff, 0xed, 0x80, 0x9f },
		{ 0xff, 0xf0, 0x90, 0xbf },
		{ 0xff, 0xf4, 0x80, 0x8f },
	};
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t n = u[0] < 0x80		 ? 1 :
	    u[0] >= 0xc2 && u[0] <= 0xdf ? 2 :
	    (u[0] & 0xf0) == 0xe0	 ? 3 :
	    u[0] >= 0xf0 && u[0] <= 0xf4 ? 4 :
					   0;

	/* Overlong forms, surrogates and what is above U+10FFFF. */
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if ((u[0] & t[i].mask) == t[i].lead) {
			low = t[i].low;
			high = t[i].high;
		}
	for (size_t i = 1; i < n; i++, low = 0x80, high = 0xbf)
		if (u[i] < low || u[i] > high)
			return 0;
	return n;
}

void
printer_put_markup(struct printer *p, const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n != 0 ? n : 1) {
		n = printer_utf8(s);
		switch (*s) {
		case '&':
			printer_put(p, "&amp;");
			continue;
		case '<':
			printer_put(p, "&lt;");
			continue;
		case '>':
			printer_put(p, "&gt;");
			continue;
		case '"':
			printer_put(p, "&quot;");
			continue;
		default:
			break;
		}
		if (n == 0 || *s == 0x7f ||
		    ((unsigned char)*s < 0x20 && *s != '\n' && *s != '\t'))
			printer_put(p, "\xef\xbf\xbd");
		else if (strbuf_add(&p->out, s, n) == -1)
			p->failed = true;
	}
}
