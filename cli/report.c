/*
 * The printer of events.  Each is one write(2), so lines of jails that are
 * walked at the same time do not mix.
 */
#include "cli/report.h"

#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "cli/msg.h"

/* -J: "jid=N", then the parameters, tabs between (reference 3.3). */
static void
write_record(const struct report *r, const struct jail_event *ev)
{
	auto_strbuf struct strbuf b = STRBUF_INIT;

	if (r->old_record != NULL) {
		cli_put(r->record, "%d\t%s", ev->jid, r->old_record);
		return;
	}
	(void)strbuf_addf(&b, "jid=%d", ev->jid);
	for (char *const *p = ev->params; p != NULL && *p != NULL; p++)
		if (str_after(*p, "jid=") == NULL)
			(void)strbuf_addf(&b, "\t%s", *p);
	cli_put(r->record, "%s", strbuf_str(&b));
}

static void
done(const struct report *r, const struct jail_event *ev, const char *what)
{
	const char *name = ev->name != NULL ? ev->name : "";

	if (r->quiet || r->ids || (r->no_done && !r->verbose))
		return;
	if (name[0] != '\0')
		cli_put(STDOUT_FILENO, "%s: %s", name, what);
	else
		cli_put(STDOUT_FILENO, "%d: %s", ev->jid, what);
}

void
report_event(void *arg, const struct jail_event *ev)
{
	struct report *r = arg;

	switch (ev->kind) {
	case JAIL_EVENT_ERROR:
		r->warned = true;
		cli_warn("%s", ev->text);
		break;
	case JAIL_EVENT_WARNING:
		if (!r->quiet)
			cli_warn("%s", ev->text);
		break;
	case JAIL_EVENT_NOTE:
		if (r->verbose)
			cli_warn("%s", ev->text);
		break;
	case JAIL_EVENT_VERBOSE:
		if (r->verbose)
			cli_put(STDOUT_FILENO, "%s", ev->text);
		break;
	case JAIL_EVENT_CREATED:
		if (r->record != -1)
			write_record(r, ev);
		if (r->ids)
			cli_put(STDOUT_FILENO, "%d", ev->jid);
		done(r, ev, "created");
		break;
	case JAIL_EVENT_UPDATED:
		done(r, ev, "updated");
		break;
	case JAIL_EVENT_REMOVED:
		done(r, ev, "removed");
		break;
	case JAIL_EVENT_OUTPUT:
		(void)io_write_all(STDOUT_FILENO, ev->text, ev->len);
		break;
	}
}
