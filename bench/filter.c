/*
 * Prints the seccomp program of a jail with default parameters as a C
 * initialiser, so that floor.c loads the very same one without building it.
 */
#include <stdio.h>

#include "policy/confine.h"

int
main(void)
{
	struct jail_conf conf = JAIL_CONF_INIT;
	struct jerr e = JERR_INIT;
	static struct confine cf;

	if (confine_from_conf(&conf, &cf, &e) == -1) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	for (size_t i = 0; i < cf.nfilter; i++)
		printf("{ %#x, %u, %u, %#xu },\n", cf.filter[i].code,
		    cf.filter[i].jt, cf.filter[i].jf, cf.filter[i].k);
	return 0;
}
