/*
 * Between the lexer, the parser and the rest of pf.c; nobody else's.
 */
#ifndef MODEL_PF_INT_H
#define MODEL_PF_INT_H

#include "model/pf.h"

enum pf_kind {
	PFT_END,
	PFT_WORD,
	PFT_ARROW, /* -> */
	PFT_MARK,  /* one of { } ( ) , */
	PFT_OP,	   /* = ! < > and their pairs: only = means anything here */
};

struct pf_tok {
	enum pf_kind kind;
	const char *s;
	size_t len;
};

struct pf_lex {
	const char *param; /* "rdr" */
	const char *text;
	struct pf_tok tok; /* the current one */
	struct jerr *e;
};

/* Starts at the first token.  -1: a character that no rule has. */
int pf_lex_init(
    struct pf_lex *l, enum param_id id, const char *text, struct jerr *e);
int pf_next(struct pf_lex *l);

bool pf_is(const struct pf_lex *l, const char *s); /* the current token */
/* A copy, to work on; false when it does not fit. */
bool pf_copy(const struct pf_tok *t, char *buf, size_t size);

/* "rdr: column N of \"LINE\": WORD: what"; -1. */
int pf_wrong(const struct pf_lex *l, const struct pf_tok *t, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* Why the current token has no meaning here although pf knows it, or NULL. */
const char *pf_refused(const struct pf_lex *l);
/* The current token is not what has to be here; a word that pf knows and this
 * does not is told so. */
int pf_expected(const struct pf_lex *l, const char *what);

/* The port of a service for these protocols; 0: none, or not the same. */
unsigned pf_service(const char *name, unsigned protos);

/* ---- pf_words.c: each reads from the current token and goes past it ---- */

typedef int pf_read_one(struct pf_lex *l, struct pf_rule *r);
/* "a" or "{ a, b c }". */
int pf_read_list(
    struct pf_lex *l, struct pf_rule *r, pf_read_one *one, const char *what);
pf_read_one pf_read_on, pf_read_from, pf_read_to, pf_read_to_port;

bool pf_is_keyword(const struct pf_tok *t); /* of the grammar itself */
bool pf_is_ifname(const struct pf_tok *t);
/* "(em0)" or "em0". */
int pf_read_if_address(struct pf_lex *l, char out[PF_IFNAME]);
/* "80", "http", "8000:8080"; with star also "8000:*", whose *hi is 0. */
int pf_read_range(
    struct pf_lex *l, unsigned protos, bool star, unsigned *lo, unsigned *hi);

/* These look at a token and stay where they are.  An address or a network: 1;
 * something else: 0. */
int pf_read_net(
    const struct pf_lex *l, const struct pf_tok *t, struct pf_net *out);
int pf_no_address(const struct pf_lex *l, const char *what); /* -1, why */
int pf_family_fits(const struct pf_lex *l, const struct pf_tok *t,
    const struct pf_rule *r, const struct ip *ip);

/* ---- pf_parse.c ---- */

/* Reads a whole line into r, which is zero.  What r owns stays on -1. */
int pf_read_rule(struct pf_lex *l, enum param_id id, struct pf_rule *r);

#endif
