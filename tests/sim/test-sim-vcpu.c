/* SPDX-License-Identifier: MIT */
/* Vcpus that enter and leave one after the other, and the VRMA that they find
 * (docs/kernels.md, "The first run and real mode" and
 * docs/kernels.md, "Keeping vcpus out"). test-sim-threads.c tests several vcpus
 * at once. */
#include "model.h"

static const uint64_t vrma_vsid = 0x1ffffff;

/* The kernel puts the entry of a page into slot 7 of its group. */
static uint32_t vrma_index(uint64_t page, uint32_t order)
{
	const uint64_t groups = UINT64_C(1) << (order - 7);
	const uint64_t hash = page ^ vrma_vsid ^ vrma_vsid << 25;

	return (uint32_t)((hash & (groups - 1)) * 8 + 7);
}

/* Both dwords of an entry encode a page size of 64K. */
static void assert_vrma(int vmfd, uint32_t order, uint64_t pages, bool is_64k)
{
	assert_int_equal(valid_entries(vmfd), pages);
	for (uint64_t page = 0; page < pages; page += pages / 16) {
		const uint64_t address = page << (is_64k ? 16 : 12);
		struct entry entry = entry_at(vmfd, vrma_index(page, order));

		assert_int_equal(entry.v,
				 (is_64k ? UINT64_C(0x4001ffffff000055)
					 : UINT64_C(0x4001ffffff000051)) |
					 (address >> 16 & ~UINT64_C(0x7f)));
		assert_int_equal(entry.r, address | (is_64k ? 0x1190 : 0x190));
	}
}

static void first_run_maps_the_vrma(void **state)
{
	static const struct {
		const char *host;
		uint32_t order;
		uint64_t pages;
		bool is_64k;
	} runs[] = {
		{ "page=4K", 24, 4096, false },
		{ "page=64K", 24, 256, true },
		{ "page=4K ram=32M", 24, 8192, false },
		{ "page=64K ram=1G", 24, 16384, true },
		/* The kernel maps at most one page for each group. */
		{ "page=4K", 18, 2048, false },
		{ "page=4K", 19, 4096, false },
		{ "page=64K ram=1G", 18, 2048, true },
		{ "page=64K linux=3.8", 22, 256, true },
		{ "page=4K linux=4.10", 20, 4096, false },
		{ "page=64K cma=128T memory=128T", 36, 256, true },
	};

	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		struct htab_sim_host *host = a_host(runs[i].host);
		int vmfd = a_vm_with_table(host, runs[i].order);

		print_message("# %s\n", runs[i].host);
		assert_result(run(vmfd), 0);
		assert_order(vmfd, runs[i].order);
		assert_vrma(vmfd, runs[i].order, runs[i].pages, runs[i].is_64k);
		close(vmfd);
		close_host(host);
	}
}

static void vrma_is_there_again_after_a_reset_and_a_run(void **state)
{
	static const char *const hosts[] = { "linux=3.8 page=64K",
					     "linux=4.10 page=64K",
					     "linux=4.11 page=64K",
					     "linux=7.2 page=64K" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm_with_table(host, 20);

		assert_result(run(vmfd), 0);
		for (int j = 0; j < 3; j++) {
			assert_result(htab_reset(vmfd), 0);
			assert_int_equal(valid_entries(vmfd), 0);
			assert_result(run(vmfd), 0);
			assert_vrma(vmfd, 20, 256, true);
		}
		close(vmfd);
		close_host(host);
	}
}

/* Only the first run maps the VRMA. A later run does not restore an entry that
 * the guest has removed. */
static void a_later_run_leaves_the_table_alone(void **state)
{
	struct htab_sim_host *host = a_host("page=64K");
	int vmfd = a_vm_with_table(host, 20);

	assert_result(run(vmfd), 0);
	assert_result(put_invalid(vmfd, vrma_index(0, 20), 1), 0);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 255);
	close(vmfd);
	close_host(host);
}

static void
first_run_without_memory_at_0_is_einval_and_makes_a_table(void **state)
{
	struct htab_sim_host *host = a_host("ram=0");
	int vmfd = a_vm(host);

	assert_result(htab_sim_vcpu_enter(vmfd), -EINVAL);
	assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
	assert_order(vmfd, 24);
	assert_int_equal(valid_entries(vmfd), 0);
	/* The vcpu did not enter, so ALLOCATE_HTAB is not EBUSY. */
	assert_result(allocate_order(vmfd, 24), 0);
	close(vmfd);
	close_host(host);
}

static void up_to_4_10_a_run_that_failed_has_pinned_the_order(void **state)
{
	struct htab_sim_host *host = a_host("linux=4.10 ram=0");
	int vmfd = a_vm(host);
	uint32_t order = 26;

	assert_result(run(vmfd), -EINVAL);
	assert_result(allocate(vmfd, &order), 0);
	assert_int_equal(order, 24);
	close(vmfd);
	close_host(host);
}

static void ebusy_until_the_last_vcpu_has_left(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);

	for (int i = 0; i < 3; i++)
		assert_result(htab_sim_vcpu_enter(vmfd), 0);
	for (int i = 0; i < 3; i++) {
		assert_result(allocate_order(vmfd, 24), -EBUSY);
		assert_result(htab_reset(vmfd), -EBUSY);
		assert_result(htab_sim_vcpu_leave(vmfd), 0);
	}
	assert_result(htab_reset(vmfd), 0);
	assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
	assert_result(allocate_order(vmfd, 24), 0);
	close(vmfd);
	close_host(host);
}

static void a_run_that_failed_does_not_count(void **state)
{
	struct htab_sim_host *host = a_host("cma=16M block=0");
	int first = a_vm_with_table(host, 24), second = a_vm(host);

	/* The host has no memory for even the smallest table. */
	assert_result(run(second), -ENOMEM);
	close(first);
	assert_result(run(second), 0);
	assert_result(allocate_order(second, 24), 0);
	close(second);
	close_host(host);
}

static void vcpus_of_another_vm_are_not_in_the_way(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int busy = a_vm(host), idle = a_vm_with_table(host, 20);

	assert_result(htab_sim_vcpu_enter(busy), 0);
	assert_result(htab_reset(idle), 0);
	assert_result(htab_sim_vcpu_leave(idle), -EINVAL);
	assert_result(htab_sim_vcpu_leave(busy), 0);
	close(busy);
	close(idle);
	close_host(host);
}

static void a_run_stops_at_an_entry_that_is_in_the_way(void **state)
{
	struct htab_sim_host *host = a_host("page=64K");
	int vmfd = a_vm_with_table(host, 20);

	/* This entry is where the VRMA entry of the seventeenth page belongs.
	 * It is not a VRMA entry, so the VM is not ready. The run maps the VRMA
	 * and stops at this entry. */
	assert_result(put_entry(vmfd, vrma_index(16, 20)), 0);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 17);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(first_run_maps_the_vrma),
		SIM_TEST(vrma_is_there_again_after_a_reset_and_a_run),
		SIM_TEST(a_later_run_leaves_the_table_alone),
		SIM_TEST(
			first_run_without_memory_at_0_is_einval_and_makes_a_table),
		SIM_TEST(up_to_4_10_a_run_that_failed_has_pinned_the_order),
		SIM_TEST(ebusy_until_the_last_vcpu_has_left),
		SIM_TEST(a_run_that_failed_does_not_count),
		SIM_TEST(vcpus_of_another_vm_are_not_in_the_way),
		SIM_TEST(a_run_stops_at_an_entry_that_is_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
