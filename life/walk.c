/*
 * The walk itself: rows in order, a stop at the first failure, a look at the
 * signals between rows, events.  Knows no row.
 */
#include "life/walk.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

const char *walk_test_init;
int (*walk_test_point)(const char *step, bool after, struct jerr *e);

void
walk_init(struct walk *w, const struct plan *p)
{
	memset(w, 0, sizeof(*w));
	w->plan = p;
	w->rootfd = w->procfd = w->cgroot = w->tiny = -1;
	w->cg = (struct cgroup)CGROUP_INIT;
	w->init_pidfd = w->barrier = w->consolelog = w->sigfd = -1;
	w->out = (struct output) { -1, -1, -1, -1 };
	(void)sigprocmask(SIG_BLOCK, NULL, &w->oldmask);
}

void
walk_free(struct walk *w)
{
	int *const fds[] = { &w->rootfd, &w->procfd, &w->cgroot, &w->init_pidfd,
		&w->barrier, &w->consolelog, &w->out.rfd, &w->out.wfd,
		&w->out.alive_r, &w->out.alive_w };

	if (w->net != NULL)
		w->net_free(w->net);
	w->net = NULL;
	conf_free(&w->conf);
	mounts_free(w->mounts);
	free(w->cf);
	free(w->path);
	cgroup_close(&w->cg);
	for (size_t i = 0; i < nitems(fds); i++)
		close_keep(take_fd(fds[i]));
	for (size_t i = 0; i < w->nleft; i++)
		close_keep(w->left[i]);
	free(w->left);
	if (w->rj != NULL)
		reg_jail_put(w->rj);
	w->mounts = NULL;
	w->left = NULL;
	w->nleft = 0;
	w->cf = NULL;
	w->path = NULL;
	w->rj = NULL;
}

int
walk_signal(struct walk *w)
{
	struct signalfd_siginfo si;

	if (w->sigfd == -1 ||
	    read(w->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return 0;
	return (int)si.ssi_signo;
}

static int
point(const struct step *s, bool after, struct jerr *e)
{
	return walk_test_point != NULL ? walk_test_point(s->name, after, e) : 0;
}

int
walk_run(struct walk *w, const struct step *rows, size_t n, unsigned kinds,
    const char **reached, struct jerr *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *s = &rows[i];

		if ((kinds & s->kind) == 0 ||
		    (s->applies != NULL && !s->applies(w)))
			continue;
		if (reached != NULL)
			*reached = s->name;
		if (walk_signal(w) != 0)
			return jerr_set(e, EINTR, "interrupted");
		if (point(s, false, e) == -1 || s->run(w, e) == -1 ||
		    point(s, true, e) == -1)
			return -1;
	}
	return 0;
}

void
walk_event(const struct walk *w, const struct jail_event *ev)
{
	if (w->plan != NULL && w->plan->event != NULL)
		w->plan->event(w->plan->arg, ev);
}

void
walk_tell(const struct walk *w, enum jail_event_kind kind, const char *fmt, ...)
{
	char text[JERR_MSGLEN];
	struct jail_event ev = {
		.kind = kind, .name = w->name, .jid = w->jid, .text = text
	};
	va_list ap;
	int n = 0;

	if (w->name != NULL && w->name[0] != '\0')
		n = snprintf(text, sizeof(text), "%s: ", w->name);
	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(text))
		(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	walk_event(w, &ev);
}
