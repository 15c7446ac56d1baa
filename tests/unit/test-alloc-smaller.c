/* SPDX-License-Identifier: MIT */
/* htab_alloc() and htab_alloc_at_least() where the kernel has no table of the
 * wanted order */
#include "mock-shim.h"
#include "unit.h"

/* --- downgrades --- */

/* A POWER8 with Linux 4.11 or later: two questions, and one ALLOCATE for each
 * order */
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

	will_find_hash_host();
	will_allocate(24, -ENOMEM);
	will_find_4_11();
	for (uint32_t o = 23; o >= 18; o--)
		will_allocate(o, -ENOMEM);
	assert_result(htab_alloc(VMFD, &order), -ENOMEM);
	assert_int_equal(order, 24);
}

/* The first two answers show that this is Linux 4.15 or later. */
static void alloc_goes_down_on_a_radix_host_without_a_question(void **state)
{
	uint32_t order = 26;

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_allocate(26, -ENOMEM);
	will_allocate(25, -ENOMEM);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

/* On a hash POWER9 Linux 4.11 to 4.15 do not have KVM_CAP_SPAPR_RESIZE_HPT. */
static void alloc_goes_down_on_an_early_hash_power9(void **state)
{
	uint32_t order = 26;

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

	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, -EBUSY);
	assert_result(htab_alloc(VMFD, &order), -EBUSY);
	assert_int_equal(order, 26);
}

/* From Linux 4.11 on, the ENOMEM means that the table is gone. The error of the
 * question would promise an unchanged VM. */
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

/* --- ENOMEM before 4.11 --- */

static void alloc_before_4_11_goes_down_where_no_table_is_left(void **state)
{
	uint32_t order = 28;

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

/* The library reports the dangling table also if the floor leaves no smaller
 * order, because the caller could try one. */
static void floor_before_4_11_stops_at_a_dangling_table(void **state)
{
	uint32_t order = 28;

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

/* Linux 3.6 and 3.7 have no htab fd. On later kernels the process may be out of
 * descriptors. */
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

/* A running vcpu makes htab_order() fail. Only -ENOENT proves that the kernel
 * has no pointer to a freed table. */
static void alloc_before_4_11_stops_if_a_vcpu_starts(void **state)
{
	uint32_t order = 28;

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

	will_find_hash_host();
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	assert_result(htab_alloc_at_least(VMFD, &order, 26), -ENOMEM);
	assert_int_equal(order, 26);
}

static void kernel_below_the_floor_is_enospc_and_says_the_order(void **state)
{
	uint32_t order = 28;

	will_find_hash_host();
	will_answer(28, 24);
	assert_result(htab_alloc_at_least(VMFD, &order, 25), -ENOSPC);
	assert_int_equal(order, 24);
}

static void kernel_at_or_above_the_floor_is_fine(void **state)
{
	uint32_t order = 28;

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

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO), mocked_test_of(test, -EACCES),     \
		mocked_test_of(test, -EPERM)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 29),
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 24),
		mocked_test_of(alloc_goes_down_one_order_at_a_time, 18),
		mocked_test(alloc_to_nothing_is_enomem),
		mocked_test(alloc_goes_down_on_a_radix_host_without_a_question),
		mocked_test(alloc_goes_down_on_an_early_hash_power9),
		mocked_test(alloc_stops_if_a_vcpu_starts_on_the_way_down),
		for_errors(alloc_is_enomem_if_the_generation_cannot_be_told),
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
		mocked_test(
			kernel_below_the_floor_is_enospc_and_says_the_order),
		mocked_test(kernel_at_or_above_the_floor_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
