/* SPDX-License-Identifier: MIT */
#include "wrap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <search.h>

struct wrap_plan wrap_plan;

static unsigned int calls, failures;
static long live;
static int same_fd = -1, same_as = -1;

void wrap_fail(enum wrap_kind kind, unsigned int n, bool all)
{
	wrap_plan = (struct wrap_plan){ kind, n, all, kind == WRAP_EPOLL_WAIT };
	calls = failures = 0;
}

void wrap_nothing_fails(void)
{
	wrap_plan = (struct wrap_plan){ .kind = WRAP_NOTHING };
}

bool wrap_has_failed(void)
{
	return failures > 0;
}

bool wrap_is_documented(int error)
{
	switch (wrap_plan.kind) {
	case WRAP_MEMORY:
	case WRAP_FSTAT:
		return error == ENOMEM;
	case WRAP_SOCKET:
	case WRAP_EPOLL:
		return error == EMFILE || error == ENFILE || error == ENOMEM;
	default:
		return false;
	}
}

long wrap_live_pointers(void)
{
	return live;
}

void wrap_same_inode(int fd, int as_that_of)
{
	same_fd = fd;
	same_as = as_that_of;
}

/* Returns whether this call must fail. If so, sets errno. */
static bool fails(enum wrap_kind kind, int error)
{
	if (wrap_plan.kind != kind)
		return false;
	calls++;
	if (calls != wrap_plan.n && !(wrap_plan.all && calls > wrap_plan.n))
		return false;
	failures++;
	errno = error;
	return true;
}

/* --- memory --- */

/* The pointers that are counted. free() also gets pointers from the C library
 * (open_memstream()), which are not counted. */
enum { MOST = 1 << 14 };
static const void *pointers[MOST];

static void *counted(void *pointer)
{
	size_t i = 0;

	if (!pointer)
		return NULL;
	while (i < MOST && pointers[i])
		i++;
	if (i == MOST)
		abort();
	pointers[i] = pointer;
	live++;
	return pointer;
}

static void uncount(const void *pointer)
{
	for (size_t i = 0; pointer && i < MOST; i++) {
		if (pointers[i] == pointer) {
			pointers[i] = NULL;
			live--;
			return;
		}
	}
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fails(WRAP_MEMORY, ENOMEM) ? NULL : counted(__real_malloc(size));
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return fails(WRAP_MEMORY, ENOMEM) ? NULL
					  : counted(__real_calloc(count, size));
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
	if (fails(WRAP_MEMORY, ENOMEM))
		return NULL;
	uncount(old);
	return counted(__real_realloc(old, size));
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return fails(WRAP_MEMORY, ENOMEM) ? NULL : counted(__real_strdup(text));
}

void __real_free(void *pointer);
void __wrap_free(void *pointer);
void __wrap_free(void *pointer)
{
	uncount(pointer);
	__real_free(pointer);
}

void *__real_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *));
void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *));
void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *))
{
	return fails(WRAP_MEMORY, ENOMEM) ? NULL
					  : __real_tsearch(key, root, compare);
}

FILE *__real_open_memstream(char **text, size_t *size);
FILE *__wrap_open_memstream(char **text, size_t *size);
FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails(WRAP_MEMORY, ENOMEM) ? NULL
					  : __real_open_memstream(text, size);
}

int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void),
			  void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void),
			  void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void),
			  void (*child)(void))
{
	return fails(WRAP_MEMORY, ENOMEM)
		       ? ENOMEM
		       : __real_pthread_atfork(prepare, parent, child);
}

int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	return fails(WRAP_MEMORY, ENOSPC)
		       ? -1
		       : __real_fallocate(fd, mode, offset, len);
}

int __real_fallocate64(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len)
{
	return fails(WRAP_MEMORY, ENOSPC)
		       ? -1
		       : __real_fallocate64(fd, mode, offset, len);
}

int __real_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len)
{
	return fails(WRAP_MEMORY, EFBIG) ? -1 : __real_ftruncate(fd, len);
}

int __real_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len)
{
	return fails(WRAP_MEMORY, EFBIG) ? -1 : __real_ftruncate64(fd, len);
}

/* --- descriptors --- */

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return fails(WRAP_SOCKET, ENFILE) ? -1
					  : __real_memfd_create(name, flags);
}

int __real_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags)
{
	return fails(WRAP_SOCKET, EMFILE) ? -1 : __real_eventfd(count, flags);
}

int __real_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	return fails(WRAP_SOCKET, EMFILE) ? -1
					  : __real_signalfd(fd, set, flags);
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
	return fails(WRAP_SOCKET, EMFILE)
		       ? -1
		       : __real_socket(domain, type, protocol);
}

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_create1(int flags)
{
	return fails(WRAP_EPOLL, ENFILE) ? -1 : __real_epoll_create1(flags);
}

/* epoll_ctl() has an error of its own for the limit of a user's watches. */
int __real_htab_kernel_epoll_ctl(int epollfd, int op, int fd,
				 struct epoll_event *event);
int __wrap_htab_kernel_epoll_ctl(int epollfd, int op, int fd,
				 struct epoll_event *event);
int __wrap_htab_kernel_epoll_ctl(int epollfd, int op, int fd,
				 struct epoll_event *event)
{
	if (fails(WRAP_EPOLL, wrap_plan.n % 2 ? ENOSPC : ENOMEM))
		return -errno;
	return __real_htab_kernel_epoll_ctl(epollfd, op, fd, event);
}

int __real_epoll_wait(int fd, struct epoll_event *events, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	return fails(WRAP_EPOLL_WAIT, EINTR)
		       ? -1
		       : __real_epoll_wait(fd, events, most, ms);
}

static int look(int (*real)(int, struct stat *), int fd, struct stat *st)
{
	int r;

	if (fails(WRAP_FSTAT, ENOMEM))
		return -1;
	r = real(fd, st);
	if (r == 0 && fd == same_fd) {
		r = real(same_as, st);
		st->st_dev++;
	}
	return r;
}

/* The simulator's objects call one of these, which depends on the sizes of
 * off_t and time_t. */
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
	return look(__real_fstat, fd, st);
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st)
{
	return look(__real_fstat64, fd, st);
}

/* Only 32-bit machines with glibc have this one. */
__attribute__((weak)) int __real___fstat64_time64(int fd, struct stat *st);
int __wrap___fstat64_time64(int fd, struct stat *st);
int __wrap___fstat64_time64(int fd, struct stat *st)
{
	return look(__real___fstat64_time64, fd, st);
}
