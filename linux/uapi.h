/*
 * Kernel definitions newer than Debian 12's headers (Linux 6.1, glibc 2.36).
 * Only what somebody here uses, each with the version that brought it, each
 * under #ifndef.  A kernel without it answers EINVAL or ENOSYS, and whoever
 * uses it has a way for 6.1.
 */
#ifndef LINUX_UAPI_H
#define LINUX_UAPI_H

#ifndef MOUNT_ATTR_NOSYMFOLLOW /* 5.14 */
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#ifndef PID_FS_MAGIC /* 6.9: pidfds are files of this file system */
#define PID_FS_MAGIC 0x50494446
#endif

#endif
