/*
 * jexec(8): a command in a running jail (reference 3.5).  Reads the command
 * line; libjail does the rest, terminal included.
 */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "cli/msg.h"
#include "jail.h"
#include "jail_linux.h"

static int
usage(void)
{
	static const char text[] =
	    "usage: jexec [-l] [-d directory] [-e name=value] ... "
	    "[-u user | -U user]\n"
	    "             jail [command ...]\n";

	(void)io_write_all(STDERR_FILENO, text, sizeof(text) - 1);
	return 1;
}

static bool
add_variable(struct strv *env, const char *arg)
{
	if (strchr(arg, '=') == NULL || arg[0] == '=') {
		cli_warn("%s: Invalid environment variable.", arg);
		return false;
	}
	if (strv_add(env, arg) == -1) {
		cli_warn("out of memory");
		return false;
	}
	return true;
}

/* False: the usage is wanted.  *status is 1 when a message was given instead. */
static bool
parse(
    int argc, char **argv, struct jail_exec *ex, struct strv *env, int *status)
{
	int opt;

	opterr = 0;
	/* '+': what follows the jail belongs to the command. */
	while ((opt = getopt(argc, argv, "+d:e:lnu:U:")) != -1) {
		switch (opt) {
		case 'd':
			ex->dir = optarg;
			break;
		case 'e':
			if (!add_variable(env, optarg))
				*status = 1;
			break;
		case 'l':
			ex->clean = true;
			break;
		case 'n': /* once meant "not by number" */
			break;
		case 'u':
		case 'U':
			if (ex->user_from != JAIL_USER_NONE &&
			    (ex->user_from == JAIL_USER_HOST) != (opt == 'u'))
				return false;
			ex->user_from = opt == 'u' ? JAIL_USER_HOST :
						     JAIL_USER_JAIL;
			ex->user = optarg;
			break;
		default:
			return false;
		}
	}
	return optind < argc;
}

/*
 * A user of the host is looked for before the jail is, so that is the message
 * when neither exists; the library looks again.
 */
static bool
user_exists(const struct jail_exec *ex)
{
	if (ex->user_from != JAIL_USER_HOST ||
	    ex->user[strspn(ex->user, "0123456789")] == '\0' ||
	    getpwnam(ex->user) != NULL)
		return true;
	cli_warn("%s: no such user", ex->user);
	return false;
}

int
main(int argc, char **argv)
{
	struct jail_exec ex = { .user_from = JAIL_USER_NONE };
	auto_strv struct strv env = STRV_INIT;
	int status = 0;

	cli_init("jexec");
	if (!parse(argc, argv, &ex, &env, &status))
		return usage();
	if (status != 0 || !cli_need_root() || !user_exists(&ex))
		return 1;
	ex.jid = jail_getid(argv[optind]);
	if (ex.jid == -1) {
		cli_warn_lib();
		return 1;
	}
	ex.argv = argv + optind + 1;
	ex.env = env.v;
	ex.environment = environ;
	status = jail_exec_run(&ex);
	if (status == -1) {
		cli_warn_lib();
		return 1;
	}
	return status;
}
