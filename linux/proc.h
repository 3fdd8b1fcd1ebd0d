/*
 * Processes by descriptor: clone3 straight into a cgroup, pidfds, waiting, and
 * the identity of a process (pid and start time).
 */
#ifndef LINUX_PROC_H
#define LINUX_PROC_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_clone {
	uint64_t flags;	 /* CLONE_NEW*; never CLONE_VM */
	int cgroup;	 /* O_PATH of a cgroup2 directory, or -1 */
	int exit_signal; /* 0: the caller sees no SIGCHLD */
};

/* As fork(2), by clone3 with CLONE_PIDFD: pid in the parent (and *pidfd), 0 in
 * the child, -1 with errno. */
pid_t proc_clone(const struct proc_clone *w, int *pidfd);

int pidfd_of(pid_t pid); /* O_CLOEXEC; -1, errno */
int pidfd_kill(int pidfd, int sig);

/*
 * Waits for a child of ours behind pidfd, at most timeout_ms (-1: for ever) and
 * reaps it.  1: ended, *status (unless NULL) as wait(2)'s; 0: not in time; -1,
 * errno.
 */
int pidfd_wait(int pidfd, int timeout_ms, int *status);

/* Waits until the process behind pidfd has ended (ours or not), no reaping. */
int pidfd_ended(int pidfd, int timeout_ms);

/* Field 22 of /proc/PID/stat (clock ticks since boot); 0 when it has ended
 * (a zombie too). */
uint64_t proc_start_time(int procfd, pid_t pid);

/*
 * A child that holds fd, and nothing else, until this process has ended: for
 * descriptors whose last close takes long.  Best effort.
 */
void proc_hold(int fd);

/* Default disposition for every signal, and this mask: what a program that we
 * exec may expect. */
void proc_reset_signals(const sigset_t *mask);

/* From here on these signals are held, and read from the descriptor returned; old
 * is the mask before.  Those that are ignored never come: nohup(1), a trap of the
 * caller's.  -1 with errno: they are held all the same. */
int proc_hear(const int *sigs, size_t n, sigset_t *old);

/* Is this process in its exit, or gone?  pid 1 of a namespace is there for some
 * time yet: it kills the others and waits for them.  Never a number that can be
 * somebody else's by now. */
bool proc_is_leaving(pid_t pid);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t mono_ms(void);

/* What wait(2) gave as a shell says it: exit code, or 128 + signal. */
int status_code(int status);

#endif
