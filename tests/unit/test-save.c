/* SPDX-License-Identifier: MIT */
/* htab_save(), and the bytes of an image */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

static void will_begin(uint32_t table)
{
	will_measure(table);
	will_open_to_read(0, 0, READFD);
}

static void assert_sums(const unsigned char *sums, const unsigned char *head,
			size_t head_len, const unsigned char *more, size_t len)
{
	unsigned char expected[16];

	put_sums(expected, head, head_len, more, len);
	assert_memory_equal(sums, expected, 16);
}

static void assert_header(const unsigned char *at, uint32_t order)
{
	assert_memory_equal(at, "libhtab\n\0\0\0\1\0\0\0", 15);
	assert_int_equal(at[15], order);
	assert_sums(at + 16, at, 16, NULL, 0);
}

/* Returns the length of the block. */
static size_t assert_block(const unsigned char *at, uint32_t number,
			   const unsigned char *records, size_t len)
{
	unsigned char head[8];

	put_be(head, 4, number);
	put_be(head + 4, 4, len);
	assert_memory_equal(at, head, 8);
	assert_sums(at + 8, at, 8, at + 24, len);
	if (len)
		assert_memory_equal(at + 24, records, len);
	return 24 + len;
}

static void image_is_a_header_and_blocks(void **state)
{
	struct mock_file *file = mock_file();
	const unsigned char *at = file->bytes;
	unsigned char first[BUFFER], later[BUFFER], wire[BUFFER];
	size_t len = put_record(first, 0, 3, 5);
	const size_t later_len = put_record(later, 6, 1, 0);

	len += put_record(first + len, 8, 0, 16376);
	will_begin(18);
	will_read(READFD, 32768, first, (ssize_t)len);
	will_read(READFD, 32768, NULL, 0);
	/* Only two zeros in a row are the end. */
	will_read(READFD, 32768, later, (ssize_t)later_len);
	will_read(READFD, 32768, NULL, 0);
	will_read(READFD, 32768, NULL, 0);
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), 0);

	assert_header(at, 18);
	at += 32;
	memcpy(wire, first, len);
	assert_result(htab_records_to_wire(wire, len), 0);
	at += assert_block(at, 0, wire, len);
	memcpy(wire, later, later_len);
	assert_result(htab_records_to_wire(wire, later_len), 0);
	at += assert_block(at, 1, wire, later_len);
	at += assert_block(at, 2, NULL, 0);
	assert_int_equal(at - file->bytes, file->len);
}

static void short_writes_and_signals_change_nothing(void **state)
{
	struct mock_file *file = mock_file();
	unsigned char records[BUFFER], whole[256];
	const size_t len = put_record(records, 0, 3, 16381);

	for (int n = 0; n < 60; n++) {
		*file = (struct mock_file){ 0 };
		if (n) {
			file->chunk = 5;
			file->failing_call = n;
			file->failure = -EINTR;
		}
		will_begin(18);
		will_read(READFD, 0, records, (ssize_t)len);
		will_read(READFD, 0, NULL, 0);
		will_read(READFD, 0, NULL, 0);
		will_close(READFD, 0);
		assert_result(htab_save(VMFD, FILEFD), 0);
		assert_int_equal(file->len, 32 + 24 + len + 24);
		if (n)
			assert_memory_equal(file->bytes, whole, file->len);
		else
			memcpy(whole, file->bytes, file->len);
	}
}

static void save_passes_on_what_the_file_says(void **state)
{
	unsigned char records[BUFFER];
	const size_t len = put_record(records, 0, 3, 16381);

	for (int n = 1; n <= 3; n++) {
		*mock_file() = (struct mock_file){
			.failing_call = n,
			.failure = errno_row(state),
		};
		will_begin(18);
		if (n > 1)
			will_read(READFD, 0, records, (ssize_t)len);
		if (n > 2) {
			will_read(READFD, 0, NULL, 0);
			will_read(READFD, 0, NULL, 0);
		}
		will_close(READFD, 0);
		assert_result(htab_save(VMFD, FILEFD), errno_row(state));
	}
}

/* An htab fd may return 0 or too much: not a place for an image. */
static void save_to_a_strange_file_is_eproto(void **state)
{
	const ssize_t strange[] = { 0, 33, 1000 };

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		*mock_file() = (struct mock_file){
			.failing_call = 1,
			.failure = strange[i],
		};
		will_begin(18);
		will_close(READFD, 0);
		assert_result(htab_save(VMFD, FILEFD), -EPROTO);
	}
}

static void save_stops_where_the_size_cannot_be_asked(void **state)
{
	will_not_open_htab(errno_row(state));
	assert_result(htab_save(VMFD, FILEFD), errno_row(state));
	will_measure(18);
	will_open_to_read(0, 0, errno_row(state));
	assert_result(htab_save(VMFD, FILEFD), errno_row(state));
	assert_int_equal(mock_file()->calls, 0);
}

static void save_needs_a_table_that_rests(void **state)
{
	will_measure(0);
	assert_result(htab_save(VMFD, FILEFD), -ENOENT);
	will_measure(37);
	assert_result(htab_save(VMFD, FILEFD), -EOVERFLOW);
	will_measure_failing(18, 1, -EBUSY);
	assert_result(htab_save(VMFD, FILEFD), -EBUSY);
	assert_int_equal(mock_file()->calls, 0);
}

static void save_passes_on_what_reading_says(void **state)
{
	will_begin(18);
	will_read(READFD, 0, NULL, errno_row(state));
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), errno_row(state));
}

static void save_of_records_beyond_the_end_is_eproto(void **state)
{
	unsigned char records[BUFFER];
	const size_t len = put_record(records, 16383, 1, 1);

	will_begin(18);
	will_read(READFD, 0, records, (ssize_t)len);
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), -EPROTO);
}

/* A vcpu that starts would keep the function going. */
static void save_of_a_table_without_rest_is_ebusy(void **state)
{
	unsigned char all[BUFFER], one[BUFFER];
	const size_t len = put_record(all, 0, 0, 16384);
	const size_t one_len = put_record(one, 5, 1, 0);

	will_begin(18);
	for (int pass = 0; pass < 4; pass++)
		will_read(READFD, 0, all, (ssize_t)len);
	will_read(READFD, 0, one, (ssize_t)one_len);
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), -EBUSY);

	will_begin(18);
	for (int pass = 0; pass < 4; pass++)
		will_read(READFD, 0, all, (ssize_t)len);
	will_read(READFD, 0, NULL, 0);
	will_read(READFD, 0, NULL, 0);
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), 0);
}

#define for_errors(test)                                                       \
	mocked_test_of(test, -EBADF), mocked_test_of(test, -EIO),              \
		mocked_test_of(test, -EINVAL), mocked_test_of(test, -ENOSPC),  \
		mocked_test_of(test, -EPIPE), mocked_test_of(test, -EAGAIN)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(image_is_a_header_and_blocks),
		mocked_test(short_writes_and_signals_change_nothing),
		for_errors(save_passes_on_what_the_file_says),
		mocked_test(save_to_a_strange_file_is_eproto),
		for_errors(save_stops_where_the_size_cannot_be_asked),
		mocked_test(save_needs_a_table_that_rests),
		for_errors(save_passes_on_what_reading_says),
		mocked_test(save_of_records_beyond_the_end_is_eproto),
		mocked_test(save_of_a_table_without_rest_is_ebusy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
