/*
 * The table (also with names, -N) and the long form (-v).  The table is one
 * reading for all jails, however many there are.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jail.h"
#include "jail_linux.h"
#include "jls/jls.h"

static void __attribute__((format(printf, 3, 4)))
show(struct printer *p, const char *name, const char *fmt, ...)
{
	char buf[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (name != NULL)
		printer_data(p, name, buf);
	else
		printer_title(p, buf);
}

/* ---- the table ---- */

static void
table_header(const struct jls *j)
{
	struct printer *p = j->out;

	if (j->flags & JLS_NAME) {
		printer_gap(p, " ");
		show(p, NULL, "%-15s", "JID");
		printer_gap(p, " ");
	} else {
		show(p, NULL, "%6s", "JID");
		printer_gap(p, "  ");
	}
	show(p, NULL, "%-15s", "IP Address");
	printer_gap(p, " ");
	show(p, NULL, "%-29s", "Hostname");
	printer_gap(p, " ");
	printer_title(p, "Path");
	printer_newline(p);
}

static void
table_row(const struct jls *j, const struct jail_summary *s)
{
	struct printer *p = j->out;
	char jid[16];

	printer_begin(p);
	if (j->flags & JLS_NAME) {
		printer_gap(p, " ");
		show(p, "name", "%-15s", s->name);
		printer_gap(p, " ");
		printer_value(p, "name", s->name, false);
	} else {
		(void)snprintf(jid, sizeof(jid), "%d", s->jid);
		show(p, "jid", "%6d", s->jid);
		printer_gap(p, "  ");
		printer_value(p, "jid", jid, true);
	}
	show(p, "ipv4", "%-15.15s", s->ip4);
	printer_gap(p, " ");
	show(p, "hostname", "%-29.29s", s->hostname);
	printer_gap(p, " ");
	show(p, "path", "%.74s", s->path);
	printer_newline(p);
	printer_value(p, "ipv4", s->ip4, false);
	printer_value(p, "hostname", s->hostname, false);
	printer_value(p, "path", s->path, false);
	printer_end(p);
}

int
jls_table(const struct jls *j)
{
	struct jail_list *l;
	const struct jail_summary *s;
	int jid = 0;

	if (j->jail != NULL) {
		struct jailparam jp[3];

		/* Which one, by the rules of all other forms. */
		if (jailparam_init(&jp[0], "lastjid") == -1 ||
		    jailparam_init(&jp[1], "jid") == -1 ||
		    jailparam_init(&jp[2], "name") == -1 ||
		    jls_each(j, jp, 3, NULL) == -1)
			return -1;
		memcpy(&jid, jp[1].jp_value, sizeof(jid));
		jailparam_free(jp, 3);
	}
	l = jail_list_open(j->get_flags);
	if (l == NULL)
		return -1;
	table_header(j);
	while ((s = jail_list_next(l)) != NULL)
		if (jid == 0 || s->jid == jid)
			table_row(j, s);
	jail_list_close(l);
	return 0;
}

/* ---- one jail after the other, by jailparam_get ---- */

static int
is_number(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

int
jls_each(const struct jls *j, struct jailparam *jp, unsigned njp,
    void (*fn)(const struct jls *, struct jailparam *, unsigned))
{
	int last = 0, jid;

	if (j->jail != NULL) {
		if (jailparam_import(
			&jp[is_number(j->jail) ? 1 : 2], j->jail) == -1 ||
		    jailparam_get(jp, njp, j->get_flags) == -1)
			return -1;
		if (fn != NULL)
			fn(j, jp, njp);
		return 0;
	}
	if (jailparam_import_raw(&jp[0], &last, sizeof(last)) == -1)
		return -1;
	while ((jid = jailparam_get(jp, njp, j->get_flags)) != -1) {
		fn(j, jp, njp);
		last = jid;
	}
	/* The end of the list and a failure are told apart by the text. */
	return strncmp(jail_errmsg, "no jail after ", 14) == 0 ? 0 : -1;
}

/* ---- -v ---- */

enum {
	V_LASTJID,
	V_JID,
	V_NAME,
	V_HOSTNAME,
	V_PATH,
	V_DYING,
	V_CPUSET,
	V_IP4,
	V_IP6,
	V_COUNT
};

static const char *const verbose_names[V_COUNT] = {
	[V_LASTJID] = "lastjid",
	[V_JID] = "jid",
	[V_NAME] = "name",
	[V_HOSTNAME] = "host.hostname",
	[V_PATH] = "path",
	[V_DYING] = "dying",
	[V_CPUSET] = "cpuset.id",
	[V_IP4] = "ip4.addr",
	[V_IP6] = "ip6.addr",
};

#define MARGIN "        "

static void
verbose_header(const struct jls *j)
{
	static const char *const lines[] = { "CPUSetID", "IP Address(es)" };
	struct printer *p = j->out;

	show(p, NULL, "%6s", "JID");
	printer_gap(p, "  ");
	show(p, NULL, "%-29s", "Hostname");
	printer_gap(p, " ");
	printer_title(p, "Path");
	printer_newline(p);
	printer_gap(p, MARGIN);
	show(p, NULL, "%-29s", "Name");
	printer_gap(p, " ");
	printer_title(p, "State");
	printer_newline(p);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		printer_gap(p, MARGIN);
		printer_title(p, lines[i]);
		printer_newline(p);
	}
}

/* Addresses, one a line. */
static void
verbose_addresses(
    struct printer *p, char *text, const char *shown, const char *carried)
{
	char **v = calloc(strlen(text) / 2 + 1, sizeof(*v)), *save = NULL;
	size_t n = 0;

	if (v == NULL)
		return;
	for (char *a = strtok_r(text, ",", &save); a != NULL;
	     a = strtok_r(NULL, ",", &save)) {
		printer_gap(p, MARGIN);
		printer_data(p, shown, a);
		printer_newline(p);
		v[n++] = a;
	}
	printer_list(p, carried, v, n);
	free(v);
}

static void
verbose_jail(const struct jls *j, struct jailparam *jp, unsigned njp)
{
	struct printer *p = j->out;
	char *t[V_COUNT] = { NULL };
	const char *state;

	(void)njp; /* V_COUNT */
	for (unsigned i = V_JID; i < V_COUNT; i++) {
		t[i] = jailparam_export(&jp[i]);
		if (t[i] == NULL)
			goto out;
	}
	state = strcmp(t[V_DYING], "true") == 0 ? "DYING" : "ACTIVE";
	printer_begin(p);
	show(p, "jid", "%6s", t[V_JID]);
	printer_gap(p, "  ");
	show(p, "hostname", "%-29.29s", t[V_HOSTNAME]);
	printer_gap(p, " ");
	show(p, "path", "%.74s", t[V_PATH]);
	printer_newline(p);
	printer_gap(p, MARGIN);
	show(p, "name", "%-29.29s", t[V_NAME]);
	printer_gap(p, " ");
	show(p, "state", "%.74s", state);
	printer_newline(p);
	printer_gap(p, MARGIN);
	show(p, "cpusetid", "%s", t[V_CPUSET]);
	printer_newline(p);
	printer_value(p, "jid", t[V_JID], true);
	printer_value(p, "hostname", t[V_HOSTNAME], false);
	printer_value(p, "path", t[V_PATH], false);
	printer_value(p, "name", t[V_NAME], false);
	printer_value(p, "state", state, false);
	printer_value(p, "cpusetid", t[V_CPUSET], true);
	verbose_addresses(p, t[V_IP4], "ipv4_addr", "ipv4_addrs");
	verbose_addresses(p, t[V_IP6], "ipv6_addr", "ipv6_addrs");
	printer_end(p);
out:
	for (unsigned i = 0; i < V_COUNT; i++)
		free(t[i]);
}

int
jls_verbose(const struct jls *j)
{
	struct jailparam jp[V_COUNT];
	int rc = 0;

	for (unsigned i = 0; i < V_COUNT; i++)
		if (jailparam_init(&jp[i], verbose_names[i]) == -1)
			return -1;
	verbose_header(j);
	rc = jls_each(j, jp, V_COUNT, verbose_jail);
	jailparam_free(jp, V_COUNT);
	return rc;
}
