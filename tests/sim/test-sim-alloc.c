/* SPDX-License-Identifier: MIT */
/* KVM_PPC_ALLOCATE_HTAB on a VM that has a table, and what a VM has after a
 * call that failed (docs/kernels.md, "Allocating a table" and
 * docs/kernels.md, "When an allocation fails") */
#include "model.h"

static const char *const keepers[] = {
	"linux=3.8", "linux=3.12", "linux=3.16",
	"linux=4.3", "linux=4.4",  "linux=4.10"
};
static const char *const changers[] = { "linux=4.11", "linux=4.14",
					"linux=4.15", "linux=6.12" };

static void up_to_4_10_a_table_is_only_cleared_and_its_order_told(void **state)
{
	static const uint32_t any[] = { 20, 0, 17, 18, 22, 46, 64, UINT32_MAX };

	for (size_t i = 0; i < COUNT_OF(keepers); i++) {
		struct htab_sim_host *host = a_host(keepers[i]);
		int vmfd = a_vm_with_table(host, 20);
		struct free_memory before = free_memory(host), now;

		for (size_t j = 0; j < COUNT_OF(any); j++) {
			uint32_t order = any[j];

			assert_result(put_entry(vmfd, 8), 0);
			assert_result(allocate(vmfd, &order), 0);
			assert_int_equal(order, 20);
			assert_order(vmfd, 20);
			assert_int_equal(valid_entries(vmfd), 0);
		}
		now = free_memory(host);
		assert_memory_equal(&now, &before, sizeof(now));
		close(vmfd);
		close_host(host);
	}
}

/* Linux 3.6 has no htab fd, so this test cannot measure the table. */
static void on_3_6_a_table_is_only_cleared_too(void **state)
{
	struct htab_sim_host *host = a_host("linux=3.6 pool=1");
	int vmfd = a_vm_with_table(host, 20);
	struct free_memory before = free_memory(host), now;
	uint32_t order = 24;

	assert_result(allocate(vmfd, &order), 0);
	assert_int_equal(order, 20);
	now = free_memory(host);
	assert_memory_equal(&now, &before, sizeof(now));
	close(vmfd);
	close_host(host);
}

static void from_4_11_on_the_same_order_clears(void **state)
{
	for (size_t i = 0; i < COUNT_OF(changers); i++) {
		struct htab_sim_host *host = a_host(changers[i]);
		int vmfd = a_vm_with_table(host, 20);
		struct free_memory before = free_memory(host), now;

		assert_result(put_entry(vmfd, 8), 0);
		/* The kernel clears the table in place and needs no second
		 * reverse map. */
		htab_sim_fail_reverse_map(host, 1);
		assert_result(allocate_order(vmfd, 20), 0);
		htab_sim_fail_reverse_map(host, 0);
		assert_int_equal(valid_entries(vmfd), 0);
		assert_order(vmfd, 20);
		now = free_memory(host);
		assert_memory_equal(&now, &before, sizeof(now));
		close(vmfd);
		close_host(host);
	}
}

static void from_4_11_on_another_order_replaces_the_table(void **state)
{
	for (size_t i = 0; i < COUNT_OF(changers); i++) {
		struct htab_sim_host *host = a_host(changers[i]);
		struct free_memory before = free_memory(host), now;
		int vmfd = a_vm_with_table(host, 20);

		assert_result(put_entry(vmfd, 8), 0);
		assert_result(allocate_order(vmfd, 22), 0);
		assert_order(vmfd, 22);
		assert_int_equal(valid_entries(vmfd), 0);
		now = free_memory(host);
		assert_int_equal(before.cma - now.cma, 4 << 20);
		assert_int_equal(before.pages - now.pages, 4 << 20);
		close(vmfd);
		close_host(host);
	}
}

/* The kernel frees the old table first, so the host needs memory for one table
 * only. */
static void from_4_11_on_two_tables_need_not_fit(void **state)
{
	struct htab_sim_host *host =
		a_host("linux=4.11 cma=16M block=0 memory=16M");
	int vmfd = a_vm_with_table(host, 23);

	assert_result(allocate_order(vmfd, 24), 0);
	assert_result(allocate_order(vmfd, 23), 0);
	close(vmfd);
	close_host(host);
}

static void from_4_11_on_what_is_refused_has_freed_the_table(void **state)
{
	static const struct {
		uint32_t order;
		int error;
	} bad[] = {
		{ 0, -EINVAL },	 { 17, -EINVAL },	  { 28, -ENOMEM },
		{ 47, -EINVAL }, { UINT32_MAX, -EINVAL },
	};

	for (size_t i = 0; i < COUNT_OF(changers); i++) {
		for (size_t j = 0; j < COUNT_OF(bad); j++) {
			struct htab_sim_host *host = a_host(changers[i]);
			struct free_memory before = free_memory(host), now;
			int vmfd = a_vm_with_table(host, 20);
			uint32_t order = bad[j].order;

			assert_result(run(vmfd), 0);
			assert_result(allocate(vmfd, &order), bad[j].error);
			assert_int_equal(order, bad[j].order);
			assert_no_table(vmfd);
			now = free_memory(host);
			assert_memory_equal(&now, &before, sizeof(now));
			/* The old table was freed, so its order can be
			 * allocated again. */
			assert_result(allocate_order(vmfd, 20), 0);
			assert_order(vmfd, 20);
			close(vmfd);
			close_host(host);
		}
	}
}

static void enomem_leaves_a_vm_that_can_be_asked_for_less(void **state)
{
	static const char *const hosts[] = { "linux=4.4", "linux=4.10",
					     "linux=4.11", "linux=7.2" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);
		uint32_t order = 28;

		assert_result(allocate_order(vmfd, 28), -ENOMEM);
		assert_no_table(vmfd);
		assert_result(htab_alloc(vmfd, &order), 0);
		assert_int_equal(order, 27);
		assert_order(vmfd, 27);
		close(vmfd);
		close_host(host);
	}
}

static void null_is_efault_and_changes_nothing(void **state)
{
	static const char *const hosts[] = { "linux=3.8", "linux=4.3",
					     "linux=4.10", "linux=4.11",
					     "linux=7.2" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);

		assert_result(allocate(vmfd, NULL), -EFAULT);
		assert_no_table(vmfd);
		assert_result(allocate_order(vmfd, 20), 0);
		assert_result(put_entry(vmfd, 8), 0);
		assert_result(allocate(vmfd, NULL), -EFAULT);
		assert_int_equal(valid_entries(vmfd), 1);
		close(vmfd);
		close_host(host);
	}
}

static void ebusy_changes_nothing_whatever_the_order(void **state)
{
	static const char *const hosts[] = { "linux=3.8", "linux=4.3",
					     "linux=4.10", "linux=4.11",
					     "linux=7.2" };
	static const uint32_t any[] = { 0, 18, 20, 22, 48, UINT32_MAX };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm_with_table(host, 20);
		uint64_t valid;

		assert_result(htab_sim_vcpu_enter(vmfd), 0);
		valid = valid_entries(vmfd);
		assert_true(valid > 0);
		for (size_t j = 0; j < COUNT_OF(any); j++) {
			uint32_t order = any[j];

			assert_result(allocate(vmfd, &order), -EBUSY);
			assert_int_equal(order, any[j]);
		}
		assert_int_equal(valid_entries(vmfd), valid);
		assert_result(htab_sim_vcpu_leave(vmfd), 0);
		assert_order(vmfd, 20);
		close(vmfd);
		close_host(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(up_to_4_10_a_table_is_only_cleared_and_its_order_told),
		SIM_TEST(on_3_6_a_table_is_only_cleared_too),
		SIM_TEST(from_4_11_on_the_same_order_clears),
		SIM_TEST(from_4_11_on_another_order_replaces_the_table),
		SIM_TEST(from_4_11_on_two_tables_need_not_fit),
		SIM_TEST(from_4_11_on_what_is_refused_has_freed_the_table),
		SIM_TEST(enomem_leaves_a_vm_that_can_be_asked_for_less),
		SIM_TEST(null_is_efault_and_changes_nothing),
		SIM_TEST(ebusy_changes_nothing_whatever_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
