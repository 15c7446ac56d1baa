/* SPDX-License-Identifier: MIT */
/*
 * The ioctl shim: everything that enters the kernel, and nothing else.
 *
 * shim.c implements it on libc; a test links another implementation instead.
 * Each function returns >= 0 or a negative errno.
 */
#ifndef HTAB_SHIM_H
#define HTAB_SHIM_H

#include <stddef.h>
#include <sys/types.h>

int htab_shim_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_shim_write(int fd, const void *buf, size_t len);

/*
 * write() of len + missing bytes of which only the first len can be read:
 * the kernel meets EFAULT exactly when it wants more than those.
 * len is at most a page.
 */
ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing);

/* Sets close-on-exec. */
int htab_shim_cloexec(int fd);

int htab_shim_close(int fd);

#endif
