/*
 * How jail(8) shows a value in -e, -J and -v (reference 3.3), and how any
 * program shows text that it did not make itself.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include "base/str.h"

/*
 * Append s as one word: "" when empty; in double quotes when it holds a blank,
 * a tab or a single quote, in single quotes when it holds a double quote; a
 * backslash and the quote around it are escaped.  -1 ENOMEM.
 */
int quote_word(struct strbuf *b, const char *s);

/*
 * Append s with control characters (newline too) as \ooo, so that it is one
 * line and moves no cursor.  UTF-8 passes.  -1 ENOMEM.
 */
int quote_line(struct strbuf *b, const char *s);

#endif
