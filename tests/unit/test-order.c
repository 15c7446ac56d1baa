/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "unit.h"

#include <limits.h>

#define UNTOUCHED UINT32_C(0xdeadbeef)

static void order_null_is_einval_without_a_system_call(void **state)
{
	assert_result(htab_order(VMFD, NULL), -EINVAL);
}

/* libhtab.h promises this cost: open, close-on-exec, at most five writes,
 * close. / */
static void every_order_is_found_in_at_most_8_calls(void **state)
{
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

/* The library does not write to a descriptor that another program could
 * inherit. / */
static void failing_cloexec_is_passed_on(void **state)
{
	uint32_t order = UNTOUCHED;

	will_not_set_cloexec(errno_row(state));
	assert_result(htab_order(VMFD, &order), errno_row(state));
	assert_int_equal(order, UNTOUCHED);
}

/* After a failed write the library closes the descriptor and makes no other
 * write. Order 40 leads to the write that is torn. */
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

/* No kernel returns such a count, so the library cannot know what it means. */
static void short_or_long_write_is_eproto(void **state)
{
	const ssize_t counts[] = { 0, 1, 7, 9, 16, 24 };

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

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t order = UNTOUCHED;

		will_measure_failing(40, 5, counts[i]);
		assert_result(htab_order(VMFD, &order), -EPROTO);
		assert_int_equal(order, UNTOUCHED);
	}
}

/* close() releases the descriptor also if it fails, so the library does not
 * repeat it. */
static void failing_close_does_not_matter(void **state)
{
	uint32_t order = UNTOUCHED;

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

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(htab_order_for_ram(rows[i].bytes),
				 rows[i].order);
}

/* All limits are powers of two. */
static void vrma_limit_is_a_page_for_each_group(void **state)
{
	static const struct {
		uint32_t order;
		unsigned int page_shift, limit_shift;
	} rows[] = {
		{ 18, 12, 23 },
		{ 23, 12, 28 },
		{ 24, 12, 29 },
		{ 18, 16, 27 },
		{ 20, 16, 29 },
		{ 18, 24, 35 },
		/* The page size is rounded down to 4K, 64K or 16M. */
		{ 18, 13, 23 },
		{ 18, 15, 23 },
		{ 18, 17, 27 },
		{ 18, 21, 27 },
		{ 18, 23, 27 },
		{ 18, 30, 35 },
		{ 18, 34, 35 },
		{ 18, 63, 35 },
		/* The limit is at most 1 TiB. */
		{ 34, 12, 39 },
		{ 35, 12, 40 },
		{ 36, 12, 40 },
		{ 46, 12, 40 },
		{ 31, 16, 40 },
		{ 32, 16, 40 },
		{ 23, 24, 40 },
		{ 46, 63, 40 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(
			htab_vrma_limit(rows[i].order, rows[i].page_shift) ==
			UINT64_C(1) << rows[i].limit_shift);
}

static void vrma_limit_of_bad_arguments_is_0(void **state)
{
	static const unsigned int bad[] = { 0, 11, 64, 4096, 65536, UINT_MAX };

	assert_true(htab_vrma_limit(0, 12) == 0);
	assert_true(htab_vrma_limit(17, 12) == 0);
	assert_true(htab_vrma_limit(47, 12) == 0);
	assert_true(htab_vrma_limit(UINT32_MAX, 12) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(htab_vrma_limit(24, bad[i]) == 0);
		assert_int_equal(htab_order_for_vrma(0, bad[i]), 0);
		assert_int_equal(htab_order_for_vrma(1 << 20, bad[i]), 0);
	}
}

static void order_for_vrma_is_the_smallest_that_covers(void **state)
{
	static const unsigned int shifts[] = { 12, 13, 16, 21, 24, 34, 63 };

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		for (uint32_t order = 18; order <= 46; order++) {
			uint64_t limit = htab_vrma_limit(order, shifts[i]);
			uint32_t found = htab_order_for_vrma(limit, shifts[i]);

			assert_in_range(found, 18, order);
			assert_true(htab_vrma_limit(found, shifts[i]) == limit);
			assert_true(found == 18 ||
				    htab_vrma_limit(found - 1, shifts[i]) <
					    limit);
			if (limit < UINT64_C(1) << 40)
				assert_int_equal(htab_order_for_vrma(limit + 1,
								     shifts[i]),
						 order + 1);
		}
		assert_int_equal(htab_order_for_vrma(0, shifts[i]), 18);
	}
	/* In the lab a guest of 512 MiB boots with these and hangs with
	 * smaller ones. */
	assert_int_equal(htab_order_for_vrma(512 << 20, 12), 24);
	assert_int_equal(htab_order_for_vrma(512 << 20, 16), 20);
}

/* The result 0 is not an order that htab_alloc_at_least() accepts. */
static void more_than_a_terabyte_has_no_order(void **state)
{
	const uint64_t most = UINT64_C(1) << 40;
	uint32_t order = 46;

	assert_int_equal(htab_order_for_vrma(most, 12), 35);
	assert_int_equal(htab_order_for_vrma(most + 1, 12), 0);
	assert_int_equal(htab_order_for_vrma(UINT64_MAX, 24), 0);
	assert_result(htab_alloc_at_least(VMFD, &order,
					  htab_order_for_vrma(most + 1, 12)),
		      -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(order_null_is_einval_without_a_system_call),
		mocked_test(every_order_is_found_in_at_most_8_calls),
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
		mocked_test_of(failing_cloexec_is_passed_on, -EBADF),
		mocked_test_of(failing_write_is_passed_on, -EBUSY),
		mocked_test_of(failing_write_is_passed_on, -EIO),
		mocked_test_of(failing_torn_write_is_passed_on, -EBUSY),
		mocked_test_of(failing_torn_write_is_passed_on, -ENOMEM),
		mocked_test(short_or_long_write_is_eproto),
		mocked_test(torn_write_that_succeeds_is_eproto),
		mocked_test(failing_close_does_not_matter),
		mocked_test(order_for_ram_is_a_128th_rounded_up),
		mocked_test(vrma_limit_is_a_page_for_each_group),
		mocked_test(vrma_limit_of_bad_arguments_is_0),
		mocked_test(order_for_vrma_is_the_smallest_that_covers),
		mocked_test(more_than_a_terabyte_has_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
