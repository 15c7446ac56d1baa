/* SPDX-License-Identifier: MIT */
/* Descriptors: they are real descriptors of the process, the simulator counts
 * them, and each kind answers its own calls. */
#include "model.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const unsigned long vm_requests[] = {
	UAPI_KVM_CREATE_VCPU,		UAPI_KVM_PPC_ALLOCATE_HTAB,
	UAPI_KVM_PPC_GET_HTAB_FD,	UAPI_KVM_PPC_RESIZE_HPT_PREPARE,
	UAPI_KVM_PPC_RESIZE_HPT_COMMIT,
};

static void descriptors_are_of_the_process_and_unique(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int first = a_vm(host), second = a_vm(host);
	int htabfd = open_htab(first, 0);

	assert_int_not_equal(first, second);
	assert_int_equal(fcntl(first, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(htabfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(close(htabfd), 0);
	assert_int_equal(close(first), 0);
	assert_int_equal(close(first), -1);
	assert_result(allocate_order(first, 24), -EBADF);
	assert_result(htab_sim_vcpu_enter(first), -EBADF);
	assert_int_equal(htab_sim_write(first, "", 1, 1), -EBADF);
	assert_result(allocate_order(-1, 24), -EBADF);
	assert_int_equal(close(second), 0);
	close_host(host);
}

static void dup_is_the_same_vm(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20);
	int copy = fcntl(vmfd, F_DUPFD, 100);

	assert_true(copy >= 100);
	assert_order(copy, 20);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(allocate_order(copy, 20), -EBUSY);
	assert_result(htab_sim_vcpu_leave(copy), 0);
	close(vmfd);
	assert_result(htab_reset(copy), 0);
	close(copy);
	close_host(host);
}

static void dup_of_an_htab_fd_has_the_same_position(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 24);
	int htabfd = open_htab(vmfd, 0), copy = dup(htabfd);
	struct record record;

	/* 25 bytes have room for one record. */
	assert_int_equal(read_record(htabfd, &record, 25), 8);
	assert_int_equal(read_record(copy, &record, 25), 8);
	assert_record(&record, 65535, 0, 65535);
	close(copy);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

static void kvmfd_answers_vm_calls_with_einval(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int kvmfd = htab_sim_kvmfd(host);
	uint64_t arg[4] = { 0 };
	char byte = 0;

	for (size_t i = 0; i < COUNT_OF(vm_requests); i++)
		assert_result(htab_sim_ioctl(kvmfd, vm_requests[i], arg),
			      -EINVAL);
	assert_result(htab_sim_ioctl(kvmfd, 0xae99, arg), -EINVAL);
	assert_int_equal(htab_sim_read(kvmfd, &byte, 1), -EINVAL);
	assert_int_equal(htab_sim_write(kvmfd, &byte, 1, 1), -EINVAL);
	assert_result(htab_sim_vcpu_enter(kvmfd), -ENOTTY);
	assert_result(htab_sim_vcpu_leave(kvmfd), -ENOTTY);
	close_host(host);
}

static void vm_answers_unknown_requests_with_enotty(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);
	uint64_t arg[80] = { 0 };
	char byte = 0;

	assert_result(htab_sim_ioctl(vmfd, 0xae99, arg), -ENOTTY);
	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VM, NULL), -ENOTTY);
	/* The number is that of ALLOCATE_HTAB, the size or direction is not. */
	assert_result(htab_sim_ioctl(vmfd, _IOW(0xae, 0xa7, uint32_t), arg),
		      -ENOTTY);
	assert_result(htab_sim_ioctl(vmfd, _IOWR(0xae, 0xa7, uint64_t), arg),
		      -ENOTTY);
	assert_int_equal(htab_sim_read(vmfd, &byte, 1), -EINVAL);
	assert_int_equal(htab_sim_write(vmfd, &byte, 1, 1), -EINVAL);
	close(vmfd);
	close_host(host);
}

static void vcpu_answers_einval(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);
	int vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	uint64_t arg[4] = { 0 };

	assert_true(vcpufd >= 0);
	for (size_t i = 0; i < COUNT_OF(vm_requests); i++)
		assert_result(htab_sim_ioctl(vcpufd, vm_requests[i], arg),
			      -EINVAL);
	assert_result(capability(vcpufd, UAPI_KVM_CAP_PPC_ALLOC_HTAB), -EINVAL);
	/* test-sim-run.c tests KVM_RUN and the calls that a vcpu's descriptor
	 * accepts. */
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

static void htab_fd_answers_ioctls_with_enotty(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);
	int htabfd = open_htab(vmfd, 0);
	uint64_t arg[4] = { 0 };

	for (size_t i = 0; i < COUNT_OF(vm_requests); i++)
		assert_result(htab_sim_ioctl(htabfd, vm_requests[i], arg),
			      -ENOTTY);
	assert_result(htab_sim_vcpu_enter(htabfd), -ENOTTY);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* Returns what the real kernel answers: -ENOTTY, or -ENOSYS under qemu-user. */
static int what_the_kernel_says(int fd)
{
	uint32_t order = 24;

	return ioctl(fd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order) < 0 ? -errno : 0;
}

/* Calls on other files, pipes and sockets reach the real kernel, although the
 * simulator's own descriptors are sockets, too. */
static void foreign_descriptors_reach_the_real_kernel(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int null = open("/dev/null", O_RDWR),
	    zero = open("/dev/zero", O_RDONLY);
	int pair[2], ends[2];
	char byte = 'x';

	assert_result(allocate_order(null, 24), what_the_kernel_says(null));
	assert_result(htab_reset(null), -ENOTTY);
	assert_result(htab_sim_vcpu_enter(null), -ENOTTY);
	assert_int_equal(htab_sim_write(null, "abc", 3, 3), 3);
	assert_int_equal(htab_sim_read(zero, &byte, 1), 1);
	assert_int_equal(byte, 0);
	assert_int_equal(htab_sim_write(zero, "abc", 3, 3), -EBADF);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(htab_sim_write(pair[0], "y", 1, 1), 1);
	assert_int_equal(htab_sim_read(pair[1], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_result(allocate_order(pair[0], 24),
		      what_the_kernel_says(pair[0]));
	/* The caller says that only 2 of the 3 bytes can be read. This is
	 * EFAULT for a foreign descriptor, too. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(htab_sim_write(ends[1], "abc", 3, 2), -EFAULT);
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(ends[i]);
	}
	close(null);
	close(zero);
	/* The host saw none of these calls. */
	assert_string_equal(htab_sim_journal(host), "");
	close_host(host);
}

static void without_a_descriptor_left_it_is_emfile(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20);
	struct rlimit old, none;
	int free_fd = dup(vmfd), reader;
	struct record record;

	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)free_fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_result(htab_sim_vm_new(host), -EMFILE);
	assert_result(htab_reset(vmfd), -EMFILE);
	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL),
		      -EMFILE);
	assert_result(open_htab_from(vmfd, 0, 0), -EMFILE);
	assert_null(htab_sim_host_new(NULL));
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	/* The calls that failed have left no reader open. So the kernel marks
	 * no changes, and a new reader finds none after its first pass. */
	assert_result(put_entry(vmfd, 8), 0);
	reader = open_htab_from(vmfd, 0, (1 << 16) - 1);
	assert_int_equal(read_record(reader, &record, 64), 8);
	assert_int_equal(read_record(reader, &record, 64), 0);
	close(reader);
	close(vmfd);
	close_host(host);
}

/* The simulator is not called when a descriptor is closed. It must find the
 * closed ones by itself, and they must not pile up. */
static void thousands_of_descriptors_come_and_go(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20), kept[100];

	for (size_t i = 0; i < COUNT_OF(kept); i++)
		kept[i] = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	for (int i = 0; i < 2000; i++)
		assert_result(htab_reset(vmfd), 0);
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		assert_int_equal(write_hpte(kept[i], 8, A_HPTE_V, A_HPTE_R),
				 24);
		close(kept[i]);
	}
	close(vmfd);
	close_host(host);
}

static void hosts_do_not_know_each_other(void **state)
{
	struct htab_sim_host *old = htab_sim_host_new("linux=4.3");
	struct htab_sim_host *new = htab_sim_host_new("linux=7.2");
	int old_vm = a_vm(old), new_vm = a_vm(new);
	uint32_t order = 17;

	assert_result(allocate(old_vm, &order), 0);
	assert_int_equal(order, 18);
	order = 17;
	assert_result(allocate(new_vm, &order), -EINVAL);
	close(old_vm);
	assert_int_equal(free_host(old), 0);
	assert_result(allocate_order(new_vm, 20), 0);
	close(new_vm);
	assert_int_equal(free_host(new), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(descriptors_are_of_the_process_and_unique),
		SIM_TEST(dup_is_the_same_vm),
		SIM_TEST(dup_of_an_htab_fd_has_the_same_position),
		SIM_TEST(kvmfd_answers_vm_calls_with_einval),
		SIM_TEST(vm_answers_unknown_requests_with_enotty),
		SIM_TEST(vcpu_answers_einval),
		SIM_TEST(htab_fd_answers_ioctls_with_enotty),
		SIM_TEST(foreign_descriptors_reach_the_real_kernel),
		SIM_TEST(without_a_descriptor_left_it_is_emfile),
		SIM_TEST(thousands_of_descriptors_come_and_go),
		SIM_TEST(hosts_do_not_know_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
