/* SPDX-License-Identifier: MIT */
/* VMs that begin radix (docs/kernels.md, "Radix and hash"), nested hypervisors,
 * PR, and other architectures (docs/kernels.md, "Hosts without HV") */
#include "model.h"

/* A hash guest takes memory for a default table in its first run. A radix guest
 * takes none. */
static void assert_runs_radix(struct htab_sim_host *host, int vmfd)
{
	uint64_t before = htab_sim_free_memory(host, HTAB_SIM_CMA);

	assert_result(run(vmfd), 0);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), before);
}

static void from_4_11_to_4_14_a_radix_vm_is_refused(void **state)
{
	static const char *const hosts[] = { "linux=4.11 cpu=power9",
					     "linux=4.14 cpu=power9" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);

		assert_result(allocate_order(vmfd, 24), -EINVAL);
		assert_result(allocate_order(vmfd, 17), -EINVAL);
		/* The kernel checks for radix before it looks for vcpus, so
		 * this is not EBUSY. */
		assert_result(htab_sim_vcpu_enter(vmfd), 0);
		assert_result(allocate_order(vmfd, 24), -EINVAL);
		assert_result(htab_sim_vcpu_leave(vmfd), 0);
		assert_runs_radix(host, vmfd);
		close(vmfd);
		close_host(host);
	}
}

static void from_4_15_on_a_radix_vm_becomes_a_hash_guest(void **state)
{
	static const char *const hosts[] = { "linux=4.15 cpu=power9",
					     "linux=7.2 cpu=power10" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);

		assert_runs_radix(host, vmfd);
		assert_result(allocate_order(vmfd, 20), 0);
		assert_order(vmfd, 20);
		assert_result(run(vmfd), 0);
		assert_true(valid_entries(vmfd) > 0);
		close(vmfd);
		close_host(host);
	}
}

static void a_refused_order_switches_a_radix_vm_all_the_same(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power9");
	int vmfd = a_vm(host);

	assert_result(allocate_order(vmfd, 17), -EINVAL);
	assert_result(run(vmfd), 0);
	assert_order(vmfd, 24);
	close(vmfd);
	close_host(host);
}

static void a_running_radix_vcpu_is_ebusy_and_nothing_is_switched(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power9");
	int vmfd = a_vm(host);

	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(allocate_order(vmfd, 24), -EBUSY);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_runs_radix(host, vmfd);
	close(vmfd);
	close_host(host);
}

static void a_radix_vm_reads_nothing_and_keeps_its_first_pass(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power9");
	int vmfd = a_vm(host);
	int htabfd = open_htab(vmfd, 0);
	struct record record;

	assert_int_equal(read_record(htabfd, &record, 256), 0);
	assert_result(allocate_order(vmfd, 18), 0);
	assert_int_equal(read_record(htabfd, &record, 256), 8);
	assert_record(&record, 0, 0, 16384);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* Before Linux 4.15 a read does not check for radix. It only finds that the VM
 * has no table, and ends the first pass. */
static void before_4_15_a_radix_vm_loses_its_first_pass(void **state)
{
	struct htab_sim_host *host = a_host("linux=4.14 cpu=power9");
	int vmfd = a_vm(host);
	int htabfd = open_htab(vmfd, 0);
	struct record record;

	assert_int_equal(read_record(htabfd, &record, 256), 0);
	assert_int_equal(read_record(htabfd, &record, 256), 0);
	assert_result(put_entry(vmfd, 0), -EINVAL);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* The kernel checks for radix before it looks for vcpus, so no write here is
 * EBUSY. */
static void a_radix_vm_cannot_be_written(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power9");
	int vmfd = a_vm(host);

	assert_result(put_entry(vmfd, 0), -EINVAL);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(put_entry(vmfd, 0), -EINVAL);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_runs_radix(host, vmfd);
	close(vmfd);
	close_host(host);
}

static void a_radix_vm_cannot_be_resized_from_4_15_on(void **state)
{
	struct htab_sim_host *host = a_host("linux=4.15 cpu=power9");
	int vmfd = a_vm(host);

	assert_result(prepare(vmfd, 24), -EINVAL);
	assert_result(prepare(vmfd, 0), -EINVAL);
	assert_result(commit(vmfd, 24), -EINVAL);
	close(vmfd);
	close_host(host);
}

static void before_4_15_prepare_works_on_a_radix_vm(void **state)
{
	struct htab_sim_host *host = a_host("linux=4.14 cpu=power9");
	int vmfd = a_vm(host);

	assert_result(prepare(vmfd, 24), 100);
	assert_result(prepare(vmfd, 24), 0);
	assert_result(prepare(vmfd, 0), 0);
	close(vmfd);
	close_host(host);
}

static void from_4_20_to_5_9_nested_succeeds(void **state)
{
	static const char *const hosts[] = { "kvm=nested linux=4.20",
					     "kvm=nested linux=5.9" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);
		uint32_t order = 20;

		assert_result(allocate(vmfd, NULL), -EFAULT);
		assert_runs_radix(host, vmfd);
		/* htab_alloc() checks the capabilities and refuses first. */
		assert_result(htab_alloc(vmfd, &order), -EOPNOTSUPP);
		assert_result(allocate(vmfd, &order), 0);
		assert_order(vmfd, 20);
		close(vmfd);
		close_host(host);
	}
}

static void from_5_10_on_nested_is_refused_before_anything_else(void **state)
{
	struct htab_sim_host *host = a_host("kvm=nested linux=5.10");
	int vmfd = a_vm(host);

	assert_result(allocate(vmfd, NULL), -EOPNOTSUPP);
	assert_result(allocate_order(vmfd, 20), -EOPNOTSUPP);
	assert_result(allocate_order(vmfd, 0), -EOPNOTSUPP);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(allocate_order(vmfd, 20), -EOPNOTSUPP);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_runs_radix(host, vmfd);
	close(vmfd);
	close_host(host);
}

static void pr_and_others_know_none_of_the_ioctls(void **state)
{
	static const char *const hosts[] = { "kvm=pr linux=3.6",
					     "kvm=pr linux=4.10",
					     "kvm=pr linux=7.2",
					     "kvm=none linux=7.2" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);

		assert_result(allocate(vmfd, NULL), -ENOTTY);
		assert_result(allocate_order(vmfd, 24), -ENOTTY);
		assert_result(open_htab_from(vmfd, 0, 0), -ENOTTY);
		assert_result(prepare(vmfd, 24), -ENOTTY);
		assert_result(commit(vmfd, 24), -ENOTTY);
		/* The guests of these hosts need no table from the kernel. */
		assert_runs_radix(host, vmfd);
		close(vmfd);
		close_host(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(from_4_11_to_4_14_a_radix_vm_is_refused),
		SIM_TEST(from_4_15_on_a_radix_vm_becomes_a_hash_guest),
		SIM_TEST(a_refused_order_switches_a_radix_vm_all_the_same),
		SIM_TEST(a_running_radix_vcpu_is_ebusy_and_nothing_is_switched),
		SIM_TEST(a_radix_vm_reads_nothing_and_keeps_its_first_pass),
		SIM_TEST(before_4_15_a_radix_vm_loses_its_first_pass),
		SIM_TEST(a_radix_vm_cannot_be_written),
		SIM_TEST(a_radix_vm_cannot_be_resized_from_4_15_on),
		SIM_TEST(before_4_15_prepare_works_on_a_radix_vm),
		SIM_TEST(from_4_20_to_5_9_nested_succeeds),
		SIM_TEST(from_5_10_on_nested_is_refused_before_anything_else),
		SIM_TEST(pr_and_others_know_none_of_the_ioctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
