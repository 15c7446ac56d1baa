/* SPDX-License-Identifier: MIT */
/*
 * Looks the functions of the C library up, once.
 *
 * The constructor looks all of them up, so that no signal handler does. A
 * function that another library's constructor calls before that is looked up at
 * its first call.
 */
#include "preload.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[LIBC_NAMES] = {
	[LIBC_ACCESS] = "access",
	[LIBC_DUP] = "dup",
	[LIBC_DUP2] = "dup2",
	[LIBC_DUP3] = "dup3",
	[LIBC_EACCESS] = "eaccess",
	[LIBC_EPOLL_CTL] = "epoll_ctl",
	[LIBC_EUIDACCESS] = "euidaccess",
	[LIBC_FACCESSAT] = "faccessat",
	[LIBC_FCNTL] = "fcntl",
	[LIBC_FCNTL64] = "fcntl64",
	[LIBC_FCNTL_TIME64] = "__fcntl_time64",
	[LIBC_FOPEN] = "fopen",
	[LIBC_FOPEN64] = "fopen64",
	[LIBC_FREOPEN] = "freopen",
	[LIBC_FREOPEN64] = "freopen64",
	[LIBC_IOCTL] = "ioctl",
	[LIBC_IOCTL_TIME64] = "__ioctl_time64",
	[LIBC_LSEEK] = "lseek",
	[LIBC_LSEEK64] = "lseek64",
	[LIBC_MMAP] = "mmap",
	[LIBC_MMAP64] = "mmap64",
	[LIBC_OPENAT] = "openat",
	[LIBC_PREAD] = "pread",
	[LIBC_PREAD64] = "pread64",
	[LIBC_PREAD64_CHK] = "__pread64_chk",
	[LIBC_PREAD_CHK] = "__pread_chk",
	[LIBC_PWRITE] = "pwrite",
	[LIBC_PWRITE64] = "pwrite64",
	[LIBC_READ] = "read",
	[LIBC_READV] = "readv",
	[LIBC_READ_CHK] = "__read_chk",
	[LIBC_RECVMMSG] = "recvmmsg",
	[LIBC_RECVMMSG64] = "__recvmmsg64",
	[LIBC_RECVMSG] = "recvmsg",
	[LIBC_RECVMSG64] = "__recvmsg64",
	[LIBC_WRITE] = "write",
	[LIBC_WRITEV] = "writev",
};

static atomic_uintptr_t found[LIBC_NAMES];

/* A C library need not have every name. */
static uintptr_t look_up(enum libc_name name)
{
	const uintptr_t address = (uintptr_t)dlsym(RTLD_NEXT, names[name]);

	atomic_store_explicit(&found[name], address, memory_order_relaxed);
	return address;
}

__attribute__((constructor)) static void look_all_up(void)
{
	for (unsigned int name = 0; name < LIBC_NAMES; name++)
		look_up(name);
}

void (*preload_libc(enum libc_name name))(void)
{
	uintptr_t address =
		atomic_load_explicit(&found[name], memory_order_relaxed);

	if (!address)
		address = look_up(name);
	if (!address) {
		fprintf(stderr, "libhtab-sim-preload: no %s()\n", names[name]);
		abort();
	}
	return (void (*)(void))address;
}
