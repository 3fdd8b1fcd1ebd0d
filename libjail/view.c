/*
 * One jail as jail_get(2) sees it: a row of the registry's index, its
 * parameters, and what is computed.  Read only, needs no privilege, takes no
 * lock.  Hides what is being made, what has died unnoticed, and what is dying
 * unless asked.
 */
#include <sys/utsname.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail.h"
#include "libjail/lib_int.h"
#include "model/addr.h"

/* ---- alive? ---- */

/*
 * Pid 1 of the jail is still the process that was written down, and no zombie.
 * A bare number would be a lie: pids are used again, so the start time (field
 * 22 of /proc/PID/stat, proc(5)) must agree.  Where /proc hides the process
 * from us (hidepid) its existence has to do.
 */
static bool
init_lives(pid_t pid, uint64_t start)
{
	auto_close int fd = -1;
	char path[32], buf[512], state;
	const char *p;
	ssize_t n;

	if (pid == 0)
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* One read: the kernel makes the line whole, and jls asks a thousand
	 * times. */
	n = fd == -1 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return kill(pid, 0) == 0 || errno == EPERM;
	buf[n] = '\0';
	/* The name may hold anything: count from the last parenthesis. */
	p = strrchr(buf, ')');
	if (p == NULL || p[1] == '\0')
		return false;
	state = p[2];
	for (int field = 2; field < 22; field++) {
		p = strchr(p + 1, ' ');
		if (p == NULL)
			return false;
	}
	return state != 'Z' && state != 'X' &&
	    strtoull(p + 1, NULL, 10) == start;
}

bool
lib_row_visible(const struct reg_row *row, int flags)
{
	switch (row->state) {
	case REG_CREATED:
	case REG_ALIVE:
		return init_lives(row->init, row->start);
	case REG_DYING:
		return (flags & JAIL_DYING) != 0;
	case REG_STARTING:
		break;
	}
	return false;
}

/* ---- the snapshot ---- */

/*
 * Kept while somebody goes through all jails with lastjid, so that each step
 * costs one stat and not another reading of the index; let go at the end.
 */
static struct {
	struct reg *r;
	struct reg_snapshot s;
} kept;

static void
drop(void)
{
	reg_snapshot_free(&kept.s);
	reg_close(kept.r);
	kept.r = NULL;
}

static int
refresh(bool may_reuse, struct jerr *e)
{
	if (may_reuse && kept.r != NULL && reg_snapshot_fresh(kept.r, &kept.s))
		return 0;
	drop();
	kept.r = reg_open(lib_dir(), false, e);
	if (kept.r == NULL)
		return -1;
	if (reg_snapshot(kept.r, &kept.s, e) == 0)
		return 0;
	drop();
	return -1;
}

/* ---- finding ---- */

static const struct reg_row *
find_after(int jid, int flags, struct jerr *e)
{
	/* First row above jid, by halving. */
	size_t lo = 0, hi = kept.s.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (kept.s.rows[mid].jid <= jid)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < kept.s.n; lo++)
		if (lib_row_visible(&kept.s.rows[lo], flags))
			return &kept.s.rows[lo];
	(void)jerr_set(e, ENOENT, "no jail after %d", jid);
	return NULL;
}

static const struct reg_row *
find_one(enum lib_key by, int jid, const char *name, int flags, struct jerr *e)
{
	const struct reg_row *row = by == LIB_BY_JID ?
	    reg_find_jid(&kept.s, jid) :
	    reg_find_name(&kept.s, name);
	const char *what = "not found";

	if (row != NULL && lib_row_visible(row, flags))
		return row;
	if (row != NULL && row->state == REG_DYING)
		what = "is dying";
	if (by == LIB_BY_JID)
		(void)jerr_set(e, ENOENT, "jail %d %s", jid, what);
	else
		(void)jerr_set(e, ENOENT, "jail \"%s\" %s", name, what);
	return NULL;
}

/* The row's copy, and the parameters; 1 when the jail went meanwhile. */
static int
load(struct lib_view *v, const struct reg_row *row, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	v->row = *row;
	v->row.path = v->row.hostname = v->row.ip4 = NULL;
	v->row.claim = NULL;
	v->row.name = v->name = strdup(row->name);
	if (v->name == NULL)
		return jerr_sys(e, "libjail");
	if (reg_params_read(kept.r, row->jid, &text, e) == -1) {
		struct jerr ignored = JERR_INIT;
		struct reg_snapshot now;
		bool there;

		if (e->code != ENOENT)
			return -1;
		/* Gone since; or a row whose parameters were lost. */
		if (reg_snapshot(kept.r, &now, &ignored) == -1)
			return 1;
		there = reg_find_jid(&now, row->jid) != NULL;
		reg_snapshot_free(&now);
		if (!there)
			return 1;
	} else if (conf_load(&v->conf, strbuf_str(&text), e) == -1)
		return jerr_wrap(e, "jail %d", row->jid);
	/* The index is what renames and knows the resolved path. */
	if (*row->path != '\0' &&
	    conf_set1(&v->conf, "path", row->path, e) == -1)
		return -1;
	if (!conf_isset(&v->conf, P_HOST_HOSTNAME) &&
	    conf_set1(&v->conf, "host.hostname", row->hostname, e) == -1)
		return -1;
	return 0;
}

int
lib_view_find(struct lib_view *v, enum lib_key by, int jid, const char *name,
    int flags, struct jerr *e)
{
	const struct reg_row *row;
	int rc;

	*v = (struct lib_view)LIB_VIEW_INIT;
	if (refresh(by == LIB_AFTER && jid > 0, e) == -1)
		return -1;
	for (;;) {
		row = by == LIB_AFTER ? find_after(jid, flags, e) :
					find_one(by, jid, name, flags, e);
		rc = row == NULL ? -1 : load(v, row, e);
		if (rc == 1 && by == LIB_AFTER) {
			jid = row->jid;
			lib_view_free(v);
			continue;
		}
		if (rc == 1)
			rc = by == LIB_BY_JID ?
			    jerr_set(e, ENOENT, "jail %d not found", jid) :
			    jerr_set(e, ENOENT, "jail \"%s\" not found", name);
		break;
	}
	if (rc == -1)
		lib_view_free(v);
	if (rc == -1 || by != LIB_AFTER)
		drop();
	return rc;
}

void
lib_view_free(struct lib_view *v)
{
	conf_free(&v->conf);
	free(v->name);
	*v = (struct lib_view)LIB_VIEW_INIT;
}

/* ---- values ---- */

/* What meta and env read as: the whole text, key changes applied. */
static int
whole_text(
    const struct lib_view *v, enum param_id id, char **text, struct jerr *e)
{
	*text = NULL;
	return conf_apply_keyvalue(&v->conf, id, text, e);
}

/* The limits, a line each. */
static int
limits_text(const struct lib_view *v, struct strbuf *out)
{
	const char *sep = "";

	for (size_t i = 0; i < v->conf.nkeyed; i++) {
		const struct conf_keyed *k = &v->conf.keyed[i];

		if (k->id != P_CGROUP)
			continue;
		if (strbuf_addf(out, "%s%s=%s", sep, k->key,
			k->value != NULL ? k->value : "") == -1)
			return -1;
		sep = "\n";
	}
	return 0;
}

/* 0 and *out, or 1 when the key is missing. */
static int
keyed_text(const struct lib_view *v, const struct lib_type *t,
    struct strbuf *out, struct jerr *e)
{
	auto_free char *text = NULL;
	size_t klen = strlen(t->key);

	if (t->id == P_CGROUP) {
		for (size_t i = v->conf.nkeyed; i-- > 0;) {
			const struct conf_keyed *k = &v->conf.keyed[i];

			if (k->id == P_CGROUP && str_eq(k->key, t->key))
				return strbuf_puts(
				    out, k->value != NULL ? k->value : "");
		}
		return 1;
	}
	if (whole_text(v, t->id, &text, e) == -1)
		return -1;
	for (const char *p = text; p != NULL && *p != '\0';) {
		size_t n = strcspn(p, "\n");

		if (n > klen && strncmp(p, t->key, klen) == 0 && p[klen] == '=')
			return strbuf_add(out, p + klen + 1, n - klen - 1);
		p += n + (p[n] == '\n');
	}
	return 1;
}

/* FreeBSD's osreldate is a version in one number; so is this. */
static int
kernel_number(const char *release)
{
	unsigned long part[3] = { 0 };
	char *end = (char *)(uintptr_t)release;

	for (size_t i = 0; i < nitems(part); i++) {
		part[i] = strtoul(end, &end, 10);
		if (*end != '.')
			break;
		end++;
	}
	return (int)((part[0] % 1000) * 100000 + (part[1] % 100) * 1000 +
	    part[2] % 1000);
}

/* Values that no file holds; 1 when id is none of them. */
static int
computed_text(const struct lib_view *v, enum param_id id, struct strbuf *out)
{
	bool isset = conf_isset(&v->conf, id);
	struct utsname u;

	if (id == P_JID || id == P_CPUSET_ID)
		return strbuf_addf(out, "%d", v->row.jid);
	if (id == P_NAME)
		return strbuf_puts(out, v->name);
	if (id == P_DYING)
		return strbuf_puts(
		    out, v->row.state == REG_DYING ? "true" : "false");
	/* By FreeBSD's code "new" and "disable" are one bit, and every jail
	 * that is not "inherit" reads as "disable". */
	if (id == P_IP4 || id == P_IP6)
		return strbuf_puts(out,
		    conf_int(&v->conf, id) == JAIL_SYS_INHERIT ? "inherit" :
								 "disable");
	if (isset ||
	    (id != P_OSRELEASE && id != P_LINUX_OSRELEASE &&
		id != P_LINUX_OSNAME && id != P_OSRELDATE) ||
	    uname(&u) == -1)
		return 1;
	if (id == P_LINUX_OSNAME)
		return strbuf_puts(out, u.sysname);
	if (id == P_OSRELDATE)
		return strbuf_addf(out, "%d", kernel_number(u.release));
	return strbuf_puts(out, u.release);
}

static int
plain_text(const struct lib_view *v, enum param_id id, struct strbuf *out,
    struct jerr *e)
{
	const struct strv *l = conf_list(&v->conf, id);
	auto_free char *text = NULL;
	int rc = computed_text(v, id, out);

	if (rc != 1)
		return rc;
	if (id == P_IP4_ADDR || id == P_IP6_ADDR)
		return addr_show_list(&v->conf, id, out);
	switch (param_table[id].type) {
	case PT_KEYVALUE:
		if (id == P_CGROUP)
			return limits_text(v, out);
		if (whole_text(v, id, &text, e) == -1)
			return -1;
		return strbuf_puts(out, text);
	case PT_LIST:
	case PT_COMMA:
		for (size_t i = 0; i < l->n; i++)
			if ((i > 0 && strbuf_putc(out, '\n') == -1) ||
			    strbuf_puts(out, l->v[i]) == -1)
				return -1;
		return 0;
	case PT_BOOL:
	case PT_INT:
	case PT_JAILSYS:
	case PT_STR:
		break;
	}
	return conf_export(&v->conf, id, out);
}

int
lib_view_value(const struct lib_view *v, const struct lib_type *t,
    const char *name, struct strbuf *out, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int rc;

	if (t->id == P_COUNT) /* lastjid is asked with, not for */
		return jerr_set(e, EINVAL, "unknown parameter: %s", name);
	e->msg[0] = '\0';
	rc = t->key != NULL ? keyed_text(v, t, &text, e) :
			      plain_text(v, t->id, &text, e);
	if (rc == 1)
		return 0;
	if (rc == -1)
		return e->msg[0] != '\0' ? -1 : jerr_sys(e, "libjail");
	if (t->negated) {
		bool off = str_eq(strbuf_str(&text), "false");

		return lib_value_encode(
		    t, name, off ? "true" : "false", out, e);
	}
	return lib_value_encode(t, name, strbuf_str(&text), out, e);
}
