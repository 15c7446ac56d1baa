/* SPDX-License-Identifier: MIT */
/*
 * The shim: all system calls of the library go through these functions.
 *
 * shim.c and shim-time.c implement them with libc. The unit tests link other
 * implementations instead, and the simulator links others than shim.c. Each function returns >= 0 or a negative errno.
 */
#ifndef HTAB_SHIM_H
#define HTAB_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int htab_shim_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_shim_read(int fd, void *buf, size_t len);
ssize_t htab_shim_write(int fd, const void *buf, size_t len);

/*
 * Calls write() with len + missing bytes, of which only the first len can be
 * read, so that the kernel fails with EFAULT exactly if it reads more. len is
 * at most a page.
 */
ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing);

/* Sets close-on-exec. */
int htab_shim_cloexec(int fd);

int htab_shim_close(int fd);

/* Sleeps for so many milliseconds, or less if a signal comes. Returns 0. */
int htab_shim_sleep(unsigned int ms);

/* The milliseconds of a clock that is never set */
int64_t htab_shim_clock(void);

#endif
