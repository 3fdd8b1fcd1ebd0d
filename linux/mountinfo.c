/*
 * Parser of mountinfo.  Used on the host's own table, to find what comes along
 * with a root; it never decides about safety, which is done on descriptors.
 */
#include "linux/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"

const char *
mountinfo_rest(const char *point, const char *path)
{
	const char *rest;

	if (str_eq(path, "/"))
		path = "";
	rest = str_after(point, path);
	if (rest == NULL || rest[0] != '/' || rest[1] == '\0')
		return NULL;
	return rest + 1;
}

static int
add(struct mountinfo *m, uint64_t id, uint64_t parent, const char *point,
    const char *type)
{
	auto_free char *p = strdup(point);
	auto_free char *t = strdup(type);

	if (p == NULL || t == NULL)
		return -1;
	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 16 : m->cap * 2;
		void *v = reallocarray(m->v, cap, sizeof(*m->v));

		if (v == NULL)
			return -1;
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n++] = (struct mountinfo_entry) {
		.id = id,
		.parent = parent,
		.point = take_ptr(p),
		.type = take_ptr(t),
	};
	return 0;
}

enum { F_ID, F_PARENT, F_DEV, F_ROOT, F_POINT, F_OPTS, F_FIXED };

/* "ID PARENT MAJ:MIN ROOT POINT OPTS [TAG...] - TYPE SOURCE SUPEROPTS" */
static int
parse_line(char *line, const char *path, struct mountinfo *out)
{
	char *field[F_FIXED], *save = NULL, *w, *type;
	uint64_t id, parent;

	for (int i = 0; i < F_FIXED; i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (field[i] == NULL)
			return errno = EPROTO, -1;
	}
	while ((w = strtok_r(NULL, " ", &save)) != NULL && !str_eq(w, "-"))
		continue;
	type = strtok_r(NULL, " ", &save);
	if (w == NULL || type == NULL ||
	    num_u64(field[F_ID], UINT64_MAX, &id) == -1 ||
	    num_u64(field[F_PARENT], UINT64_MAX, &parent) == -1)
		return errno = EPROTO, -1;
	str_unescape_octal(field[F_POINT]);
	if (mountinfo_rest(field[F_POINT], path) == NULL)
		return 0;
	return add(out, id, parent, field[F_POINT], type);
}

int
mountinfo_parse(
    const char *text, const char *path, struct mountinfo *out, struct jerr *e)
{
	auto_free char *copy = strdup(text);
	char *save = NULL, *line;

	if (copy == NULL)
		return jerr_sys(e, "mountinfo");
	for (line = strtok_r(copy, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		if (parse_line(line, path, out) == -1)
			return jerr_sys(e, "mountinfo");
	return 0;
}

int
mountinfo_below(
    int procfd, const char *path, struct mountinfo *out, struct jerr *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_close int fd = openat(
	    procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd == -1 || io_read_all(fd, MOUNTINFO_MAX, &text) == -1)
		return jerr_sys(e, "/proc/self/mountinfo");
	return mountinfo_parse(strbuf_str(&text), path, out, e);
}

void
mountinfo_free(struct mountinfo *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].point);
		free(m->v[i].type);
	}
	free(m->v);
	*m = (struct mountinfo)MOUNTINFO_INIT;
}
