/* SPDX-License-Identifier: MIT */
/* htab_resize() */
#include "mock-shim.h"
#include "unit.h"

#include <limits.h>

static void will_begin(void)
{
	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
	will_measure(18);
}

static void resize_prepares_waits_and_commits(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, 0);
	will_commit(20, 0);
	assert_result(htab_resize(VMFD, 20, (int)(intptr_t)*state), 0);
}

static void resize_to_the_present_order_does_nothing(void **state)
{
	will_begin();
	assert_result(htab_resize(VMFD, 18, -1), 0);
}

/* Then the size cannot be asked, or not be measured. */
static void resize_of_a_table_of_unknown_size_goes_on(void **state)
{
	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
	will_measure_failing(18, 1, -EBUSY);
	will_prepare(18, 0);
	will_commit(18, 0);
	assert_result(htab_resize(VMFD, 18, -1), 0);

	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
	will_measure(40);
	will_prepare(20, 0);
	will_commit(20, 0);
	assert_result(htab_resize(VMFD, 20, -1), 0);
}

static void resize_stops_before_it_prepares(void **state)
{
	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
	will_measure(0);
	assert_result(htab_resize(VMFD, 20, -1), -ENOENT);

	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
	will_not_open_htab(-ENFILE);
	assert_result(htab_resize(VMFD, 20, -1), -ENFILE);

	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, UAPI_KVM_CAP_PPC_HTAB_FD, 1);
	assert_result(htab_resize(VMFD, 20, -1), -EOPNOTSUPP);

	assert_result(htab_resize(VMFD, 17, -1), -ERANGE);
	assert_result(htab_resize(VMFD, 20, -2), -EINVAL);
	assert_result(htab_resize(VMFD, 20, INT_MIN), -EINVAL);
}

/* The last sleep ends with the time. */
static void resize_that_takes_too_long_is_cancelled(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, 100);
	will_sleep(50);
	will_prepare(20, 100);
	/* Now the worker has to come to its end. */
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, 0);
	will_prepare(0, 0);
	assert_result(htab_resize(VMFD, 20, 150), -ETIMEDOUT);
}

static void resize_on_a_busy_machine_ends_after_the_time(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_oversleep(50, 5000);
	will_prepare(20, 100);
	will_prepare(20, 0);
	will_prepare(0, 0);
	assert_result(htab_resize(VMFD, 20, 50), -ETIMEDOUT);
}

static void resize_without_time_takes_what_is_ready(void **state)
{
	will_begin();
	will_prepare(20, 0);
	will_commit(20, 0);
	assert_result(htab_resize(VMFD, 20, 0), 0);

	will_begin();
	will_prepare(20, 100);
	will_prepare(20, -ENOMEM);
	will_prepare(0, 0);
	assert_result(htab_resize(VMFD, 20, 0), -ETIMEDOUT);
}

static void resize_that_cannot_be_cancelled_says_why(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_prepare(20, -EINVAL);
	assert_result(htab_resize(VMFD, 20, 0), -EINVAL);
}

static void resize_without_memory_leaves_nothing_to_cancel(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, -ENOMEM);
	assert_result(htab_resize(VMFD, 20, -1), -ENOMEM);
}

static void resize_that_cannot_begin_leaves_nothing_to_cancel(void **state)
{
	will_begin();
	will_prepare(20, errno_row(state));
	assert_result(htab_resize(VMFD, 20, -1), errno_row(state));
}

static void resize_that_fails_on_the_way_is_cancelled(void **state)
{
	will_begin();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, errno_row(state));
	will_prepare(20, 0);
	will_prepare(0, 0);
	assert_result(htab_resize(VMFD, 20, -1), errno_row(state));
}

static void resize_that_cannot_be_committed_is_cancelled(void **state)
{
	will_begin();
	will_prepare(20, 0);
	will_commit(20, errno_row(state));
	will_prepare(0, 0);
	assert_result(htab_resize(VMFD, 20, -1), errno_row(state));
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO), mocked_test_of(test, -EPERM)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test_of(resize_prepares_waits_and_commits, -1),
		mocked_test_of(resize_prepares_waits_and_commits, 201),
		mocked_test_of(resize_prepares_waits_and_commits, INT_MAX),
		mocked_test(resize_to_the_present_order_does_nothing),
		mocked_test(resize_of_a_table_of_unknown_size_goes_on),
		mocked_test(resize_stops_before_it_prepares),
		mocked_test(resize_that_takes_too_long_is_cancelled),
		mocked_test(resize_on_a_busy_machine_ends_after_the_time),
		mocked_test(resize_without_time_takes_what_is_ready),
		mocked_test(resize_that_cannot_be_cancelled_says_why),
		mocked_test(resize_without_memory_leaves_nothing_to_cancel),
		for_errors(resize_that_cannot_begin_leaves_nothing_to_cancel),
		for_errors(resize_that_fails_on_the_way_is_cancelled),
		for_errors(resize_that_cannot_be_committed_is_cancelled),
		mocked_test_of(resize_that_cannot_be_committed_is_cancelled,
			       -ENOSPC),
		mocked_test_of(resize_that_cannot_be_committed_is_cancelled,
			       -ENXIO),
		mocked_test_of(resize_that_cannot_be_committed_is_cancelled,
			       -EBUSY),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
