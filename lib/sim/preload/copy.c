/* SPDX-License-Identifier: MIT */
/* The ways to copy a descriptor, after which what was remembered about the
 * number of the copy is wrong: see owner.c. */
#include "interpose.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns the copy. */
static int copied(int fd, int copy)
{
	const int saved = errno;

	if (copy >= 0 && preload_enter(fd)) {
		preload_leave(0, saved);
		preload_copied();
	}
	return copy;
}

INTERPOSE int dup(int fd)
{
	typedef int function(int fd);

	return copied(fd, ((function *)preload_libc(LIBC_DUP))(fd));
}

INTERPOSE int dup2(int fd, int to)
{
	typedef int function(int fd, int to);

	return copied(fd, ((function *)preload_libc(LIBC_DUP2))(fd, to));
}

INTERPOSE int dup3(int fd, int to, int flags)
{
	typedef int function(int fd, int to, int flags);

	return copied(fd, ((function *)preload_libc(LIBC_DUP3))(fd, to, flags));
}

static int fcntl_any(enum libc_name name, int fd, int cmd, void *arg)
{
	typedef int function(int fd, int cmd, ...);
	const int r = ((function *)preload_libc(name))(fd, cmd, arg);

	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		copied(fd, r);
	return r;
}

INTERPOSE int fcntl(int fd, int cmd, ...)
{
	va_list arguments;
	void *arg;

	va_start(arguments, cmd);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl_any(LIBC_FCNTL, fd, cmd, arg);
}

INTERPOSE int fcntl64(int fd, int cmd, ...)
{
	va_list arguments;
	void *arg;

	va_start(arguments, cmd);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl_any(LIBC_FCNTL64, fd, cmd, arg);
}

/* --- messages: a process may send a descriptor to itself --- */

static void received(struct msghdr *message)
{
	struct cmsghdr *at;

	for (at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS)
			preload_copied();
}

static ssize_t recvmsg_any(enum libc_name name, int fd, struct msghdr *message,
			   int flags)
{
	typedef ssize_t function(int fd, struct msghdr *message, int flags);
	const ssize_t n = ((function *)preload_libc(name))(fd, message, flags);

	if (n >= 0)
		received(message);
	return n;
}

static int recvmmsg_any(enum libc_name name, int fd, struct mmsghdr *messages,
			unsigned int count, int flags, void *timeout)
{
	typedef int function(int fd, struct mmsghdr *messages,
			     unsigned int count, int flags, void *timeout);
	const int n = ((function *)preload_libc(name))(fd, messages, count,
						       flags, timeout);

	for (int i = 0; i < n; i++)
		received(&messages[i].msg_hdr);
	return n;
}

INTERPOSE ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return recvmsg_any(LIBC_RECVMSG, fd, message, flags);
}

INTERPOSE int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count,
		       int flags, struct timespec *timeout)
{
	return recvmmsg_any(LIBC_RECVMMSG, fd, messages, count, flags, timeout);
}

#if HAS_TIME64
int __fcntl_time64(int fd, int cmd, ...);
ssize_t __recvmsg64(int fd, struct msghdr *message, int flags);
int __recvmmsg64(int fd, struct mmsghdr *messages, unsigned int count,
		 int flags, void *timeout);

INTERPOSE int __fcntl_time64(int fd, int cmd, ...)
{
	va_list arguments;
	void *arg;

	va_start(arguments, cmd);
	arg = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl_any(LIBC_FCNTL_TIME64, fd, cmd, arg);
}

INTERPOSE ssize_t __recvmsg64(int fd, struct msghdr *message, int flags)
{
	return recvmsg_any(LIBC_RECVMSG64, fd, message, flags);
}

INTERPOSE int __recvmmsg64(int fd, struct mmsghdr *messages, unsigned int count,
			   int flags, void *timeout)
{
	return recvmmsg_any(LIBC_RECVMMSG64, fd, messages, count, flags,
			    timeout);
}
#endif
