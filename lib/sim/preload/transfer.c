/* SPDX-License-Identifier: MIT */
/*
 * read(), write() and their relatives. preadv() and pwritev() are not here: on
 * the socket that a simulated descriptor is, they are ESPIPE, as in a kernel on
 * all descriptors but /dev/kvm.
 */
#include "interpose.h"

#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include "libhtab-sim.h"

/* The kernel can read up to 8 bytes past the end, and the simulator probes
 * whether they are accessible. */
enum { PAST_END = 8 };

INTERPOSE ssize_t read(int fd, void *buf, size_t len)
{
	typedef ssize_t function(int fd, void *buf, size_t len);
	const int saved = errno;

	if (preload_enter(fd))
		return preload_leave(htab_sim_read(fd, buf, len), saved);
	return ((function *)preload_libc(LIBC_READ))(fd, buf, len);
}

INTERPOSE ssize_t write(int fd, const void *buf, size_t len)
{
	typedef ssize_t function(int fd, const void *buf, size_t len);
	const int saved = errno;

	if (preload_enter(fd))
		return preload_leave(
			htab_sim_write(fd, buf, len, len + PAST_END), saved);
	return ((function *)preload_libc(LIBC_WRITE))(fd, buf, len);
}

/* --- vectors: one call per segment, as in the kernel --- */

static ssize_t read_segment(int fd, const struct iovec *segment)
{
	return htab_sim_read(fd, segment->iov_base, segment->iov_len);
}

static ssize_t write_segment(int fd, const struct iovec *segment)
{
	return htab_sim_write(fd, segment->iov_base, segment->iov_len,
			      segment->iov_len + PAST_END);
}

/* Returns 0 or the error for which the kernel transfers nothing. */
static int check_vector(const struct iovec *iov, int count)
{
	size_t room = SSIZE_MAX;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	if (count && !iov)
		return -EFAULT;
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > room)
			return -EINVAL;
		room -= iov[i].iov_len;
	}
	return 0;
}

static ssize_t transfer(int fd, const struct iovec *iov, int count,
			ssize_t (*segment)(int fd, const struct iovec *segment))
{
	const struct iovec none = { NULL, 0 };
	ssize_t n, done = 0;
	int r = check_vector(iov, count);

	if (r < 0)
		return r;
	/* Whether the descriptor can be read or written at all */
	if (count == 0)
		return segment(fd, &none);
	for (int i = 0; i < count; i++) {
		n = segment(fd, &iov[i]);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return done;
}

INTERPOSE ssize_t readv(int fd, const struct iovec *iov, int count)
{
	typedef ssize_t function(int fd, const struct iovec *iov, int count);
	const int saved = errno;

	if (preload_enter(fd))
		return preload_leave(transfer(fd, iov, count, read_segment),
				     saved);
	return ((function *)preload_libc(LIBC_READV))(fd, iov, count);
}

INTERPOSE ssize_t writev(int fd, const struct iovec *iov, int count)
{
	typedef ssize_t function(int fd, const struct iovec *iov, int count);
	const int saved = errno;

	if (preload_enter(fd))
		return preload_leave(transfer(fd, iov, count, write_segment),
				     saved);
	return ((function *)preload_libc(LIBC_WRITEV))(fd, iov, count);
}

/* --- with an offset: EINVAL on /dev/kvm. A socket answers as the other
 * descriptors of KVM. --- */

static ssize_t refuse_offset(void)
{
	errno = EINVAL;
	return -1;
}

INTERPOSE ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	typedef ssize_t function(int fd, void *buf, size_t len, off_t offset);

	if (preload_is_kvm(fd))
		return refuse_offset();
	return ((function *)preload_libc(LIBC_PREAD))(fd, buf, len, offset);
}

INTERPOSE ssize_t pread64(int fd, void *buf, size_t len, off64_t offset)
{
	typedef ssize_t function(int fd, void *buf, size_t len, off64_t offset);

	if (preload_is_kvm(fd))
		return refuse_offset();
	return ((function *)preload_libc(LIBC_PREAD64))(fd, buf, len, offset);
}

INTERPOSE ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	typedef ssize_t function(int fd, const void *buf, size_t len,
				 off_t offset);

	if (preload_is_kvm(fd))
		return refuse_offset();
	return ((function *)preload_libc(LIBC_PWRITE))(fd, buf, len, offset);
}

INTERPOSE ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
	typedef ssize_t function(int fd, const void *buf, size_t len,
				 off64_t offset);

	if (preload_is_kvm(fd))
		return refuse_offset();
	return ((function *)preload_libc(LIBC_PWRITE64))(fd, buf, len, offset);
}

/* --- the names that a program built with _FORTIFY_SOURCE calls instead. A
 * buffer that is too small ends the program in the C library. --- */

ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);
ssize_t __pread_chk(int fd, void *buf, size_t len, off_t offset, size_t size);
ssize_t __pread64_chk(int fd, void *buf, size_t len, off64_t offset,
		      size_t size);

INTERPOSE ssize_t __read_chk(int fd, void *buf, size_t len, size_t size)
{
	typedef ssize_t function(int fd, void *buf, size_t len, size_t size);

	if (len > size)
		return ((function *)preload_libc(LIBC_READ_CHK))(fd, buf, len,
								 size);
	return read(fd, buf, len);
}

INTERPOSE ssize_t __pread_chk(int fd, void *buf, size_t len, off_t offset,
			      size_t size)
{
	typedef ssize_t function(int fd, void *buf, size_t len, off_t offset,
				 size_t size);

	if (len > size)
		return ((function *)preload_libc(LIBC_PREAD_CHK))(fd, buf, len,
								  offset, size);
	return pread(fd, buf, len, offset);
}

INTERPOSE ssize_t __pread64_chk(int fd, void *buf, size_t len, off64_t offset,
				size_t size)
{
	typedef ssize_t function(int fd, void *buf, size_t len, off64_t offset,
				 size_t size);

	if (len > size)
		return ((function *)preload_libc(LIBC_PREAD64_CHK))(
			fd, buf, len, offset, size);
	return pread64(fd, buf, len, offset);
}
