/*
 * Packets between processes of ours.  Async-signal-safe but for the errors'
 * text, so usable between clone and exec.
 */
#include "linux/msg.h"

#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int
msg_pair(int sv[2], struct jerr *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return jerr_sys(e, "socketpair");
	return 0;
}

static int
send_msg(int sock, const struct msg *m, size_t len, int fd)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)m, .iov_len = len };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&ctl, 0, sizeof(ctl));
		h.msg_control = ctl.buf;
		h.msg_controllen = sizeof(ctl.buf);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		n = sendmsg(sock, &h, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

int
msg_send(int sock, uint32_t kind, int32_t num, int fd)
{
	struct msg m = { .kind = kind, .num = num };

	/* The error part is a kilobyte of nothing: leave it off. */
	return send_msg(sock, &m, offsetof(struct msg, err), fd);
}

int
msg_send_error(int sock, const struct jerr *e)
{
	struct msg m = { .kind = MSG_ERROR };

	m.err = *e;
	return send_msg(sock, &m, sizeof(m), -1);
}

static int
received_fd(struct msghdr *h)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL;
	     c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

int
msg_expect(int sock, const char *who, uint32_t kind, int32_t *num, int *fd,
    struct jerr *e)
{
	struct msg m = { .kind = MSG_ERROR };
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct msghdr h = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.buf,
		.msg_controllen = sizeof(ctl.buf) };
	ssize_t n;
	int got;

	do
		n = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return jerr_sys(e, "%s", who);
	if (n == 0)
		return jerr_set(e, EPIPE, "%s: ended early", who);
	got = received_fd(&h);
	if (fd != NULL)
		*fd = got;
	else if (got != -1)
		(void)close(got);
	if ((size_t)n == sizeof(m) && m.kind == MSG_ERROR) {
		m.err.msg[sizeof(m.err.msg) - 1] = '\0';
		*e = m.err;
		return -1;
	}
	if ((size_t)n != offsetof(struct msg, err) || m.kind != kind)
		return jerr_set(e, EPROTO, "%s: unexpected packet", who);
	if (num != NULL)
		*num = m.num;
	return 0;
}
