/*
 * unionfs and overlay (recipe 6).  The layers are idmapped, the overlay is
 * not; upper and work are reached through one clone, since the kernel wants
 * them on one mount.
 *
 * The overlay is made with fsuid and fsgid of the jail's root and with all
 * capabilities: as the host's root, whose id the upper layer's map does not
 * know, it would silently come up read-only.  Options that follow what a jail
 * wrote into the upper layer (redirects, metacopy, index) stay off.
 */
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "life/mounts_int.h"
#include "linux/mount.h"

#define LAYER_ATTR MOUNT_ATTR_NODEV

void
overlay_free(struct mnt_layers *l)
{
	for (size_t i = 0; i < l->nlower; i++)
		close_keep(l->lower[i]);
	close_keep(l->top);
	free(l->upper);
	free(l->work);
	*l = (struct mnt_layers) { .top = -1 };
}

static int
add_lower(
    const struct mounts *m, struct mnt *en, const char *path, struct jerr *e)
{
	static const struct mount_attrs ro = {
		.set = MOUNT_ATTR_RDONLY | LAYER_ATTR,
		.clr = 0,
	};
	struct mnt_layers *l = &en->layers;
	auto_close int src = mounts_open_source(m, en->where, path, e);

	if (src == -1)
		return -1;
	/* One place is kept for the target of a unionfs. */
	if (l->nlower + 1 == nitems(l->lower))
		return jerr_set(e, E2BIG, "%s: more than %zu layers", en->where,
		    nitems(l->lower) - 1);
	l->lower[l->nlower] = mount_clone(src, "", &ro);
	if (l->lower[l->nlower] == -1)
		return jerr_sys(e, "%s: clone %s", en->where, path);
	l->nlower++;
	return 0;
}

/* "/a/b/up" to "/a/b/.up.work", made if need be: the kernel's scratch place
 * must be beside the upper layer and not in it. */
static char *
default_work(const struct mnt *en, const char *upper, struct jerr *e)
{
	const char *name = strrchr(upper, '/') + 1;
	auto_strbuf struct strbuf dir = STRBUF_INIT, work = STRBUF_INIT;
	auto_close int parent = -1;

	if (strbuf_add(&dir, upper, (size_t)(name - upper)) == -1 ||
	    strbuf_addf(&work, ".%s.work", name) == -1)
		goto fail;
	parent = open(dir.s, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent == -1 ||
	    (mkdirat(parent, work.s, 0700) == -1 && errno != EEXIST) ||
	    strbuf_puts(&dir, work.s) == -1)
		goto fail;
	return take_ptr(dir.s);
fail:
	(void)jerr_sys(e, "%s: %s: its work directory", en->where, upper);
	return NULL;
}

/* Length of the directory that holds both paths. */
static size_t
common(const char *a, const char *b)
{
	size_t n = 0, last = 0;

	while (a[n] != '\0' && a[n] == b[n]) {
		if (a[n] == '/')
			last = n;
		n++;
	}
	return last;
}

/*
 * The directories are the host administrator's, outside of the jail: were they
 * in its root, the jail could put links in their place.
 */
static char *
real_layer(const struct mounts *m, const struct mnt *en, const char *path,
    struct jerr *e)
{
	size_t n = strlen(m->path);
	char *real = path[0] == '/' ? realpath(path, NULL) : NULL;

	if (path[0] != '/') {
		(void)jerr_set(e, EINVAL, "%s: %s: not an absolute pathname",
		    en->where, path);
		return NULL;
	}
	if (real == NULL) {
		(void)jerr_sys(e, "%s: %s", en->where, path);
		return NULL;
	}
	if (!m->host_root && strncmp(real, m->path, n) == 0 &&
	    (real[n] == '/' || real[n] == '\0')) {
		(void)jerr_set(e, EINVAL,
		    "%s: %s: a writable layer cannot lie "
		    "inside the jail",
		    en->where, path);
		free(real);
		return NULL;
	}
	return real;
}

static int
set_upper(const struct mounts *m, struct mnt *en, const char *upperdir,
    struct jerr *e)
{
	static const struct mount_attrs rw = { .set = LAYER_ATTR, .clr = 0 };
	struct mnt_layers *l = &en->layers;
	auto_free char *upper = real_layer(m, en, upperdir, e);
	auto_free char *work = NULL, *both = NULL;
	size_t n;

	if (upper == NULL)
		return -1;
	work = en->o.workdir != NULL ? real_layer(m, en, en->o.workdir, e) :
				       default_work(en, upper, e);
	if (work == NULL)
		return -1;
	n = common(upper, work);
	both = n == 0 ? strdup("/") : strndup(upper, n);
	l->upper = strdup(upper + n + 1);
	l->work = strdup(work + n + 1);
	if (both == NULL || l->upper == NULL || l->work == NULL)
		return jerr_sys(e, "%s", en->where);
	l->top = mount_clone(AT_FDCWD, both, &rw);
	if (l->top == -1)
		return jerr_sys(e, "%s: clone %s", en->where, both);
	return 0;
}

int
overlay_clone(const struct mounts *m, struct mnt *en, struct jerr *e)
{
	auto_free char *copy = NULL;
	char *save = NULL, *path;

	if (en->kind == FSK_UNION) {
		/* The other layer is the target, which the builder sees. */
		if (!en->o.ro && !en->o.below)
			return set_upper(m, en, en->spec, e);
		if (!en->o.ro)
			return jerr_set(e, EINVAL,
			    "%s: %s: unionfs: below "
			    "needs ro (the upper layer would be the target)",
			    en->where, en->spec);
		return add_lower(m, en, en->spec, e);
	}
	if (en->o.lowerdir == NULL)
		return jerr_set(
		    e, EINVAL, "%s: overlay: lowerdir= is missing", en->where);
	copy = strdup(en->o.lowerdir);
	if (copy == NULL)
		return jerr_sys(e, "%s", en->where);
	for (path = strtok_r(copy, ":", &save); path != NULL;
	     path = strtok_r(NULL, ":", &save))
		if (add_lower(m, en, path, e) == -1)
			return -1;
	if (en->o.upperdir == NULL)
		return 0;
	return set_upper(m, en, en->o.upperdir, e);
}

int
overlay_idmap(struct mnt *en, int userns, struct jerr *e)
{
	struct mnt_layers *l = &en->layers;
	char name[32];

	for (size_t i = 0; i <= l->nlower; i++) {
		int fd = i < l->nlower ? l->lower[i] : l->top;

		if (fd != -1 && mount_idmap(fd, userns) == -1)
			return jerr_sys(e,
			    "%s: layer on %s: its ids cannot be "
			    "mapped",
			    en->where, mount_fsname(fd, name));
	}
	return 0;
}

/* ---- in the builder ---- */

struct ovl {
	int lower[16];
	size_t nlower;
	int upper, work; /* -1: read-only */
};

/* By descriptor: Linux 6.13.  1: not on this kernel. */
static int
set_by_fd(int fs, const struct ovl *o, struct jerr *e)
{
	for (size_t i = 0; i < o->nlower; i++) {
		if (fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL,
			o->lower[i]) == 0)
			continue;
		if (i == 0 && (errno == EOPNOTSUPP || errno == EINVAL))
			return 1;
		return mount_fs_fail(fs, e, "overlay: lowerdir");
	}
	if (o->upper == -1)
		return 0;
	if (fsconfig(fs, FSCONFIG_SET_FD, "upperdir", NULL, o->upper) == -1 ||
	    fsconfig(fs, FSCONFIG_SET_FD, "workdir", NULL, o->work) == -1)
		return mount_fs_fail(fs, e, "overlay: upperdir");
	return 0;
}

/*
 * By name, relative to the working directory, which is the host's /proc (the
 * builder may have no other way to it).  The layers must be attached.
 */
static int
set_by_name(int fs, const struct ovl *o, struct jerr *e)
{
	auto_strbuf struct strbuf lower = STRBUF_INIT, up = STRBUF_INIT,
				  work = STRBUF_INIT;

	for (size_t i = 0; i < o->nlower; i++)
		if (strbuf_addf(&lower, "%sself/fd/%d", i == 0 ? "" : ":",
			o->lower[i]) == -1)
			return jerr_sys(e, "overlay");
	if (strbuf_addf(&up, "self/fd/%d", o->upper) == -1 ||
	    strbuf_addf(&work, "self/fd/%d", o->work) == -1)
		return jerr_sys(e, "overlay");
	if (mount_fs_set(fs, "lowerdir", lower.s) == -1 ||
	    (o->upper != -1 &&
		(mount_fs_set(fs, "upperdir", up.s) == -1 ||
		    mount_fs_set(fs, "workdir", work.s) == -1)))
		return mount_fs_fail(fs, e, "overlay: layers");
	return 0;
}

static const struct {
	const char *key, *value;
} always[] = {
	{ "redirect_dir", "off" },
	{ "metacopy", "off" },
	{ "index", "off" },
	{ "nfs_export", "off" },
};

static int
create(struct mnt *en, const struct ovl *o, bool by_fd, struct jerr *e)
{
	auto_close int fs = mount_fs_open("overlay", e);
	unsigned attr = (unsigned)en->o.set | MOUNT_ATTR_NODEV;
	int rc;

	if (fs == -1)
		return -1;
	(void)mount_fs_set(fs, "source", "overlay");
	rc = by_fd ? set_by_fd(fs, o, e) : set_by_name(fs, o, e);
	if (rc != 0)
		return rc == 1 ? -2 : -1;
	for (size_t i = 0; i < nitems(always); i++)
		if (mount_fs_set(fs, always[i].key, always[i].value) == -1)
			return mount_fs_fail(
			    fs, e, "overlay: %s", always[i].key);
	for (size_t i = 0; i < en->o.rest.n; i++) {
		char *eq = strchr(en->o.rest.v[i], '=');

		if (eq != NULL)
			*eq = '\0';
		if (mount_fs_set(
			fs, en->o.rest.v[i], eq == NULL ? NULL : eq + 1) == -1)
			return mount_fs_fail(
			    fs, e, "overlay: %s", en->o.rest.v[i]);
	}
	return mount_fs_create(fs, "overlay", attr, e);
}

/*
 * Linux before 6.13: attach the clones for a moment, over the target, and take
 * them away again; the overlay holds clones of its own.
 */
static int
create_attached(const struct build *b, struct mnt *en, const struct ovl *o,
    int target, struct jerr *e)
{
	struct mnt_layers *l = &en->layers;
	int done[17], fd = -1;
	size_t n = 0;

	for (size_t i = 0; i <= l->nlower; i++) {
		int layer = i < l->nlower ? l->lower[i] : l->top;

		if (layer == -1)
			continue;
		if (mount_attach(layer, target) == -1) {
			(void)jerr_sys(e, "overlay: attach a layer");
			break;
		}
		done[n++] = layer;
	}
	if (n == l->nlower + (l->top != -1)) {
		if (fchdir(b->ctx->procfd) == -1)
			(void)jerr_sys(e, "overlay: /proc");
		else
			fd = create(en, o, false, e);
	}
	while (n > 0)
		if (mount_detach(done[--n]) == -1 && fd != -1) {
			(void)jerr_sys(e, "overlay: detach a layer");
			close_keep(fd);
			fd = -1;
		}
	(void)fchdir(b->top);
	return fd;
}

static int
create_as_root_of_jail(struct build *b, struct mnt *en, const struct ovl *o,
    int target, struct jerr *e)
{
	uid_t base = b->ctx->base;
	int fd;

	/* Otherwise setfsuid would take the file capabilities away. */
	if (base != 0 &&
	    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == -1)
		return jerr_sys(e, "overlay: securebits");
	(void)setfsgid(base);
	(void)setfsuid(base);
	fd = create(en, o, true, e);
	if (fd == -2)
		fd = create_attached(b, en, o, target, e);
	(void)setfsuid(0);
	(void)setfsgid(0);
	if (base != 0)
		(void)prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
	return fd;
}

int
overlay_build(struct build *b, struct mnt *en, int target, struct jerr *e)
{
	struct mnt_layers *l = &en->layers;
	auto_close int upper = -1, work = -1;
	struct ovl o = { .upper = -1, .work = -1 };
	int fd;

	if (en->kind == FSK_UNION && en->o.below)
		o.lower[o.nlower++] = target;
	for (size_t i = 0; i < l->nlower; i++)
		o.lower[o.nlower++] = l->lower[i];
	if (en->kind == FSK_UNION && !en->o.below)
		o.lower[o.nlower++] = target;
	if (l->top != -1) {
		upper = path_open_beneath(
		    l->top, l->upper, O_PATH | O_DIRECTORY, 0);
		work = path_open_beneath(
		    l->top, l->work, O_PATH | O_DIRECTORY, 0);
		if (upper == -1 || work == -1)
			return jerr_sys(e, "%s: %s", en->where,
			    upper == -1 ? l->upper : l->work);
		o.upper = upper;
		o.work = work;
	}
	fd = create_as_root_of_jail(b, en, &o, target, e);
	return fd == -1 ?
	    jerr_wrap(e, "%s: %s/%s", en->where, b->m->given, en->rel) :
	    fd;
}
