/*
 * The option table of jail(8) (reference 3.1).  Only reads; what a combination
 * means is decided in main.c.
 */
#include "jail/options.h"

#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "jail_linux.h"

#define CONF_FILE "/etc/jail.conf"
#define PARALLEL_MAX 100000

/* Options that are words of the command line in disguise. */
static const struct shorthand {
	char opt;
	const char *fmt; /* with its argument, if it has one */
	const char *also;
} shorthands[] = {
	{ 'h', "ip_hostname", NULL },
	{ 'l', "exec.clean", NULL },
	{ 'n', "name=", NULL },
	{ 's', "securelevel=", NULL },
	{ 'u', "exec.jail_user=", "exec.system_jail_user=true" },
	{ 'U', "exec.jail_user=", "exec.system_jail_user=false" },
	{ '\0', NULL, NULL },
};

static const struct op_letter {
	char opt;
	unsigned ops;
} op_letters[] = {
	{ 'c', JAIL_OP_CREATE },
	{ 'm', JAIL_OP_MODIFY },
	{ 'r', JAIL_OP_REMOVE },
	{ 'R', JAIL_OP_REMOVE | JAIL_OP_FORCE },
	{ 'C', JAIL_OP_CLEAN },
	{ '\0', 0 },
};

static bool
add_shorthand(struct options *o, int opt, const char *arg)
{
	for (const struct shorthand *s = shorthands; s->opt != '\0'; s++) {
		if (s->opt != opt)
			continue;
		return strv_addf(&o->words, "%s%s", s->fmt,
			   arg != NULL ? arg : "") == 0 &&
		    (s->also == NULL || strv_add(&o->words, s->also) == 0);
	}
	return false;
}

static bool
add_op(struct options *o, int opt)
{
	for (const struct op_letter *l = op_letters; l->opt != '\0'; l++)
		if (l->opt == opt) {
			o->ops |= l->ops;
			return true;
		}
	return false;
}

static bool
one_option(struct options *o, int opt, const char *arg)
{
	uint64_t n;

	switch (opt) {
	case 'd':
		o->dying = true;
		return true;
	case 'e':
		o->separator = arg;
		return true;
	case 'f':
		o->file = arg;
		return true;
	case 'i':
		o->ids = true;
		return true;
	case 'J':
		o->record = arg;
		return true;
	case 'p':
		if (num_u64(arg, PARALLEL_MAX, &n) == -1)
			return false;
		o->parallel = (unsigned)n;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	default:
		return add_op(o, opt) || add_shorthand(o, opt, arg);
	}
}

bool
options_parse(int argc, char **argv, struct options *o)
{
	int opt;

	*o = (struct options) { .file = CONF_FILE };
	opterr = 0; /* one usage text instead of getopt's line */
	/* '+': parameters and targets end the options, as on FreeBSD. */
	while ((opt = getopt(argc, argv, "+cCde:f:hiJ:lmn:p:qrRs:u:U:v")) != -1)
		if (!one_option(o, opt, optarg))
			return false;
	o->argc = argc - optind;
	o->argv = argv + optind;
	return true;
}

int
options_usage(void)
{
	static const char text[] =
	    "usage: jail [-hilqv] [-J file] [-n name] [-s level] "
	    "[-u user | -U user]\n"
	    "            {-c | -m | -cm | -mr | -rc | -cmr} "
	    "parameter[=value] ... [command=...]\n"
	    "       jail [-iqv] [-f file] [-J file] [-p limit] "
	    "{-c | -m | -r | -C | ...} [jail]\n"
	    "       jail [-qv] [-f file] [-p limit] -r {jail | pattern} ...\n"
	    "       jail [-qv] -R {jail | pattern} ...\n"
	    "       jail [-f file] -e separator\n"
	    "       jail [-hilqv] [-J file] [-n name] [-s level] "
	    "[-u user | -U user]\n"
	    "            path hostname address[,...] command ...\n";

	(void)io_write_all(STDERR_FILENO, text, sizeof(text) - 1);
	return 1;
}
