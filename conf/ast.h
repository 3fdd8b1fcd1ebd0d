/*
 * What a parsed jail.conf is, before wildcards and variables: blocks in file
 * order with their parameters.  Inside conf/ only.
 */
#ifndef CONF_AST_H
#define CONF_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/conf_file.h"
#include "conf/pool.h"

/* A variable's place in a text: before byte pos of it. */
struct var_ref {
	struct var_ref *next;
	size_t pos;
	const char *name;
	struct symbol *sym; /* NULL: no block gives that name */
	unsigned line, col;
};

/* A value: literal text and the variables to be put into it. */
struct text {
	struct text *next; /* of the same parameter */
	const char *s;
	size_t len;
	struct var_ref *vars; /* ascending pos */
	unsigned line, col;
};

struct assign {
	struct assign *next; /* in its block */
	struct symbol *sym;
	const char *name;    /* as written: "allow.nomount" */
	struct text *values; /* NULL: valueless */
	size_t nvalues;
	struct conf_origin at;
	struct conf_origin brk; /* line 0, or: "name value" over a line's end */
	bool negated;
	bool append; /* += */
	bool more;   /* += on a command line with nothing before it */
	bool is_var; /* written $name */
};

struct block {
	struct block *next; /* all blocks, in file order */
	const char *name;   /* whole dotted name */
	unsigned seq;
	struct conf_origin at;
	struct assign *first, **last;
	struct block *twin; /* the next of the same name, as the first has it */
	struct block **last_twin; /* of the first: where the next goes */
	bool global; /* the hidden one of parameters outside blocks */
};

struct by_name {
	const char *name;
	size_t index;
};

struct scratch; /* expand.c's, kept from jail to jail */

struct conf_file {
	struct pool pool;
	struct symtab syms;
	struct symbol *name, *jid;
	struct block *blocks, **last_block;
	struct block *global;
	unsigned nblocks;
	struct block **wild; /* wildcards, global included, by seq */
	size_t nwild;
	struct block **jails; /* real ones */
	size_t njails;
	struct by_name *names; /* open addressing, name NULL: free */
	size_t nnames;
	bool from_args; /* no variables, nothing immutable */
	struct scratch *scratch;
};

/* Where messages go, and how many errors went there. */
struct reporter {
	conf_message_fn *msg;
	void *arg;
	struct jerr *e; /* takes the first */
	size_t errors;
};

/* "FILE:LINE:COL: text", control characters made visible.  file NULL: the
 * text alone. */
void report_error(struct reporter *r, struct conf_origin at, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void report_note(struct reporter *r, struct conf_origin at, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* file.c */
struct conf_file *conf_file_new(void);
struct block *conf_file_add_block(
    struct conf_file *f, const char *name, struct conf_origin at);
struct assign *conf_file_add_assign(struct conf_file *f, struct block *b,
    const struct assign *a);		  /* a copy; NULL: no memory */
int conf_file_index(struct conf_file *f); /* after the last block */

/* parser.c: everything in path and what it includes, into f. */
int conf_parse(
    struct conf_file *f, const char *path, bool trust_any, struct reporter *r);

/* notes.c: what is legal and probably not meant. */
void notes_file(const struct conf_file *f, struct reporter *r);
void notes_jail(const struct jail_conf *c, struct reporter *r);

/* check.c: addresses and pf's rules, each mistake told at its value; jid NULL:
 * those that wait for it are left.  -1: no memory. */
int check_values(const struct conf_file *f, const struct jail_conf *c,
    const char *jid, struct reporter *r);

bool is_number(const char *name);

/* expand.c */
struct scratch *scratch_new(unsigned nsyms);
void scratch_free(struct scratch *s);

/* include.c */
struct include {
	const char *name; /* for messages; pool's */
	char *dir;	  /* for what it includes; NULL: standard input */
	char *text;
	size_t len;
};

/* Read a configuration file ("-": standard input), checking who may write it.
 * text and dir are malloc'd. */
int include_read(struct conf_file *f, const char *path, bool trust_any,
    struct include *out, struct jerr *e);
/* The files that a pattern names, relative to dir; none is no error when it
 * has glob characters. */
int include_expand(
    const char *dir, const char *pattern, struct strv *out, struct jerr *e);

#endif
