/* SPDX-License-Identifier: MIT */
/* htab_alloc() and htab_alloc_at_least(): arguments, kinds of hosts, answers */
#include "mock-shim.h"
#include "unit.h"

/* --- arguments --- */

static void alloc_null_is_einval(void **state)
{
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

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(htab_alloc_at_least(VMFD, &order, bad[i]),
			      -ERANGE);
	assert_int_equal(order, 24);
}

/* --- the exact calls on each kind of host --- */

static void alloc_on_a_hash_host_is_two_calls(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, 0);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

static void alloc_on_a_radix_host_with_hash_guests_is_three_calls(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	will_allocate(24, 0);
	assert_result(htab_alloc(VMFD, &order), 0);
}

/* Nested hosts, early POWER9, and radix hosts of Linux 4.11 to 4.14. The
 * library makes no call that changes the VM. */
static void alloc_without_hash_guests_is_eopnotsupp(void **state)
{
	uint32_t order = 24;

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_alloc(VMFD, &order), -EOPNOTSUPP);
	assert_int_equal(order, 24);
}

/* Before Linux 3.17 a VM does not support KVM_CHECK_EXTENSION. */
static void alloc_assumes_hash_where_a_vm_cannot_be_asked(void **state)
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

	will_check(VMFD, CAP_RADIX, -ENOSYS);
	will_allocate(24, -ENOSYS);
	assert_result(htab_alloc(VMFD, &order), -ENOTTY);
	assert_int_equal(order, 24);
}

/* Up to Linux 4.10 PR claims KVM_CAP_PPC_ALLOC_HTAB, but htab_alloc() does not
 * ask for it. */
static void alloc_on_pr_is_enotty(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_allocate(24, -ENOTTY);
	assert_result(htab_alloc(VMFD, &order), -ENOTTY);
}

/* --- kernels that choose another order themselves --- */

static void alloc_accepts_a_smaller_order(void **state)
{
	uint32_t order = 28;

	will_find_hash_host();
	will_answer(28, 24);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

/* The kernel gives order 24 from the boot pool, or keeps the table that the VM
 * has. */
static void alloc_accepts_a_larger_order(void **state)
{
	uint32_t order = 20;

	will_find_hash_host();
	will_answer(20, 24);
	assert_result(htab_alloc(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

static void alloc_with_an_order_out_of_range_is_eproto(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_answer(24, (uint32_t)(uintptr_t)*state);
	assert_result(htab_alloc(VMFD, &order), -EPROTO);
	assert_int_equal(order, 24);
}

static void alloc_with_a_positive_result_is_eproto(void **state)
{
	uint32_t order = 24;

	will_find_hash_host();
	will_allocate(24, 1);
	assert_result(htab_alloc(VMFD, &order), -EPROTO);
	assert_int_equal(order, 24);
}

#define for_bad_orders(test)                                                   \
	mocked_test_of(test, 0), mocked_test_of(test, 17),                     \
		mocked_test_of(test, 47), mocked_test_of(test, 64),            \
		mocked_test_of(test, UINT32_MAX)

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
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
		mocked_test_of(alloc_assumes_hash_where_a_vm_cannot_be_asked,
			       -ENOTTY),
		for_errors(alloc_passes_on_what_the_first_question_says),
		for_errors(alloc_passes_on_what_the_kernel_says),
		mocked_test_of(alloc_passes_on_what_the_kernel_says,
			       -EOPNOTSUPP),
		mocked_test(alloc_under_a_running_vcpu_is_ebusy),
		mocked_test(alloc_reads_enosys_as_enotty),
		mocked_test(alloc_on_pr_is_enotty),
		mocked_test(alloc_accepts_a_smaller_order),
		mocked_test(alloc_accepts_a_larger_order),
		for_bad_orders(alloc_with_an_order_out_of_range_is_eproto),
		mocked_test(alloc_with_a_positive_result_is_eproto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
