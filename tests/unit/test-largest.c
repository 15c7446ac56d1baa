/* SPDX-License-Identifier: MIT */
/* htab_largest() */
#include "mock-shim.h"
#include "unit.h"

/* htab_largest() tries each order on a new VM and closes it. So no VM loses a
 * table before it is closed, which would corrupt hosts of Linux 4.11 to 4.14
 * (docs/kernels.md, "Stale reverse map"). */
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

static void largest_is_the_ceiling_if_the_host_has_it(void **state)
{
	uint32_t order = 30;

	will_try(30, 30, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 30);
}

static void largest_goes_down_with_a_fresh_vm_for_each_size(void **state)
{
	uint32_t order = 46;

	for (uint32_t o = 46; o > 26; o--)
		will_try(o, o, -ENOMEM);
	will_try(26, 26, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 26);
}

/* For orders 28 to 40 Linux 4.3 falls back to 24, although the host has 27. */
static void largest_looks_on_below_a_fallback(void **state)
{
	uint32_t order = 40;

	for (uint32_t o = 40; o > 27; o--)
		will_try(o, 24, 0);
	will_try(27, 27, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 27);
}

/* Order 24 from the boot pool is above the ceiling, so it is no answer. */
static void largest_looks_on_below_a_larger_answer(void **state)
{
	uint32_t order = 20;

	will_try(20, 24, 0);
	will_try(19, 19, 0);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 19);
}

/* Linux 3.6 has two tables in its boot pool, and the page allocator has none of
 * order 18 or more. For every order the kernel gives 24, above the ceiling. */
static void largest_below_the_boot_pool_is_enomem(void **state)
{
	uint32_t order = 23;

	for (uint32_t o = 23; o >= 18; o--)
		will_try(o, 24, 0);
	assert_result(htab_largest(KVMFD, &order), -ENOMEM);
	assert_int_equal(order, 23);
}

static void largest_of_nothing_is_enomem(void **state)
{
	uint32_t order = 20;

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

	will_create_vm(0);
	will_find_hash_host();
	will_allocate(24, 0);
	will_close(VMFD, -EIO);
	assert_result(htab_largest(KVMFD, &order), 0);
	assert_int_equal(order, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(largest_is_the_ceiling_if_the_host_has_it),
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
