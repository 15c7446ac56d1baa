/* SPDX-License-Identifier: MIT */
/* htab_resize_prepare(), htab_resize_commit() and htab_resize_cancel() */
#include "conformance.h"

void write_weak_entry(int vmfd)
{
	const struct htab_hpte weak = { .v = 0x12340001, .r = 0x190 };

	assert_result(htab_put_hptes(vmfd, 5, &weak, 1), 0);
}

int a_vm_that_has_run(struct vcpu **vcpu)
{
	int vmfd = a_vm_with_table(21);

	*vcpu = a_vcpu(vmfd);
	run_for_a_moment(*vcpu);
	write_weak_entry(vmfd);
	return vmfd;
}

/* Returns how often the kernel was still preparing. */
static int prepare(int vmfd, uint32_t order)
{
	unsigned int wait_ms = 0;
	int r, asked = 0;

	while ((r = htab_resize_prepare(vmfd, order, &wait_ms)) ==
	       -EINPROGRESS) {
		assert_in_range(wait_ms, 1, 1000);
		asked++;
	}
	assert_result(r, 0);
	return asked;
}

/* If this order was still prepared, the first answer would be 0. */
void assert_nothing_prepared(int vmfd, uint32_t order)
{
	unsigned int wait_ms;

	assert_result(htab_resize_prepare(vmfd, order, &wait_ms), -EINPROGRESS);
	assert_result(htab_resize_cancel(vmfd, order), 0);
}

static void prepared_table_is_committed(void)
{
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	assert_true(prepare(vmfd, 23) > 0);
	assert_table(vmfd, 21, vrma_entries() + 1);
	/* It is there already. */
	assert_int_equal(prepare(vmfd, 23), 0);
	assert_result(htab_resize_commit(vmfd, 23), 0);
	assert_table(vmfd, 23, vrma_entries());
	/* Of the present order, too */
	write_weak_entry(vmfd);
	prepare(vmfd, 23);
	assert_result(htab_resize_commit(vmfd, 23), 0);
	assert_table(vmfd, 23, vrma_entries());
	run_for_a_moment(vcpu);
}

static void commit_of_another_order_drops_what_is_prepared(void)
{
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	prepare(vmfd, 23);
	assert_result(htab_resize_commit(vmfd, 22), -ENXIO);
	assert_table(vmfd, 21, vrma_entries() + 1);
	assert_nothing_prepared(vmfd, 23);
}

static void commit_of_nothing_is_enxio(void)
{
	struct vcpu *vcpu;
	int vmfd = a_vm_that_has_run(&vcpu);

	assert_result(htab_resize_commit(vmfd, 22), -ENXIO);
	assert_table(vmfd, 21, vrma_entries() + 1);
}

/* No vcpu has to run for these, or to have run. */
static void cancel_drops_what_is_prepared(void)
{
	int vmfd = a_vm_with_table(20);
	unsigned int wait_ms;

	write_entry(vmfd, 8);
	prepare(vmfd, 22);
	assert_result(htab_resize_cancel(vmfd, 22), 0);
	assert_nothing_prepared(vmfd, 22);
	/* It waits for a kernel that is not done. */
	assert_result(htab_resize_prepare(vmfd, 24, &wait_ms), -EINPROGRESS);
	assert_result(htab_resize_cancel(vmfd, 24), 0);
	assert_nothing_prepared(vmfd, 24);
	assert_table(vmfd, 20, 1);
}

static void prepared_table_survives_a_reset(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = 21;

	prepare(vmfd, 22);
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(prepare(vmfd, 22), 0);
	assert_result(htab_renew(vmfd, &order, 21), 0);
	assert_int_equal(prepare(vmfd, 22), 0);
	assert_result(htab_resize_cancel(vmfd, 22), 0);
	assert_nothing_prepared(vmfd, 22);
	assert_table(vmfd, 21, 0);
}

/* More VMs than the host has such tables are closed one after the other, each
 * with a resize that was cut short. What one of them had kept would be missing
 * at the end. */
static void memory_is_whole_after_each_way_to_end(void)
{
	const uint32_t order = largest_of_host();
	const uint64_t times = 3 * ((host.cma >> order) + 1);
	unsigned int wait_ms;

	for (uint64_t i = 0; i < times; i++) {
		int vmfd = a_vm_with_table(18);

		if (i % 3 == 0) {
			prepare(vmfd, order);
			assert_result(htab_resize_cancel(vmfd, order), 0);
		} else if (i % 3 == 1) {
			assert_result(
				htab_resize_prepare(vmfd, order, &wait_ms),
				-EINPROGRESS);
			assert_result(htab_resize_cancel(vmfd, order), 0);
		} else {
			assert_result(htab_resize(vmfd, order, 0), -ETIMEDOUT);
		}
		close_now(vmfd);
	}
	a_vm_with_table(order);
}

CASES(resize_steps,
      {
	      CASE(prepared_table_is_committed, HASH_RUNS | RESIZES, 0, 0),
	      CASE(commit_of_another_order_drops_what_is_prepared,
		   HASH_RUNS | RESIZES, 0, 0),
	      CASE(commit_of_nothing_is_enxio, HASH_RUNS | RESIZES, V(4, 15),
		   0),
	      CASE(cancel_drops_what_is_prepared, HASH_GUESTS | RESIZES, 0, 0),
	      CASE(prepared_table_survives_a_reset, HASH_GUESTS | RESIZES, 0,
		   0),
	      CASE(memory_is_whole_after_each_way_to_end,
		   HASH_GUESTS | RESIZES | AREA, 0, 0),
      });
