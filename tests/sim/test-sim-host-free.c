/* SPDX-License-Identifier: MIT */
/* A host that is switched off while descriptors are open or vcpus are inside,
 * and what these return afterwards */
#include "model.h"

#include <pthread.h>
#include <stdatomic.h>

/* Returns the number of open descriptors. Freeing a host first releases what
 * earlier hosts have left. */
static int descriptors_after_a_host(void)
{
	assert_int_equal(free_host(htab_sim_host_new(NULL)), 0);
	return open_descriptors();
}

static void it_counts_descriptors_that_are_open(void **state)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = a_vm_with_table(host, 20), closed = a_vm(host);
	int htabfd = open_htab(vmfd, 0), vcpufd = a_vcpu(vmfd);
	int copy = dup(vmfd);
	char byte;

	close(closed);
	/* free_host() counts vmfd and its copy as one descriptor. */
	assert_int_equal(free_host(host), 3);
	/* Until they are closed, the descriptors answer like those of a dead
	 * VM. */
	assert_result(allocate_order(vmfd, 20), -EIO);
	assert_result(allocate_order(copy, 20), -EIO);
	assert_result(htab_sim_vcpu_enter(vmfd), -EIO);
	assert_result(htab_sim_vcpu_leave(vmfd), -EIO);
	assert_result(htab_sim_ioctl(vcpufd, 0xae99, NULL), -EIO);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EIO);
	assert_int_equal(htab_sim_read(htabfd, &byte, 1), -EIO);
	assert_int_equal(htab_sim_write(htabfd, "", 1, 1), -EIO);
	assert_true(htab_sim_owns(vmfd));
	assert_int_equal(close(vmfd), 0);
	assert_result(allocate_order(copy, 20), -EIO);
	assert_int_equal(close(copy), 0);
	assert_int_equal(close(htabfd), 0);
	assert_int_equal(close(vcpufd), 0);
	assert_result(allocate_order(vmfd, 20), -EBADF);
	assert_int_equal(free_host(NULL), 0);
}

static void it_counts_vcpus_that_are_inside(void **state)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int open = a_vm(host), closed = a_vm(host);

	assert_result(htab_sim_vcpu_enter(open), 0);
	for (int i = 0; i < 3; i++)
		assert_result(htab_sim_vcpu_enter(closed), 0);
	assert_result(htab_sim_vcpu_leave(closed), 0);
	/* Now only its vcpus refer to that VM. */
	close(closed);
	assert_int_equal(free_host(host), 1 + 1 + 2);
	close(open);
}

static void its_dev_kvm_is_closed_and_not_counted(void **state)
{
	const int before = descriptors_after_a_host();
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int copy = dup(htab_sim_kvmfd(host));

	assert_int_equal(free_host(host), 0);
	assert_result(capability(copy, 0), -EIO);
	assert_result(htab_sim_ioctl(copy, UAPI_KVM_CREATE_VM, NULL), -EIO);
	close(copy);
	assert_int_equal(descriptors_after_a_host(), before);
}

/* Each free_host() releases what the earlier hosts have left. */
static void what_is_closed_later_does_not_pile_up(void **state)
{
	int before = descriptors_after_a_host(), vmfd = -1;

	for (int i = 0; i < 200; i++) {
		struct htab_sim_host *host = htab_sim_host_new("ram=64K");
		int next = a_vm_with_table(host, 20);

		if (vmfd >= 0)
			close(vmfd);
		vmfd = next;
		assert_result(htab_sim_vcpu_enter(vmfd), 0);
		assert_int_equal(free_host(host), 2);
		assert_result(allocate_order(vmfd, 20), -EIO);
	}
	/* The VM that is still open, the epoll descriptor that watches it, and
	 * the two that vcpus of this host would use */
	assert_int_equal(open_descriptors(), before + 4);
	close(vmfd);
	assert_int_equal(descriptors_after_a_host(), before);
}

static void hazards_are_told_before_it_returns(void **state)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	struct hazards hazards;
	int vmfd = a_vm(host);

	watch_hazards(host, &hazards);
	assert_result(prepare(vmfd, 20), 100);
	assert_int_equal(free_host(host), 1);
	assert_hazard(&hazards, HTAB_SIM_HAZARD_CLOSED_PENDING);
	close(vmfd);
}

/* Here only the vcpu that is inside refers to the VM. */
static void a_vm_that_only_a_vcpu_refers_to_goes_with_it(void **state)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	struct hazards hazards;
	int vmfd = a_vm(host);

	watch_hazards(host, &hazards);
	assert_result(prepare(vmfd, 20), 100);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	close(vmfd);
	assert_int_equal(free_host(host), 1);
	assert_hazard(&hazards, HTAB_SIM_HAZARD_CLOSED_PENDING);
}

/* --- with other threads --- */

/* The descriptors are closed in every second round. In the last two rounds
 * other hosts are made and freed meanwhile. */
static void a_run_that_ends_after_it_is_eio(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct htab_sim_host *host = htab_sim_host_new(NULL);
		const int closes = i % 2, others = i / 2;
		int vmfd = a_vm_with_table(host, 20);
		struct runner runner = { .vcpufd = a_vcpu(vmfd) };

		start_run(&runner, host);
		/* This vcpu enters through the VM's descriptor and never
		 * leaves. */
		assert_result(htab_sim_vcpu_enter(vmfd), 0);
		if (closes) {
			close(vmfd);
			close(runner.vcpufd);
		}
		/* The run keeps its vcpu alive. */
		assert_int_equal(free_host(host), closes ? 3 : 4);
		for (int j = 0; j < others; j++)
			assert_int_equal(free_host(htab_sim_host_new(NULL)), 0);
		assert_result(stop_run(&runner), -EIO);
		if (!closes) {
			close(vmfd);
			close(runner.vcpufd);
		}
	}
}

static atomic_bool wrong;

/* Each thread makes and frees its own hosts, while the other threads free
 * theirs. */
static void *make_and_free(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		struct htab_sim_host *host = htab_sim_host_new("ram=64K");
		int vmfd = host ? htab_sim_vm_new(host) : -1;

		if (vmfd < 0 || allocate_order(vmfd, 20) != 0 ||
		    htab_sim_vcpu_enter(vmfd) != 0)
			atomic_store(&wrong, true);
		if (i % 2)
			close(vmfd);
		if (free_host(host) != (i % 2 ? 1 : 2))
			atomic_store(&wrong, true);
		if (i % 2 == 0)
			close(vmfd);
	}
	return NULL;
}

static void hosts_of_several_threads_are_freed_at_once(void **state)
{
	const int before = descriptors_after_a_host();
	pthread_t thread[4];

	for (size_t i = 0; i < COUNT_OF(thread); i++)
		assert_result(
			pthread_create(&thread[i], NULL, make_and_free, NULL),
			0);
	for (size_t i = 0; i < COUNT_OF(thread); i++)
		pthread_join(thread[i], NULL);
	assert_false(wrong);
	assert_int_equal(descriptors_after_a_host(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(it_counts_descriptors_that_are_open),
		SIM_TEST(it_counts_vcpus_that_are_inside),
		SIM_TEST(its_dev_kvm_is_closed_and_not_counted),
		SIM_TEST(what_is_closed_later_does_not_pile_up),
		SIM_TEST(hazards_are_told_before_it_returns),
		SIM_TEST(a_vm_that_only_a_vcpu_refers_to_goes_with_it),
		SIM_TEST(a_run_that_ends_after_it_is_eio),
		SIM_TEST(hosts_of_several_threads_are_freed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
