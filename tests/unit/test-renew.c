/* SPDX-License-Identifier: MIT */
/* htab_renew() on a VM with a table that can be measured, and its arguments */
#include "mock-shim.h"
#include "unit.h"

static void bad_arguments_make_no_system_call(void **state)
{
	const uint32_t bad[] = { 0, 17, 47, UINT32_MAX };
	uint32_t order;

	assert_result(htab_renew(VMFD, NULL, 18), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		order = bad[i];
		assert_result(htab_renew(VMFD, &order, 18), -ERANGE);
		assert_int_equal(order, bad[i]);
		order = 24;
		assert_result(htab_renew(VMFD, &order, bad[i]), -ERANGE);
	}
	assert_result(htab_renew(VMFD, &order, 25), -ERANGE);
	assert_int_equal(order, 24);
}

static void host_without_hash_guests_is_eopnotsupp(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_renew(VMFD, &order, 18), -EOPNOTSUPP);
	assert_int_equal(order, 24);
}

static void failing_first_question_is_passed_on(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, errno_row(state));
	assert_result(htab_renew(VMFD, &order, 18), errno_row(state));
	assert_int_equal(order, 24);
}

/* --- the table has the wanted order --- */

/* This takes one ALLOCATE on every kernel, so the library does not ask for the
 * generation. */
static void wanted_order_is_only_cleared(void **state)
{
	for (uint32_t table = 18; table <= 36; table++) {
		uint32_t order = table;

		will_find_hash_host();
		will_measure(table);
		will_allocate(table, 0);
		assert_result(htab_renew(VMFD, &order, 18), 0);
		assert_int_equal(order, table);
	}
}

static void clearing_passes_on_what_the_kernel_says(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_measure(24);
	will_allocate(24, errno_row(state));
	assert_result(htab_renew(VMFD, &order, 18), errno_row(state));
	assert_int_equal(order, 24);
}

/* --- another order, Linux 4.11 and later --- */

static void another_order_is_cleared_and_then_replaced(void **state)
{
	const uint32_t wanted = (uint32_t)(uintptr_t)*state;
	uint32_t order = wanted;

	will_find_hash_host();
	will_measure(24);
	will_find_4_11();
	will_allocate(24, 0);
	will_allocate(wanted, 0);
	assert_result(htab_renew(VMFD, &order, 18), 0);
	assert_int_equal(order, wanted);
}

/* The first two answers show that this is Linux 4.15 or later. */
static void radix_host_is_not_asked_for_its_generation(void **state)
{
	uint32_t order = 26;

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_measure(24);
	will_allocate(24, 0);
	will_allocate(26, 0);
	assert_result(htab_renew(VMFD, &order, 18), 0);
	assert_int_equal(order, 26);
}

/* The kernel frees the old table first, so its memory can be used again. */
static void going_down_meets_the_old_order_again(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_find_4_11();
	will_allocate(24, 0);
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, -ENOMEM);
	will_allocate(24, 0);
	assert_result(htab_renew(VMFD, &order, 20), 0);
	assert_int_equal(order, 24);
}

static void floor_is_not_passed(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_find_4_11();
	will_allocate(24, 0);
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, -ENOMEM);
	assert_result(htab_renew(VMFD, &order, 25), -ENOMEM);
	assert_int_equal(order, 26);
}

/* The library does not replace a table that it could not clear. */
static void failing_clear_is_the_last_call(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_find_4_11();
	will_allocate(24, errno_row(state));
	assert_result(htab_renew(VMFD, &order, 18), errno_row(state));
	assert_int_equal(order, 26);
}

static void vcpu_that_starts_after_the_clear_is_ebusy(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_find_4_11();
	will_allocate(24, 0);
	will_allocate(26, -EBUSY);
	assert_result(htab_renew(VMFD, &order, 18), -EBUSY);
	assert_int_equal(order, 26);
}

/* The library makes no call that changes the table. */
static void unknown_generation_leaves_the_table_alone(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_check(VMFD, CAP_RESIZE, errno_row(state));
	assert_result(htab_renew(VMFD, &order, 18), errno_row(state));
	assert_int_equal(order, 26);
}

/* --- another order, before Linux 4.11 --- */

static void before_4_11_the_size_stays(void **state)
{
	const uint32_t wanted = (uint32_t)(uintptr_t)*state;
	uint32_t order = wanted;

	will_find_hash_host();
	will_measure(24);
	will_find_older_than_4_11();
	will_allocate(24, 0);
	assert_result(htab_renew(VMFD, &order, 18), 0);
	assert_int_equal(order, 24);
}

static void before_4_11_a_size_below_the_floor_is_enospc(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(24);
	will_find_older_than_4_11();
	will_allocate(24, 0);
	assert_result(htab_renew(VMFD, &order, 25), -ENOSPC);
	assert_int_equal(order, 24);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(bad_arguments_make_no_system_call),
		mocked_test(host_without_hash_guests_is_eopnotsupp),
		for_errors(failing_first_question_is_passed_on),
		mocked_test(wanted_order_is_only_cleared),
		for_errors(clearing_passes_on_what_the_kernel_says),
		mocked_test_of(clearing_passes_on_what_the_kernel_says, -EBUSY),
		mocked_test_of(another_order_is_cleared_and_then_replaced, 23),
		mocked_test_of(another_order_is_cleared_and_then_replaced, 26),
		mocked_test(radix_host_is_not_asked_for_its_generation),
		mocked_test(going_down_meets_the_old_order_again),
		mocked_test(floor_is_not_passed),
		for_errors(failing_clear_is_the_last_call),
		mocked_test_of(failing_clear_is_the_last_call, -EBUSY),
		mocked_test(vcpu_that_starts_after_the_clear_is_ebusy),
		for_errors(unknown_generation_leaves_the_table_alone),
		mocked_test_of(before_4_11_the_size_stays, 22),
		mocked_test_of(before_4_11_the_size_stays, 26),
		mocked_test(before_4_11_a_size_below_the_floor_is_enospc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
