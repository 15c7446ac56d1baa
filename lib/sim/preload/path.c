/* SPDX-License-Identifier: MIT */
/*
 * Finds out whether a path leads to /dev/kvm, which need not exist: directories
 * are compared by their inodes, and symbolic links are followed one by one.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows */
enum { MOST_LINKS = 40 };

/* Returns the last component of a path. It is empty after a slash. */
static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is the directory part of the path, which ends at `last`, /dev? */
static bool is_in_dev(int dirfd, const char *path, const char *last)
{
	char directory[PATH_MAX];
	struct stat dev, other;
	const size_t len = (size_t)(last - path);

	if (len >= sizeof(directory))
		return false;
	memcpy(directory, path, len);
	strcpy(directory + len, len ? "" : ".");
	return stat("/dev", &dev) == 0 &&
	       fstatat(dirfd, directory, &other, 0) == 0 &&
	       dev.st_dev == other.st_dev && dev.st_ino == other.st_ino;
}

static bool names_kvm(int dirfd, const char *path)
{
	const char *last = last_of(path);

	if (strcmp(path, "/dev/kvm") == 0)
		return true;
	return strcmp(last, "kvm") == 0 && is_in_dev(dirfd, path, last);
}

/* Replaces a path by where the symbolic link of that name leads. Returns false
 * if it is no link, or if the new path is too long. */
static bool follow(int dirfd, char path[PATH_MAX])
{
	char target[PATH_MAX];
	size_t kept = (size_t)(last_of(path) - path);
	const ssize_t n = readlinkat(dirfd, path, target, sizeof(target));

	if (n <= 0)
		return false;
	if (target[0] == '/')
		kept = 0;
	if (kept + (size_t)n >= PATH_MAX)
		return false;
	memcpy(path + kept, target, (size_t)n);
	path[kept + (size_t)n] = '\0';
	return true;
}

static bool leads_to_kvm(int dirfd, const char *path, bool nofollow)
{
	char at[PATH_MAX];

	if (names_kvm(dirfd, path))
		return true;
	if (nofollow || strlen(path) >= sizeof(at))
		return false;
	strcpy(at, path);
	for (int i = 0; i < MOST_LINKS && follow(dirfd, at); i++)
		if (names_kvm(dirfd, at))
			return true;
	return false;
}

bool preload_is_kvm_path(int dirfd, const char *path, bool nofollow)
{
	const int saved = errno;
	const bool kvm = path && leads_to_kvm(dirfd, path, nofollow);

	errno = saved;
	return kvm;
}
