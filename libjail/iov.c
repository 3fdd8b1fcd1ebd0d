/*
 * The form of the two calls: an array of name, value pairs, of which "errmsg"
 * is where the message goes.  Nothing here trusts a name to end.
 */
#include <sys/uio.h>

#include <errno.h>
#include <string.h>

#include "libjail/lib_int.h"

static bool
name_ends(const struct iovec *iov)
{
	return iov->iov_base != NULL && iov->iov_len > 0 &&
	    memchr(iov->iov_base, '\0', iov->iov_len) != NULL;
}

int
lib_iov_check(
    const struct iovec *iov, unsigned niov, const char *call, struct jerr *e)
{
	bool good = niov % 2 == 0;

	for (unsigned i = 0; i < niov && good; i += 2)
		good = name_ends(&iov[i]);
	return good ? 0 : jerr_set(e, EINVAL, "%s: %s", call, strerror(EINVAL));
}

int
lib_iov_error(struct iovec *iov, unsigned niov, const struct jerr *e)
{
	size_t n = strlen(e->msg);

	for (unsigned i = 0; i + 1 < niov; i += 2) {
		char *to = iov[i + 1].iov_base;
		size_t room = iov[i + 1].iov_len;

		if (!name_ends(&iov[i]) || to == NULL || room == 0 ||
		    !str_eq(iov[i].iov_base, "errmsg"))
			continue;
		if (n >= room)
			n = room - 1;
		memcpy(to, e->msg, n);
		to[n] = '\0';
	}
	errno = e->code != 0 ? e->code : EINVAL;
	return -1;
}
