/* SPDX-License-Identifier: MIT */
/*
 * The way to the real kernel, for descriptors that are not simulated.
 *
 * A program may put functions of its own in the place of ioctl(), mmap(),
 * read(), write(), close() and epoll_ctl(), with the linker's --wrap or with
 * LD_PRELOAD, and call the simulator in them. If the simulator called these
 * names, it would call itself without end. So it makes system calls here, which
 * a program cannot replace.
 */
#include "host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long negative_errno(long r)
{
	return r < 0 ? -errno : r;
}

int htab_kernel_ioctl(int fd, unsigned long request, void *arg)
{
	return (int)negative_errno(syscall(SYS_ioctl, fd, request, arg));
}

ssize_t htab_kernel_read(int fd, void *buf, size_t len)
{
	return negative_errno(syscall(SYS_read, fd, buf, len));
}

ssize_t htab_kernel_write(int fd, const void *buf, size_t len)
{
	return negative_errno(syscall(SYS_write, fd, buf, len));
}

int htab_kernel_cloexec(int fd)
{
	return (int)negative_errno(
		syscall(SYS_fcntl, fd, F_SETFD, (long)FD_CLOEXEC));
}

int htab_kernel_close(int fd)
{
	return (int)negative_errno(syscall(SYS_close, fd));
}

int htab_kernel_epoll_ctl(int epollfd, int op, int fd,
			  struct epoll_event *event)
{
	return (int)negative_errno(
		syscall(SYS_epoll_ctl, epollfd, op, fd, event));
}

#ifdef SYS_mmap2
/* The offset is in units of 4096 bytes. */
static long map(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	if (at % 4096) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_mmap2, addr, len, prot, flags, fd,
		       (unsigned long)(at / 4096));
}
#elif defined(__s390x__)
/* The only argument is a pointer to the six. */
static long map(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	unsigned long arguments[] = { (unsigned long)addr, len,
				      (unsigned long)prot, (unsigned long)flags,
				      (unsigned long)fd,   (unsigned long)at };

	return syscall(SYS_mmap, arguments);
}
#else
static long map(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	return syscall(SYS_mmap, addr, len, prot, flags, fd, at);
}
#endif

void *htab_kernel_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
	/* -1 is MAP_FAILED. */
	return (void *)map(addr, len, prot, flags, fd, offset);
}

ssize_t htab_kernel_write_torn(int fd, const void *buf, size_t len,
			       size_t missing)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = page + (missing + page - 1) / page * page;
	ssize_t n = -ENOMEM;
	char *pages;

	/* The bytes end where the accessible page ends, so that the kernel's
	 * copy of what follows them fails. */
	pages = htab_kernel_mmap(NULL, size, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return n;
	if (mprotect(pages, page, PROT_READ | PROT_WRITE) == 0) {
		memcpy(pages + page - len, buf, len);
		n = htab_kernel_write(fd, pages + page - len, len + missing);
	}
	munmap(pages, size);
	return n;
}
