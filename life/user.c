/*
 * User lookup.  The jail's passwd, group and login.defs are hostile input:
 *
 *  - opened through openat2 below the root, looked at before they are opened,
 *    regular files only (a FIFO or a device would block or act), O_NOFOLLOW;
 *  - read up to a fixed size, parsed by hand; a line that does not parse is
 *    skipped, never repaired; numbers by the one strict reader;
 *  - at most USER_MAXGROUPS groups.
 *
 * Must never call NSS (getpw*, getgr*) on behalf of a jail's name for a user:
 * only user_from_host does, and only before the jail is entered.
 */
#include "life/user.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"

#define FILE_MAX ((size_t)16 << 20)  /* passwd, group */
#define DEFS_MAX ((size_t)256 << 10) /* login.defs */
#define PATH_MAXLEN 1024
#define ID_MAX ((uint64_t)UINT32_MAX - 1)
#define NOT_REGULAR EMEDIUMTYPE /* Linux has no EFTYPE; no open gives it */
#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void
user_free(struct user *u)
{
	free(u->groups);
	free(u->name);
	free(u->home);
	free(u->shell);
	*u = (struct user)USER_INIT;
}

static int
no_memory(struct jerr *e)
{
	return jerr_set(e, ENOMEM, "user: out of memory");
}

static int
fill(struct user *u, const char *name, const char *home, const char *shell)
{
	u->name = strdup(name);
	u->home = strdup(home[0] != '\0' ? home : "/");
	u->shell = strdup(shell[0] != '\0' ? shell : "/bin/sh");
	return u->name != NULL && u->home != NULL && u->shell != NULL ? 0 : -1;
}

static bool
all_digits(const char *s)
{
	return s[0] != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* 1: it is a number, *id is set; 0: a name; -1: a number out of range. */
static int
parse_name(const char *name, uint64_t *id, struct jerr *e)
{
	if (name[0] == '\0')
		return jerr_set(e, EINVAL, "user: empty name");
	if (!all_digits(name))
		return 0;
	if (num_u64(name, ID_MAX, id) == -1)
		return jerr_set(e, EINVAL, "%s: no such user id", name);
	return 1;
}

static int
by_number(const void *a, const void *b)
{
	const gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once, without the primary group. */
static void
tidy_groups(struct user *u)
{
	size_t n = 0;

	if (u->ngroups == 0)
		return;
	qsort(u->groups, u->ngroups, sizeof(u->groups[0]), by_number);
	for (size_t i = 0; i < u->ngroups; i++)
		if (u->groups[i] != u->gid &&
		    (n == 0 || u->groups[n - 1] != u->groups[i]))
			u->groups[n++] = u->groups[i];
	u->ngroups = n;
}

/* ---- the host's ---- */

static int
host_groups(const char *name, struct user *u, struct jerr *e)
{
	int n = 64;

	/* glibc says how many there are; ask again with room for them. */
	for (int tries = 0; tries < 8; tries++) {
		int room = n;
		gid_t *p = reallocarray(u->groups, (size_t)room, sizeof(*p));

		if (p == NULL)
			return no_memory(e);
		u->groups = p;
		if (getgrouplist(name, u->gid, p, &n) != -1) {
			u->ngroups = (size_t)n;
			tidy_groups(u);
			return 0;
		}
		if (n <= room)
			n = room * 2;
		if (n > USER_MAXGROUPS)
			break;
	}
	return jerr_set(
	    e, E2BIG, "%s: more than %d groups", name, USER_MAXGROUPS);
}

static int
host_entry(const char *name, struct user *u, struct jerr *e)
{
	uint64_t id = 0;
	int number = parse_name(name, &id, e);
	const struct passwd *pw;

	if (number == -1)
		return -1;
	errno = 0;
	pw = number == 1 ? getpwuid((uid_t)id) : getpwnam(name);
	if (pw == NULL && number == 0) {
		/* "Not found" has many errnos (getpwnam(3)); some are real. */
		if (errno == EIO || errno == EMFILE || errno == ENFILE ||
		    errno == ENOMEM)
			return jerr_sys(e, "%s", name);
		return jerr_set(e, ENOENT, "%s: no such user", name);
	}
	u->uid = pw != NULL ? pw->pw_uid : (uid_t)id;
	u->gid = pw != NULL ? pw->pw_gid : (gid_t)id;
	if (fill(u, pw != NULL ? pw->pw_name : name,
		pw != NULL ? pw->pw_dir : "",
		pw != NULL ? pw->pw_shell : "") == -1)
		return no_memory(e);
	return pw != NULL ? host_groups(u->name, u, e) : 0;
}

int
user_from_host(const char *name, struct user *out, struct jerr *e)
{
	auto_user struct user u = USER_INIT;

	if (host_entry(name, &u, e) == -1)
		return -1;
	*out = u;
	u = (struct user)USER_INIT;
	return 0;
}

/* ---- the jail's ---- */

/*
 * The whole of a regular file below the jail's root.  ENOENT and the like stay
 * in errno for the caller to judge.
 */
static int
read_jail_file(int rootfd, const char *path, size_t max, struct strbuf *out)
{
	auto_close int look = path_open_in_root(
	    rootfd, path, O_PATH | O_NOFOLLOW, 0);
	auto_close int fd = -1;
	struct stat st, st2;

	if (look == -1)
		return -1;
	if (fstat(look, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : NOT_REGULAR;
		return -1;
	}
	fd = path_open_in_root(
	    rootfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd == -1 || fstat(fd, &st2) == -1)
		return -1;
	/* The name may have been exchanged in between. */
	if (!S_ISREG(st2.st_mode)) {
		errno = NOT_REGULAR;
		return -1;
	}
	return io_read_all(fd, max, out);
}

static int
file_error(const char *path, struct jerr *e)
{
	if (errno == NOT_REGULAR)
		return jerr_set(e, EINVAL, "/%s: not a regular file", path);
	if (errno == ELOOP)
		return jerr_set(e, ELOOP, "/%s: is a symbolic link", path);
	return jerr_sys(e, "/%s", path);
}

/* The next line of b, terminated in place; NULL at the end.  A line with a
 * NUL in it comes back empty: what stands behind would be invisible. */
static char *
next_line(struct strbuf *b, size_t *off)
{
	char *s, *nl;
	size_t n;

	if (b->s == NULL || *off >= b->len)
		return NULL;
	s = b->s + *off;
	nl = memchr(s, '\n', b->len - *off);
	n = nl != NULL ? (size_t)(nl - s) : b->len - *off;
	*off += n + 1;
	s[n] = '\0';
	if (strlen(s) != n)
		s[0] = '\0';
	return s;
}

/* Splits at colons into exactly n fields; false when there are more or less. */
static bool
split(char *line, char **f, size_t n)
{
	f[0] = line;
	for (size_t i = 1; i < n; i++) {
		char *colon = strchr(f[i - 1], ':');

		if (colon == NULL)
			return false;
		*colon = '\0';
		f[i] = colon + 1;
	}
	return strchr(f[n - 1], ':') == NULL;
}

/* 1 when the line is the entry asked for, 0 when not. */
static int
match_passwd(
    char *line, const char *name, bool number, uint64_t id, struct user *u)
{
	enum { NAME, PW, UID, GID, GECOS, HOME, SHELL, NFIELDS };
	char *f[NFIELDS];
	uint64_t uid, gid;

	if (!split(line, f, NFIELDS) || f[NAME][0] == '\0' ||
	    f[NAME][0] == '+' || f[NAME][0] == '-' || f[NAME][0] == '#')
		return 0;
	if (num_u64(f[UID], ID_MAX, &uid) == -1 ||
	    num_u64(f[GID], ID_MAX, &gid) == -1)
		return 0;
	if (number ? uid != id : !str_eq(f[NAME], name))
		return 0;
	u->uid = (uid_t)uid;
	u->gid = (gid_t)gid;
	return fill(u, f[NAME], f[HOME], f[SHELL]) == -1 ? -1 : 1;
}

static bool
is_member(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (list[0] != '\0') {
		size_t len = strcspn(list, ",");

		if (len == n && strncmp(list, name, n) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

static int
add_group(struct user *u, size_t *cap, gid_t gid, struct jerr *e)
{
	if (u->ngroups == USER_MAXGROUPS)
		return jerr_set(e, E2BIG, "%s: more than %d groups", u->name,
		    USER_MAXGROUPS);
	if (u->ngroups == *cap) {
		size_t more = *cap != 0 ? *cap * 2 : 16;
		gid_t *p = reallocarray(u->groups, more, sizeof(*p));

		if (p == NULL)
			return no_memory(e);
		u->groups = p;
		*cap = more;
	}
	u->groups[u->ngroups++] = gid;
	return 0;
}

static int
jail_groups(int rootfd, struct user *u, struct jerr *e)
{
	enum { NAME, PW, GID, MEMBERS, NFIELDS };
	auto_strbuf struct strbuf text = STRBUF_INIT;
	char *f[NFIELDS], *line;
	size_t off = 0, cap = 0;
	uint64_t gid;

	if (read_jail_file(rootfd, "etc/group", FILE_MAX, &text) == -1)
		return errno == ENOENT ? 0 : file_error("etc/group", e);
	while ((line = next_line(&text, &off)) != NULL) {
		if (!split(line, f, NFIELDS) || f[NAME][0] == '+' ||
		    f[NAME][0] == '-' || num_u64(f[GID], ID_MAX, &gid) == -1 ||
		    !is_member(f[MEMBERS], u->name))
			continue;
		if (add_group(u, &cap, (gid_t)gid, e) == -1)
			return -1;
	}
	tidy_groups(u);
	return 0;
}

static int
jail_entry(int rootfd, const char *name, struct user *u, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	uint64_t id = 0;
	int number = parse_name(name, &id, e);
	size_t off = 0;
	bool missing = false;
	char *line;

	if (number == -1)
		return -1;
	if (read_jail_file(rootfd, "etc/passwd", FILE_MAX, &text) == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			return file_error("etc/passwd", e);
		missing = true;
	}
	while ((line = next_line(&text, &off)) != NULL) {
		int r = match_passwd(line, name, number == 1, id, u);

		if (r == -1)
			return no_memory(e);
		if (r == 1)
			return jail_groups(rootfd, u, e);
	}
	if (number == 0 && !(missing && str_eq(name, "root")))
		return jerr_set(e, ENOENT, "%s: no such user", name);
	u->uid = (uid_t)id;
	u->gid = (gid_t)id;
	return fill(u, id == 0 ? "root" : name, "", "") == -1 ? no_memory(e) :
								0;
}

int
user_from_jail(int rootfd, const char *name, struct user *out, struct jerr *e)
{
	auto_user struct user u = USER_INIT;

	if (jail_entry(rootfd, name, &u, e) == -1)
		return -1;
	*out = u;
	u = (struct user)USER_INIT;
	return 0;
}

int
user_root_of_jail(int rootfd, struct user *out, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_user struct user u = USER_INIT;
	size_t off = 0;
	char *line;
	int r = 0;

	if (read_jail_file(rootfd, "etc/passwd", FILE_MAX, &text) == 0)
		while (r == 0 && (line = next_line(&text, &off)) != NULL)
			r = match_passwd(line, "root", false, 0, &u);
	if (r == 0)
		r = fill(&u, "root", "/root", "/bin/sh");
	if (r == -1)
		return no_memory(e);
	u.uid = 0;
	u.gid = 0;
	*out = u;
	u = (struct user)USER_INIT;
	return 0;
}

/* ---- environment ---- */

/* Absolute directories, printable, of bearable length. */
static bool
path_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > PATH_MAXLEN)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f)
			return false;
		if ((i == 0 || s[i - 1] == ':') && s[i] != '/')
			return false;
	}
	return s[n - 1] != ':';
}

/* The value when the line is "WORD PATH=value" or "WORD value", else NULL. */
static char *
defs_value(char *line, const char *word)
{
	size_t n = strlen(word), end;
	char *v = line + strspn(line, " \t");

	if (strncmp(v, word, n) != 0 || (v[n] != ' ' && v[n] != '\t'))
		return NULL;
	v += n;
	v += strspn(v, " \t\"");
	if (strncmp(v, "PATH=", 5) == 0)
		v += 5;
	for (end = strlen(v); end > 0 && strchr(" \t\"\r", v[end - 1]) != NULL;
	     end--)
		v[end - 1] = '\0';
	return v;
}

char *
user_login_path(int rootfd, uid_t uid)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	const char *word = uid == 0 ? "ENV_SUPATH" : "ENV_PATH";
	char *line, *v;
	size_t off = 0;

	if (read_jail_file(rootfd, "etc/login.defs", DEFS_MAX, &text) == 0)
		while ((line = next_line(&text, &off)) != NULL) {
			v = defs_value(line, word);
			if (v != NULL && path_ok(v))
				return strdup(v);
		}
	return strdup(DEFAULT_PATH);
}

bool
user_term_ok(const char *term)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
	size_t n = strlen(term);

	return n >= 1 && n <= 63 && strspn(term, good) == n;
}

int
user_clean_env(int rootfd, const struct user *u, const char *term,
    struct strv *out, struct jerr *e)
{
	auto_free char *path = user_login_path(rootfd, u->uid);

	if (path == NULL || strv_addf(out, "PATH=%s", path) == -1 ||
	    strv_addf(out, "USER=%s", u->name) == -1 ||
	    strv_addf(out, "HOME=%s", u->home) == -1 ||
	    strv_addf(out, "SHELL=%s", u->shell) == -1)
		return no_memory(e);
	if (term != NULL && user_term_ok(term) &&
	    strv_addf(out, "TERM=%s", term) == -1)
		return no_memory(e);
	return 0;
}
