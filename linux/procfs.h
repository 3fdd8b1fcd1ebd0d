/*
 * A proc file system that shows another pid namespace than the caller's.
 */
#ifndef LINUX_PROCFS_H
#define LINUX_PROCFS_H

#include <sys/types.h>

#include "base/err.h"

/*
 * The detached proc mount (nosuid, nodev, noexec) of the pid namespace of
 * process pid (by procfd, the host's /proc) behind pidfd.  Linux 6.17: by
 * "pidns="; before that a short-lived child inside that namespace, which costs
 * it one pid number and leaves the caller's later children born there.
 */
int procfs_mount(int procfd, pid_t pid, int pidfd, struct jerr *e);

#endif
