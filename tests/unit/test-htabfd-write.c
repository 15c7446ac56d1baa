/* SPDX-License-Identifier: MIT */
/* htab_write() and htab_write_record() */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

#include <stdlib.h>

/* Three records; the second one has no entries. */
static unsigned char stream[BUFFER];
static size_t ends[3];

static int setup(void **state)
{
	ends[0] = put_record(stream, 3, 2, 1);
	ends[1] = ends[0] + put_record(stream + ends[0], 9, 0, 9);
	ends[2] = ends[1] + put_record(stream + ends[1], 18, 1, 0);
	return mock_setup(state);
}

static void write_gives_the_kernel_one_record_at_a_time(void **state)
{
	size_t done = 99;

	will_write(stream, ends[0], (ssize_t)ends[0]);
	will_write(stream + ends[0], 8, 8);
	will_write(stream + ends[1], 24, 24);
	assert_result(htab_write(HTABFD, stream, ends[2], &done), 0);
	assert_int_equal(done, ends[2]);

	will_write(stream, ends[0], (ssize_t)ends[0]);
	assert_result(htab_write(HTABFD, stream, ends[0], NULL), 0);
	assert_result(htab_write(HTABFD, stream, 0, &done), 0);
	assert_int_equal(done, 0);
}

static void write_says_how_far_it_came(void **state)
{
	const int error = errno_row(state);
	size_t done = 99;

	will_write(stream, ends[0], error);
	assert_result(htab_write(HTABFD, stream, ends[2], &done), error);
	assert_int_equal(done, 0);

	will_write(stream, ends[0], (ssize_t)ends[0]);
	will_write(stream + ends[0], 8, error);
	assert_result(htab_write(HTABFD, stream, ends[2], &done), error);
	assert_int_equal(done, ends[0]);

	will_write(stream, ends[0], error);
	assert_result(htab_write(HTABFD, stream, ends[2], NULL), error);
}

/* The kernel would read a record that is cut beyond the buffer, or return 0
 * again and again. */
static void write_of_damaged_records_is_ebadmsg_without_a_call(void **state)
{
	size_t done = 99;

	for (size_t len = 1; len < ends[2]; len++) {
		if (len == ends[0] || len == ends[1])
			continue;
		assert_result(htab_write(HTABFD, stream, len, &done), -EBADMSG);
		assert_int_equal(done, 0);
	}
	stream[ends[1] + 8 + 7] = 0x10;
	assert_result(htab_write(HTABFD, stream, ends[2], &done), -EBADMSG);
	assert_result(htab_write(HTABFD, NULL, ends[2], &done), -EINVAL);
}

static void write_that_returns_another_count_is_eproto(void **state)
{
	const ssize_t strange[] = { 0, 1, 39, 41, 48 };
	size_t done = 99;

	assert_int_equal(ends[0], 40);
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		will_write(stream, ends[0], strange[i]);
		assert_result(htab_write(HTABFD, stream, ends[2], &done),
			      -EPROTO);
		assert_int_equal(done, 0);
	}
}

static void write_leaves_the_tables_end_to_the_kernel(void **state)
{
	const size_t len = put_record(stream, UINT32_MAX, 2, 65535);

	will_write(stream, len, (ssize_t)len);
	assert_result(htab_write(HTABFD, stream, len, NULL), 0);
}

/* --- htab_write_record() --- */

/* Entries that lie alone, at an odd address */
static unsigned char lone[65535 * 16 + 1];

static struct htab_record lone_record(uint32_t index, uint16_t n_valid,
				      uint16_t n_invalid)
{
	for (uint32_t i = 0; i < n_valid; i++)
		put_entry(lone + 1 + (size_t)i * 16, index + i);
	return (struct htab_record){ index, n_valid, n_invalid, lone + 1 };
}

static void record_goes_in_as_pieces(void **state)
{
	const struct htab_record record = lone_record(1000, 600, 7);
	unsigned char pieces[3][BUFFER];

	put_record(pieces[0], 1000, 255, 0);
	put_record(pieces[1], 1255, 255, 0);
	put_record(pieces[2], 1510, 90, 7);
	will_write(pieces[0], 8 + 255 * 16, 8 + 255 * 16);
	will_write(pieces[1], 8 + 255 * 16, 8 + 255 * 16);
	will_write(pieces[2], 8 + 90 * 16, 8 + 90 * 16);
	assert_result(htab_write_record(HTABFD, &record), 0);
}

static void record_of_one_piece(void **state)
{
	const uint16_t n = (uint16_t)(uintptr_t)*state;
	const struct htab_record record = lone_record(5, n, 65535);
	const struct htab_record nothing = { .index = 8, .n_invalid = 3 };
	unsigned char piece[BUFFER];
	size_t len = put_record(piece, 5, n, 65535);

	will_write(piece, len, (ssize_t)len);
	assert_result(htab_write_record(HTABFD, &record), 0);
	len = put_record(piece, 8, 0, 3);
	will_write(piece, len, (ssize_t)len);
	assert_result(htab_write_record(HTABFD, &nothing), 0);
}

/* All but the last of 257 pieces, each other than the one before */
static void largest_record_goes_in(void **state)
{
	const struct htab_record record = lone_record(7, 65535, 1);
	unsigned char(*pieces)[BUFFER] = calloc(257, sizeof(*pieces));

	assert_non_null(pieces);
	for (uint32_t i = 0; i < 257; i++) {
		const size_t len = put_record(pieces[i], 7 + i * 255, 255,
					      i == 256 ? 1 : 0);

		will_write(pieces[i], len, (ssize_t)len);
	}
	assert_result(htab_write_record(HTABFD, &record), 0);
	free(pieces);
}

static void record_stops_at_the_piece_that_is_refused(void **state)
{
	const struct htab_record record = lone_record(0, 300, 0);
	unsigned char piece[BUFFER];

	put_record(piece, 0, 255, 0);
	will_write(piece, 8 + 255 * 16, errno_row(state));
	assert_result(htab_write_record(HTABFD, &record), errno_row(state));
}

static void record_with_a_bad_entry_is_ebadmsg_without_a_call(void **state)
{
	const struct htab_record record = lone_record(0, 300, 0);

	lone[1 + 299 * 16 + 7] = 0xfe;
	assert_result(htab_write_record(HTABFD, &record), -EBADMSG);
}

static void record_beyond_32_bits_is_einval_without_a_call(void **state)
{
	const struct htab_record record = lone_record(UINT32_MAX, 2, 0);
	const struct htab_record last = lone_record(UINT32_MAX, 1, 0);
	const struct htab_record none = { .n_valid = 1 };
	unsigned char piece[BUFFER];

	assert_result(htab_write_record(HTABFD, &record), -EINVAL);
	assert_result(htab_write_record(HTABFD, &none), -EINVAL);
	assert_result(htab_write_record(HTABFD, NULL), -EINVAL);
	put_record(piece, UINT32_MAX, 1, 0);
	will_write(piece, 24, 24);
	assert_result(htab_write_record(HTABFD, &last), 0);
}

#define written_test(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, mock_teardown)
#define written_test_of(test, row)                                             \
	{                                                                      \
		.name = #test " " #row, .test_func = (test),                   \
		.setup_func = setup, .teardown_func = mock_teardown,           \
		.initial_state = (void *)(uintptr_t)(row),                     \
	}
#define for_errors(test)                                                       \
	written_test_of(test, -EBADF), written_test_of(test, -EBUSY),          \
		written_test_of(test, -EINVAL), written_test_of(test, -EIO),   \
		written_test_of(test, -EFAULT)

int main(void)
{
	const struct CMUnitTest tests[] = {
		written_test(write_gives_the_kernel_one_record_at_a_time),
		for_errors(write_says_how_far_it_came),
		written_test(
			write_of_damaged_records_is_ebadmsg_without_a_call),
		written_test(write_that_returns_another_count_is_eproto),
		written_test(write_leaves_the_tables_end_to_the_kernel),
		written_test(record_goes_in_as_pieces),
		written_test_of(record_of_one_piece, 1),
		written_test_of(record_of_one_piece, 254),
		written_test_of(record_of_one_piece, 255),
		written_test(largest_record_goes_in),
		for_errors(record_stops_at_the_piece_that_is_refused),
		written_test(record_with_a_bad_entry_is_ebadmsg_without_a_call),
		written_test(record_beyond_32_bits_is_einval_without_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
