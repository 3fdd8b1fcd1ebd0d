/*
 * Errors: an errno and a message, on the caller's stack, filled at the bottom
 * and wrapped on the way up.  Printed once, by the program.
 *
 * Every fallible function takes a struct jerr * last and returns 0 or -1 (or
 * a descriptor or -1).  On -1 the message is never empty.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define JERR_MSGLEN 1024

struct jerr {
	int code;	       /* errno value, 0 when none fits */
	char msg[JERR_MSGLEN]; /* complete text, no newline */
};

#define JERR_INIT \
	{ \
		.code = 0, .msg = "" \
	}

/* Set code and text; always returns -1, so "return jerr_set(...)". */
int jerr_set(struct jerr *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As jerr_set, with errno's code and ": strerror" appended. */
int jerr_sys(struct jerr *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ENOMEM, "out of memory"; returns -1. */
int jerr_nomem(struct jerr *e);

/* Put "text: " before the message that is there; returns -1. */
int jerr_wrap(struct jerr *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says to compilers and analysers what the comment says: always -1. */
#define jerr_set(...) ((void)(jerr_set)(__VA_ARGS__), -1)
#define jerr_sys(...) ((void)(jerr_sys)(__VA_ARGS__), -1)
#define jerr_nomem(e) ((void)(jerr_nomem)(e), -1)
#define jerr_wrap(...) ((void)(jerr_wrap)(__VA_ARGS__), -1)

#endif
