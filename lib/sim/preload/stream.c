/* SPDX-License-Identifier: MIT */
/*
 * Streams on /dev/kvm. The C library opens /dev/null with the mode of the
 * stream, and /dev/kvm takes the place of that descriptor.
 */
#include "interpose.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static FILE *to_kvm(FILE *file)
{
	typedef int function(int fd, int to, int flags);
	int flags, kvmfd;

	if (!file)
		return NULL;
	flags = fcntl(fileno(file), F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
	kvmfd = preload_open_kvm(O_RDWR | O_CLOEXEC);
	if (kvmfd < 0) {
		fclose(file);
		return NULL;
	}
	((function *)preload_libc(LIBC_DUP3))(kvmfd, fileno(file), flags);
	preload_copied();
	close(kvmfd);
	return file;
}

static FILE *fopen_any(enum libc_name name, const char *path, const char *mode)
{
	typedef FILE *function(const char *path, const char *mode);
	function *real = (function *)preload_libc(name);
	const int saved = errno;
	FILE *file;

	if (!preload_is_kvm_path(AT_FDCWD, path, false))
		return real(path, mode);
	file = to_kvm(real("/dev/null", mode));
	if (file)
		errno = saved;
	return file;
}

static FILE *freopen_any(enum libc_name name, const char *path,
			 const char *mode, FILE *file)
{
	typedef FILE *function(const char *path, const char *mode, FILE *file);
	function *real = (function *)preload_libc(name);

	if (!preload_is_kvm_path(AT_FDCWD, path, false))
		return real(path, mode, file);
	return to_kvm(real("/dev/null", mode, file));
}

INTERPOSE FILE *fopen(const char *path, const char *mode)
{
	return fopen_any(LIBC_FOPEN, path, mode);
}

INTERPOSE FILE *fopen64(const char *path, const char *mode)
{
	return fopen_any(LIBC_FOPEN64, path, mode);
}

INTERPOSE FILE *freopen(const char *path, const char *mode, FILE *file)
{
	return freopen_any(LIBC_FREOPEN, path, mode, file);
}

INTERPOSE FILE *freopen64(const char *path, const char *mode, FILE *file)
{
	return freopen_any(LIBC_FREOPEN64, path, mode, file);
}
