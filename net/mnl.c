/*
 * Opening libmnl.  Never closed again: a process that needs it once needs it to
 * its end.
 */
#include "net/mnl.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const names[] = {
#define X(f) #f,
	MNL_FUNCTIONS(X)
#undef X
};

_Static_assert(
    sizeof(struct mnl) == nitems(names) * sizeof(void *), "a name each");

const struct mnl *
mnl_open(struct jerr *e)
{
	static struct mnl table;
	static void *lib;
	void *fn[nitems(names)];

	if (lib != NULL)
		return &table;
	lib = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL) {
		(void)jerr_set(e, ENOENT,
		    "libmnl.so.0 is needed for addresses: install libmnl0");
		return NULL;
	}
	for (size_t i = 0; i < nitems(names); i++) {
		fn[i] = dlsym(lib, names[i]);
		if (fn[i] == NULL) {
			(void)jerr_set(
			    e, ENOENT, "libmnl.so.0 has no %s", names[i]);
			(void)dlclose(lib);
			lib = NULL;
			return NULL;
		}
	}
	/* POSIX: an object pointer from dlsym is a function's as well. */
	memcpy(&table, fn, sizeof(table));
	return &table;
}
