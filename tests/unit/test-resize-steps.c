/* SPDX-License-Identifier: MIT */
/* htab_resize_prepare(), htab_resize_commit() and htab_resize_cancel() */
#include "mock-shim.h"
#include "unit.h"

#define UNTOUCHED 0xdeadbeef

static unsigned int wait_ms;

static void will_find_resizing_host(void)
{
	will_find_hash_host();
	will_check(VMFD, CAP_RESIZE, 1);
}

/* --- what the three have in common --- */

static int step(int which, uint32_t order)
{
	switch (which) {
	case 0:
		return htab_resize_prepare(VMFD, order, &wait_ms);
	case 1:
		return htab_resize_commit(VMFD, order);
	default:
		return htab_resize_cancel(VMFD, order);
	}
}

static void order_out_of_range_is_erange_without_a_call(void **state)
{
	const uint32_t bad[] = { 0, 17, 47, UINT32_MAX };

	for (int which = 0; which < 3; which++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			assert_result(step(which, bad[i]), -ERANGE);
}

static void host_without_hash_guests_is_eopnotsupp(void **state)
{
	for (int which = 0; which < 3; which++) {
		will_check(VMFD, CAP_RADIX, 1);
		will_check(VMFD, CAP_HASH, 0);
		assert_result(step(which, 20), -EOPNOTSUPP);
	}
}

/* Linux before 4.11, and Linux 4.11 to 4.15 on POWER9, which would prepare a
 * table and then refuse it */
static void host_that_cannot_resize_is_eopnotsupp(void **state)
{
	for (int which = 0; which < 3; which++) {
		will_find_hash_host();
		will_check(VMFD, CAP_RESIZE, 0);
		will_check(VMFD, UAPI_KVM_CAP_PPC_HTAB_FD, 1);
		assert_result(step(which, 20), -EOPNOTSUPP);
	}
}

static void pr_is_enotty(void **state)
{
	for (int which = 0; which < 3; which++) {
		will_find_hash_host();
		will_check(VMFD, CAP_RESIZE, 0);
		will_check(VMFD, UAPI_KVM_CAP_PPC_HTAB_FD, 0);
		assert_result(step(which, 20), -ENOTTY);
	}
}

static void failing_question_is_passed_on(void **state)
{
	const int error = errno_row(state);

	for (int which = 0; which < 3; which++) {
		will_find_hash_host();
		will_check(VMFD, CAP_RESIZE, error);
		assert_result(step(which, 20), error);
		will_find_hash_host();
		will_check(VMFD, CAP_RESIZE, 0);
		will_check(VMFD, UAPI_KVM_CAP_PPC_HTAB_FD, error);
		assert_result(step(which, 20), error);
	}
	will_check(VMFD, CAP_RADIX, -EIO);
	assert_result(step(0, 20), -EIO);
}

/* --- prepare --- */

static void prepare_says_when_to_ask_again(void **state)
{
	wait_ms = UNTOUCHED;
	will_find_resizing_host();
	will_prepare(20, 100);
	assert_result(htab_resize_prepare(VMFD, 20, &wait_ms), -EINPROGRESS);
	assert_int_equal(wait_ms, 100);

	wait_ms = UNTOUCHED;
	will_find_resizing_host();
	will_prepare(46, 0);
	assert_result(htab_resize_prepare(VMFD, 46, &wait_ms), 0);
	assert_int_equal(wait_ms, UNTOUCHED);
}

static void prepare_passes_on_what_the_kernel_says(void **state)
{
	wait_ms = UNTOUCHED;
	will_find_resizing_host();
	will_prepare(20, errno_row(state));
	assert_result(htab_resize_prepare(VMFD, 20, &wait_ms),
		      errno_row(state));
	assert_int_equal(wait_ms, UNTOUCHED);
}

/* It would look as if the kernel went on. */
static void prepare_that_gets_einprogress_is_eproto(void **state)
{
	will_find_resizing_host();
	will_prepare(20, -EINPROGRESS);
	assert_result(htab_resize_prepare(VMFD, 20, &wait_ms), -EPROTO);
	assert_result(htab_resize_prepare(VMFD, 20, NULL), -EINVAL);
}

/* --- commit --- */

static void commit_looks_for_a_table_first(void **state)
{
	will_find_resizing_host();
	will_measure(18);
	will_commit(20, 0);
	assert_result(htab_resize_commit(VMFD, 20), 0);

	/* Without one, the kernel would warn. */
	will_find_resizing_host();
	will_measure(0);
	assert_result(htab_resize_commit(VMFD, 20), -ENOENT);

	will_find_resizing_host();
	will_measure_busy(18);
	will_commit(20, 0);
	assert_result(htab_resize_commit(VMFD, 20), 0);

	will_find_resizing_host();
	will_not_open_htab(-EMFILE);
	assert_result(htab_resize_commit(VMFD, 20), -EMFILE);
}

static void commit_passes_on_what_the_kernel_says(void **state)
{
	will_find_resizing_host();
	will_measure(18);
	will_commit(20, errno_row(state));
	assert_result(htab_resize_commit(VMFD, 20), errno_row(state));
}

static void commit_with_a_positive_result_is_eproto(void **state)
{
	will_find_resizing_host();
	will_measure(18);
	will_commit(20, 1);
	assert_result(htab_resize_commit(VMFD, 20), -EPROTO);
}

/* --- cancel --- */

/* Until the worker is done it must not be cancelled. */
static void cancel_waits_for_the_worker(void **state)
{
	will_find_resizing_host();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, 7);
	will_sleep(7);
	will_prepare(20, 100000);
	will_sleep(100);
	will_prepare(20, 0);
	will_prepare(0, 0);
	assert_result(htab_resize_cancel(VMFD, 20), 0);
}

/* The kernel has dropped what it had no memory for. */
static void cancel_of_what_failed_is_done(void **state)
{
	will_find_resizing_host();
	will_prepare(20, 100);
	will_sleep(100);
	will_prepare(20, -ENOMEM);
	will_prepare(0, 0);
	assert_result(htab_resize_cancel(VMFD, 20), 0);
}

static void cancel_passes_on_what_the_kernel_says(void **state)
{
	will_find_resizing_host();
	will_prepare(20, errno_row(state));
	assert_result(htab_resize_cancel(VMFD, 20), errno_row(state));

	will_find_resizing_host();
	will_prepare(20, 0);
	will_prepare(0, errno_row(state));
	assert_result(htab_resize_cancel(VMFD, 20), errno_row(state));
}

static void cancel_that_has_to_wait_is_eproto(void **state)
{
	will_find_resizing_host();
	will_prepare(20, 0);
	will_prepare(0, 100);
	assert_result(htab_resize_cancel(VMFD, 20), -EPROTO);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EINVAL),           \
		mocked_test_of(test, -EIO), mocked_test_of(test, -EPERM)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(order_out_of_range_is_erange_without_a_call),
		mocked_test(host_without_hash_guests_is_eopnotsupp),
		mocked_test(host_that_cannot_resize_is_eopnotsupp),
		mocked_test(pr_is_enotty),
		for_errors(failing_question_is_passed_on),
		mocked_test_of(failing_question_is_passed_on, -ENOTTY),
		mocked_test(prepare_says_when_to_ask_again),
		for_errors(prepare_passes_on_what_the_kernel_says),
		mocked_test_of(prepare_passes_on_what_the_kernel_says, -ENOMEM),
		mocked_test_of(prepare_passes_on_what_the_kernel_says, -ENOTTY),
		mocked_test(prepare_that_gets_einprogress_is_eproto),
		mocked_test(commit_looks_for_a_table_first),
		for_errors(commit_passes_on_what_the_kernel_says),
		mocked_test_of(commit_passes_on_what_the_kernel_says, -ENXIO),
		mocked_test_of(commit_passes_on_what_the_kernel_says, -EBUSY),
		mocked_test_of(commit_passes_on_what_the_kernel_says, -ENOSPC),
		mocked_test_of(commit_passes_on_what_the_kernel_says, -ENOMEM),
		mocked_test(commit_with_a_positive_result_is_eproto),
		mocked_test(cancel_waits_for_the_worker),
		mocked_test(cancel_of_what_failed_is_done),
		for_errors(cancel_passes_on_what_the_kernel_says),
		mocked_test(cancel_that_has_to_wait_is_eproto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
