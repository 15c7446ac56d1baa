/* SPDX-License-Identifier: MIT */
/* Vcpus that are used through their own descriptors, and KVM_RUN, which waits
 * for a signal */
#include "model.h"

#include <signal.h>
#include <string.h>

static void ignore(int signal)
{
}

static void a_vcpus_descriptor_does_for_its_vm(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20);
	int one = a_vcpu(vmfd), two = a_vcpu(vmfd);

	assert_result(htab_sim_vcpu_enter(one), 0);
	assert_result(htab_sim_vcpu_enter(two), 0);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_result(htab_reset(vmfd), -EBUSY);
	assert_result(htab_sim_vcpu_leave(one), 0);
	assert_result(htab_sim_vcpu_leave(two), -EINVAL);
	assert_result(htab_reset(vmfd), 0);
	close(one);
	close(two);
	close(vmfd);
	close_host(host);
}

static void other_descriptors_are_no_vcpu(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20), htabfd = open_htab(vmfd, 0);

	assert_result(htab_sim_vcpu_enter(htabfd), -ENOTTY);
	assert_result(htab_sim_vcpu_leave(htabfd), -ENOTTY);
	assert_result(htab_sim_vcpu_enter(htab_sim_kvmfd(host)), -ENOTTY);
	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_RUN, NULL), -ENOTTY);
	assert_result(htab_sim_ioctl(htabfd, UAPI_KVM_RUN, NULL), -ENOTTY);
	assert_result(htab_sim_ioctl(htab_sim_kvmfd(host), UAPI_KVM_RUN, NULL),
		      -EINVAL);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

static void a_signal_ends_kvm_run(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm_with_table(host, 20);
	struct runner runner = { .vcpufd = a_vcpu(vmfd) };

	for (int i = 0; i < 100; i++) {
		start_run(&runner, host);
		assert_result(htab_reset(vmfd), -EBUSY);
		assert_result(stop_run(&runner), -EINTR);
		assert_result(htab_reset(vmfd), 0);
	}
	close(runner.vcpufd);
	close(vmfd);
	close_host(host);
}

static void the_first_run_makes_the_table(void **state)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), vcpufd = a_vcpu(vmfd);

	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINTR);
	assert_order(vmfd, 24);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

static void a_run_that_cannot_begin_does_not_wait(void **state)
{
	struct htab_sim_host *host = a_host("ram=0");
	int vmfd = a_vm(host), vcpufd = a_vcpu(vmfd);

	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINVAL);
	assert_result(htab_sim_vcpu_leave(vcpufd), -EINVAL);
	htab_sim_fail_next(host, HTAB_SIM_RUN, 1, -EINTR);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINTR);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

/* As in the kernel, a vcpu inside KVM_RUN keeps its VM alive. */
static void all_may_be_closed_under_it(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	const uint64_t all = htab_sim_free_memory(host, HTAB_SIM_CMA);
	int vmfd = a_vm_with_table(host, 20);
	struct runner runner = { .vcpufd = a_vcpu(vmfd) };

	start_run(&runner, host);
	close(runner.vcpufd);
	assert_result(htab_reset(vmfd), -EBUSY);
	close(vmfd);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA),
			 all - (1 << 20));
	assert_result(stop_run(&runner), -EINTR);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), all);
	close_host(host);
}

static void it_knows_its_own_descriptors(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), vcpufd = a_vcpu(vmfd);

	assert_true(htab_sim_owns(htab_sim_kvmfd(host)));
	assert_true(htab_sim_owns(vmfd));
	assert_true(htab_sim_owns(vcpufd));
	assert_false(htab_sim_owns(STDERR_FILENO));
	close(vcpufd);
	assert_false(htab_sim_owns(vcpufd));
	assert_int_equal(free_host(host), 1);
	assert_true(htab_sim_owns(vmfd));
	close(vmfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_vcpus_descriptor_does_for_its_vm),
		SIM_TEST(other_descriptors_are_no_vcpu),
		SIM_TEST(a_signal_ends_kvm_run),
		SIM_TEST(the_first_run_makes_the_table),
		SIM_TEST(a_run_that_cannot_begin_does_not_wait),
		SIM_TEST(all_may_be_closed_under_it),
		SIM_TEST(it_knows_its_own_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
