/*
 * For the tests of conf/: run a text through the whole of it and get one string
 * back, messages first as they came ("E " errors, "N " notes; the file is "F"),
 * then for each jail "[name]" and what was given, a value a line in <>.
 */
#ifndef TESTS_UNIT_CONF_RUN_H
#define TESTS_UNIT_CONF_RUN_H

#include <sys/mman.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "conf/conf_file.h"

struct conf_run {
	struct strbuf out;
	const char *path; /* shown as F */
	bool notes;
};

static inline void
run_put(struct conf_run *r, const char *s)
{
	if (strbuf_puts(&r->out, s) == -1)
		abort();
}

static inline void
run_message(void *arg, bool is_note, const char *line)
{
	struct conf_run *r = arg;
	const char *found;

	if (is_note && !r->notes)
		return;
	run_put(r, is_note ? "N " : "E ");
	while (r->path != NULL && (found = strstr(line, r->path)) != NULL) {
		if (strbuf_add(&r->out, line, (size_t)(found - line)) == -1)
			abort();
		run_put(r, "F");
		line = found + strlen(r->path);
	}
	run_put(r, line);
	run_put(r, "\n");
}

static inline void
run_value(struct conf_run *r, const char *name, const char *value)
{
	run_put(r, name);
	if (value != NULL) {
		run_put(r, "=<");
		run_put(r, value);
		run_put(r, ">");
	}
	run_put(r, "\n");
}

static inline void
run_dump(struct conf_run *r, const struct jail_conf *c)
{
	for (unsigned i = 0; i < P_COUNT; i++) {
		const struct conf_value *v = &c->val[i];
		const char *name = param_table[i].name;
		struct strbuf text = STRBUF_INIT;

		if (!v->set)
			continue;
		if (param_table[i].type == PT_LIST ||
		    param_table[i].type == PT_COMMA) {
			if (v->strs.n == 0)
				run_value(r, name, NULL);
			for (size_t k = 0; k < v->strs.n; k++)
				run_value(r, name, v->strs.v[k]);
			continue;
		}
		if (conf_export(c, (enum param_id)i, &text) == -1)
			abort();
		run_value(r, name, strbuf_str(&text));
		strbuf_free(&text);
	}
	for (size_t i = 0; i < c->nkeyed; i++) {
		run_put(r, param_table[c->keyed[i].id].name);
		run_put(r, ".");
		run_value(r, c->keyed[i].key, c->keyed[i].value);
	}
}

static inline void
run_jails(struct conf_run *r, const struct conf_file *f, int jid)
{
	struct jerr e = JERR_INIT;

	for (size_t i = 0; i < conf_file_count(f); i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		bool needs;
		int n = conf_file_jail(
		    f, i, jid, &needs, &c, run_message, r, &e);

		run_put(r, "[");
		run_put(r, conf_file_name(f, i));
		run_put(r, n == -1 ? "] failed\n" : needs ? "] jid?\n" : "]\n");
		if (n == 0)
			run_dump(r, &c);
		conf_free(&c);
	}
}

/* The result belongs to r until the next run. */
static inline const char *
run_path(struct conf_run *r, const char *path, int jid)
{
	struct jerr e = JERR_INIT;
	struct conf_file *f;

	r->out.len = 0;
	if (strbuf_add(&r->out, "", 0) == -1)
		abort();
	f = conf_file_load(path, true, run_message, r, &e);
	if (f != NULL)
		run_jails(r, f, jid);
	else if (r->out.len == 0 || e.msg[0] == '\0')
		run_put(r, "NULL without a message\n");
	conf_file_free(f);
	return strbuf_str(&r->out);
}

static inline const char *
run_bytes(struct conf_run *r, const char *text, size_t n, int jid)
{
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);
	const char *out;

	if (fd == -1 || io_write_all(fd, text, n) == -1)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r->path = path;
	out = run_path(r, path, jid);
	r->path = NULL;
	(void)close(fd);
	return out;
}

static inline const char *
run_text(struct conf_run *r, const char *text)
{
	return run_bytes(r, text, strlen(text), 0);
}

#endif
