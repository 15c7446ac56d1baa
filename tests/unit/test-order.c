/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "unit.h"

#define UNTOUCHED UINT32_C(0xdeadbeef)

static void order_null_is_einval_without_a_system_call(void **state)
{
	(void)state;
	assert_result(htab_order(VMFD, NULL), -EINVAL);
}

/* The promised cost: open, at most five writes, close. */
static void every_order_is_found_in_at_most_7_calls(void **state)
{
	(void)state;
	for (uint32_t table = 18; table <= 36; table++) {
		const int before = mock_writes();
		uint32_t order = UNTOUCHED;

		will_measure(table);
		assert_result(htab_order(VMFD, &order), 0);
		assert_int_equal(order, table);
		assert_true(mock_writes() - before <= 5);
	}
}

static void larger_than_can_be_told_is_eoverflow(void **state)
{
	(void)state;
	for (uint32_t table = 37; table <= 46; table++) {
		const int before = mock_writes();
		uint32_t order = UNTOUCHED;

		will_measure(table);
		assert_result(htab_order(VMFD, &order), -EOVERFLOW);
		assert_int_equal(order, UNTOUCHED);
		assert_true(mock_writes() - before <= 5);
	}
}

static void no_table_is_enoent(void **state)
{
	uint32_t order = UNTOUCHED;

	(void)state;
	will_measure(0);
	assert_result(htab_order(VMFD, &order), -ENOENT);
	assert_int_equal(order, UNTOUCHED);
	assert_true(mock_writes() <= 5);
}

static void failing_open_is_passed_on(void **state)
{
	const int error = errno_row(state);
	uint32_t order = UNTOUCHED;

	will_not_open_htab(error);
	assert_result(htab_order(VMFD, &order),
		      error == -ENOSYS ? -ENOTTY : error);
	assert_int_equal(order, UNTOUCHED);
}

/* Whichever write fails, it is the last, and the descriptor is closed. An
 * order of 40 takes the way to the write that is torn. */
static void failing_write_is_passed_on(void **state)
{
	const int error = errno_row(state);

	for (uint32_t table = 18; table <= 40; table += 22) {
		for (int n = 1; n <= 4; n++) {
			uint32_t order = UNTOUCHED;

			will_measure_failing(table, n, error);
			assert_result(htab_order(VMFD, &order), error);
			assert_int_equal(order, UNTOUCHED);
		}
	}
}

static void failing_torn_write_is_passed_on(void **state)
{
	const int error = errno_row(state);
	uint32_t order = UNTOUCHED;

	will_measure_failing(40, 5, error);
	assert_result(htab_order(VMFD, &order), error);
	assert_int_equal(order, UNTOUCHED);
}

/* No kernel answers such counts; to go on would be a guess. */
static void short_or_long_write_is_eproto(void **state)
{
	const ssize_t counts[] = { 0, 1, 7, 9, 16, 24 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t order = UNTOUCHED;

		will_measure_failing(24, 1, counts[i]);
		assert_result(htab_order(VMFD, &order), -EPROTO);
		assert_int_equal(order, UNTOUCHED);
	}
}

static void torn_write_that_succeeds_is_eproto(void **state)
{
	const ssize_t counts[] = { 0, 8, 24, 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t order = UNTOUCHED;

		will_measure_failing(40, 5, counts[i]);
		assert_result(htab_order(VMFD, &order), -EPROTO);
		assert_int_equal(order, UNTOUCHED);
	}
}

/* close() gives the descriptor up even if it fails; it is not repeated. */
static void failing_close_does_not_matter(void **state)
{
	uint32_t order = UNTOUCHED;

	(void)state;
	will_measure_then_close(24, -EIO);
	assert_result(htab_order(VMFD, &order), 0);
	assert_int_equal(order, 24);
}

static void order_for_ram_is_a_128th_rounded_up(void **state)
{
	static const struct {
		uint64_t bytes;
		uint32_t order;
	} rows[] = {
		{ 0, 18 },
		{ 1, 18 },
		{ UINT64_C(32) << 20, 18 },
		{ (UINT64_C(32) << 20) + 1, 19 },
		{ UINT64_C(64) << 20, 19 },
		{ UINT64_C(1) << 30, 23 },
		{ (UINT64_C(2) << 30) - 1, 24 },
		{ UINT64_C(2) << 30, 24 },
		{ (UINT64_C(2) << 30) + 1, 25 },
		{ UINT64_C(3) << 30, 25 },
		{ UINT64_C(1) << 40, 33 },
		{ UINT64_C(1) << 53, 46 },
		{ (UINT64_C(1) << 53) + 1, 46 },
		{ UINT64_MAX, 46 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(htab_order_for_ram(rows[i].bytes),
				 rows[i].order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(order_null_is_einval_without_a_system_call),
		mocked_test(every_order_is_found_in_at_most_7_calls),
		mocked_test(larger_than_can_be_told_is_eoverflow),
		mocked_test(no_table_is_enoent),
		mocked_test_of(failing_open_is_passed_on, -EBADF),
		mocked_test_of(failing_open_is_passed_on, -EINVAL),
		mocked_test_of(failing_open_is_passed_on, -ENOTTY),
		mocked_test_of(failing_open_is_passed_on, -ENOSYS),
		mocked_test_of(failing_open_is_passed_on, -EIO),
		mocked_test_of(failing_open_is_passed_on, -EMFILE),
		mocked_test_of(failing_open_is_passed_on, -ENFILE),
		mocked_test_of(failing_open_is_passed_on, -ENOMEM),
		mocked_test_of(failing_write_is_passed_on, -EBUSY),
		mocked_test_of(failing_write_is_passed_on, -EIO),
		mocked_test_of(failing_torn_write_is_passed_on, -EBUSY),
		mocked_test_of(failing_torn_write_is_passed_on, -ENOMEM),
		mocked_test(short_or_long_write_is_eproto),
		mocked_test(torn_write_that_succeeds_is_eproto),
		mocked_test(failing_close_does_not_matter),
		mocked_test(order_for_ram_is_a_128th_rounded_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
