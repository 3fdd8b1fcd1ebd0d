/*
 * Terminals for jexec.  A jailed process never gets a terminal of the host: it
 * gets a pty of the jail's own devpts (or of a private, detached instance when
 * the jail has none), and the parent, outside, relays bytes.
 *
 * Order of use:
 *
 *	parent: tty_probe(&w); socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC)
 *	child:  (cloned, not by vfork: the parent may have to answer) joins the
 *	        namespaces, seccomp, setgroups/setresgid/setresuid, then
 *	        tty_child(sock[1], &w, &e), then capabilities, execve
 *	parent: close(sock[1]); master = tty_parent_recv(sock[0], uid, gid, &e)
 *	        ... learns that execve worked ...
 *	        tty_proxy(&run, &status, &e)
 *
 * Nothing here prints, exits (but see tty_proxy on foreign signals), or opens
 * a pty by its number.
 */
#ifndef LINUX_TTY_H
#define LINUX_TTY_H

#include <sys/ioctl.h>
#include <sys/types.h>

#include <stdbool.h>
#include <termios.h>

#include "base/err.h"

struct tty_want {
	bool is_tty[3]; /* which of 0-2 are terminals */
	int in;		/* the host's terminal to read from, or -1 */
	int out;	/* the one to write to, or -1 */
	bool raw;	/* 0 and 1 both are one: raw mode while relaying */
	struct winsize size;
	struct termios tio; /* of the host's terminal, as found */
};

/* 1: at least one of 0-2 is a terminal and w says which; 0: none. */
int tty_probe(struct tty_want *w);

/*
 * In the child, whose root is the jail's: after the ids are set (the pty's
 * inode takes its owner from the fsuid), before or after capabilities and
 * seccomp.  Opens the jail's /dev/pts/ptmx, the peer by TIOCGPTPEER, sends the
 * master to the parent, becomes session leader with the pty as controlling
 * terminal, and puts it where 0-2 were terminals.  Must not be group leader
 * (a fresh child is not).  Signal mask and dispositions are the caller's.
 */
int tty_child(int sock, const struct tty_want *w, struct jerr *e);

/*
 * In the parent: the master (O_CLOEXEC, O_NONBLOCK), or -1.  When the child
 * found no devpts, one is made here with the caller's (the host's) rights,
 * never attached anywhere, and the slave is passed in, owned by the child's
 * user (uid where the kernel does not say it) and the host id gid.  EPIPE: the
 * child went away first (ask its error pipe why).
 */
int tty_parent_recv(int sock, uid_t uid, gid_t gid, struct jerr *e);

struct tty_run {
	const struct tty_want *want; /* NULL when there is no terminal */
	int master;		     /* -1: only wait and forward signals;
					 * tty_proxy closes it */
	int pidfd;		     /* of the child of this process */
	pid_t pid;		     /* the same child, not yet waited for */
	int timeout_ms;		     /* then it is given up (ETIMEDOUT), not
					 * waited for; -1: never */
};

/*
 * Relays until the child is gone, then reaps it; *status as a shell has it:
 * 0-255, or 128+n.  What the child wrote is written out first; processes that
 * it left behind on the pty are hung up by the close, as after a modem's end.
 * The terminal is in raw mode meanwhile (when want->raw and this process is in
 * the foreground) and is put back before return.  INT, QUIT go to the pty's
 * foreground group (without a pty: to the child's group, which it must have
 * made with setsid), TERM and HUP to the child; one that is ignored here is
 * not forwarded.  WINCH sets the size; TSTP restores the terminal and stops
 * this process.  USR1, USR2, ALRM and the like, where they would end this
 * process, still do, after the terminal was put back.  The signal mask is
 * restored.  With input from a terminal and output to something else (a pager
 * may stand there) the terminal stays in its own mode, and is not read while
 * somebody else has it in theirs.
 */
int tty_proxy(const struct tty_run *r, int *status, struct jerr *e);

#endif
