/*
 * dlopen and dlsym for a table of functions, all of them or none.
 */
#include "net/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* POSIX: an object pointer from dlsym is a function's as well. */
_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "of one size");

int
library_open(void **handle, const char *soname, const char *package,
    const char *const *names, size_t n, void *table, struct jerr *e)
{
	void *lib;

	if (*handle != NULL)
		return 0;
	lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return jerr_set(e, ENOENT,
		    "%s is needed for addresses: install %s", soname, package);
	for (size_t i = 0; i < n; i++) {
		void *fn = dlsym(lib, names[i]);

		if (fn == NULL) {
			(void)dlclose(lib);
			return jerr_set(
			    e, ENOENT, "%s has no %s", soname, names[i]);
		}
		memcpy((char *)table + i * sizeof(fn), &fn, sizeof(fn));
	}
	*handle = lib;
	return 0;
}
