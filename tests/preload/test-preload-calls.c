/* SPDX-License-Identifier: MIT */
/* What each call answers on a descriptor of the simulator, and that other
 * descriptors get the C library's. docs/kernels.md, "Processes, descriptors and
 * vcpu ids", has the answers of kernels. */
#include "preload.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/uio.h>

/* Not constant, so that a fortified read() has another name. */
static volatile size_t length = 8;
static void *volatile nowhere = (void *)1;
/* The compiler refuses numbers of segments that are wrong on purpose. */
static volatile int negative = -1, too_many = 1025;

/* Records without an entry, and one beyond the end of the table */
static struct uapi_kvm_get_htab_header none = { .index = 1 };
static struct uapi_kvm_get_htab_header beyond = { .index = 0xffffff,
						  .n_invalid = 1 };

/* One valid entry; its VALID bit is the last one of the first doubleword. */
struct record {
	struct uapi_kvm_get_htab_header header;
	uint8_t entry[16];
};

static struct record a_record(void)
{
	return (struct record){ .header = { .index = 8, .n_valid = 1 },
				.entry = { [7] = 1 } };
}

static void reading_and_writing(void **state)
{
	const int vmfd = a_vm(), reader = an_htabfd(vmfd, 0);
	const int writer = an_htabfd(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	uint64_t buf[2];

	errno = 7;
	assert_int_equal(read(reader, buf, sizeof(buf)), 0);
	assert_int_equal(read(reader, buf, length), 0);
	assert_int_equal(write(writer, &none, sizeof(none)), sizeof(none));
	assert_int_equal(errno, 7);
	assert_fails(write(writer, &beyond, sizeof(beyond)), EINVAL);
	assert_fails(write(writer, nowhere, 8), EFAULT);
	assert_fails(read(vmfd, buf, 8), EINVAL);
	close(reader);
	close(writer);
	close(vmfd);
}

static void writing_vectors(void **state)
{
	const int vmfd = a_vm();
	const int writer = an_htabfd(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	struct record one = a_record();
	struct iovec good[] = { { &none, 8 }, { &none, 0 }, { &none, 8 } };
	struct iovec second[] = { { &none, 8 }, { &beyond, 8 }, { &none, 8 } };
	struct iovec first[] = { { &beyond, 8 }, { &none, 8 } };
	struct iovec bad[] = { { &none, 8 }, { nowhere, 8 } };
	struct iovec split[] = { { &one.header, 8 },
				 { one.entry, sizeof(one.entry) } };
	struct iovec large[] = { { &none, SIZE_MAX / 2 }, { &none, 8 } };

	errno = 7;
	assert_int_equal(writev(writer, good, 3), 16);
	assert_int_equal(writev(writer, second, 3), 8);
	assert_int_equal(writev(writer, bad, 2), 8);
	assert_int_equal(writev(writer, good, 0), 0);
	/* The header is short of its entry, so the kernel takes nothing. */
	assert_int_equal(write(writer, &one, sizeof(one)), sizeof(one));
	assert_int_equal(writev(writer, split, 2), 0);
	assert_int_equal(errno, 7);
	assert_fails(writev(writer, first, 2), EINVAL);
	assert_fails(writev(writer, good, negative), EINVAL);
	assert_fails(writev(writer, good, too_many), EINVAL);
	assert_fails(writev(writer, large, 2), EINVAL);
	assert_fails(readv(writer, good, 0), EBADF);
	assert_fails(writev(vmfd, good, 3), EINVAL);
	close(writer);
	close(vmfd);
}

static void reading_vectors(void **state)
{
	const int vmfd = a_vm();
	const int writer = an_htabfd(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	const int reader = an_htabfd(vmfd, 0);
	struct record one = a_record();
	uint8_t bufs[2][4096];
	struct iovec both[] = { { bufs[0], 4096 }, { bufs[1], 4096 } };

	assert_int_equal(write(writer, &one, sizeof(one)), sizeof(one));
	memset(bufs, 0xee, sizeof(bufs));
	errno = 7;
	/* The first read is short, so the second segment is not used. */
	assert_in_range(readv(reader, both, 2), 24, 32);
	assert_int_equal(bufs[1][0], 0xee);
	assert_int_equal(readv(reader, both, 2), 0);
	assert_int_equal(errno, 7);
	assert_fails(readv(reader, both, negative), EINVAL);
	assert_fails(writev(reader, both, 0), EBADF);
	close(writer);
	close(reader);
	close(vmfd);
}

static void positions(void **state)
{
	const int kvmfd = a_kvm(), vmfd = a_vm(), htabfd = an_htabfd(vmfd, 0);
	char buf[16];

	assert_int_equal(lseek(kvmfd, 10, SEEK_SET), 0);
	assert_int_equal(lseek64(kvmfd, -5, SEEK_CUR), 0);
	assert_fails(lseek(kvmfd, 0, 77), EINVAL);
	assert_fails(pread(kvmfd, buf, length, 0), EINVAL);
	assert_fails(pread64(kvmfd, buf, length, 0), EINVAL);
	assert_fails(pwrite(kvmfd, buf, 8, 0), EINVAL);
	assert_fails(pwrite64(kvmfd, buf, 8, 0), EINVAL);
	assert_fails(lseek(vmfd, 0, 77), EINVAL);
	assert_fails(lseek(vmfd, 10, SEEK_SET), ESPIPE);
	assert_fails(pread(htabfd, buf, length, 0), ESPIPE);
	assert_fails(pread64(htabfd, buf, 8, -1), EINVAL);
	assert_fails(pwrite(htabfd, buf, 8, 0), ESPIPE);
	close(htabfd);
	close(vmfd);
	close(kvmfd);
}

static void mapping(void **state)
{
	const int kvmfd = a_kvm(), vmfd = a_vm(), vcpufd = a_vcpu(vmfd);
	struct uapi_kvm_run *first, *second;

	errno = 7;
	first = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpufd, 0);
	second = mmap64(NULL, 4096, PROT_READ, MAP_SHARED, vcpufd, 0);
	assert_ptr_not_equal(first, MAP_FAILED);
	assert_ptr_not_equal(second, MAP_FAILED);
	assert_int_equal(errno, 7);
	first->immediate_exit = 1;
	assert_int_equal(second->immediate_exit, 1);
	munmap(first, 4096);
	munmap(second, 4096);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, kvmfd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	assert_ptr_equal(mmap64(NULL, 4096, PROT_READ, MAP_SHARED, vmfd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	close(vcpufd);
	close(vmfd);
	close(kvmfd);
}

static void waiting(void **state)
{
	const int vmfd = a_vm(), epollfd = epoll_create1(0);
	struct pollfd fds = { .fd = vmfd, .events = POLLIN | POLLOUT };
	struct epoll_event event = { .events = EPOLLIN };
	struct timeval now = { 0, 0 };
	fd_set readable, writable;

	assert_int_equal(poll(&fds, 1, -1), 1);
	assert_int_equal(fds.revents, POLLIN | POLLOUT);
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(vmfd, &readable);
	FD_SET(vmfd, &writable);
	assert_int_equal(select(vmfd + 1, &readable, &writable, NULL, &now), 2);
	assert_fails(epoll_ctl(epollfd, EPOLL_CTL_ADD, vmfd, &event), EPERM);
	assert_fails(epoll_ctl(epollfd, EPOLL_CTL_DEL, vmfd, NULL), EPERM);
	assert_fails(epoll_ctl(epollfd, EPOLL_CTL_ADD, vmfd, NULL), EFAULT);
	assert_fails(epoll_ctl(-1, EPOLL_CTL_ADD, vmfd, &event), EBADF);
	close(vmfd);
	close(epollfd);
}

static void requests(void **state)
{
	const int kvmfd = a_kvm(), vmfd = a_vm();
	int on = 1;

	errno = 7;
	assert_true(is_vm(vmfd));
	assert_int_equal(ioctl(vmfd, FIOCLEX), 0);
	assert_int_equal(fcntl(vmfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ioctl(vmfd, FIONCLEX), 0);
	assert_int_equal(fcntl(vmfd, F_GETFD), 0);
	assert_int_equal(ioctl(vmfd, FIONBIO, &on), 0);
	assert_true(fcntl(vmfd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(errno, 7);
	assert_fails(ioctl(vmfd, UAPI_KVM_RUN, 0), ENOTTY);
	assert_fails(ioctl(vmfd, FIONREAD, &on), ENOTTY);
	assert_fails(ioctl(vmfd, 0x1234, 0), ENOTTY);
	assert_fails(ioctl(kvmfd, FIONREAD, &on), EINVAL);
	close(kvmfd);
	close(vmfd);
}

static void pipes_are_the_c_librarys(void **state)
{
	struct iovec iov[2];
	char buf[8] = "kvm";
	int ends[2], epollfd = epoll_create1(0), count = 0;
	struct epoll_event event = { .events = EPOLLIN };

	assert_int_equal(pipe(ends), 0);
	errno = 7;
	assert_int_equal(write(ends[1], "kvm", 3), 3);
	assert_int_equal(ioctl(ends[0], FIONREAD, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(epoll_ctl(epollfd, EPOLL_CTL_ADD, ends[0], &event), 0);
	assert_int_equal(read(ends[0], buf, length), 3);
	iov[0] = (struct iovec){ buf, 1 };
	iov[1] = (struct iovec){ buf + 1, 2 };
	assert_int_equal(writev(ends[1], iov, 2), 3);
	assert_int_equal(readv(ends[0], iov, 2), 3);
	assert_string_equal(buf, "kvm");
	assert_int_equal(errno, 7);
	assert_fails(pread(ends[0], buf, length, 0), ESPIPE);
	assert_fails(lseek(ends[0], 0, SEEK_SET), ESPIPE);
	assert_fails(ioctl(ends[0], 0x1234, 0), ENOTTY);
	assert_fails(read(-1, buf, sizeof(buf)), EBADF);
	assert_fails(write(-1, buf, sizeof(buf)), EBADF);
	assert_fails(readv(-1, iov, 2), EBADF);
	assert_fails(writev(-1, iov, 2), EBADF);
	assert_fails(ioctl(-1, FIONREAD, &count), EBADF);
	assert_fails(write(ends[1], nowhere, 1), EFAULT);
	close(ends[0]);
	close(ends[1]);
	close(epollfd);
}

static void files_are_the_c_librarys(void **state)
{
	FILE *file = tmpfile();
	const int fd = fileno(file);
	char buf[8], *map;

	errno = 7;
	assert_int_equal(pwrite(fd, "ab", 2, 0), 2);
	assert_int_equal(pwrite64(fd, "cd", 2, 2), 2);
	assert_int_equal(pread(fd, buf, length, 0), 4);
	assert_int_equal(pread64(fd, buf, length, 1), 3);
	assert_memory_equal(buf, "bcd", 3);
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_int_equal(lseek64(fd, 1, SEEK_CUR), 4);
	map = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);
	assert_memory_equal(map, "abcd", 4);
	munmap(map, 4);
	map = mmap64(NULL, 4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(*map, 0);
	munmap(map, 4);
	assert_int_equal(errno, 7);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_and_writing),
		cmocka_unit_test(writing_vectors),
		cmocka_unit_test(reading_vectors),
		cmocka_unit_test(positions),
		cmocka_unit_test(mapping),
		cmocka_unit_test(waiting),
		cmocka_unit_test(requests),
		cmocka_unit_test(pipes_are_the_c_librarys),
		cmocka_unit_test(files_are_the_c_librarys),
	};

	/* A call that reaches the wrong side may not return. */
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
