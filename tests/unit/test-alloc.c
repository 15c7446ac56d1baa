/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "unit.h"

/* The first ENOMEM on a POWER8 from 4.11 on; later ones ask no more. */
static void will_find_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 1);
}

static void will_find_older_than_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 0);
}

/* --- arguments --- */

static void alloc_null_is_einval(void **state)
{
	(void)state;
	assert_result(htab_alloc(VMFD, NULL), -EINVAL);
	assert_result(htab_alloc_at_least(VMFD, NULL, 18), -EINVAL);
	assert_result(htab_largest(KVMFD, NULL), -EINVAL);
}

static void order_out_of_range_is_erange_without_a_system_call(void **state)
{
	const uint32_t bad = (uint32_t)(uintptr_t)*state;
	uint32_t order = bad;

	assert_result(htab_alloc(VMFD, &order), -ERANGE);
	assert_result(htab_alloc_at_least(VMFD, &order, 18), -ERANGE);
	assert_result(htab_largest(KVMFD, &order), -ERANGE);
	assert_int_equal(order, bad);
}

static void alloc_takes_the_smallest_and_the_largest_order(void **state)
{
	uint32_t order = (uint32_t)(uintptr_t)*state;

	will_find_hash_host();
	will_allocate(order, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, (uint32_t)(uintptr_t)*state);
}

static void floor_out_of_range_is_erange_without_a_system_call(void **state)
{
	const uint32_t bad[] = { 0, 17, 25, 46, 47, UINT32_MAX };
	uint32_t order = 24;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(htab_alloc_at_least(VMFD, &order, bad[i]),
			      -ERANGE);
	assert_int_equal(order, 24);
}

/* --- the host's kinds: the exact calls --- */

static void alloc_on_a_hash_host_is_two_calls(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_check(VMFD, CAP_RADIX, 0);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

static void alloc_on_a_radix_host_with_hash_guests_is_three_calls(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
}

/* Nested, early POWER9, radix on 4.11 to 4.14: the VM is not touched. */
static void alloc_without_hash_guests_is_eopnotsupp(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_alloc(VMFD, &order), -EOPNOTSUPP);
	assert_int_equal(order, 24);
}

/* Before 3.17 a VM does not know CHECK_EXTENSION. */
static void alloc_believes_in_hash_where_a_vm_cannot_be_asked(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, errno_row(state));
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
}

static void alloc_passes_on_what_the_first_question_says(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, errno_row(state));
	assert_result(htab_alloc(VMFD, &order), errno_row(state));
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, errno_row(state));
	assert_result(htab_alloc(VMFD, &order), errno_row(state));
	assert_int_equal(order, 24);
}

static void alloc_passes_on_what_the_kernel_says(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_allocate(24, errno_row(state));
	assert_result(htab_alloc(VMFD, &order), errno_row(state));
	assert_int_equal(order, 24);
}

static void alloc_under_a_running_vcpu_is_ebusy(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_find_hash_host();
	will_allocate(24, -EBUSY);
	assert_result(htab_alloc(VMFD, &order), -EBUSY);
	assert_int_equal(order, 24);

	will_find_hash_host();
	will_allocate(24, -EBUSY);
	assert_result(htab_alloc_at_least(VMFD, &order, 24), -EBUSY);
	assert_int_equal(order, 24);
}

static void alloc_reads_enosys_as_enotty(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_check(VMFD, CAP_RADIX, -ENOSYS);
	will_allocate(24, -ENOSYS);
	assert_result(htab_alloc(VMFD, &order), -ENOTTY);
	assert_int_equal(order, 24);
}

/* PR claims capability 80 up to 4.10, which htab_alloc() does not ask for. */
static void alloc_on_pr_is_enotty(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_find_hash_host();
	will_allocate(24, -ENOTTY);
	assert_result(htab_alloc(VMFD, &order), -ENOTTY);
}

/* --- downgrades --- */

/* On a POWER8 from 4.11 on: two questions, one ALLOCATE for each size. */
static void alloc_goes_down_one_order_at_a_time(void **state)
{
	const uint32_t had = (uint32_t)(uintptr_t)*state;
	uint32_t order = 30;

	will_find_hash_host();
	will_allocate(30, -ENOMEM);
	will_find_4_11();
	for (uint32_t o = 29; o > had; o--)
		will_allocate(o, -ENOMEM);
	will_allocate(had, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, had);
}

static void alloc_to_nothing_is_enomem(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_find_hash_host();
	will_allocate(24, -ENOMEM);
	will_find_4_11();
	for (uint32_t o = 23; o >= 18; o--)
		will_allocate(o, -ENOMEM);
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);
	assert_int_equal(order, 24);
}

/* It is known from the first two answers that this is 4.15 or later. */
static void alloc_goes_down_on_a_radix_host_without_a_question(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_allocate(26, -ENOMEM);
	will_allocate(25, -ENOMEM);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

/* 4.11 to 4.15 on a hash POWER9 have no capability 133. */
static void alloc_goes_down_on_an_early_hash_power9(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 1);
	will_allocate(25, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 25);
}

static void alloc_stops_if_a_vcpu_starts_on_the_way_down(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, -EBUSY);
	assert_result(htab_alloc(VMFD, &order), -EBUSY);
	assert_int_equal(order, 26);
}

/* The kernel has said ENOMEM, and from 4.11 on the table is gone: an error
 * that promises an unchanged VM would be a lie. */
static void alloc_is_enomem_if_the_generation_cannot_be_told(void **state)
{
	const int error = errno_row(state);
	uint32_t order = 26;

	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_check(VMFD, CAP_RESIZE, error);
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);

	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, error);
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);
	assert_int_equal(order, 26);
}

/* --- kernels that negotiate by themselves --- */

static void alloc_believes_a_smaller_answer(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_answer(28, 24);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

/* 24 from the boot pool, or a table that existed */
static void alloc_believes_a_larger_answer(void **state)
{
	uint32_t order = 20;

	(void)state;
	will_find_hash_host();
	will_answer(20, 24);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

static void alloc_does_not_believe_nonsense(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_answer(24, (uint32_t)(uintptr_t)*state);
	assert_result(htab_alloc(VMFD, &order), -EPROTO);
	assert_int_equal(order, 24);
}

static void alloc_does_not_believe_a_positive_result(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_find_hash_host();
	will_allocate(24, 1);
	assert_result(htab_alloc(VMFD, &order), -EPROTO);
	assert_int_equal(order, 24);
}

/* --- ENOMEM before 4.11 --- */

static void alloc_before_4_11_goes_down_where_no_table_is_left(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(0);
	will_allocate(27, -ENOMEM);
	will_measure(0);
	will_allocate(26, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 26);
}

static void alloc_before_4_11_stops_at_a_dangling_table(void **state)
{
	const uint32_t dangling = (uint32_t)(uintptr_t)*state;
	uint32_t order = 28;

	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(dangling);
	assert_result(htab_alloc(VMFD, &order), -ENOTRECOVERABLE);
	assert_int_equal(order, 28);
}

/* Also where there is nothing lower to try: the caller might try it. */
static void floor_before_4_11_stops_at_a_dangling_table(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(28);
	assert_result(htab_alloc_at_least(VMFD, &order, 28), -ENOTRECOVERABLE);

	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(0);
	assert_result(htab_alloc_at_least(VMFD, &order, 28), -ENOMEM);
	assert_int_equal(order, 28);
}

/* 3.6 and 3.7 have no htab fd; others may be out of descriptors. */
static void alloc_before_4_11_stops_where_it_cannot_ask(void **state)
{
	uint32_t order = 28;

	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_not_open_htab(errno_row(state));
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);
	assert_int_equal(order, 28);
}

/* The question is refused because a vcpu runs. Only -ENOENT proves that the
 * kernel keeps no pointer to a freed table. */
static void alloc_before_4_11_stops_if_a_vcpu_starts(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure_failing(28, 1, -EBUSY);
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);
	assert_int_equal(order, 28);
}

/* --- the floor --- */

static void floor_is_not_passed(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, -ENOMEM);
	will_allocate(24, -ENOMEM);
	assert_result(htab_alloc_at_least(VMFD, &order, 24), -ENOMEM);
	assert_int_equal(order, 26);
}

static void floor_is_reached(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, 0);
	assert_result(htab_alloc_at_least(VMFD, &order, 25), 0);
	assert_int_equal(order, 25);
}

static void floor_of_the_order_itself_means_exactly(void **state)
{
	uint32_t order = 26;

	(void)state;
	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	assert_result(htab_alloc_at_least(VMFD, &order, 26), -ENOMEM);
	assert_int_equal(order, 26);
}

static void kernel_below_the_floor_is_enospc_and_says_the_order(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_answer(28, 24);
	assert_result(htab_alloc_at_least(VMFD, &order, 25), -ENOSPC);
	assert_int_equal(order, 24);
}

static void kernel_at_or_above_the_floor_is_fine(void **state)
{
	uint32_t order = 28;

	(void)state;
	will_find_hash_host();
	will_answer(28, 24);
	assert_result(htab_alloc_at_least(VMFD, &order, 24), 0);
	assert_int_equal(order, 24);

	order = 20;
	will_find_hash_host();
	will_answer(20, 24);
	assert_result(htab_alloc_at_least(VMFD, &order, 20), 0);
	assert_int_equal(order, 24);
}

/* --- htab_largest() --- */

/* One attempt, on a VM that has no table, and then it is closed: so no VM is
 * closed that has lost its table, which corrupts hosts of 4.11 to 4.14. */

static void will_try(uint32_t order, uint32_t answer, int result)
{
	will_create_vm(0);
	will_find_hash_host();
	if (result)
		will_allocate(order, result);
	else
		will_answer(order, answer);
	if (result == -ENOMEM)
		will_find_4_11();
	will_close(VMFD, 0);
}

static void largest_is_the_ceiling_if_it_can_be_had(void **state)
{
	uint32_t order = 30;

	(void)state;
	will_try(30, 30, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 30);
}

static void largest_goes_down_with_a_fresh_vm_for_each_size(void **state)
{
	uint32_t order = 46;

	(void)state;
	for (uint32_t o = 46; o > 26; o--)
		will_try(o, o, -ENOMEM);
	will_try(26, 26, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 26);
}

/* 4.3: asked for 28 to 40 it falls back to 24, though 27 is to be had. */
static void largest_looks_on_below_a_fallback(void **state)
{
	uint32_t order = 40;

	(void)state;
	for (uint32_t o = 40; o > 27; o--)
		will_try(o, 24, 0);
	will_try(27, 27, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 27);
}

/* The ceiling is one: 24 from the boot pool does not answer for 20. */
static void largest_looks_on_below_a_larger_answer(void **state)
{
	uint32_t order = 20;

	(void)state;
	will_try(20, 24, 0);
	will_try(19, 19, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 19);
}

/* 3.6 with two tables in its boot pool, where the page allocator has none of 18
 * or more: whatever is asked for, the kernel gives 24, above the ceiling. */
static void largest_below_the_boot_pool_is_enomem(void **state)
{
	uint32_t order = 23;

	(void)state;
	for (uint32_t o = 23; o >= 18; o--)
		will_try(o, 24, 0);
	assert_result(htab_largest(KVMFD, &order), -ENOMEM);
	assert_int_equal(order, 23);
}

static void largest_of_nothing_is_enomem(void **state)
{
	uint32_t order = 20;

	(void)state;
	for (uint32_t o = 20; o >= 18; o--)
		will_try(o, o, -ENOMEM);
	assert_result(htab_largest(KVMFD, &order), -ENOMEM);
	assert_int_equal(order, 20);
}

static void largest_closes_its_vm_on_every_error(void **state)
{
	uint32_t order = 24;

	will_try(24, 24, errno_row(state));
	assert_result(htab_largest(KVMFD, &order), errno_row(state));
	assert_int_equal(order, 24);
}

static void largest_without_hash_guests_is_eopnotsupp(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_create_vm(0);
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	will_close(VMFD, 0);
	assert_result(htab_largest(KVMFD, &order), -EOPNOTSUPP);
	assert_int_equal(order, 24);
}

static void largest_passes_on_what_create_vm_says(void **state)
{
	uint32_t order = 24;

	will_create_vm(errno_row(state));
	assert_result(htab_largest(KVMFD, &order), errno_row(state));
	assert_int_equal(order, 24);
}

static void largest_stops_at_a_dangling_table(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_create_vm(0);
	will_find_hash_host();
	will_allocate(24, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(24);
	will_close(VMFD, 0);
	assert_result(htab_largest(KVMFD, &order), -ENOMEM);
	assert_int_equal(order, 24);
}

static void largest_takes_no_notice_of_a_failing_close(void **state)
{
	uint32_t order = 24;

	(void)state;
	will_create_vm(0);
	will_find_hash_host();
	will_allocate(24, 0);
	will_close(VMFD, -EIO);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 24);
}

#define for_bad_orders(test)                                           \
	mocked_test_of(test, 0), mocked_test_of(test, 17),             \
	mocked_test_of(test, 47), mocked_test_of(test, 64),            \
	mocked_test_of(test, UINT32_MAX)

#define for_errors(test)                                               \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),   \
	mocked_test_of(test, -EIO), mocked_test_of(test, -EACCES),     \
	mocked_test_of(test, -EPERM)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(alloc_null_is_einval),
		for_bad_orders(
			order_out_of_range_is_erange_without_a_system_call),
		mocked_test_of(alloc_takes_the_smallest_and_the_largest_order,
			       18),
		mocked_test_of(alloc_takes_the_smallest_and_the_largest_order,
			       46),
		mocked_test(floor_out_of_range_is_erange_without_a_system_call),
		mocked_test(alloc_on_a_hash_host_is_two_calls),
		mocked_test(
			alloc_on_a_radix_host_with_hash_guests_is_three_calls),
		mocked_test(alloc_without_hash_guests_is_eopnotsupp),
		mocked_test_of(
			alloc_believes_in_hash_where_a_vm_cannot_be_asked,
			-ENOTTY),
		for_errors(alloc_passes_on_what_the_first_question_says),
		for_errors(alloc_passes_on_what_the_kernel_says),
		mocked_test_of(alloc_passes_on_what_the_kernel_says,
			       -EOPNOTSUPP),
		mocked_test(alloc_under_a_running_vcpu_is_ebusy),
		mocked_test(alloc_reads_enosys_as_enotty),
		mocked_test(alloc_on_pr_is_enotty),
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 29),
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 24),
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 18),
		mocked_test(alloc_to_nothing_is_enomem),
		mocked_test(
			alloc_goes_down_on_a_radix_host_without_a_question),
		mocked_test(alloc_goes_down_on_an_early_hash_power9),
		mocked_test(alloc_stops_if_a_vcpu_starts_on_the_way_down),
		for_errors(alloc_is_enomem_if_the_generation_cannot_be_told),
		mocked_test(alloc_believes_a_smaller_answer),
		mocked_test(alloc_believes_a_larger_answer),
		for_bad_orders(alloc_does_not_believe_nonsense),
		mocked_test(alloc_does_not_believe_a_positive_result),
		mocked_test(alloc_before_4_11_goes_down_where_no_table_is_left),
		mocked_test_of(alloc_before_4_11_stops_at_a_dangling_table, 18),
		mocked_test_of(alloc_before_4_11_stops_at_a_dangling_table, 28),
		mocked_test_of(alloc_before_4_11_stops_at_a_dangling_table, 40),
		mocked_test(floor_before_4_11_stops_at_a_dangling_table),
		mocked_test(alloc_before_4_11_stops_if_a_vcpu_starts),
		mocked_test_of(alloc_before_4_11_stops_where_it_cannot_ask,
			       -ENOTTY),
		mocked_test_of(alloc_before_4_11_stops_where_it_cannot_ask,
			       -EMFILE),
		mocked_test(floor_is_not_passed),
		mocked_test(floor_is_reached),
		mocked_test(floor_of_the_order_itself_means_exactly),
		mocked_test(kernel_below_the_floor_is_enospc_and_says_the_order),
		mocked_test(kernel_at_or_above_the_floor_is_fine),
		mocked_test(largest_is_the_ceiling_if_it_can_be_had),
		mocked_test(largest_goes_down_with_a_fresh_vm_for_each_size),
		mocked_test(largest_looks_on_below_a_fallback),
		mocked_test(largest_looks_on_below_a_larger_answer),
		mocked_test(largest_below_the_boot_pool_is_enomem),
		mocked_test(largest_of_nothing_is_enomem),
		mocked_test_of(largest_closes_its_vm_on_every_error, -ENOTTY),
		mocked_test_of(largest_closes_its_vm_on_every_error, -EIO),
		mocked_test(largest_without_hash_guests_is_eopnotsupp),
		mocked_test_of(largest_passes_on_what_create_vm_says, -ENOTTY),
		mocked_test_of(largest_passes_on_what_create_vm_says, -EINTR),
		mocked_test_of(largest_passes_on_what_create_vm_says, -EMFILE),
		mocked_test_of(largest_passes_on_what_create_vm_says, -ENOMEM),
		mocked_test(largest_stops_at_a_dangling_table),
		mocked_test(largest_takes_no_notice_of_a_failing_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
