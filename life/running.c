/*
 * Opening a running jail.  The policy comes from the parameters as they were
 * stored when it was made, never from today's configuration.
 */
#include "life/running.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "linux/proc.h"

bool
running_alive(const struct reg_row *row)
{
	return row->init != 0 && proc_start_time(-1, row->init) == row->start;
}

/* pidfd first, then the start time: a number that was used again in between
 * shows by its time. */
static int
open_init(const struct reg_row *row, int *pidfd, struct jerr *e)
{
	*pidfd = row->init != 0 ? pidfd_of(row->init) : -1;
	if (*pidfd == -1 || !running_alive(row) || pidfd_kill(*pidfd, 0) == -1)
		return jerr_set(e, ESRCH, "jail %d not found", row->jid);
	return 0;
}

int
running_open(struct reg *reg, const struct reg_row *row, struct running *out,
    struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	memset(out, 0, sizeof(*out));
	out->jid = row->jid;
	memcpy(out->uuid8, row->uuid8, sizeof(out->uuid8));
	out->base = row->base;
	out->init = row->init;
	out->pidfd = out->cgroot = -1;
	out->cg = (struct cgroup)CGROUP_INIT;
	(void)snprintf(out->cgrel, sizeof(out->cgrel), CGROUP_PARENT "/%d.%s",
	    row->jid, row->uuid8);
	if (open_init(row, &out->pidfd, e) == -1)
		goto fail;
	out->cgroot = cgroup_root(e);
	if (out->cgroot == -1 ||
	    cgroup_open(out->cgroot, out->cgrel, &out->cg, e) == -1)
		goto fail;
	out->cf = malloc(sizeof(*out->cf));
	if (out->cf == NULL) {
		(void)jerr_nomem(e);
		goto fail;
	}
	/* Fail closed (R18): without its parameters nothing enters. */
	if (reg_params_read(reg, row->jid, &text, e) == -1 ||
	    conf_load(&out->params, strbuf_str(&text), e) == -1 ||
	    confine_from_conf(&out->params, out->cf, e) == -1)
		goto fail;
	return 0;
fail:
	running_close(out);
	return -1;
}

void
running_close(struct running *r)
{
	conf_free(&r->params);
	free(r->cf);
	r->cf = NULL;
	cgroup_close(&r->cg);
	close_keep(take_fd(&r->pidfd));
	close_keep(take_fd(&r->cgroot));
}

void
running_enter(const struct running *r, struct enter_jail *j)
{
	*j = (struct enter_jail) { .pidfd = r->pidfd,
		.cg_j = r->cg.j,
		.base = r->base,
		.cf = r->cf,
		.osrelease = conf_str(&r->params, P_OSRELEASE) };
}
