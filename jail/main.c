/*
 * jail(8): decides from the command line what is asked for (the order of the
 * decisions is reference 3.1's), hands it to libjail as one request, and says
 * what happened.  Knows nothing of how a jail is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/quote.h"
#include "base/str.h"
#include "cli/msg.h"
#include "cli/report.h"
#include "jail/options.h"
#include "jail_linux.h"

#define OPS (JAIL_OP_CREATE | JAIL_OP_MODIFY | JAIL_OP_REMOVE)

static int
run(const struct options *o, struct report *rep, const struct jail_source *src,
    bool from_args, char *const *targets, size_t n)
{
	const struct jail_request req = {
		.ops = o->ops,
		.src = src,
		.from_args = from_args,
		.targets = targets,
		.ntargets = n,
		.parallel = o->parallel,
		.verbose = o->verbose,
		.environment = environ,
		.event = report_event,
		.arg = rep,
	};

	return jail_request_run(&req) == 0 ? 0 : 1;
}

/* -e: every jail of the file on a line. */
static int
list_configured(const struct options *o, struct report *rep)
{
	struct jail_source *src = jail_source_file(o->file, report_event, rep);
	int status = 0;

	if (src == NULL)
		return 1;
	for (size_t i = 0; i < jail_source_count(src); i++) {
		auto_strbuf struct strbuf b = STRBUF_INIT;
		char **words = jail_source_params(src, i);

		if (words == NULL) {
			status = 1;
			continue;
		}
		for (char **w = words; *w != NULL; w++)
			(void)strbuf_addf(
			    &b, "%s%s", w != words ? o->separator : "", *w);
		cli_put(STDOUT_FILENO, "%s", strbuf_str(&b));
		jail_source_params_free(words);
	}
	jail_source_free(src);
	return status;
}

/* One jail out of words: -h -l -n -s -u -U first, then the arguments, because
 * command= eats what follows it. */
static int
with_words(struct options *o, struct report *rep, char *const *argv)
{
	struct jail_source *src;
	int status;

	for (char *const *a = argv; *a != NULL; a++)
		if (strv_add(&o->words, *a) == -1) {
			cli_warn("out of memory");
			return 1;
		}
	src = jail_source_args((int)o->words.n, o->words.v, report_event, rep);
	if (src == NULL)
		return 1;
	rep->no_done = true;
	status = run(o, rep, src, true, NULL, 0);
	jail_source_free(src);
	return status;
}

/* What -J writes after the jid of an old-style jail. */
static int
old_record(char *const *argv, struct strbuf *b)
{
	for (int i = 0; argv[i] != NULL; i++) {
		if (i > 0 && strbuf_putc(b, i < 4 ? '\t' : ' ') == -1)
			return -1;
		if (quote_word(b, argv[i]) == -1)
			return -1;
	}
	return 0;
}

/* "path hostname address,... command ..." in today's words. */
static int
old_style(struct options *o, struct report *rep)
{
	enum { PATH, HOSTNAME, ADDRESSES, COMMAND };
	char *const *argv = o->argv;
	auto_strv struct strv words = STRV_INIT;
	auto_strbuf struct strbuf record = STRBUF_INIT;
	const char *a = argv[ADDRESSES];
	int bad = 0;

	bad |= strv_addf(&words, "path=%s", argv[PATH]);
	bad |= strv_addf(&words, "host.hostname=%s", argv[HOSTNAME]);
	while (*a != '\0') {
		int n = (int)strcspn(a, ",");

		if (n > 0)
			bad |= strv_addf(&words, "ip%d.addr=%.*s",
			    memchr(a, ':', (size_t)n) != NULL ? 6 : 4, n, a);
		a += n + (a[n] == ',');
	}
	bad |= strv_addf(&words, "command=%s", argv[COMMAND]);
	for (int i = COMMAND + 1; argv[i] != NULL; i++)
		bad |= strv_add(&words, argv[i]);
	bad |= old_record(argv, &record);
	if (bad != 0) {
		cli_warn("out of memory");
		return 1;
	}
	o->ops = JAIL_OP_CREATE;
	rep->old_record = strbuf_str(&record);
	return with_words(o, rep, words.v);
}

static bool
file_exists(const char *file)
{
	return str_eq(file, "-") || access(file, F_OK) == 0;
}

/* -r, -R: many targets, and a configuration only if there is one. */
static int
remove_jails(const struct options *o, struct report *rep)
{
	struct jail_source *src = NULL;
	int status;

	if ((o->ops & JAIL_OP_FORCE) == 0 && file_exists(o->file)) {
		src = jail_source_file(o->file, report_event, rep);
		if (src == NULL)
			return 1;
	}
	rep->no_done = src == NULL && o->argc == 1 &&
	    strchr(o->argv[0], '*') == NULL;
	status = run(o, rep, src, false, o->argv, (size_t)o->argc);
	jail_source_free(src);
	return status;
}

/* Jails of the file: all of them, or the one named. */
static int
configured(const struct options *o, struct report *rep)
{
	struct jail_source *src = jail_source_file(o->file, report_event, rep);
	int status;

	if (src == NULL)
		return 1;
	if (jail_source_count(src) == 0) {
		cli_warn("no jails in %s",
		    str_eq(o->file, "-") ? "standard input" : o->file);
		jail_source_free(src);
		return 1;
	}
	status = run(o, rep, src, false, o->argv, (size_t)o->argc);
	jail_source_free(src);
	return status;
}

/* Before anything is done, because it may be that it cannot be opened. */
static int
open_record(const char *file, struct report *rep)
{
	if (file == NULL)
		return 0;
	rep->record = open(file,
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY,
	    0666);
	if (rep->record == -1) {
		cli_warn("-J: %s: %s", file, strerror(errno));
		return -1;
	}
	return 0;
}

enum mode {
	MODE_USAGE,
	MODE_NOTHING,
	MODE_LIST,
	MODE_OLD,
	MODE_REMOVE,
	MODE_WORDS,
	MODE_CONFIGURED
};

static bool
has_assignment(const struct options *o)
{
	for (int i = 0; i < o->argc; i++)
		if (strchr(o->argv[i], '=') != NULL)
			return true;
	return false;
}

static enum mode
choose(const struct options *o)
{
	bool forced = (o->ops & JAIL_OP_FORCE) != 0;

	if (o->separator != NULL)
		return o->ops != 0 || o->argc != 0 || o->words.n != 0 ?
		    MODE_USAGE :
		    MODE_LIST;
	if ((o->ops & JAIL_OP_CLEAN) != 0 &&
	    (o->ops & (JAIL_OP_CREATE | JAIL_OP_MODIFY)) == 0) {
		if (o->argc > 1 || has_assignment(o) || forced ||
		    o->words.n != 0)
			return MODE_USAGE;
		if (o->argc == 0 && (o->ops & JAIL_OP_REMOVE) != 0)
			return MODE_NOTHING;
		return MODE_CONFIGURED;
	}
	if ((o->ops & OPS) == 0)
		return o->argc >= 4 && o->argv[0][0] == '/' ? MODE_OLD :
							      MODE_USAGE;
	if ((o->ops & OPS) == JAIL_OP_REMOVE) {
		if (o->argc == 0 || (has_assignment(o) && !forced))
			return MODE_USAGE;
		return MODE_REMOVE;
	}
	if (forced)
		return MODE_USAGE; /* -Rc: which of the two? */
	if (o->argc > 1 || has_assignment(o) || o->words.n != 0)
		return MODE_WORDS;
	return MODE_CONFIGURED;
}

static int
dispatch(struct options *o, struct report *rep)
{
	enum mode mode = choose(o);

	if (mode == MODE_USAGE)
		return options_usage();
	if (mode == MODE_NOTHING)
		return 0;
	if (mode == MODE_LIST)
		return list_configured(o, rep);
	if (!cli_need_root())
		return 1;
	if (o->dying && !o->quiet)
		cli_warn("-d: has no effect (allow.dying is deprecated)");
	if (open_record(o->record, rep) == -1)
		return 1;
	if (mode == MODE_OLD)
		return old_style(o, rep);
	if (mode == MODE_REMOVE)
		return remove_jails(o, rep);
	if (mode == MODE_WORDS)
		return with_words(o, rep, o->argv);
	return configured(o, rep);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct report rep = { .record = -1 };
	int status;

	cli_init("jail");
	/* Other packages own these names on some systems. */
	if (argc > 1 && (str_eq(argv[1], "jls") || str_eq(argv[1], "jexec"))) {
		cli_exec_sibling(argv[1], argv + 1);
		return 1;
	}
	if (!options_parse(argc, argv, &o)) {
		strv_free(&o.words);
		return options_usage();
	}
	rep.quiet = o.quiet;
	rep.verbose = o.verbose;
	rep.ids = o.ids;
	status = dispatch(&o, &rep);
	strv_free(&o.words);
	close_keep(rep.record);
	return status;
}
