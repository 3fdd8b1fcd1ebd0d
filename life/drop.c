/*
 * Policy to privilege, field by field.  Nothing is decided here.
 */
#include "life/drop.h"

void
drop_from_confine(const struct confine *cf, struct priv_drop *d)
{
	*d = (struct priv_drop) {
		.caps = cf->caps,
		.securebits = cf->securebits,
		.no_new_privs = cf->no_new_privs,
		.limits = cf->limits,
		.nlimits = cf->nlimits,
		.filter = cf->filter,
		.nfilter = cf->nfilter,
	};
}
