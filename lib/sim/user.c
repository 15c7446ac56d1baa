/* SPDX-License-Identifier: MIT */
/*
 * Accesses the memory of the calling program. A bad pointer must give -EFAULT,
 * as from a kernel, and not crash the simulator, so process_vm_readv() and
 * process_vm_writev() copy. Where these fail for another reason (in a sandbox,
 * under qemu-user), a pipe copies instead, whose system calls check pointers
 * too. Only the buffers of read() and write() are assumed to be valid there.
 */
#include "host.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGES_AT_ONCE = 256 };

typedef ssize_t copy_function(pid_t pid, const struct iovec *ours,
			      unsigned long ours_count,
			      const struct iovec *theirs,
			      unsigned long theirs_count, unsigned long flags);

/* Returns 0, -EFAULT, or 1 if the system call is not available. */
static int copy(copy_function *function, void *ours, void *theirs, size_t len)
{
	const struct iovec here = { ours, len }, there = { theirs, len };
	const ssize_t n = function(getpid(), &here, 1, &there, 1, 0);

	if (n == (ssize_t)len)
		return 0;
	return n < 0 && errno != EFAULT ? 1 : -EFAULT;
}

/* Returns 0, -EFAULT, or 1 if there is no pipe. A small pipe takes PIPE_BUF
 * bytes at once, so that no call waits. */
static int copy_by_pipe(void *to, const void *from, size_t len)
{
	int ends[2], r = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 1;
	for (size_t done = 0; r == 0 && done < len;) {
		const size_t n = len - done < PIPE_BUF ? len - done : PIPE_BUF;

		if (htab_kernel_write(ends[1], (const char *)from + done, n) !=
			    (ssize_t)n ||
		    htab_kernel_read(ends[0], (char *)to + done, n) !=
			    (ssize_t)n)
			r = -EFAULT;
		done += n;
	}
	close(ends[0]);
	close(ends[1]);
	return r;
}

int htab_sim_fetch(const struct call *call, void *to, const void *from,
		   size_t len)
{
	int r = 1;

	if (!from)
		return -EFAULT;
	if (!call->trusted) {
		r = copy(process_vm_readv, to, (void *)(uintptr_t)from, len);
		if (r > 0)
			r = copy_by_pipe(to, from, len);
	}
	if (r > 0)
		memcpy(to, from, len);
	return r < 0 ? r : 0;
}

int htab_sim_store(const struct call *call, void *to, const void *from,
		   size_t len)
{
	int r = 1;

	if (!to)
		return -EFAULT;
	if (!call->trusted) {
		r = copy(process_vm_writev, (void *)(uintptr_t)from, to, len);
		if (r > 0)
			r = copy_by_pipe(to, from, len);
	}
	if (r > 0)
		memcpy(to, from, len);
	return r < 0 ? r : 0;
}

/* Sets pages[] to the first byte of each page from buf on. Returns how many. */
static int first_bytes(const unsigned char *buf, size_t len,
		       struct iovec *pages)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t at = 0;
	int count = 0;

	while (at < len && count < PAGES_AT_ONCE) {
		pages[count].iov_base = (void *)(uintptr_t)(buf + at);
		pages[count++].iov_len = 1;
		at += page - (uintptr_t)(buf + at) % page;
	}
	return count;
}

/* Probes up to PAGES_AT_ONCE pages. Returns how many bytes are known to be
 * accessible: all of len, or those before the first bad page, or those before
 * the pages that were not probed. */
static size_t probe(const unsigned char *buf, size_t len, bool writing,
		    bool *bad)
{
	struct iovec pages[PAGES_AT_ONCE];
	unsigned char bytes[PAGES_AT_ONCE];
	const int count = first_bytes(buf, len, pages);
	const struct iovec here = { bytes, (size_t)count };
	ssize_t n = process_vm_readv(getpid(), &here, 1, pages,
				     (unsigned long)count, 0);
	const struct iovec same = { bytes, n > 0 ? (size_t)n : 0 };

	if (n > 0 && writing)
		n = process_vm_writev(getpid(), &same, 1, pages,
				      (unsigned long)n, 0);
	if (n < 0 && errno != EFAULT)
		n = count;
	*bad = n < count;
	if (*bad)
		return n <= 0 ? 0
			      : (size_t)((unsigned char *)pages[n].iov_base -
					 buf);
	if (count < PAGES_AT_ONCE)
		return len;
	return (size_t)((unsigned char *)pages[count - 1].iov_base + 1 - buf);
}

static size_t usable(const unsigned char *buf, size_t len, bool writing)
{
	size_t done = 0;
	bool bad = !buf;

	while (done < len && !bad)
		done += probe(buf + done, len - done, writing, &bad);
	return done;
}

size_t htab_sim_readable(const void *buf, size_t len)
{
	return usable(buf, len, false);
}

size_t htab_sim_writable(void *buf, size_t len)
{
	return usable(buf, len, true);
}
