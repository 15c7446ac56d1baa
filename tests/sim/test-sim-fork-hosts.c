/* SPDX-License-Identifier: MIT */
/* fork(): a host is freed in each process, descriptors are sent to another
 * process, and threads call the simulator during fork(). */
#include "forked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* --- hosts --- */

static void free_the_host(void)
{
	int own = childs_vm(20);
	uint32_t order;
	struct htab_sim_host *another;

	/* free_host() counts the child's own VM, and none of the parent's
	 * descriptors. */
	EXPECT(free_host(host) == 1);
	EXPECT(htab_order(own, &order) == -EIO);
	EXPECT(htab_order(vmfd, &order) == -EIO);
	EXPECT(htab_sim_read(htabfd, &order, 4) == -EIO);
	close(own);
	another = htab_sim_host_new(NULL);
	EXPECT(another);
	host = another;
	close(childs_vm(20));
	EXPECT(free_host(another) == 0);
	give_turn();
	wait_for_turn();
}

static void a_host_is_freed_in_each_process(void **state)
{
	pid_t pid = start_child(free_the_host);

	wait_for_turn();
	assert_parent_is_well();
	give_turn();
	end_child(pid);
}

static void call_a_dead_host(void)
{
	struct htab_sim_host *another = htab_sim_host_new(NULL);

	EXPECT(another);
	EXPECT(allocate_order(vmfd, 20) == -EIO);
	host = another;
	close(childs_vm(20));
	EXPECT(free_host(another) == 0);
}

static void a_child_of_a_host_that_is_off_makes_another(void **state)
{
	struct htab_sim_host *on = host;
	int kept = vmfd;

	host = htab_sim_host_new(NULL);
	vmfd = a_vm(host);
	assert_int_equal(free_host(host), 1);
	end_child(start_child(call_a_dead_host));
	close(vmfd);
	host = on;
	vmfd = kept;
}

/* --- descriptors passed on --- */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static bool send_descriptor(int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec byte = { (char[]){ 0 }, 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(turns, &message, 0) == 1;
}

static int receive_descriptor(void)
{
	union control control;
	char data;
	struct iovec byte = { &data, 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	int fd = -1;

	assert_int_equal(recvmsg(turns, &message, 0), 1);
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void send_a_vm(void)
{
	EXPECT(send_descriptor(childs_vm(20)));
	wait_for_turn();
}

static void a_childs_vm_that_is_passed_on_is_not_known(void **state)
{
	pid_t pid = start_child(send_a_vm);
	int passed = receive_descriptor();
	uint32_t order = 20;

	assert_false(htab_sim_owns(passed));
	/* This error comes from the simulator. The next one comes from the real
	 * ioctl(), and qemu-user returns another error there than a kernel. */
	assert_result(htab_sim_vcpu_enter(passed), -ENOTTY);
	if (ioctl(passed, UAPI_KVM_PPC_ALLOCATE_HTAB, &order) < 0)
		assert_result(allocate_order(passed, 20), -errno);
	assert_parent_is_well();
	close(passed);
	give_turn();
	end_child(pid);
}

/* --- fork() under load --- */

/* The sanitizers of GCC 12 and clang 14 have a malloc() of their own. It does
 * not take care of its locks when a process with threads calls fork(), so the
 * child hangs in malloc(). */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MALLOC_MAY_HANG 1
#else
#define MALLOC_MAY_HANG 0
#endif

static atomic_bool stop;

static void count(void *data, enum htab_sim_hazard hazard, const char *sentence)
{
	(void)hazard;
	(void)sentence;
	atomic_fetch_add((atomic_uint *)data, 1);
}

/* Makes all the calls that take a lock of the simulator. */
static void *hammer(void *arg)
{
	static atomic_uint hazards;

	(void)arg;
	while (!atomic_load(&stop)) {
		int fd = htab_sim_vm_new(host);

		htab_sim_on_hazard(host, count, &hazards);
		htab_sim_fail_next(host, HTAB_SIM_RESIZE_COMMIT, 0, 0);
		htab_sim_free_memory(host, HTAB_SIM_PAGES);
		htab_sim_journal(host);
		allocate_order(fd, 20);
		close(fd);
	}
	return NULL;
}

static int foreign;

static void make_first_calls(void)
{
	EXPECT(!htab_sim_owns(foreign));
	EXPECT(*htab_sim_journal(host));
	htab_sim_on_hazard(host, NULL, NULL);
	htab_sim_fail_next(host, HTAB_SIM_RESIZE_COMMIT, 0, 0);
	close(childs_vm(20));
	htab_sim_free_memory(host, HTAB_SIM_CMA);
	EXPECT(free_host(host) == 0);
}

static void a_child_forked_under_load_does_not_hang(void **state)
{
	pthread_t thread[3];

	if (MALLOC_MAY_HANG) {
		print_message("# not tried: this malloc() hangs\n");
		return;
	}
	foreign = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	atomic_store(&stop, false);
	for (size_t i = 0; i < COUNT_OF(thread); i++)
		assert_result(pthread_create(&thread[i], NULL, hammer, NULL),
			      0);
	for (int i = 0; i < 100; i++)
		end_child(start_child(make_first_calls));
	atomic_store(&stop, true);
	for (size_t i = 0; i < COUNT_OF(thread); i++)
		pthread_join(thread[i], NULL);
	close(foreign);
	assert_parent_is_well();
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, set_up_parent, tear_down_parent)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_is_freed_in_each_process),
		TEST(a_child_of_a_host_that_is_off_makes_another),
		TEST(a_childs_vm_that_is_passed_on_is_not_known),
		TEST(a_child_forked_under_load_does_not_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
