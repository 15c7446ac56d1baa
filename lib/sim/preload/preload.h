/* SPDX-License-Identifier: MIT */
/* What the files of the preload library share */
#ifndef HTAB_PRELOAD_H
#define HTAB_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* --- libc.c: the functions of the C library that are replaced --- */

enum libc_name {
	LIBC_ACCESS,
	LIBC_DUP,
	LIBC_DUP2,
	LIBC_DUP3,
	LIBC_EACCESS,
	LIBC_EPOLL_CTL,
	LIBC_EUIDACCESS,
	LIBC_FACCESSAT,
	LIBC_FCNTL,
	LIBC_FCNTL64,
	LIBC_FCNTL_TIME64,
	LIBC_FOPEN,
	LIBC_FOPEN64,
	LIBC_FREOPEN,
	LIBC_FREOPEN64,
	LIBC_IOCTL,
	LIBC_IOCTL_TIME64,
	LIBC_LSEEK,
	LIBC_LSEEK64,
	LIBC_MMAP,
	LIBC_MMAP64,
	LIBC_OPENAT,
	LIBC_PREAD,
	LIBC_PREAD64,
	LIBC_PREAD64_CHK,
	LIBC_PREAD_CHK,
	LIBC_PWRITE,
	LIBC_PWRITE64,
	LIBC_READ,
	LIBC_READV,
	LIBC_READ_CHK,
	LIBC_RECVMMSG,
	LIBC_RECVMMSG64,
	LIBC_RECVMSG,
	LIBC_RECVMSG64,
	LIBC_WRITE,
	LIBC_WRITEV,
	LIBC_NAMES
};

/* Returns the next definition of a function after ours. The caller casts it to
 * its type. */
void (*preload_libc(enum libc_name name))(void);

/* --- owner.c: whose is a descriptor? --- */

/* Returns true if the descriptor is the simulator's. The thread is in the
 * simulator then, until preload_leave(). */
bool preload_enter(int fd);
/* Returns as the C library does: -1 and sets errno on failure, and otherwise
 * sets errno to what it was. */
ssize_t preload_leave(ssize_t r, int saved_errno);
/* Registers handlers of fork(). Those of the simulator must be registered
 * before, so that these run before and after them. Returns 0 or ENOMEM. */
int preload_watch_forks(void);
/* A descriptor of the simulator, or one that may be, was copied. */
void preload_copied(void);

/* --- path.c --- */

/* Returns true if the path leads to /dev/kvm. With nofollow it is false for a
 * symbolic link that leads there. */
bool preload_is_kvm_path(int dirfd, const char *path, bool nofollow);

/* --- preload.c: the simulated host --- */

/* Opens its /dev/kvm. Returns a descriptor, or -1 and errno. */
int preload_open_kvm(int flags);
/* Returns true if the descriptor is its /dev/kvm. */
bool preload_is_kvm(int fd);
/* As mmap(), for a descriptor of the simulator. off_t has another size in the
 * files that define functions of the C library. */
void *preload_mmap(void *addr, size_t len, int prot, int flags, int fd,
		   int64_t offset);

/* --- exits.c --- */

/* Tells a vcpu what its guest does, if HTAB_SIM_EXITS says it. */
void preload_plan_exits(int vcpufd);

#endif
