/* SPDX-License-Identifier: MIT */
/* The ways to open /dev/kvm, and to ask whether it can be opened */
#include "interpose.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

static int open_any(int dirfd, const char *path, int flags, mode_t mode)
{
	typedef int function(int dirfd, const char *path, int flags, ...);

	if (preload_is_kvm_path(dirfd, path, flags & O_NOFOLLOW))
		return preload_open_kvm(flags);
	return ((function *)preload_libc(LIBC_OPENAT))(dirfd, path, flags,
						       mode);
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

/* --- the names that a program built with _FORTIFY_SOURCE calls instead --- */

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

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

/* --- access: everybody may read and write /dev/kvm --- */

static int kvm_access(int mode)
{
	if (mode & ~(R_OK | W_OK | X_OK))
		errno = EINVAL;
	else if (mode & X_OK)
		errno = EACCES;
	else
		return 0;
	return -1;
}

static int access_any(enum libc_name name, const char *path, int mode)
{
	typedef int function(const char *path, int mode);

	if (preload_is_kvm_path(AT_FDCWD, path, false))
		return kvm_access(mode);
	return ((function *)preload_libc(name))(path, mode);
}

INTERPOSE int access(const char *path, int mode)
{
	return access_any(LIBC_ACCESS, path, mode);
}

INTERPOSE int eaccess(const char *path, int mode)
{
	return access_any(LIBC_EACCESS, path, mode);
}

INTERPOSE int euidaccess(const char *path, int mode)
{
	return access_any(LIBC_EUIDACCESS, path, mode);
}

INTERPOSE int faccessat(int dirfd, const char *path, int mode, int flags)
{
	typedef int function(int dirfd, const char *path, int mode, int flags);

	if (preload_is_kvm_path(dirfd, path, flags & AT_SYMLINK_NOFOLLOW))
		return kvm_access(mode);
	return ((function *)preload_libc(LIBC_FACCESSAT))(dirfd, path, mode,
							  flags);
}
