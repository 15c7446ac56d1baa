/* SPDX-License-Identifier: MIT */
/* With -std=c99 or c11, glibc declares MAP_ANONYMOUS only then. */
#define _DEFAULT_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* POSIX and musl declare the request of ioctl() as an int, glibc does not. The
 * kernel uses 32 bits of it. */
#ifdef __GLIBC__
typedef unsigned long ioctl_request_t;
#else
typedef int ioctl_request_t;
#endif

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, (ioctl_request_t)request, arg);

	return r < 0 ? -errno : r;
}

ssize_t htab_shim_read(int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	return n < 0 ? -errno : n;
}

ssize_t htab_shim_write(int fd, const void *buf, size_t len)
{
	ssize_t n = write(fd, buf, len);

	return n < 0 ? -errno : n;
}

ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = page + (missing + page - 1) / page * page;
	ssize_t n;
	char *map;

	/* Only the first page of the map is accessible, and buf goes to its
	 * end. So the kernel faults at the first byte after buf. */
	map = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* Both calls fail only for lack of memory. mmap() may return EAGAIN
	 * then, if the process has called mlockall(MCL_FUTURE) and reached its
	 * limit of locked memory. Callers expect ENOMEM in each case. */
	if (map == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(map, page, PROT_READ | PROT_WRITE) < 0) {
		n = -ENOMEM;
		goto out_unmap;
	}
	memcpy(map + page - len, buf, len);
	n = htab_shim_write(fd, map + page - len, len + missing);

out_unmap:
	munmap(map, size);
	return n;
}

int htab_shim_cloexec(int fd)
{
	/* FD_CLOEXEC is the only descriptor flag, so there is no other one that
	 * F_SETFD could clear. */
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

int htab_shim_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}
