/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "unit.h"

/* libhtab.h promises this cost: one call more than htab_order(). */
static void reset_allocates_the_size_that_is_there(void **state)
{
	for (uint32_t table = 18; table <= 36; table++) {
		will_measure(table);
		will_allocate(table, 0);
		assert_result(htab_reset(VMFD), 0);
	}
}

static void reset_without_a_table_is_enoent(void **state)
{
	will_measure(0);
	assert_result(htab_reset(VMFD), -ENOENT);
}

static void reset_of_a_table_too_large_to_tell_is_eoverflow(void **state)
{
	will_measure(40);
	assert_result(htab_reset(VMFD), -EOVERFLOW);
}

static void reset_under_a_running_vcpu_is_ebusy(void **state)
{
	will_measure_failing(24, 1, -EBUSY);
	assert_result(htab_reset(VMFD), -EBUSY);

	/* The vcpu starts between the two steps. */
	will_measure(24);
	will_allocate(24, -EBUSY);
	assert_result(htab_reset(VMFD), -EBUSY);
}

static void reset_stops_where_the_size_cannot_be_asked(void **state)
{
	will_not_open_htab(errno_row(state));
	assert_result(htab_reset(VMFD), errno_row(state));
}

static void reset_passes_on_what_the_kernel_says(void **state)
{
	will_measure(24);
	will_allocate(24, errno_row(state));
	assert_result(htab_reset(VMFD), errno_row(state));
}

static void reset_with_an_order_out_of_range_is_eproto(void **state)
{
	will_measure(24);
	will_answer(24, 0);
	assert_result(htab_reset(VMFD), -EPROTO);
}

/* On Linux 3.6 and 3.7 there is no htab fd, and a VM does not support
 * KVM_CHECK_EXTENSION. Asked for order 24, they clear the table of any
 * order. */
static void reset_without_htab_fd_allocates_the_default(void **state)
{
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, -ENOTTY);
	will_check(VMFD, CAP_RESIZE, -ENOTTY);
	will_check(VMFD, CAP_HASH, -ENOTTY);
	will_answer(24, 20);
	assert_result(htab_reset(VMFD), 0);
}

static void reset_on_pr_is_enotty(void **state)
{
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 0);
	will_allocate(24, -ENOTTY);
	assert_result(htab_reset(VMFD), -ENOTTY);
}

/* Linux 4.11 and later would replace the table, so there must be no
 * ALLOCATE. */
static void reset_of_a_newer_kernel_without_htab_fd_is_enotty(void **state)
{
	will_not_open_htab(-ENOSYS);
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_RESIZE, 1);
	assert_result(htab_reset(VMFD), -ENOTTY);

	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
	assert_result(htab_reset(VMFD), -ENOTTY);

	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_reset(VMFD), -ENOTTY);
}

static void reset_without_htab_fd_passes_on_errors(void **state)
{
	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, -EIO);
	assert_result(htab_reset(VMFD), -EIO);

	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_RESIZE, -EIO);
	assert_result(htab_reset(VMFD), -EIO);

	will_not_open_htab(-ENOTTY);
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 0);
	will_allocate(24, -EBUSY);
	assert_result(htab_reset(VMFD), -EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(reset_allocates_the_size_that_is_there),
		mocked_test(reset_without_a_table_is_enoent),
		mocked_test(reset_of_a_table_too_large_to_tell_is_eoverflow),
		mocked_test(reset_under_a_running_vcpu_is_ebusy),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -EBADF),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -EINVAL),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -EIO),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -EMFILE),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -ENFILE),
		mocked_test_of(reset_stops_where_the_size_cannot_be_asked,
			       -ENOMEM),
		mocked_test_of(reset_passes_on_what_the_kernel_says, -EIO),
		mocked_test_of(reset_passes_on_what_the_kernel_says, -ENOMEM),
		mocked_test(reset_with_an_order_out_of_range_is_eproto),
		mocked_test(reset_without_htab_fd_allocates_the_default),
		mocked_test(reset_on_pr_is_enotty),
		mocked_test(reset_of_a_newer_kernel_without_htab_fd_is_enotty),
		mocked_test(reset_without_htab_fd_passes_on_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
