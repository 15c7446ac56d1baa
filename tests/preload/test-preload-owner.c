/* SPDX-License-Identifier: MIT */
/* A number that was another file's becomes the simulator's, and the other way
 * round: in threads and after fork(), too. */
#include "preload.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Returns a descriptor of a pipe, which has been read. */
static int another_file(void)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "k", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[1]);
	/* Its number is remembered as not the simulator's. */
	assert_fails(ioctl(ends[0], UAPI_KVM_CREATE_VM, 0), ENOTTY);
	return ends[0];
}

static void a_new_vm_gets_the_number(void **state)
{
	const int kvmfd = a_kvm(), fd = another_file();
	int vmfd;

	close(fd);
	vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);
	assert_int_equal(vmfd, fd);
	assert_true(is_vm(vmfd));
	close(vmfd);
	close(kvmfd);
}

static void another_file_gets_the_number(void **state)
{
	const int kvmfd = a_kvm();
	const int vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);
	int fd;

	assert_true(is_vm(vmfd));
	close(vmfd);
	fd = another_file();
	assert_int_equal(fd, vmfd);
	close(fd);
	close(kvmfd);
}

static void a_new_dev_kvm_gets_the_number(void **state)
{
	const int fd = another_file();

	close(fd);
	assert_int_equal(a_kvm(), fd);
	is_kvm_and_close(fd);
}

static void a_copy_gets_the_number(void **state)
{
	const int vmfd = a_vm();
	int fd = another_file();

	assert_int_equal(dup2(vmfd, fd), fd);
	assert_true(is_vm(fd));
	close(fd);
	fd = another_file();
	assert_int_equal(dup3(vmfd, fd, O_CLOEXEC), fd);
	assert_true(is_vm(fd));
	close(fd);
	fd = another_file();
	close(fd);
	assert_int_equal(dup(vmfd), fd);
	assert_true(is_vm(fd));
	close(fd);
	fd = another_file();
	close(fd);
	assert_int_equal(fcntl(vmfd, F_DUPFD, 0), fd);
	assert_true(is_vm(fd));
	close(fd);
	fd = another_file();
	close(fd);
	assert_int_equal(fcntl(vmfd, F_DUPFD_CLOEXEC, 0), fd);
	assert_true(is_vm(fd));
	close(fd);
	close(vmfd);
}

static void the_copied_number_of_another_file(void **state)
{
	const int vmfd = a_vm(), fd = another_file();

	assert_int_equal(dup2(fd, vmfd), vmfd);
	assert_false(is_vm(vmfd));
	close(vmfd);
	close(fd);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_of(struct iovec *iov, union control *control)
{
	return (struct msghdr){ .msg_iov = iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(*control) };
}

static void send_fd(int socket, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union control control = { 0 };
	struct msghdr message = message_of(&iov, &control);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static void a_received_copy_gets_the_number(void **state)
{
	const int vmfd = a_vm();
	char byte;
	struct iovec iov = { &byte, 1 };
	union control control;
	struct mmsghdr message;
	int sockets[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets), 0);
	for (int i = 0; i < 2; i++) {
		send_fd(sockets[0], vmfd);
		fd = another_file();
		close(fd);
		message.msg_hdr = message_of(&iov, &control);
		if (i == 0)
			assert_int_equal(
				recvmsg(sockets[1], &message.msg_hdr, 0), 1);
		else
			assert_int_equal(
				recvmmsg(sockets[1], &message, 1, 0, NULL), 1);
		assert_true(is_vm(fd));
		close(fd);
	}
	close(sockets[0]);
	close(sockets[1]);
	close(vmfd);
}

static void numbers_above_those_that_are_remembered(void **state)
{
	const int vmfd = a_vm();
	const int fd = fcntl(vmfd, F_DUPFD, 5000);

	if (fd < 0) /* The limit of the process is lower. */
		assert_int_equal(errno, EINVAL);
	else
		assert_true(is_vm(fd));
	close(fd);
	close(vmfd);
}

/* --- threads: numbers change hands all the time --- */

static void *use_numbers(void *arg)
{
	for (int i = 0; i < 300; i++) {
		int vmfd = a_vm(), ends[2];
		char byte;

		assert_true(is_vm(vmfd));
		close(vmfd);
		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], "k", 1), 1);
		assert_int_equal(read(ends[0], &byte, 1), 1);
		close(ends[0]);
		close(ends[1]);
	}
	return NULL;
}

static void several_threads(void **state)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, use_numbers, NULL),
			0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* --- fork --- */

static void a_child_has_the_host(void **state)
{
	const int vmfd = a_vm(), fd = another_file();
	int status;
	pid_t child = fork();

	if (child == 0) {
		const int own = a_vm();

		/* The parent's VM is EIO, as in a kernel. */
		_exit(is_vm(own) && !is_vm(vmfd) && errno == EIO &&
				      dup2(own, fd) == fd && is_vm(fd)
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(is_vm(vmfd));
	assert_false(is_vm(fd));
	close(fd);
	close(vmfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_vm_gets_the_number),
		cmocka_unit_test(another_file_gets_the_number),
		cmocka_unit_test(a_new_dev_kvm_gets_the_number),
		cmocka_unit_test(a_copy_gets_the_number),
		cmocka_unit_test(the_copied_number_of_another_file),
		cmocka_unit_test(a_received_copy_gets_the_number),
		cmocka_unit_test(numbers_above_those_that_are_remembered),
		cmocka_unit_test(several_threads),
		cmocka_unit_test(a_child_has_the_host),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
