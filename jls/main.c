/*
 * jls(8): list jails.  Reads the options and chooses the form; needs no
 * privilege and changes nothing.  A failure prints one line and no half list.
 */
#include <sys/types.h>

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/msg.h"
#include "jail.h"
#include "jls/jls.h"

struct options {
	struct jls j;
	bool exists; /* -c */
	enum printer_style style;
	bool pretty;
};

enum { OPT_LIBXO = 256, OPT_JSON };

static int
usage(void)
{
	cli_warn("usage: jls [-dhNnqsv] [-j jail] [param ...]");
	cli_put(STDERR_FILENO, "%s", "            jls -c [-d] -j jail");
	return 1;
}

/* Later ones cancel earlier ones that do not go with them. */
static const struct {
	int opt;
	unsigned off, on;
} flag_table[] = {
	{ 'h', JLS_SKIP | JLS_VERBOSE, JLS_HEADER },
	{ 'N', 0, JLS_NAME },
	{ 'n', JLS_VERBOSE, JLS_NAMEVAL },
	{ 'q', 0, JLS_QUOTED },
	{ 's', JLS_HEADER | JLS_VERBOSE, JLS_NAMEVAL | JLS_QUOTED | JLS_SKIP },
	{ 'v', JLS_HEADER | JLS_NAMEVAL | JLS_SKIP, JLS_VERBOSE },
};

static bool
set_flag(struct jls *j, int opt)
{
	for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++)
		if (flag_table[i].opt == opt) {
			j->flags &= ~flag_table[i].off;
			j->flags |= flag_table[i].on;
			return true;
		}
	return false;
}

/* -1: all well; else the exit status. */
static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "libxo", required_argument, NULL, OPT_LIBXO },
		{ "json", no_argument, NULL, OPT_JSON },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	/* "+": what follows the first parameter is a parameter. */
	while (
	    (c = getopt_long(argc, argv, "+acdhj:Nnqsv", longs, NULL)) != -1) {
		if (set_flag(&o->j, c))
			continue;
		switch (c) {
		case 'a':
		case 'd':
			o->j.get_flags |= JAIL_DYING;
			break;
		case 'c':
			o->exists = true;
			break;
		case 'j':
			o->j.jail = optarg;
			break;
		case OPT_JSON:
			o->style = PRINTER_JSON;
			break;
		case OPT_LIBXO:
			if (printer_parse(optarg, &o->style, &o->pretty))
				break;
			cli_warn("--libxo: unknown style: %s", optarg);
			return 1;
		default:
			return usage();
		}
	}
	o->j.params = argv + optind;
	o->j.nparams = argc - optind;
	if (o->exists &&
	    (o->j.jail == NULL || o->j.nparams > 0 || o->j.flags != 0))
		return usage();
	return -1;
}

static void
ignore(const struct jls *j, struct jailparam *jp, unsigned njp)
{
	(void)j;
	(void)jp;
	(void)njp;
}

/* -c: 0 when it is there; nothing is printed. */
static int
test_existence(const struct jls *j)
{
	struct jailparam jp[3];
	int rc = -1;

	if (jailparam_init(&jp[0], "lastjid") == 0 &&
	    jailparam_init(&jp[1], "jid") == 0 &&
	    jailparam_init(&jp[2], "name") == 0)
		rc = jls_each(j, jp, 3, ignore);
	return rc == 0 ? 0 : 1;
}

static int
list(struct options *o)
{
	struct jls *j = &o->j;
	int rc;

	j->out = printer_new(o->style, o->pretty);
	if (j->out == NULL) {
		cli_warn("%s", strerror(errno));
		return 1;
	}
	if (j->nparams > 0)
		j->flags &= ~(unsigned)JLS_VERBOSE;
	printer_open(j->out, "jail-information", "jail", "2");
	if (j->nparams > 0 || (j->flags & (JLS_HEADER | JLS_NAMEVAL)))
		rc = jls_params(j);
	else if (j->flags & JLS_VERBOSE)
		rc = jls_verbose(j);
	else
		rc = jls_table(j);
	if (rc == -1) {
		cli_warn_lib();
		return 1;
	}
	printer_close(j->out);
	if (printer_finish(j->out, STDOUT_FILENO) == -1) {
		cli_warn("standard output: %s", strerror(errno));
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .style = PRINTER_TEXT };
	int rc;

	cli_init("jls");
	rc = parse(argc, argv, &o);
	if (rc != -1)
		return rc;
	return o.exists ? test_existence(&o.j) : list(&o);
}
