/*
 * Changing a running jail.  Everything is checked before anything is changed;
 * the stored parameters are replaced last but one, the index last.  The
 * registry lock is held throughout, which is short: nothing here waits for a
 * jail.
 */
#include "life/modify.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/net.h"
#include "life/net_change.h"
#include "life/persist.h"
#include "life/recover.h"
#include "life/running.h"
#include "linux/proc.h"

/* Names of the jail itself; compared by who selects it. */
static bool
selects(enum param_id id)
{
	return id == P_JID || id == P_NAME;
}

static bool
same_value(
    const struct jail_conf *a, const struct jail_conf *b, enum param_id id)
{
	auto_strbuf struct strbuf ta = STRBUF_INIT;
	auto_strbuf struct strbuf tb = STRBUF_INIT;

	return conf_export(a, id, &ta) == 0 && conf_export(b, id, &tb) == 0 &&
	    str_eq(strbuf_str(&ta), strbuf_str(&tb));
}

/* The stored path is resolved; "/jails/web" and what it led to are one. */
static bool
same_path(const struct jail_conf *stored, const struct jail_conf *c)
{
	auto_free char *real = realpath(conf_str(c, P_PATH), NULL);

	return real != NULL && str_eq(real, conf_str(stored, P_PATH));
}

const char *
modify_create_only(const struct jail_conf *stored, const struct jail_conf *c)
{
	for (enum param_id id = 0; id < P_COUNT; id++) {
		if (!conf_isset(c, id) || selects(id) ||
		    (param_table[id].flags & PF_KERNEL) == 0 ||
		    (param_table[id].flags & PF_CREATE) == 0 ||
		    same_value(stored, c, id))
			continue;
		if (id == P_PATH && same_path(stored, c))
			continue;
		return param_table[id].name;
	}
	return NULL;
}

static int
check_raise(const struct jail_conf *stored, const struct jail_conf *c,
    enum param_id id, struct jerr *e)
{
	if (conf_isset(c, id) && conf_int(c, id) < conf_int(stored, id))
		return jerr_set(
		    e, EPERM, "%s: can only be raised", param_table[id].name);
	return 0;
}

/* The host has every right over the jail's UTS namespace; the jail's root may
 * have made it its own, so a child goes in and comes to nothing else. */
static int
set_uts(const struct running *r, const struct jail_conf *c, struct jerr *e)
{
	struct proc_clone w = { .cgroup = -1 };
	const char *h = conf_isset(c, P_HOST_HOSTNAME) ?
	    conf_str(c, P_HOST_HOSTNAME) :
	    NULL;
	const char *d = conf_isset(c, P_HOST_DOMAINNAME) ?
	    conf_str(c, P_HOST_DOMAINNAME) :
	    NULL;
	auto_close int pidfd = -1;
	int status = 0;
	pid_t pid;

	if (h == NULL && d == NULL)
		return 0;
	pid = proc_clone(&w, &pidfd);
	if (pid == 0) {
		if (setns(r->pidfd, CLONE_NEWUTS) == -1 ||
		    (h != NULL && sethostname(h, strlen(h)) == -1) ||
		    (d != NULL && setdomainname(d, strlen(d)) == -1))
			_exit(errno & 0x7f);
		_exit(0);
	}
	if (pid == -1)
		return jerr_sys(e, "host.hostname");
	if (pidfd_wait(pidfd, -1, &status) != 1 || status != 0) {
		errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
		return jerr_sys(e, "host.hostname");
	}
	return 0;
}

static int
set_persist(const struct running *r, const struct jail_conf *c, struct jerr *e)
{
	if (!conf_isset(c, P_PERSIST))
		return 0;
	return persist_set(r->cg.init, r->pidfd, conf_bool(c, P_PERSIST), e);
}

/* Nothing keeps it any more: it ends about now, and we are who waits for it. */
static void
sweep_if_empty(struct reg *reg, const struct running *r)
{
	if (cgroup_populated(r->cg.j) == 0 && pidfd_ended(r->pidfd, 1000) == 1)
		recover_one(reg, r->jid, r->uuid8);
}

/* One parameter of the change into the stored set. */
static int
merge_one(struct jail_conf *to, const struct jail_conf *c, enum param_id id,
    struct jerr *e)
{
	const struct conf_value *v = &c->val[id];
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_free char *kv = NULL;

	switch (param_table[id].type) {
	case PT_KEYVALUE:
		kv = strdup(conf_str(to, id) != NULL ? conf_str(to, id) : "");
		if (kv == NULL || conf_apply_keyvalue(c, id, &kv, e) == -1)
			return kv == NULL ? jerr_nomem(e) : -1;
		return conf_set1(to, param_table[id].name, kv, e);
	case PT_LIST:
	case PT_COMMA:
		return conf_set(to, param_table[id].name, v->strs.v, v->strs.n,
		    v->more, v->at, e);
	case PT_BOOL:
	case PT_INT:
	case PT_JAILSYS:
	case PT_STR:
		break;
	}
	if (conf_export(c, id, &text) == -1)
		return jerr_nomem(e);
	return conf_set1(to, param_table[id].name, strbuf_str(&text), e);
}

static bool
changes_keyed(const struct jail_conf *c, enum param_id id)
{
	for (size_t i = 0; i < c->nkeyed; i++)
		if (c->keyed[i].id == id)
			return true;
	return false;
}

static int
merge(struct jail_conf *to, const struct jail_conf *c, struct jerr *e)
{
	for (enum param_id id = 0; id < P_COUNT; id++) {
		unsigned f = param_table[id].flags;

		if ((f & PF_KERNEL) == 0 ||
		    (f & (PF_CREATE | PF_RDONLY)) != 0 ||
		    (!conf_isset(c, id) && !changes_keyed(c, id)))
			continue;
		if (merge_one(to, c, id, e) == -1)
			return -1;
	}
	return 0;
}

/* Has this set the same limit? */
static bool
has_limit(const struct jail_conf *set, const struct conf_keyed *k)
{
	for (size_t i = 0; i < set->nkeyed; i++) {
		const struct conf_keyed *s = &set->keyed[i];

		if (s->id == P_CGROUP && str_eq(s->key, k->key))
			return str_eq(s->value != NULL ? s->value : "",
			    k->value != NULL ? k->value : "");
	}
	return false;
}

/* The first limit of a that b has not so, or NULL. */
static const struct conf_keyed *
other_limit(const struct jail_conf *a, const struct jail_conf *b)
{
	for (size_t i = 0; i < a->nkeyed; i++)
		if (a->keyed[i].id == P_CGROUP && !has_limit(b, &a->keyed[i]))
			return &a->keyed[i];
	return NULL;
}

/* Which sockets may be made was decided when pid 1 was: a family cannot come
 * to a jail that has none of it. */
static int
check_families(
    const struct running *r, const struct jail_conf *now, struct jerr *e)
{
	if (!r->cf->ip4 && addr_mode(now, AF_INET) == JSYS_NEW)
		return jerr_set(
		    e, EINVAL, "ip4 cannot be changed after creation");
	if (!r->cf->ip6 && addr_mode(now, AF_INET6) == JSYS_NEW)
		return jerr_set(
		    e, EINVAL, "ip6 cannot be changed after creation");
	return 0;
}

bool
modify_needs_restart(
    const struct running *r, const struct jail_conf *c, bool whole)
{
	struct jerr ignored = JERR_INIT;

	return modify_create_only(&r->params, c) != NULL ||
	    other_limit(c, &r->params) != NULL ||
	    (whole && other_limit(&r->params, c) != NULL) ||
	    check_families(r, c, &ignored) == -1;
}

static int
check(const struct running *r, const struct jail_conf *c, struct jerr *e)
{
	const char *fixed = modify_create_only(&r->params, c);
	const struct conf_keyed *limit = other_limit(c, &r->params);

	if (fixed != NULL)
		return jerr_set(
		    e, EINVAL, "%s cannot be changed after creation", fixed);
	if (limit != NULL)
		return jerr_set(e, EINVAL,
		    "cgroup.%s cannot be changed after creation", limit->key);
	if (check_raise(&r->params, c, P_SECURELEVEL, e) == -1)
		return -1;
	return conf_check_given(c, e);
}

static int
store(struct reg *reg, const struct reg_row *row, const struct jail_conf *old,
    const struct jail_conf *now, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct jerr ignored = JERR_INIT;
	struct reg_snapshot s;
	struct reg_jail *j;
	int r;

	/* The row as it is now: its addresses may have changed. */
	if (reg_snapshot(reg, &s, e) == -1)
		return -1;
	row = reg_find_jid(&s, row->jid);
	j = row != NULL ? reg_peek(reg, row, e) : NULL;
	if (row == NULL)
		(void)jerr_set(e, ESRCH, "gone meanwhile");
	reg_snapshot_free(&s);
	if (j == NULL)
		return -1;
	if (conf_save(now, &text) == -1) {
		reg_jail_put(j);
		return jerr_nomem(e);
	}
	r = reg_params_write(reg, reg_jail_row(j)->jid, strbuf_str(&text), e);
	if (r == 0) {
		r = reg_update(j, conf_str(now, P_NAME), NULL,
		    conf_str(now, P_HOST_HOSTNAME), 0, 0, e);
		strbuf_free(&text);
		if (r == -1 && conf_save(old, &text) == 0)
			(void)reg_params_write(reg, reg_jail_row(j)->jid,
			    strbuf_str(&text), &ignored);
	}
	reg_jail_put(j);
	return r;
}

/* ---- the network ---- */

static const enum param_id net_params[] = {
	P_IP4_ADDR,
	P_IP6_ADDR,
	P_IP4_SADDRSEL,
	P_IP6_SADDRSEL,
	P_INTERFACE,
	P_NAT,
	P_RDR,
	P_BINAT,
};

static bool
asks_net(const struct jail_conf *c)
{
	for (size_t i = 0; i < nitems(net_params); i++)
		if (conf_isset(c, net_params[i]))
			return true;
	return false;
}

/* Is anything asked that has nothing to do with the network? */
static bool
asks_other(const struct jail_conf *c, const char *name)
{
	if (c->nkeyed != 0)
		return true;
	for (enum param_id id = 0; id < P_COUNT; id++) {
		bool net = selects(id);

		for (size_t i = 0; i < nitems(net_params) && !net; i++)
			net = net_params[i] == id;
		if (!net && conf_isset(c, id))
			return true;
	}
	return conf_isset(c, P_NAME) && !str_eq(conf_str(c, P_NAME), name);
}

struct net_said {
	void (*note)(void *, const char *);
	void *arg;
	struct strv put, note_lines;
};

static void
say(struct net_said *s, const char *name)
{
	char text[JERR_MSGLEN];

	for (size_t i = 0; i < s->put.n + s->note_lines.n; i++) {
		bool was_put = i < s->put.n;

		(void)snprintf(text, sizeof(text),
		    was_put ? "%s: put back: %s" : "%s: %s", name,
		    was_put ? s->put.v[i] : s->note_lines.v[i - s->put.n]);
		if (s->note != NULL)
			s->note(s->arg, text);
	}
	strv_free(&s->put);
	strv_free(&s->note_lines);
}

/*
 * The stack is changed, or mended where nothing is asked of it; c NULL: changed
 * back.  That it cannot be mended is said, and does not keep its securelevel from
 * being raised.
 */
static int
change_net(struct reg *reg, const struct reg_row *row, const struct running *r,
    const struct jail_conf *now, const struct jail_conf *c,
    struct net_said *said, struct jerr *e)
{
	bool asked = c == NULL || asks_net(c);

	if (r->cf->net == NS_HOST ||
	    (!net_wanted(&r->params) && !net_wanted(now)))
		return 0;
	if (check_families(r, now, e) == -1)
		return -1;
	if (net_change(
		reg, row, r, now, asked, &said->put, &said->note_lines, e) == 0)
		return 0;
	if (asked || !asks_other(c, row->name))
		return -1;
	(void)strv_add(&said->note_lines, e->msg);
	*e = (struct jerr)JERR_INIT;
	return 0;
}

/* The change could not be stored: back to what is. */
static void
change_back(struct reg *reg, const struct reg_row *row, const struct running *r)
{
	struct net_said quiet = { .note = NULL };
	struct jerr ignored = JERR_INIT;

	(void)change_net(reg, row, r, &r->params, NULL, &quiet, &ignored);
	say(&quiet, "");
}

static int
change(struct reg *reg, const struct reg_row *row, const struct jail_conf *c,
    void (*note)(void *, const char *), void *arg, struct jerr *e)
{
	struct jail_conf now = JAIL_CONF_INIT;
	struct net_said said = { .note = note, .arg = arg };
	struct running r;
	int result = -1, net;

	if (reg_lock(reg, e) == -1)
		return -1;
	if (running_open(reg, row, &r, e) == -1) {
		reg_unlock(reg);
		return -1;
	}
	net = check(&r, c, e) == 0 && conf_copy(&now, &r.params) == 0 &&
		merge(&now, c, e) == 0 && conf_check_whole(&now, e) == 0 ?
	    change_net(reg, row, &r, &now, c, &said, e) :
	    -1;
	if (net == 0) {
		if (store(reg, row, &r.params, &now, e) == -1)
			change_back(reg, row, &r);
		else if (set_uts(&r, c, e) == 0 && set_persist(&r, c, e) == 0)
			result = 0;
	}
	say(&said, row->name);
	if (result == -1 && e->msg[0] == '\0')
		(void)jerr_nomem(e);
	if (result == 0 && note != NULL && conf_isset(c, P_SECURELEVEL) &&
	    conf_int(c, P_SECURELEVEL) > 0)
		note(arg, MODIFY_SECURELEVEL);
	reg_unlock(reg);
	if (result == 0 && conf_isset(c, P_PERSIST) && !conf_bool(c, P_PERSIST))
		sweep_if_empty(reg, &r);
	conf_free(&now);
	running_close(&r);
	return result;
}

int
modify_jail(struct reg *reg, const struct reg_row *row,
    const struct jail_conf *c, void (*note)(void *, const char *), void *arg,
    struct jerr *e)
{
	struct jail_conf given = JAIL_CONF_INIT;
	int r = -1;

	if (conf_copy(&given, c) == -1)
		(void)jerr_nomem(e);
	/* A resolver may take its time: before the registry is locked. */
	else if (net_hostname(&given, row->hostname, e) == 0)
		r = change(reg, row, &given, note, arg, e);
	conf_free(&given);
	return r;
}
