/* SPDX-License-Identifier: MIT */
/* glibc has strerrorname_np() for this, but musl has nothing. */
#include "errname.h"

#include <errno.h>
#include <stddef.h>

const char *htab_sim_error_name(int error)
{
	/* The errors that KVM, a filter of system calls or an old kernel
	 * returns for the calls of the journal */
	static const struct {
		int error;
		const char *name;
	} known[] = {
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ EINTR, "EINTR" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" },
		{ ENFILE, "ENFILE" },
		{ EMFILE, "EMFILE" },
		{ ENOTTY, "ENOTTY" },
		{ EFBIG, "EFBIG" },
		{ ENOSPC, "ENOSPC" },
		{ ESPIPE, "ESPIPE" },
		{ ERANGE, "ERANGE" },
		{ ENOSYS, "ENOSYS" },
		{ EPROTO, "EPROTO" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ ENOBUFS, "ENOBUFS" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ ECANCELED, "ECANCELED" },
		{ ENOTRECOVERABLE, "ENOTRECOVERABLE" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].error == error)
			return known[i].name;
	}
	return NULL;
}
