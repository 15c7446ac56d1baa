/* SPDX-License-Identifier: MIT */
/* htab_resize() */
#include "conformance.h"

static void resize_up_and_down_keeps_bolted_entries(void)
{
	static const uint32_t orders[] = { 24, 19, 22, 20 };
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		assert_result(htab_resize(vmfd, orders[i], -1), 0);
		assert_table(vmfd, orders[i], vrma_entries());
		assert_nothing_prepared(vmfd, orders[i]);
		run_for_a_moment(vcpu);
		write_weak_entry(vmfd);
	}
	/* It has this order already, and keeps the entry too. */
	assert_result(htab_resize(vmfd, 20, -1), 0);
	assert_table(vmfd, 20, vrma_entries() + 1);
}

static void resize_under_a_running_vcpu(void)
{
	static const uint32_t orders[] = { 23, 20 };
	int vmfd = a_vm_with_table(21);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		vcpu_start(vcpu);
		assert_result(htab_resize(vmfd, orders[i], -1), 0);
		assert_result(htab_order(vmfd, &order), -EBUSY);
		vcpu_stop(vcpu);
		assert_table(vmfd, orders[i], vrma_entries());
	}
	/* The guest goes on, and its entries go into the table that it has. */
	vcpu_start(vcpu);
	assert_result(htab_resize(vmfd, 22, -1), 0);
	vcpu_change_table(vcpu, 3);
	vcpu_stop(vcpu);
	assert_table(vmfd, 22, vrma_entries() + 4);
}

/* 4096 bolted entries do not fit into the 2048 groups of order 18. */
static void bolted_entries_that_do_not_fit_are_enospc(void)
{
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	assert_result(htab_resize(vmfd, 18, -1), -ENOSPC);
	assert_table(vmfd, 21, vrma_entries() + 1);
	assert_nothing_prepared(vmfd, 18);
	run_for_a_moment(vcpu);
	assert_result(htab_resize(vmfd, 20, -1), 0);
}

/* The kernel always asks for time first. */
static void resize_without_time_is_etimedout(void)
{
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	assert_result(htab_resize(vmfd, 24, 0), -ETIMEDOUT);
	assert_nothing_prepared(vmfd, 24);
	vcpu_start(vcpu);
	assert_result(htab_resize(vmfd, 24, 0), -ETIMEDOUT);
	vcpu_stop(vcpu);
	assert_table(vmfd, 21, vrma_entries() + 1);
	assert_nothing_prepared(vmfd, 24);
}

/* Whichever is first, nothing is prepared afterwards. */
static void resize_with_little_time(void)
{
	static const int ms[] = { 1, 2, 5, 20, 50, 99, 150 };
	uint32_t present = 21;
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		const uint32_t wanted = present == 24 ? 23 : 24;
		int r = htab_resize(vmfd, wanted, ms[i]);

		if (r == 0)
			present = wanted;
		else
			assert_result(r, -ETIMEDOUT);
		assert_order(vmfd, present);
		assert_true(contents_of(vmfd).valid >= vrma_entries());
		assert_nothing_prepared(vmfd, wanted);
	}
}

static void resize_of_too_much_is_enomem(void)
{
	unsigned int wait_ms;
	struct vcpu *vcpu;
	int r, vmfd = a_vm_that_has_run(&vcpu);

	assert_result(htab_resize(vmfd, TOO_LARGE, -1), -ENOMEM);
	do {
		r = htab_resize_prepare(vmfd, TOO_LARGE, &wait_ms);
	} while (r == -EINPROGRESS);
	assert_result(r, -ENOMEM);
	assert_result(htab_resize_cancel(vmfd, TOO_LARGE), 0);
	assert_table(vmfd, 21, vrma_entries() + 1);
	run_for_a_moment(vcpu);
}

CASES(resize,
      {
	      CASE(resize_up_and_down_keeps_bolted_entries, HASH_RUNS | RESIZES,
		   0, 0),
	      CASE(resize_under_a_running_vcpu, HASH_RUNS | RESIZES, V(4, 15),
		   0),
	      CASE(bolted_entries_that_do_not_fit_are_enospc,
		   HASH_RUNS | RESIZES | SMALL_PAGES, 0, 0),
	      CASE(resize_without_time_is_etimedout, HASH_RUNS | RESIZES, 0, 0),
	      CASE(resize_with_little_time, HASH_RUNS | RESIZES, 0, 0),
	      CASE(resize_of_too_much_is_enomem, HASH_RUNS | RESIZES, 0, 0),
      });
