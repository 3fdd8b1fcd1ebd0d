/*
 * Output of lists of things (jls): one interface, four instances.  Text and
 * HTML show lines for people; JSON and XML carry values for programs.  A
 * program always says both, and each instance takes its half:
 *
 *	shown:   title, gap, data, newline
 *	carried: value, list
 *
 * Everything is kept until printer_finish, so a failure half way prints no
 * half document.
 */
#ifndef CLI_PRINTER_H
#define CLI_PRINTER_H

#include <stdbool.h>
#include <stddef.h>

enum printer_style {
	PRINTER_TEXT,
	PRINTER_JSON,
	PRINTER_XML,
	PRINTER_HTML,
};

struct printer;

/* "json", "xml,pretty", ... as libxo(3) options are written; true and *style,
 * *pretty when every word is known. */
bool printer_parse(const char *words, enum printer_style *style, bool *pretty);

struct printer *printer_new(enum printer_style style, bool pretty);

/* { "__version": version, container: { list: [ ... ] } } */
void printer_open(struct printer *p, const char *container, const char *list,
    const char *version);
void printer_close(struct printer *p);
void printer_begin(struct printer *p); /* one thing of the list */
void printer_end(struct printer *p);

void printer_title(struct printer *p, const char *text); /* of a column */
void printer_gap(struct printer *p, const char *text);	 /* between columns */
void printer_data(struct printer *p, const char *name, const char *text);
void printer_newline(struct printer *p);

/* bare: a number, true or false, without quotes in JSON. */
void printer_value(
    struct printer *p, const char *name, const char *value, bool bare);
void printer_list(
    struct printer *p, const char *name, char *const *values, size_t n);

/* Writes it all to fd and frees p; 0, or -1 with errno (ENOMEM: some call
 * before failed). */
int printer_finish(struct printer *p, int fd);

#endif
