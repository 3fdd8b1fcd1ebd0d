/*
 * Any bytes as a jail.conf: parsed, every jail expanded with and without a jid,
 * checked, saved, read back.  With libFuzzer:
 *
 *	clang -fsanitize=fuzzer,address,undefined -DWITH_LIBFUZZER ...
 *	fuzz_conf CORPUS fuzz/seeds
 *
 * and without it a program that runs the files named on its command line once,
 * for looking at a finding and for tests.
 *
 * Nothing of the system is used but a memory file: an include would read what
 * the input names, so inputs with one are left out (tests/unit/
 * test_conf_include.c has those).
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "conf/conf_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
message(void *arg, bool is_note, const char *line)
{
	(void)is_note;
	/* A message is one line, whatever was quoted in it. */
	if (*line == '\0')
		abort();
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < 0x20 || *line == 0x7f)
			abort();
	++*(size_t *)arg;
}

/* What was accepted must survive the registry. */
static void
round_trip(const struct jail_conf *c)
{
	struct jail_conf again = JAIL_CONF_INIT;
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct jerr e = JERR_INIT;
	char *meta = NULL;

	if (conf_save(c, &a) == -1 ||
	    conf_load(&again, strbuf_str(&a), &e) == -1 ||
	    conf_save(&again, &b) == -1) {
		(void)fprintf(stderr, "%s\n%s", e.msg, strbuf_str(&a));
		abort();
	}
	if (strcmp(strbuf_str(&a), strbuf_str(&b)) != 0)
		abort();
	if (conf_check(c, &e) == -1 && e.msg[0] == '\0')
		abort();
	(void)conf_apply_keyvalue(c, P_META, &meta, &e);
	free(meta);
	conf_free(&again);
	strbuf_free(&a);
	strbuf_free(&b);
}

static void
each_jail(const struct conf_file *f, int jid)
{
	struct jerr e = JERR_INIT;

	for (size_t i = 0; i < conf_file_count(f) && i < 100; i++) {
		struct jail_conf c = JAIL_CONF_INIT;
		size_t told = 0;
		bool needs;
		int r = conf_file_jail(
		    f, i, jid, &needs, &c, message, &told, &e);

		if (r == -1 && (told == 0 || e.msg[0] == '\0'))
			abort();
		if (r == 0)
			round_trip(&c);
		if (jid > 0 && needs)
			abort();
		if (conf_file_lookup(f, conf_file_name(f, i)) == -1 &&
		    conf_file_name(f, i)[0] != '\0')
			abort();
		conf_free(&c);
	}
}

/* The bytes as arguments, one a line. */
static void
as_args(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *argv[64];
	struct jerr e = JERR_INIT;
	struct conf_file *f;
	int argc = 0;

	for (char *s = text; s != NULL && argc < 64;)
		argv[argc++] = strsep(&s, "\n");
	f = conf_file_from_args(argc, argv, &e);
	if (f != NULL)
		each_jail(f, 0);
	else if (e.msg[0] == '\0')
		abort();
	conf_file_free(f);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jerr e = JERR_INIT;
	struct conf_file *f;
	size_t told = 0;
	char path[64];
	int fd;

	if (memmem(data, size, "inc", 3) != NULL)
		return 0;
	as_args(data, size);
	fd = memfd_create("conf", MFD_CLOEXEC);
	if (fd == -1 || io_write_all(fd, data, size) == -1)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	f = conf_file_load(path, true, message, &told, &e);
	(void)close(fd);
	if (f == NULL) {
		if (told == 0 || e.msg[0] == '\0')
			abort();
		return 0;
	}
	each_jail(f, 0);
	each_jail(f, 300);
	conf_file_free(f);
	return 0;
}

#include "fuzz/main.h"
