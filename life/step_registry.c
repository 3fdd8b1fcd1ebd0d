/*
 * Rows that write the registry: reserve a jid and name, publish a jail that is
 * complete, settle its persistence.  Everything is written before the thing it
 * names is made, and a jail is alive only after all of it is.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "life/modify.h"
#include "life/persist.h"
#include "life/walk.h"
#include "life/words.h"

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* Does anything of this jail's own keep it after creation? */
static bool
has_work(const struct walk *w)
{
	static const enum param_id tool[] = {
		P_EXEC_START,
		P_COMMAND,
		P_EXEC_POSTSTART,
	};

	if (conf_bool(&w->conf, P_PERSIST))
		return true;
	for (size_t i = 0; i < nitems(tool); i++)
		if (w->plan != NULL && conf_list(&w->conf, tool[i])->n != 0)
			return true;
	return false;
}

int
step_reserve(struct walk *w, struct jerr *e)
{
	struct reg_want want = {
		.jid = (int)conf_int(&w->conf, P_JID),
		.name = conf_str(&w->conf, P_NAME),
		.path = conf_str(&w->conf, P_PATH),
		.hostname = conf_str(&w->conf, P_HOST_HOSTNAME),
		.users_new = true,
	};

	if (!has_work(w))
		return jerr_set(e, EINVAL, "new jail must persist or attach");
	w->rj = reg_reserve(w->reg, &want, e);
	if (w->rj == NULL)
		return -1;
	w->jid = reg_jail_row(w->rj)->jid;
	w->name = reg_jail_row(w->rj)->name;
	(void)snprintf(w->jid_text, sizeof(w->jid_text), "%d", w->jid);
	(void)snprintf(w->cgrel, sizeof(w->cgrel), CGROUP_PARENT "/%d.%s",
	    w->jid, reg_jail_row(w->rj)->uuid8);
	return 0;
}

static void
conf_message(void *arg, bool is_note, const char *line)
{
	const struct walk *w = arg;
	struct jail_event ev = { .name = w->name,
		.jid = w->jid,
		.text = line,
		.kind = is_note ? JAIL_EVENT_NOTE : JAIL_EVENT_ERROR };

	/* Notes were told when the jail was expanded first. */
	if (!is_note)
		walk_event(w, &ev);
}

/* $jid and $jailid have their value now. */
int
step_expand(struct walk *w, struct jerr *e)
{
	struct jail_conf again = JAIL_CONF_INIT;
	bool needs = false;

	if (conf_file_jail(w->plan->conf, w->conf_index, w->jid, &needs, &again,
		conf_message, w, e) == -1) {
		conf_free(&again);
		return -1;
	}
	conf_free(&w->conf);
	w->conf = again;
	return conf_check(&w->conf, e);
}

static bool
is_kernel_word(const char *word)
{
	auto_free char *name = strndup(word, strcspn(word, "="));
	const char *key;
	bool negated;
	enum param_id id = P_COUNT;

	if (name != NULL)
		id = param_find(name, &negated, &key);
	return id != P_COUNT && (param_table[id].flags & PF_KERNEL) != 0;
}

/* -v: the call as FreeBSD's jail(8) shows it. */
static void
tell_jail_set(const struct walk *w, const char *call, const char *first)
{
	auto_strv struct strv words = STRV_INIT;
	auto_strbuf struct strbuf b = STRBUF_INIT;

	if (w->plan == NULL || !w->plan->verbose)
		return;
	if (first == NULL && words_from_conf(&w->conf, &words) == -1)
		return;
	if (first != NULL)
		(void)strbuf_puts(&b, first);
	for (size_t i = 0; i < words.n; i++)
		if (is_kernel_word(words.v[i]))
			(void)strbuf_addf(
			    &b, "%s%s", b.len != 0 ? " " : "", words.v[i]);
	walk_tell(
	    w, JAIL_EVENT_VERBOSE, "jail_set(%s) %s", call, strbuf_str(&b));
}

int
step_publish(struct walk *w, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	/* What jls shows and what later entries are made from. */
	if (conf_set1(&w->conf, "jid", w->jid_text, e) == -1 ||
	    conf_set1(&w->conf, "name", w->name, e) == -1 ||
	    conf_set1(&w->conf, "path", w->path, e) == -1)
		return -1;
	if (conf_save(&w->conf, &text) == -1)
		return jerr_nomem(e);
	if (reg_params_write(w->reg, w->jid, strbuf_str(&text), e) == -1 ||
	    reg_update(w->rj, NULL, w->path,
		text_or_empty(conf_str(&w->conf, P_HOST_HOSTNAME)), w->init,
		w->init_start, e) == -1)
		return -1;
	w->name = reg_jail_row(w->rj)->name;
	if (reg_set_state(w->rj, REG_CREATED, e) == -1)
		return -1;
	tell_jail_set(w, "JAIL_CREATE", NULL);
	if (conf_int(&w->conf, P_SECURELEVEL) > 0)
		walk_event(w,
		    &(struct jail_event) { .kind = JAIL_EVENT_WARNING,
			.name = w->name,
			.jid = w->jid,
			.text = MODIFY_SECURELEVEL });
	return 0;
}

/* The last row: from here on the jail does without this process.  Until
 * then the next command takes it back if we die. */
int
step_alive(struct walk *w, struct jerr *e)
{
	return reg_set_state(w->rj, REG_ALIVE, e);
}

/*
 * The end of a start.  A jail that is not persistent lived on borrowed
 * persistence until here; now pid 1 may end with the last process.
 */
int
step_settle(struct walk *w, struct jerr *e)
{
	char what[64];
	int populated;

	if (conf_bool(&w->conf, P_PERSIST))
		return 0;
	populated = cgroup_populated(w->cg.j);
	if (populated == 0 && conf_list(&w->conf, P_COMMAND)->n == 0)
		walk_tell(w, JAIL_EVENT_WARNING,
		    "no process left after exec.start (persist keeps it)");
	(void)snprintf(what, sizeof(what), "jid=%d nopersist", w->jid);
	tell_jail_set(w, "JAIL_UPDATE", what);
	if (persist_set(w->cg.init, w->init_pidfd, false, e) == -1 &&
	    e->code != ESRCH)
		return -1;
	w->ended = populated == 0 || conf_list(&w->conf, P_COMMAND)->n != 0;
	return 0;
}
