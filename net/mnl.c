/*
 * Opening libmnl.
 */
#include "net/mnl.h"

#include "base/cleanup.h"
#include "net/library.h"

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

	return library_open(&lib, "libmnl.so.0", "libmnl0", names,
		   nitems(names), &table, e) == -1 ?
	    NULL :
	    &table;
}
