/* SPDX-License-Identifier: MIT */
/* What the preload library, and other programs that take over the calls of the
 * C library, need from the simulator's descriptors */
#include "model.h"

#include <poll.h>

static void what_is_made_is_counted(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	unsigned long before = htab_sim_made();
	int vmfd = a_vm(host);
	int htabfd;

	assert_int_equal(htab_sim_made(), before + 1);
	assert_result(allocate_order(vmfd, 20), 0);
	assert_int_equal(htab_sim_made(), before + 1);
	htabfd = open_htab(vmfd, 0);
	close(htabfd);
	assert_int_equal(htab_sim_made(), before + 2);
	close(vmfd);
	close_host(host);
}

static void is_ready_to_poll(int fd)
{
	const short all = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND |
			  POLLWRNORM;
	struct pollfd fds = { .fd = fd, .events = all };

	assert_int_equal(poll(&fds, 1, 0), 1);
	assert_int_equal(fds.revents,
			 POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
	fds.events = POLLPRI;
	assert_int_equal(poll(&fds, 1, 0), 0);
}

static void every_descriptor_is_ready_to_poll(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20), vcpufd;
	int htabfd = open_htab(vmfd, 0);

	vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	assert_true(vcpufd >= 0);
	is_ready_to_poll(htab_sim_kvmfd(host));
	is_ready_to_poll(vmfd);
	is_ready_to_poll(vcpufd);
	is_ready_to_poll(htabfd);
	close(htabfd);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(what_is_made_is_counted),
		SIM_TEST(every_descriptor_is_ready_to_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
