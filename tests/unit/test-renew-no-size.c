/* SPDX-License-Identifier: MIT */
/* htab_renew() where there is no table, or where it cannot be measured */
#include "mock-shim.h"
#include "unit.h"

/* --- no table --- */

static void without_a_table_it_allocates(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure(0);
	will_allocate(26, -ENOMEM);
	will_find_4_11();
	will_allocate(25, 0);
	assert_result(htab_renew(VMFD, &order, 24), 0);
	assert_int_equal(order, 25);
}

static void without_a_table_a_fallback_below_the_floor_is_enospc(void **state)
{
	uint32_t order = 28;

	will_find_hash_host();
	will_measure(0);
	will_answer(28, 24);
	assert_result(htab_renew(VMFD, &order, 25), -ENOSPC);
	assert_int_equal(order, 24);
}

static void dangling_table_is_enotrecoverable(void **state)
{
	uint32_t order = 28;

	will_find_hash_host();
	will_measure(0);
	will_allocate(28, -ENOMEM);
	will_find_older_than_4_11();
	will_measure(28);
	assert_result(htab_renew(VMFD, &order, 18), -ENOTRECOVERABLE);
	assert_int_equal(order, 28);
}

/* --- a size that cannot be measured --- */

static void table_too_large_to_tell_is_allocated_directly(void **state)
{
	uint32_t order = 40;

	will_find_hash_host();
	will_measure(40);
	will_allocate(40, 0);
	assert_result(htab_renew(VMFD, &order, 40), 0);
	assert_int_equal(order, 40);

	/* Before Linux 4.11 the kernel writes back the order of the table. */
	order = 30;
	will_find_hash_host();
	will_measure(38);
	will_answer(30, 38);
	assert_result(htab_renew(VMFD, &order, 30), 0);
	assert_int_equal(order, 38);
}

static void failing_question_for_the_size_is_the_last_call(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_not_open_htab(errno_row(state));
	assert_result(htab_renew(VMFD, &order, 18), errno_row(state));
	assert_int_equal(order, 26);
}

static void running_vcpu_is_ebusy_and_nothing_is_allocated(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_measure_failing(24, 1, -EBUSY);
	assert_result(htab_renew(VMFD, &order, 18), -EBUSY);
	assert_int_equal(order, 26);
}

/* --- no htab fd --- */

/* On Linux 3.6 and 3.7 one ALLOCATE clears the table and writes back its order,
 * or it makes one. */
static void without_htab_fd_one_allocate_does_it(void **state)
{
	uint32_t order = 26;

	will_check(VMFD, CAP_RADIX, -ENOTTY);
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RESIZE, -ENOTTY);
	will_check(VMFD, CAP_HASH, -ENOTTY);
	will_answer(26, 24);
	assert_result(htab_renew(VMFD, &order, 24), 0);
	assert_int_equal(order, 24);
}

static void without_htab_fd_enomem_is_final(void **state)
{
	uint32_t order = 26;

	will_check(VMFD, CAP_RADIX, -ENOTTY);
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RESIZE, -ENOTTY);
	will_check(VMFD, CAP_HASH, -ENOTTY);
	will_allocate(26, -ENOMEM);
	will_check(VMFD, CAP_RESIZE, -ENOTTY);
	will_check(VMFD, CAP_HASH, -ENOTTY);
	will_not_open_htab(-ENOTTY);
	assert_result(htab_renew(VMFD, &order, 18), -ENOMEM);
	assert_int_equal(order, 26);
}

static void on_pr_it_is_enotty(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_not_open_htab(-ENOTTY);
	will_find_older_than_4_11();
	will_allocate(26, -ENOTTY);
	assert_result(htab_renew(VMFD, &order, 18), -ENOTTY);
	assert_int_equal(order, 26);
}

/* This kernel would replace the table, and without its order the library cannot
 * clear it first. */
static void newer_kernel_without_htab_fd_is_enotty(void **state)
{
	uint32_t order = 26;

	will_find_hash_host();
	will_not_open_htab(-ENOSYS);
	will_find_4_11();
	assert_result(htab_renew(VMFD, &order, 18), -ENOTTY);

	will_find_hash_host();
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RESIZE, -EIO);
	assert_result(htab_renew(VMFD, &order, 18), -EIO);
	assert_int_equal(order, 26);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(without_a_table_it_allocates),
		mocked_test(
			without_a_table_a_fallback_below_the_floor_is_enospc),
		mocked_test(dangling_table_is_enotrecoverable),
		mocked_test(table_too_large_to_tell_is_allocated_directly),
		for_errors(failing_question_for_the_size_is_the_last_call),
		mocked_test_of(failing_question_for_the_size_is_the_last_call,
			       -EMFILE),
		mocked_test_of(failing_question_for_the_size_is_the_last_call,
			       -ENFILE),
		mocked_test_of(failing_question_for_the_size_is_the_last_call,
			       -ENOMEM),
		mocked_test(running_vcpu_is_ebusy_and_nothing_is_allocated),
		mocked_test(without_htab_fd_one_allocate_does_it),
		mocked_test(without_htab_fd_enomem_is_final),
		mocked_test(on_pr_it_is_enotty),
		mocked_test(newer_kernel_without_htab_fd_is_enotty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
