/* SPDX-License-Identifier: MIT */
/* Hazard 5: if a VM of Linux 4.11 to 4.14 loses its table and is closed, its
 * reverse map is freed a second time (docs/kernels.md, "Stale reverse map"). */
#include "model.h"

static struct htab_sim_host *host;
static struct hazards hazards;

enum { STALE = HTAB_SIM_HAZARD_STALE_REVERSE_MAP };

/* These hosts have no memory for a table of order 27 or more. */
static const char *const affected[] = { "linux=4.11 cma=64M",
					"linux=4.14 cma=64M" };
static const char *const others[] = { "linux=4.10 cma=64M",
				      "linux=4.15 cma=64M",
				      "linux=6.12 cma=64M" };

static void switch_on(const char *description)
{
	print_message("# %s\n", description);
	host = a_host(description);
	watch_hazards(host, &hazards);
}

/* Closes the VM, and makes a call that lets the simulator find this out. */
static void close_and_expect(int vmfd, int hazard)
{
	assert_hazard(&hazards, 0);
	close(vmfd);
	htab_sim_free_memory(host, HTAB_SIM_CMA);
	assert_hazard(&hazards, hazard);
	close_host(host);
	assert_hazard(&hazards, 0);
}

static void a_vm_closed_after_it_lost_its_table(void **state)
{
	for (size_t i = 0; i < COUNT_OF(affected); i++) {
		int vmfd;

		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 40), -ENOMEM);
		close_and_expect(vmfd, STALE);

		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 17), -EINVAL);
		close_and_expect(vmfd, STALE);

		/* A table that a first run made is no different. */
		switch_on(affected[i]);
		vmfd = a_vm(host);
		assert_result(run(vmfd), 0);
		htab_sim_fail_reverse_map(host, 1);
		assert_result(allocate_order(vmfd, 22), -ENOMEM);
		close_and_expect(vmfd, STALE);
	}
}

static void not_if_it_was_given_another_table(void **state)
{
	for (size_t i = 0; i < COUNT_OF(affected); i++) {
		int vmfd;

		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 40), -ENOMEM);
		assert_result(allocate_order(vmfd, 18), 0);
		close_and_expect(vmfd, 0);

		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 40), -ENOMEM);
		assert_result(run(vmfd), 0);
		close_and_expect(vmfd, 0);

		/* This table replaces the old one in one call. */
		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 22), 0);
		close_and_expect(vmfd, 0);
	}
}

/* The VM still has no table after a second call that fails. */
static void a_table_that_was_refused_is_none(void **state)
{
	for (size_t i = 0; i < COUNT_OF(affected); i++) {
		int vmfd;

		switch_on(affected[i]);
		vmfd = a_vm_with_table(host, 20);
		assert_result(allocate_order(vmfd, 40), -ENOMEM);
		htab_sim_fail_reverse_map(host, 1);
		assert_result(allocate_order(vmfd, 20), -ENOMEM);
		close_and_expect(vmfd, STALE);
	}
}

/* htab_largest() also closes VMs whose allocation failed. They never had a
 * table, so this is safe. */
static void not_if_it_never_had_one(void **state)
{
	for (size_t i = 0; i < COUNT_OF(affected); i++) {
		uint32_t order = 40;
		int vmfd;

		switch_on(affected[i]);
		vmfd = a_vm(host);
		assert_result(allocate_order(vmfd, 40), -ENOMEM);
		assert_result(allocate_order(vmfd, 17), -EINVAL);
		close_and_expect(vmfd, 0);

		switch_on(affected[i]);
		assert_result(htab_largest(htab_sim_kvmfd(host), &order), 0);
		assert_int_equal(order, 26);
		htab_sim_free_memory(host, HTAB_SIM_CMA);
		assert_hazard(&hazards, 0);
		close_host(host);
	}
}

static void not_on_other_kernels(void **state)
{
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		int vmfd;

		switch_on(others[i]);
		vmfd = a_vm_with_table(host, 20);
		/* Linux 4.10 only clears the table. */
		assert_result(allocate_order(vmfd, 40), i ? -ENOMEM : 0);
		assert_result(allocate_order(vmfd, 17), i ? -EINVAL : 0);
		close_and_expect(vmfd, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_vm_closed_after_it_lost_its_table),
		SIM_TEST(not_if_it_was_given_another_table),
		SIM_TEST(a_table_that_was_refused_is_none),
		SIM_TEST(not_if_it_never_had_one),
		SIM_TEST(not_on_other_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
