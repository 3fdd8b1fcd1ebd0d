/*
 * Which mounts a jail has: the lines of mount and mount.fstab, and those that
 * mount.devfs, .fdescfs, .procfs and .sysfs imply.  What is asked for twice
 * lands once.  Reads configuration files only; they must be root's own, since
 * whoever writes them mounts what they like.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"

#define FILE_MAX (1 << 20)

static int
opts_move(struct mnt *en, struct fstab_opts *o)
{
	en->o = *o;
	*o = (struct fstab_opts) { .ruleset = -1, .uid = -1, .gid = -1 };
	return 0;
}

/* Kinds of which there can be only one at a place. */
static bool
is_single(enum fstab_kind k)
{
	return k != FSK_BIND && k != FSK_RBIND && k != FSK_UNION &&
	    k != FSK_OVERLAY && k != FSK_TMPFS && k != FSK_OTHER;
}

static int
add_line(struct mounts *m, const char *where, const struct fstab_line *l,
    struct jerr *e)
{
	auto_free char *rel = NULL;
	struct fstab_opts o;
	enum fstab_kind kind;
	struct mnt *en;

	if (fstab_kind_of(l->type, &kind, e) == -1 ||
	    fstab_parse_opts(kind, l->type, l->opts, &o, e) == -1)
		return jerr_wrap(e, "%s: %s", where, l->file);
	rel = mounts_rel(m, where, l->file, e);
	if (rel == NULL) {
		fstab_opts_free(&o);
		return -1;
	}
	if (is_single(kind) && mnt_find(&m->lines, kind, rel) != NULL) {
		fstab_opts_free(&o);
		return 0;
	}
	en = mnt_add(&m->lines, kind, where, rel);
	if (en == NULL) {
		fstab_opts_free(&o);
		return jerr_sys(e, "%s", where);
	}
	(void)opts_move(en, &o);
	en->spec = strdup(l->spec);
	en->type = strdup(l->type);
	if (en->spec == NULL || en->type == NULL)
		return jerr_sys(e, "%s", where);
	return 0;
}

static int
one_line(struct mounts *m, const char *where, const char *text, struct jerr *e)
{
	struct fstab_line l;
	int rc = fstab_parse(text, &l, e);

	if (rc == -1)
		return jerr_wrap(e, "%s", where);
	if (rc == 0)
		return 0;
	rc = add_line(m, where, &l, e);
	fstab_line_free(&l);
	return rc;
}

/*
 * A whole configuration file.  The other users of the host must not be able to
 * write it, nor the jail: its root would mount the host's "/" at the next
 * start.  1: read; 0: there is none.
 */
static int
read_config(const struct mounts *m, const char *param, const char *file,
    struct strbuf *out, struct jerr *e)
{
	auto_free char *real = NULL;
	auto_close int fd = -1;
	struct stat st;
	size_t n = strlen(m->path);

	fd = path_open_host(file, &m->edges, O_RDONLY | O_NONBLOCK, 0);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1)
		return jerr_sys(e, "%s: %s", param, file);
	if (!S_ISREG(st.st_mode))
		return jerr_set(
		    e, EINVAL, "%s: %s: not a regular file", param, file);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return jerr_set(e, EPERM,
		    "%s: %s: others may write it "
		    "(chown root and chmod go-w)",
		    param, file);
	real = realpath(file, NULL);
	if (real != NULL && !m->host_root && strncmp(real, m->path, n) == 0 &&
	    real[n] == '/')
		return jerr_set(e, EPERM,
		    "%s: %s: lies inside the jail, whose "
		    "root could rewrite it",
		    param, file);
	if (io_read_all(fd, FILE_MAX, out) == -1)
		return jerr_sys(e, "%s: %s", param, file);
	return 1;
}

static int
one_file(struct mounts *m, const char *file, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	unsigned lineno = 0;
	char *line, *next;
	int rc;

	rc = read_config(m, "mount.fstab", file, &text, e);
	if (rc == 0)
		return errno = ENOENT, jerr_sys(e, "mount.fstab: %s", file);
	if (rc == -1)
		return -1;
	for (line = text.s; line != NULL; line = next) {
		auto_strbuf struct strbuf where = STRBUF_INIT;

		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		lineno++;
		fstab_cut_comment(line);
		if (strbuf_addf(&where, "mount.fstab: %s:%u", file, lineno) ==
		    -1)
			return jerr_sys(e, "mount.fstab");
		if (one_line(m, where.s, line, e) == -1)
			return -1;
	}
	return 0;
}

static int
imply(struct mounts *m, enum fstab_kind kind, const char *where,
    const char *rel, bool automatic, struct jerr *e)
{
	struct mnt *en;

	if (mnt_find(&m->lines, kind, rel) != NULL)
		return 0;
	en = mnt_add(&m->lines, kind, where, rel);
	if (en == NULL)
		return jerr_sys(e, "%s", where);
	en->automatic = automatic;
	return 0;
}

static void
drop(struct mnt_vec *vec, struct mnt *en)
{
	struct mnt_vec one = { .v = NULL };

	if (en == NULL)
		return;
	one.v = malloc(sizeof(*en));
	if (one.v == NULL)
		return; /* mounted twice then: harmless */
	*one.v = *en;
	one.n = 1;
	memmove(en, en + 1, (size_t)(vec->v + vec->n - (en + 1)) * sizeof(*en));
	vec->n--;
	mnt_vec_free(&one);
}

/* What /dev brings itself is not mounted again; a tmpfs for dev/shm (with a
 * size, say) replaces ours. */
static void
settle_dev(struct mounts *m)
{
	m->pts = m->mqueue = m->shm = true;
	if (mnt_find(&m->lines, FSK_DEV, "dev") == NULL)
		return;
	drop(&m->lines, mnt_find(&m->lines, FSK_PTS, "dev/pts"));
	drop(&m->lines, mnt_find(&m->lines, FSK_MQUEUE, "dev/mqueue"));
	drop(&m->lines, mnt_find(&m->lines, FSK_FDESC, "dev/fd"));
	m->shm = mnt_find(&m->lines, FSK_TMPFS, "dev/shm") == NULL;
}

int
mounts_read_lines(struct mounts *m, const struct jail_conf *c, struct jerr *e)
{
	const struct strv *lines = conf_list(c, P_MOUNT);
	const struct strv *files = conf_list(c, P_MOUNT_FSTAB);

	for (size_t i = 0; lines != NULL && i < lines->n; i++)
		if (one_line(m, "mount", lines->v[i], e) == -1)
			return -1;
	for (size_t i = 0; files != NULL && i < files->n; i++)
		if (files->v[i][0] != '\0' && one_file(m, files->v[i], e) == -1)
			return -1;
	if (conf_bool(c, P_MOUNT_DEVFS) &&
	    imply(m, FSK_DEV, "mount.devfs", "dev", false, e) == -1)
		return -1;
	if (conf_bool(c, P_MOUNT_FDESCFS) &&
	    imply(m, FSK_FDESC, "mount.fdescfs", "dev/fd", false, e) == -1)
		return -1;
	if (conf_bool(c, P_MOUNT_PROCFS) &&
	    imply(m, FSK_PROC, "mount.procfs", "proc",
		!conf_isset(c, P_MOUNT_PROCFS), e) == -1)
		return -1;
	if (conf_bool(c, P_MOUNT_SYSFS) &&
	    imply(m, FSK_SYS, "mount.sysfs", "sys",
		!conf_isset(c, P_MOUNT_SYSFS), e) == -1)
		return -1;
	settle_dev(m);
	return 0;
}

static void
take_nodes(struct mounts *m, const struct devfs_state st[DEV_COUNT])
{
	for (int id = 0; id < DEV_COUNT; id++) {
		const struct devfs_known *k = &devfs_nodes[id];
		struct devfs_node *n;

		if (!st[id].shown)
			continue;
		if (k->link != NULL) {
			m->links[m->nlinks++] = (struct devfs_link) {
				.name = k->name, .to = k->link
			};
			continue;
		}
		if (k->major == 0)
			continue;
		n = &m->nodes[m->nnodes++];
		*n = (struct devfs_node) {
			.major = k->major,
			.minor = k->minor,
			.mode = st[id].mode,
			.chown = st[id].changed,
			.uid = st[id].uid,
			.gid = st[id].gid,
		};
		(void)strncpy(n->name, k->name, sizeof(n->name) - 1);
	}
	m->pts = m->pts && st[DEV_PTS].shown;
}

int
mounts_read_devfs(struct mounts *m, const struct jail_conf *c, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct devfs_state state[DEV_COUNT];
	struct devfs_rules *rules;
	int number = (int)conf_int(c, P_DEVFS_RULESET), rc;
	bool wanted = number != 0;

	for (size_t i = 0; i < m->lines.n; i++) {
		const struct mnt *en = &m->lines.v[i];

		if (en->kind != FSK_DEV)
			continue;
		wanted = true;
		if (number == 0 && en->o.ruleset > 0)
			number = (int)en->o.ruleset;
	}
	if (!wanted)
		return 0;
	if (number == 0)
		number = DEVFS_RULESET_JAIL;
	rc = read_config(m, "devfs_ruleset", DEVFS_RULES_FILE, &text, e);
	if (rc == -1)
		return -1;
	rules = devfs_rules_new();
	if (rules == NULL)
		return jerr_sys(e, "devfs_ruleset");
	if ((rc == 1 &&
		devfs_rules_parse(
		    rules, DEVFS_RULES_FILE, strbuf_str(&text), e) == -1) ||
	    devfs_rules_apply(
		rules, number, DEVFS_RULES_FILE, state, &m->notes, e) == -1) {
		devfs_rules_free(rules);
		return jerr_wrap(e, "devfs_ruleset");
	}
	devfs_rules_free(rules);
	take_nodes(m, state);
	return 0;
}
