/*
 * Messages and the other common parts of the programs.  The only place, with
 * the printers beside it, that writes to standard output and error.
 */
#include "cli/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/quote.h"
#include "base/str.h"

extern char jail_errmsg[]; /* <jail.h> */

static const char *prog = "jail";

void
cli_init(const char *name)
{
	prog = name;
	(void)signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", O_RDWR);
}

const char *
cli_prog(void)
{
	return prog;
}

static void __attribute__((format(printf, 2, 0)))
put_text(struct strbuf *b, const char *fmt, va_list ap)
{
	char text[4096];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)quote_line(b, text);
}

void
cli_warn(const char *fmt, ...)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	va_list ap;

	(void)strbuf_addf(&b, "%s: ", prog);
	va_start(ap, fmt);
	put_text(&b, fmt, ap);
	va_end(ap);
	(void)strbuf_putc(&b, '\n');
	(void)io_write_all(STDERR_FILENO, strbuf_str(&b), b.len);
}

void
cli_put(int fd, const char *fmt, ...)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;
	va_list ap;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return;
	(void)strbuf_add(&b, text, (size_t)n);
	(void)strbuf_putc(&b, '\n');
	free(text);
	(void)io_write_all(fd, strbuf_str(&b), b.len);
}

bool
cli_need_root(void)
{
	if (geteuid() == 0)
		return true;
	cli_warn("must be run as root");
	return false;
}

void
cli_warn_lib(void)
{
	cli_warn("%s", jail_errmsg);
}

void
cli_exec_sibling(const char *name, char *const *argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	const char *slash;

	if (n <= 0 || (size_t)n >= sizeof(path)) {
		cli_warn("%s: /proc/self/exe: %s", name, strerror(errno));
		return;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL ||
	    (size_t)(slash - path) + strlen(name) + 2 > sizeof(path)) {
		cli_warn("%s: not found", name);
		return;
	}
	(void)snprintf(path + (slash - path) + 1,
	    sizeof(path) - (size_t)(slash - path) - 1, "%s", name);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execv(path, argv);
	cli_warn("%s: %s", path, strerror(errno));
}
