/*
 * jail(8)'s command line, as far as getopt goes.
 */
#ifndef JAIL_OPTIONS_H
#define JAIL_OPTIONS_H

#include <stdbool.h>

#include "base/str.h"

struct options {
	unsigned ops;	       /* JAIL_OP_* */
	const char *separator; /* -e, or NULL */
	const char *file;      /* -f, or the standard one */
	const char *record;    /* -J, or NULL */
	unsigned parallel;     /* -p */
	bool ids, quiet, verbose, dying;
	struct strv words; /* the parameters that -h -l -n -s -u -U mean;
				 * any of them means: no configuration file */
	int argc;	   /* what is left */
	char **argv;
};

/* False: not a command line of ours; the caller shows the usage. */
bool options_parse(int argc, char **argv, struct options *o);

/* The usage, on standard error; returns the exit status. */
int options_usage(void);

#endif
