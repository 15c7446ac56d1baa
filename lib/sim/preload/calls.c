/* SPDX-License-Identifier: MIT */
/* ioctl(), mmap(), lseek() and epoll_ctl() */
#include "interpose.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libhtab-sim.h"

/* --- ioctl --- */

#define CREATE_VCPU _IO(0xAE, 0x41) /* <linux/kvm.h> may be missing. */

/* The kernel answers these for every kind of file. */
static bool is_of_every_file(unsigned long request)
{
	return request == FIOCLEX || request == FIONCLEX || request == FIONBIO;
}

static int ioctl_any(enum libc_name name, int fd, unsigned long request,
		     void *arg)
{
	typedef int function(int fd, unsigned long request, ...);
	const int saved = errno;
	int r;

	if (!is_of_every_file(request) && preload_enter(fd)) {
		r = htab_sim_ioctl(fd, request, arg);
		if (r >= 0 && request == CREATE_VCPU && !arg)
			preload_plan_exits(r);
		return (int)preload_leave(r, saved);
	}
	return ((function *)preload_libc(name))(fd, request, arg);
}

INTERPOSE int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *arg;

	va_start(arguments, request);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	return ioctl_any(LIBC_IOCTL, fd, request, arg);
}

#if HAS_TIME64
int __ioctl_time64(int fd, unsigned long request, ...);

INTERPOSE int __ioctl_time64(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *arg;

	va_start(arguments, request);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	return ioctl_any(LIBC_IOCTL_TIME64, fd, request, arg);
}
#endif

/* --- mmap --- */

/* Returns true, as preload_enter(), if the mapping is of a descriptor of the
 * simulator. The kernel ignores the descriptor of an anonymous one. */
static bool enter_to_map(int flags, int fd)
{
	return !(flags & MAP_ANONYMOUS) && preload_enter(fd);
}

static void *map(void *addr, size_t len, int prot, int flags, int fd,
		 off64_t offset)
{
	const int saved = errno;
	void *at = preload_mmap(addr, len, prot, flags, fd, offset);

	preload_leave(at == MAP_FAILED ? -errno : 0, saved);
	return at;
}

INTERPOSE void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		     off_t offset)
{
	typedef void *function(void *addr, size_t len, int prot, int flags,
			       int fd, off_t offset);

	if (enter_to_map(flags, fd))
		return map(addr, len, prot, flags, fd, offset);
	return ((function *)preload_libc(LIBC_MMAP))(addr, len, prot, flags, fd,
						     offset);
}

INTERPOSE void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
		       off64_t offset)
{
	typedef void *function(void *addr, size_t len, int prot, int flags,
			       int fd, off64_t offset);

	if (enter_to_map(flags, fd))
		return map(addr, len, prot, flags, fd, offset);
	return ((function *)preload_libc(LIBC_MMAP64))(addr, len, prot, flags,
						       fd, offset);
}

/* --- lseek: on /dev/kvm it is always 0, and on a socket ESPIPE, as on the
 * other descriptors of KVM until Linux 5.10 at least --- */

/* Returns true for /dev/kvm, whose position is always 0. The kernel checks
 * whence before it does anything else. */
static bool stays_at_0(int fd, int whence)
{
	return whence >= SEEK_SET && whence <= SEEK_HOLE && preload_is_kvm(fd);
}

INTERPOSE off_t lseek(int fd, off_t offset, int whence)
{
	typedef off_t function(int fd, off_t offset, int whence);

	if (stays_at_0(fd, whence))
		return 0;
	return ((function *)preload_libc(LIBC_LSEEK))(fd, offset, whence);
}

INTERPOSE off64_t lseek64(int fd, off64_t offset, int whence)
{
	typedef off64_t function(int fd, off64_t offset, int whence);

	if (stays_at_0(fd, whence))
		return 0;
	return ((function *)preload_libc(LIBC_LSEEK64))(fd, offset, whence);
}

/* --- epoll: a descriptor of KVM cannot be watched. poll() and select() need no
 * replacement, because a simulated descriptor is always ready. --- */

static int refuse_watch(int epollfd, int op, const struct epoll_event *event)
{
	if (op != EPOLL_CTL_DEL && !event)
		return -EFAULT;
	return fcntl(epollfd, F_GETFD) < 0 ? -EBADF : -EPERM;
}

INTERPOSE int epoll_ctl(int epollfd, int op, int fd, struct epoll_event *event)
{
	typedef int function(int epollfd, int op, int fd,
			     struct epoll_event *event);
	const int saved = errno;

	if (preload_enter(fd))
		return (int)preload_leave(refuse_watch(epollfd, op, event),
					  saved);
	return ((function *)preload_libc(LIBC_EPOLL_CTL))(epollfd, op, fd,
							  event);
}
