/*
 * Between printer.c and its four instances.
 */
#ifndef CLI_PRINTER_INT_H
#define CLI_PRINTER_INT_H

#include "base/str.h"
#include "cli/printer.h"

struct printer_ops {
	/* Any may be NULL: this instance has no such thing. */
	void (*open)(struct printer *p);
	void (*close)(struct printer *p);
	void (*begin)(struct printer *p);
	void (*end)(struct printer *p);
	void (*title)(struct printer *p, const char *text);
	void (*gap)(struct printer *p, const char *text);
	void (*data)(struct printer *p, const char *name, const char *text);
	void (*newline)(struct printer *p);
	void (*value)(
	    struct printer *p, const char *name, const char *value, bool bare);
	void (*list)(
	    struct printer *p, const char *name, char *const *values, size_t n);
};

struct printer {
	const struct printer_ops *ops;
	struct strbuf out;
	bool failed;  /* out of memory somewhere */
	bool pretty;  /* JSON, XML: a line a value, indented */
	bool first;   /* JSON: nothing before this in its brackets */
	bool in_line; /* HTML: a line is open */
	const char *container, *list, *version;
};

extern const struct printer_ops printer_text, printer_json, printer_xml,
    printer_html;

/* Append; failure is remembered. */
void printer_put(struct printer *p, const char *s);
void printer_putc(struct printer *p, char c);
/* In pretty output a new line of this depth, else nothing. */
void printer_indent(struct printer *p, unsigned depth);
/* With & < > " as entities, and what XML has no character for as U+FFFD. */
void printer_put_markup(struct printer *p, const char *s);

/* The length of the UTF-8 character at s (1-4), or 0 when there is none. */
size_t printer_utf8(const char *s);

#endif
