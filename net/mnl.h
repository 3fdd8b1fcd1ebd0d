/*
 * libmnl, opened on first use: what asks for no network loads no library.  The
 * table holds its functions under their own names.
 */
#ifndef NET_MNL_H
#define NET_MNL_H

#include <libmnl/libmnl.h>

#include "base/err.h"

#define MNL_FUNCTIONS(X) \
	X(mnl_attr_get_payload) \
	X(mnl_attr_get_payload_len) \
	X(mnl_attr_get_type) \
	X(mnl_attr_get_u32) \
	X(mnl_attr_get_u8) \
	X(mnl_attr_next) \
	X(mnl_attr_ok) \
	X(mnl_attr_nest_end) \
	X(mnl_attr_nest_start) \
	X(mnl_attr_put) \
	X(mnl_attr_put_strz) \
	X(mnl_attr_put_u32) \
	X(mnl_attr_put_u8) \
	X(mnl_nlmsg_get_payload) \
	X(mnl_nlmsg_get_payload_offset) \
	X(mnl_nlmsg_get_payload_tail) \
	X(mnl_nlmsg_next) \
	X(mnl_nlmsg_ok) \
	X(mnl_nlmsg_put_extra_header) \
	X(mnl_nlmsg_put_header) \
	X(mnl_socket_bind) \
	X(mnl_socket_close) \
	X(mnl_socket_get_fd) \
	X(mnl_socket_open2) \
	X(mnl_socket_fdopen) \
	X(mnl_socket_recvfrom) \
	X(mnl_socket_sendto) \
	X(mnl_socket_setsockopt)

struct mnl {
#define X(f) __typeof__(f) *f;
	MNL_FUNCTIONS(X)
#undef X
};

/* NULL with e when it is not installed. */
const struct mnl *mnl_open(struct jerr *e);

#endif
