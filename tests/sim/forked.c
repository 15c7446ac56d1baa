/* SPDX-License-Identifier: MIT */
#include "forked.h"

#include <sys/socket.h>

struct htab_sim_host *host;
int vmfd, vcpufd, htabfd, writefd;
uint64_t free_cma, free_pages;

int set_up_parent(void **state)
{
	/* A fork() that hangs must not hang the tests. */
	alarm(60);
	host = a_host("page=64K");
	vmfd = a_vm_with_table(host, 22);
	vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	assert_true(vcpufd >= 0);
	htabfd = open_htab(vmfd, 0);
	writefd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	assert_result(run(vmfd), 0);
	free_cma = htab_sim_free_memory(host, HTAB_SIM_CMA);
	free_pages = htab_sim_free_memory(host, HTAB_SIM_PAGES);
	return 0;
}

int tear_down_parent(void **state)
{
	close(writefd);
	close(htabfd);
	close(vcpufd);
	close(vmfd);
	close_host(host);
	alarm(0);
	return 0;
}

void assert_parent_is_well(void)
{
	int other;

	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), free_cma);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES),
			 free_pages);
	other = a_vm_with_table(host, 20);
	assert_order(vmfd, 22);
	assert_int_equal(valid_entries(vmfd), 256);
	assert_result(htab_sim_vcpu_enter(vcpufd), 0);
	assert_result(htab_reset(vmfd), -EBUSY);
	assert_result(htab_sim_vcpu_leave(vcpufd), 0);
	assert_int_equal(close(other), 0);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), free_cma);
}

int childs_vm(uint32_t order)
{
	int fd = htab_sim_vm_new(host);
	uint32_t found = 0;

	EXPECT(fd >= 0);
	EXPECT(allocate_order(fd, order) == 0);
	EXPECT(run(fd) == 0);
	EXPECT(htab_order(fd, &found) == 0 && found == order);
	return fd;
}

/* --- turns --- */

int turns;

void give_turn(void)
{
	if (write(turns, "", 1) != 1)
		_exit(2);
}

void wait_for_turn(void)
{
	char byte;

	if (read(turns, &byte, 1) != 1)
		_exit(3);
}

pid_t start_child(void (*child)(void))
{
	int pair[2];
	pid_t pid;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	turns = pair[pid == 0];
	close(pair[pid != 0]);
	if (pid == 0) {
		alarm(60);
		child();
		_exit(0);
	}
	return pid;
}

void end_child(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(turns);
	assert_int_equal(status, 0);
}
