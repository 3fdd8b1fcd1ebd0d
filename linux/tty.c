/*
 * A pty of the jail's own for what enters it from a terminal.  The master is
 * opened inside (or, without a devpts there, in an instance nobody else can
 * see) and handed out by SCM_RIGHTS; the slave is its peer by TIOCGPTPEER.
 *
 * Must never: pass a descriptor of a host terminal in, open a pty by name or
 * number (the jail's root chooses what /dev/pts/0 is), follow a link, or take
 * for a devpts what only stands in its place: FIFOs, other devices and other
 * file systems are refused by type, device number and magic.
 */
#include "linux/tty.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define MSG_MASTER 'M' /* child: here is the master */
#define MSG_NONE 'N'   /* child: there is no devpts */
#define MSG_SLAVE 'S'  /* parent: here is the slave of a private one */

int
tty_probe(struct tty_want *w)
{
	*w = (struct tty_want) { .in = -1, .out = -1 };
	for (int fd = 0; fd <= 2; fd++)
		w->is_tty[fd] = isatty(fd) == 1;
	if (w->is_tty[0])
		w->in = 0;
	if (w->is_tty[1])
		w->out = 1;
	else if (w->is_tty[2])
		w->out = 2;
	else if (w->is_tty[0])
		w->out = 0; /* echo; terminals are opened for both */
	if (w->out == -1)
		return 0;
	w->raw = w->is_tty[0] && w->is_tty[1];
	if (ioctl(w->out, TIOCGWINSZ, &w->size) == -1)
		w->size = (struct winsize) { .ws_row = 24, .ws_col = 80 };
	if (tcgetattr(w->in != -1 ? w->in : w->out, &w->tio) == -1)
		return 0;
	return 1;
}

/* One byte that says what it is, with or without one descriptor. */
static int
send_msg(int sock, char what, int fd)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} u;
	struct iovec iov = { .iov_base = &what, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd != -1) {
		memset(&u, 0, sizeof(u));
		m.msg_control = u.room;
		m.msg_controllen = sizeof(u.room);
		u.h.cmsg_level = SOL_SOCKET;
		u.h.cmsg_type = SCM_RIGHTS;
		u.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&u.h), &fd, sizeof(int));
	}
	for (;;) {
		ssize_t n = sendmsg(sock, &m, MSG_NOSIGNAL);

		if (n == 1)
			return 0;
		if (n == -1 && errno == EINTR)
			continue;
		return -1;
	}
}

/* Both ends ask for it, so that it does not matter who is first. */
static void
want_credentials(int sock)
{
	static const int on = 1;

	(void)setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

/*
 * The byte, or -1 (EPIPE: the other side is gone).  *fd gets the descriptor or
 * -1; *who, when not NULL, the sender's ids as this side counts them, by the
 * kernel's word, and is left alone when there is none.
 */
static int
recv_msg(int sock, int *fd, struct ucred *who)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int)) +
		    CMSG_SPACE(sizeof(struct ucred))];
	} u;
	char what = 0;
	struct iovec iov = { .iov_base = &what, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = u.room,
		.msg_controllen = sizeof(u.room) };
	ssize_t n;

	*fd = -1;
	memset(&u, 0, sizeof(u));
	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = EPIPE;
	if (n != 1)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	     c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(fd, CMSG_DATA(c), sizeof(int));
		else if (c->cmsg_type == SCM_CREDENTIALS && who != NULL &&
		    c->cmsg_len == CMSG_LEN(sizeof(struct ucred)))
			memcpy(who, CMSG_DATA(c), sizeof(*who));
	}
	return (unsigned char)what;
}

/* A ptmx node of some devpts, and nothing else. */
static bool
is_ptmx(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(5, 2) && fstatfs(fd, &fs) == 0 &&
	    fs.f_type == DEVPTS_SUPER_MAGIC;
}

/*
 * The jail's ptmx, or -1.  /dev is the jail root's to arrange, so the node is
 * looked at (O_PATH opens no device and waits for no FIFO) before it is opened,
 * and again afterwards: the name may change between the two.
 */
static int
open_ptmx(void)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int look = -1;
	auto_close int fd = -1;

	if (root == -1)
		return -1;
	look = path_open_beneath(root, "dev/pts/ptmx", O_PATH | O_NOFOLLOW, 0);
	if (look == -1 || !is_ptmx(look))
		return -1;
	fd = path_open_beneath(root, "dev/pts/ptmx",
	    O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd == -1 || !is_ptmx(fd))
		return -1;
	return take_fd(&fd);
}

/* The slave of a master: unlocked, by descriptor. */
static int
open_peer(int master)
{
	int unlock = 0;

	if (ioctl(master, TIOCSPTLCK, &unlock) == -1)
		return -1;
	return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static int
get_slave(int sock, struct jerr *e)
{
	auto_close int master = open_ptmx();
	auto_close int slave = -1;
	int what;

	if (master != -1) {
		slave = open_peer(master);
		if (slave == -1)
			return jerr_sys(e, "terminal: TIOCGPTPEER");
		if (send_msg(sock, MSG_MASTER, master) == -1)
			return jerr_sys(e, "terminal: hand over");
		return take_fd(&slave);
	}
	want_credentials(sock);
	if (send_msg(sock, MSG_NONE, -1) == -1)
		return jerr_sys(e, "terminal: ask for a private one");
	what = recv_msg(sock, &slave, NULL);
	if (what == -1)
		return jerr_sys(e, "terminal: private devpts");
	if (what != MSG_SLAVE || slave == -1)
		return jerr_set(
		    e, EPROTO, "terminal: private devpts: none came");
	return take_fd(&slave);
}

int
tty_child(int sock, const struct tty_want *w, struct jerr *e)
{
	auto_close int slave = get_slave(sock, e);
	struct termios tio = w->tio;

	if (slave == -1)
		return -1;
	/*
	 * Where the host's terminal stays in its own mode it does the output
	 * processing and the echo itself; doing them here too doubles them.
	 */
	if (!w->raw) {
		tio.c_oflag &= ~(tcflag_t)OPOST;
		tio.c_lflag &= ~(tcflag_t)ECHO;
	}
	if (tcsetattr(slave, TCSANOW, &tio) == -1 ||
	    ioctl(slave, TIOCSWINSZ, &w->size) == -1)
		return jerr_sys(e, "terminal: settings");
	if (setsid() == -1)
		return jerr_sys(e, "terminal: setsid");
	if (ioctl(slave, TIOCSCTTY, 0) == -1)
		return jerr_sys(e, "terminal: TIOCSCTTY");
	for (int fd = 0; fd <= 2; fd++)
		if (w->is_tty[fd] && dup2(slave, fd) == -1)
			return jerr_sys(e, "terminal: dup2");
	/* The descriptor may be one of 0-2 when those came in closed. */
	if (slave <= 2)
		(void)take_fd(&slave);
	return 0;
}

/*
 * Host rights: mounts a devpts that is attached nowhere and hence reachable
 * from nowhere but through the two descriptors.  What the jail can make it do:
 * cost one pty of the host's count, which its session could have anyway.
 */
static int
private_pty(uid_t uid, gid_t gid, int *slave, struct jerr *e)
{
	auto_close int fs = -1;
	auto_close int mnt = -1;
	auto_close int master = -1;
	char num[2][16];

	(void)snprintf(num[0], sizeof(num[0]), "%u", (unsigned)uid);
	(void)snprintf(num[1], sizeof(num[1]), "%u", (unsigned)gid);
	fs = (int)syscall(SYS_fsopen, "devpts", FSOPEN_CLOEXEC);
	if (fs == -1 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "uid", num[0], 0) ==
		-1 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "gid", num[1], 0) ==
		-1 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "620", 0) ==
		-1 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		return jerr_sys(e, "terminal: private devpts");
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (mnt == -1)
		return jerr_sys(e, "terminal: private devpts: fsmount");
	master = openat(
	    mnt, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (master == -1)
		return jerr_sys(e, "terminal: private devpts: ptmx");
	*slave = open_peer(master);
	if (*slave == -1)
		return jerr_sys(e, "terminal: private devpts: TIOCGPTPEER");
	return take_fd(&master);
}

int
tty_parent_recv(int sock, uid_t uid, gid_t gid, struct jerr *e)
{
	auto_close int master = -1;
	auto_close int slave = -1;
	struct ucred who = { .uid = uid };
	unsigned num;
	int what;

	want_credentials(sock);
	what = recv_msg(sock, &master, &who);
	if (what == -1)
		return jerr_sys(e, "terminal: no answer from the jail");
	if (what == MSG_NONE) {
		master = private_pty(who.uid, gid, &slave, e);
		if (master == -1)
			return -1;
		if (send_msg(sock, MSG_SLAVE, slave) == -1)
			return jerr_sys(e, "terminal: hand over");
		return take_fd(&master);
	}
	/* It comes from a process that stood in the jail: look at it. */
	if (what != MSG_MASTER || master == -1 || !is_ptmx(master) ||
	    ioctl(master, TIOCGPTN, &num) == -1)
		return jerr_set(e, EPROTO, "terminal: not a pty");
	if (fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) == -1)
		return jerr_sys(e, "terminal: fcntl");
	return take_fd(&master);
}
