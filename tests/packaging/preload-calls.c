/* SPDX-License-Identifier: MIT */
/*
 * Calls every function that libhtab-sim-preload.so replaces, on a descriptor of
 * the simulator and on another one. tests/packaging/preloaded.py runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/uapi-sim.h"

#define CHECK(what)                                                            \
	do {                                                                   \
		if (!(what)) {                                                 \
			fprintf(stderr, "line %d: not %s (errno %d)\n",        \
				__LINE__, #what, errno);                       \
			exit(1);                                               \
		}                                                              \
	} while (0)

/* The flags are not constant, so that a fortified open() has another name. */
static volatile int flags = O_RDWR | O_CLOEXEC;
static volatile size_t length = 8;
static void *volatile nowhere = (void *)1;

static void is_the_simulators(int kvmfd)
{
	const int vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);

	CHECK(ioctl(kvmfd, UAPI_KVM_CHECK_EXTENSION,
		    UAPI_KVM_CAP_PPC_HTAB_FD) == 1);
	CHECK(vmfd >= 0);
	close(vmfd);
	close(kvmfd);
}

static void opens(void)
{
	is_the_simulators(open("/dev/kvm", O_RDWR));
	is_the_simulators(open64("/dev/kvm", O_RDWR));
	is_the_simulators(openat(AT_FDCWD, "/dev/kvm", O_RDWR));
	is_the_simulators(openat64(AT_FDCWD, "/dev/kvm", O_RDWR));
	is_the_simulators(open("/dev/kvm", flags));
	is_the_simulators(open64("/dev/kvm", flags));
	is_the_simulators(openat(AT_FDCWD, "/dev/kvm", flags));
	is_the_simulators(openat64(AT_FDCWD, "/dev/kvm", flags));
}

static void close_on_exec_is_kept(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	close(fd);
	fd = open("/dev/kvm", O_RDWR);
	CHECK(fcntl(fd, F_GETFD) == 0);
	close(fd);
}

static int table(int vmfd, uint64_t htab_flags)
{
	struct uapi_kvm_get_htab_fd how = { .flags = htab_flags };
	uint32_t order = 18;

	CHECK(ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order) == 0);
	return ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
}

static void the_simulators(void)
{
	const struct uapi_kvm_get_htab_header none = { .index = 1 };
	const struct uapi_kvm_get_htab_header two = { .n_valid = 2 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int kvmfd = open("/dev/kvm", O_RDWR);
	const int vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);
	const int reader = table(vmfd, 0);
	const int writer = table(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	uint64_t buf[2];
	char *torn;

	errno = 7;
	CHECK(read(reader, buf, sizeof(buf)) == 0);
	CHECK(read(reader, buf, length) == 0);
	CHECK(write(writer, &none, sizeof(none)) == sizeof(none));
	CHECK(errno == 7);

	/* The record ends before its entries. */
	torn = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(torn != MAP_FAILED);
	CHECK(mprotect(torn + page, page, PROT_NONE) == 0);
	memcpy(torn + page - sizeof(two), &two, sizeof(two));
	errno = 0;
	CHECK(write(writer, torn + page - sizeof(two), sizeof(two) + 32) == -1);
	CHECK(errno == EFAULT);

	errno = 0;
	CHECK(ioctl(vmfd, UAPI_KVM_RUN, 0) == -1 && errno == ENOTTY);
	CHECK(ioctl(vmfd, 0x1234, 0) == -1 && errno == ENOTTY);
	close(reader);
	close(writer);
	close(vmfd);
	close(kvmfd);
}

static void the_c_librarys(void)
{
	char name[] = "/tmp/libhtab-XXXXXX", buf[8];
	int ends[2], count = 0, fd;
	struct stat st;

	CHECK(pipe(ends) == 0);
	errno = 7;
	CHECK(write(ends[1], "kvm", 3) == 3);
	CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 3);
	CHECK(read(ends[0], buf, length) == 3);
	CHECK(errno == 7);
	CHECK(memcmp(buf, "kvm", 3) == 0);
	CHECK(ioctl(ends[0], 0x1234, 0) == -1 && errno == ENOTTY);
	CHECK(read(-1, buf, sizeof(buf)) == -1 && errno == EBADF);
	CHECK(write(-1, buf, sizeof(buf)) == -1 && errno == EBADF);
	CHECK(write(ends[1], nowhere, 1) == -1 && errno == EFAULT);

	/* open() passes the mode on. */
	CHECK(mkdtemp(name));
	CHECK(chdir(name) == 0);
	umask(0);
	fd = open("new", O_RDWR | O_CREAT, 0640);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0640);
	CHECK(openat64(AT_FDCWD, "old", flags) == -1 && errno == ENOENT);
	CHECK(unlink("new") == 0);
	CHECK(rmdir(name) == 0);
}

int main(void)
{
	/* A call that reaches the wrong side may not return. */
	alarm(20);
	opens();
	close_on_exec_is_kept();
	the_simulators();
	the_c_librarys();
	return 0;
}
