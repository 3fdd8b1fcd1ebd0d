/*
 * Between our own processes: one SOCK_SEQPACKET packet is one struct msg, with
 * at most one descriptor; its size is checked, end of file before the expected
 * packet is a failure.
 */
#ifndef LINUX_MSG_H
#define LINUX_MSG_H

#include <stdint.h>

#include "base/err.h"

struct msg {
	uint32_t kind; /* the two sides' own numbering; MSG_ERROR is common */
	int32_t num;
	struct jerr err; /* with MSG_ERROR */
};

#define MSG_ERROR 0

int msg_pair(int sv[2], struct jerr *e); /* both O_CLOEXEC */

/* fd -1: none.  0, or -1 with errno. */
int msg_send(int sock, uint32_t kind, int32_t num, int fd);
int msg_send_error(int sock, const struct jerr *e);

/*
 * The next packet must be kind: 0, with *num and *fd (-1 when none came; both
 * may be NULL).  An error packet is copied to e; end of file is "who: ended
 * early".
 */
int msg_expect(int sock, const char *who, uint32_t kind, int32_t *num, int *fd,
    struct jerr *e);

#endif
