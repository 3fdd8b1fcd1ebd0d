/*
 * The table of a start, and what happens when a row fails: everything that was
 * journaled is taken back, newest first, by the same undo that removal and
 * recovery use.  Order: reference 3.2.
 */
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/output.h"
#include "life/step_exec.h"
#include "life/step_net.h"
#include "life/undo.h"
#include "life/walk.h"
#include "linux/msg.h"
#include "linux/proc.h"
#include "net/nft.h"

static bool
waits_for_jid(const struct walk *w)
{
	return w->needs_jid;
}

static bool
stays(const struct walk *w)
{
	return !w->ended;
}

static const struct step start_rows[] = {
	{ "reserve", STEP_KERNEL, NULL, step_reserve },
	{ "expand", STEP_TOOL, waits_for_jid, step_expand },
	{ "exec.prepare", STEP_TOOL, NULL, step_exec_prepare },
	{ "addresses", STEP_KERNEL, has_net, step_addresses },
	{ "root", STEP_KERNEL, NULL, step_root },
	{ "mounts", STEP_KERNEL, NULL, step_mounts_parse },
	{ "exec.prestart", STEP_TOOL, NULL, step_exec_prestart },
	{ "clone", STEP_KERNEL, NULL, step_mounts_clone },
	{ "output", STEP_TOOL, NULL, step_output },
	{ "cgroup", STEP_KERNEL, NULL, step_cgroup },
	{ "namespaces", STEP_KERNEL, NULL, step_namespaces },
	{ "limits", STEP_KERNEL, NULL, step_limits },
	{ "links", STEP_KERNEL, has_net, step_links },
	{ "shares", STEP_KERNEL, has_net, step_shares },
	{ "rules", STEP_KERNEL, has_net, step_rules },
	{ "routes", STEP_KERNEL, has_net, step_routes },
	{ "resolver", STEP_TOOL, has_net, step_resolver },
	{ "publish", STEP_KERNEL, NULL, step_publish },
	{ "init", STEP_KERNEL, NULL, step_release_init },
	{ "exec.created", STEP_TOOL, NULL, step_exec_created },
	{ "exec.start", STEP_TOOL, NULL, step_exec_start },
	{ "command", STEP_TOOL, NULL, step_command },
	{ "exec.poststart", STEP_TOOL, NULL, step_exec_poststart },
	{ "settle", STEP_TOOL, NULL, step_settle },
	{ "alive", STEP_KERNEL, stays, step_alive },
};

/* pid 1 says through the barrier why it could not become jail-init. */
static void
explain(struct walk *w, struct jerr *e)
{
	struct jerr why = JERR_INIT;
	char peek;
	ssize_t n = -1;

	if (w->barrier == -1)
		return;
	/* It may have ended without reading MSG_GO: that is told first, once,
	 * and what it said after. */
	for (int tries = 0; n == -1 && tries < 2; tries++)
		n = recv(w->barrier, &peek, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == 1 &&
	    msg_expect(w->barrier, "pid 1", ~0u, NULL, NULL, &why) == -1 &&
	    why.msg[0] != '\0')
		*e = why;
}

static void
roll_back(struct walk *w)
{
	struct jerr e = JERR_INIT;

	if (w->rj == NULL)
		return;
	/* C and what it may still do end with the cgroup. */
	if (undo_and_release(take_ptr(w->rj), w->init_pidfd, &e) == -1)
		walk_tell(
		    w, JAIL_EVENT_ERROR, "not all was taken back: %s", e.msg);
}

/*
 * The jail of a command, or one that nothing keeps: wait for its end and take
 * it out of the registry, as whoever waited for a jail does.
 */
static int
sweep_ended(struct walk *w, struct jerr *e)
{
	bool command = conf_list(&w->conf, P_COMMAND)->n != 0;
	int status = 0;
	enum wait_result r;

	/* What the command left running is the jail, however long. */
	r = output_wait(
	    w, w->init_pidfd, w->out.rfd, command ? -1 : UNDO_WAIT_MS, &status);
	if (r == WAIT_TIMEOUT) {
		reg_jail_put(take_ptr(w->rj));
		return 0; /* somebody entered meanwhile: it lives on */
	}
	if (undo_and_release(take_ptr(w->rj), w->init_pidfd, e) == -1)
		return -1;
	/* As after a removal. */
	if (w->plan != NULL)
		nft_leave();
	return r == WAIT_SIGNAL ? jerr_set(e, EINTR, "interrupted") : 0;
}

/* A hook may have run jail -r on the very jail: then it is gone by now. */
static bool
removed_meanwhile(const struct walk *w)
{
	return !w->ended && conf_bool(&w->conf, P_PERSIST) &&
	    pidfd_ended(w->init_pidfd, 0) == 1;
}

int
start_jail(struct walk *w, struct jerr *e)
{
	unsigned kinds = STEP_KERNEL | (w->plan != NULL ? STEP_TOOL : 0);
	const char *reached = NULL;
	char name[1024] = "";

	int r = walk_run(w, start_rows, nitems(start_rows), kinds, &reached, e);

	if (r == 0 && removed_meanwhile(w))
		r = jerr_set(e, ESRCH, "removed while it was being started");
	if (r == -1) {
		explain(w, e);
		/* The row's name lives in rj, which goes away now. */
		if (w->name != NULL)
			(void)snprintf(name, sizeof(name), "%s", w->name);
		/* libjail's "jail "x" already exists" has the name in it. */
		if (e->code != EEXIST && name[0] != '\0')
			(void)jerr_wrap(e, "%s", name);
		roll_back(w);
		w->name = NULL;
		return -1;
	}
	output_flush(w, w->out.rfd);
	if (w->ended)
		return sweep_ended(w, e);
	reg_jail_put(take_ptr(w->rj));
	w->name = NULL;
	return 0;
}
