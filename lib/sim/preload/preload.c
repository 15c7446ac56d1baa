/* SPDX-License-Identifier: MIT */
/*
 * libhtab-sim-preload.so runs a VMM that does not know of the simulator on it.
 *
 *	HTAB_SIM='linux=6.12 cma=64M' LD_PRELOAD=libhtab-sim-preload.so vmm
 *
 * The VMM's /dev/kvm is then that of a simulated host. HTAB_SIM describes it,
 * as for htab_sim_host_new(); without HTAB_SIM it is the default host. ioctl(),
 * read() and write() on descriptors that come from it go to the simulator,
 * KVM_RUN included. All other calls go to the C library.
 *
 * The simulator knows only what concerns the page table. Other requests of KVM
 * fail: mmap() of a vcpu, for example, and access to its registers.
 */

/* With these macros <fcntl.h> would make open() another name for open64(), and
 * <unistd.h> would make read() an inline function. Both are defined below. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libhtab-sim.h"

#define INTERPOSE __attribute__((visibility("default")))

/* Returns the next definition of a function after ours. */
static void (*next(const char *name))(void)
{
	void (*function)(void) = NULL;
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol) {
		fprintf(stderr, "libhtab-sim-preload: no %s()\n", name);
		abort();
	}
	/* ISO C has no cast from an object pointer to a function pointer. */
	memcpy(&function, &symbol, sizeof(function));
	return function;
}

/* Returns as the C library does: -1 and sets errno on failure, and otherwise
 * leaves errno unchanged. */
static ssize_t result(ssize_t r, int saved_errno)
{
	errno = r < 0 ? (int)-r : saved_errno;
	return r < 0 ? -1 : r;
}

/* --- open --- */

static struct htab_sim_host *host;
static int host_error;

static void switch_on(void)
{
	host = htab_sim_host_new(getenv("HTAB_SIM"));
	if (!host)
		host_error = -errno;
}

static int open_kvm(int flags)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const int saved = errno;
	int fd;

	pthread_once(&once, switch_on);
	if (!host)
		return (int)result(host_error, saved);
	fd = fcntl(htab_sim_kvmfd(host),
		   flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	return (int)result(fd < 0 ? -errno : fd, saved);
}

static int open_any(int dirfd, const char *path, int flags, mode_t mode)
{
	int (*real)(int, const char *, int, ...);

	if (path && strcmp(path, "/dev/kvm") == 0)
		return open_kvm(flags);
	real = (int (*)(int, const char *, int, ...))next("openat");
	return real(dirfd, path, flags, mode);
}

/* The caller passes a mode only if the call may create a file. */
static mode_t mode_of(int flags, va_list arguments)
{
	const bool there = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;

	return there ? va_arg(arguments, mode_t) : 0;
}

INTERPOSE int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_any(AT_FDCWD, path, flags, mode);
}

INTERPOSE int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

INTERPOSE int openat(int dirfd, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_any(dirfd, path, flags, mode);
}

INTERPOSE int openat64(int dirfd, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_any(dirfd, path, flags | O_LARGEFILE, mode);
}

/* --- ioctl, read, write --- */

/* True while this thread is in the simulator. A signal handler that runs
 * meanwhile gets the C library, because it would wait for the simulator's locks
 * forever. */
static __thread bool inside;

/* Returns true, and sets `inside`, if the descriptor is the simulator's. */
static bool begin(int fd)
{
	const int saved = errno;

	if (inside)
		return false;
	inside = true;
	inside = htab_sim_owns(fd);
	errno = saved;
	return inside;
}

static ssize_t end(ssize_t r, int saved_errno)
{
	inside = false;
	return result(r, saved_errno);
}

INTERPOSE int ioctl(int fd, unsigned long request, ...)
{
	const int saved = errno;
	va_list arguments;
	void *arg;

	va_start(arguments, request);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	if (begin(fd))
		return (int)end(htab_sim_ioctl(fd, request, arg), saved);
	return ((int (*)(int, unsigned long, ...))next("ioctl"))(fd, request,
								 arg);
}

INTERPOSE ssize_t read(int fd, void *buf, size_t len)
{
	const int saved = errno;

	if (begin(fd))
		return end(htab_sim_read(fd, buf, len), saved);
	return ((ssize_t(*)(int, void *, size_t))next("read"))(fd, buf, len);
}

INTERPOSE ssize_t write(int fd, const void *buf, size_t len)
{
	const int saved = errno;

	if (begin(fd))
		/* The kernel can read up to 8 bytes past the end, and the
		 * simulator probes whether they are accessible. */
		return end(htab_sim_write(fd, buf, len, len + 8), saved);
	return ((ssize_t(*)(int, const void *, size_t))next("write"))(fd, buf,
								      len);
}

/* --- the names that a VMM built with _FORTIFY_SOURCE calls instead --- */

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);

INTERPOSE int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

INTERPOSE int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags | O_LARGEFILE, 0);
}

INTERPOSE int __openat_2(int dirfd, const char *path, int flags)
{
	return open_any(dirfd, path, flags, 0);
}

INTERPOSE int __openat64_2(int dirfd, const char *path, int flags)
{
	return open_any(dirfd, path, flags | O_LARGEFILE, 0);
}

INTERPOSE ssize_t __read_chk(int fd, void *buf, size_t len, size_t size)
{
	if (len > size)
		abort();
	return read(fd, buf, len);
}
