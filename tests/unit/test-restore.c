/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "records.h"
#include "unit.h"

/* A valid image of order 18 with two blocks, of which the first has two
 * records, and the records that it makes in host form */
static struct mock_file image;
static unsigned char records[3][BUFFER];
static size_t lens[3];

/* Where the image has its parts */
enum { BLOCK0 = 32, BLOCK1 = BLOCK0 + 24 + 56 + 8, END = BLOCK1 + 24 + 24 };

static int setup(void **state)
{
	unsigned char first[BUFFER];

	lens[0] = put_record(records[0], 0, 3, 5);
	lens[1] = put_record(records[1], 8, 0, 16376);
	lens[2] = put_record(records[2], 6, 1, 0);
	memcpy(first, records[0], lens[0]);
	memcpy(first + lens[0], records[1], lens[1]);

	mock_setup(state);
	will_measure(18);
	will_open_to_read(0, 0, READFD);
	will_read(READFD, 0, first, (ssize_t)(lens[0] + lens[1]));
	will_read(READFD, 0, records[2], (ssize_t)lens[2]);
	will_read(READFD, 0, NULL, 0);
	will_read(READFD, 0, NULL, 0);
	will_close(READFD, 0);
	assert_result(htab_save(VMFD, FILEFD), 0);
	image = *mock_file();
	assert_int_equal(image.len, END + 24);
	return mock_setup(state);
}

/* Puts the image into the file. */
static struct mock_file *put_image(void)
{
	struct mock_file *file = mock_file();

	*file = image;
	file->calls = 0;
	return file;
}

static void will_begin(void)
{
	will_find_hash_host();
	will_allocate(18, 0);
	will_open_htab(18, 0, 0);
}

static void will_write_records(int n)
{
	for (int i = 0; i < n; i++)
		will_write(records[i], lens[i], (ssize_t)lens[i]);
}

/* After a failure the table is cleared. */
static void will_end_empty(void)
{
	will_close(HTABFD, 0);
	will_allocate(18, 0);
}

static void restore_writes_what_was_saved(void **state)
{
	struct mock_file *file = put_image();

	/* What follows the image is not touched. */
	file->len += 8;
	will_begin();
	will_write_records(3);
	will_close(HTABFD, 0);
	assert_result(htab_restore(VMFD, FILEFD), 0);
	assert_int_equal(file->pos, image.len);
}

static void short_reads_and_signals_change_nothing(void **state)
{
	for (int n = 1; n < 40; n++) {
		struct mock_file *file = put_image();

		file->chunk = 7;
		file->failing_call = n;
		file->failure = -EINTR;
		will_begin();
		will_write_records(3);
		will_close(HTABFD, 0);
		assert_result(htab_restore(VMFD, FILEFD), 0);
	}
}

/* How many records the kernel gets if the image is wrong from there on */
static int whole_records(size_t offset)
{
	if (offset < BLOCK1)
		return 0;
	return offset < END ? 2 : 3;
}

static void image_cut_anywhere_leaves_an_empty_table(void **state)
{
	for (size_t len = 0; len < image.len; len++) {
		put_image()->len = len;
		if (len >= BLOCK0) {
			will_begin();
			will_write_records(whole_records(len));
			will_end_empty();
		}
		assert_result(htab_restore(VMFD, FILEFD), -EBADMSG);
	}
}

static void image_with_a_bit_changed_leaves_an_empty_table(void **state)
{
	for (size_t bit = 0; bit < image.len * 8; bit++) {
		const size_t offset = bit / 8;

		put_image()->bytes[offset] ^= (unsigned char)(1 << bit % 8);
		if (offset >= BLOCK0) {
			will_begin();
			will_write_records(whole_records(offset));
			will_end_empty();
		}
		assert_result(htab_restore(VMFD, FILEFD),
			      offset >= 8 && offset < 12 ? -EPROTONOSUPPORT
							 : -EBADMSG);
	}
}

static void order_out_of_range_is_ebadmsg_without_a_call(void **state)
{
	const uint32_t bad[] = { 0, 17, 47, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned char *bytes = put_image()->bytes;

		put_be(bytes + 12, 4, bad[i]);
		put_sums(bytes + 16, bytes, 16, NULL, 0);
		assert_result(htab_restore(VMFD, FILEFD), -EBADMSG);
	}
}

/* Somebody who changes an image can correct its sums. In the second block, the
 * record is cut, has an entry that is not valid, or
 * lies beyond the end. None of it may reach the kernel. */
static void hostile_records_leave_an_empty_table(void **state)
{
	for (int i = 0; i < 4; i++) {
		unsigned char *block = put_image()->bytes + BLOCK1;
		unsigned char *record = block + 24;

		if (i == 0)
			put_be(record + 4, 2, 2);
		else if (i == 1)
			record[8 + 7] &= 0xfe;
		else if (i == 2)
			put_be(record, 4, 16384);
		else
			put_be(record, 4, UINT32_MAX);
		put_sums(block + 8, block, 8, record, 24);
		will_begin();
		will_write_records(2);
		will_end_empty();
		assert_result(htab_restore(VMFD, FILEFD), -EBADMSG);
	}
}

/* A length that no block has, with which the reader would need more memory */
static void hostile_lengths_leave_an_empty_table(void **state)
{
	const uint32_t bad[] = { 4, 20, 32769, 32776, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_be(put_image()->bytes + BLOCK0 + 4, 4, bad[i]);
		will_begin();
		will_end_empty();
		assert_result(htab_restore(VMFD, FILEFD), -EBADMSG);
		assert_int_equal(mock_file()->pos, BLOCK0 + 24);
	}
}

static void restore_passes_on_what_the_file_says(void **state)
{
	put_image()->failing_call = 1;
	mock_file()->failure = errno_row(state);
	assert_result(htab_restore(VMFD, FILEFD), errno_row(state));

	for (int call = 2; call <= 3; call++) {
		put_image()->failing_call = call;
		mock_file()->failure = errno_row(state);
		will_begin();
		will_end_empty();
		assert_result(htab_restore(VMFD, FILEFD), errno_row(state));
	}
	put_image()->failing_call = 4;
	mock_file()->failure = 25;
	will_begin();
	will_write_records(2);
	will_end_empty();
	assert_result(htab_restore(VMFD, FILEFD), -EPROTO);
}

static void entry_that_the_kernel_refuses_leaves_an_empty_table(void **state)
{
	put_image();
	will_begin();
	will_write_records(1);
	will_write(records[1], lens[1], errno_row(state));
	will_end_empty();
	assert_result(htab_restore(VMFD, FILEFD), errno_row(state));
}

static void restore_without_the_memory_is_enomem(void **state)
{
	put_image();
	will_find_hash_host();
	will_allocate(18, -ENOMEM);
	will_find_4_11();
	assert_result(htab_restore(VMFD, FILEFD), -ENOMEM);
}

/* Up to Linux 4.10 the VM keeps the table that it has. */
static void restore_to_a_table_of_another_size_is_enospc(void **state)
{
	put_image();
	will_find_hash_host();
	will_answer(18, 24);
	assert_result(htab_restore(VMFD, FILEFD), -ENOSPC);
}

static void restore_without_a_descriptor_leaves_an_empty_table(void **state)
{
	put_image();
	will_find_hash_host();
	will_allocate(18, 0);
	will_not_open_htab(-EMFILE);
	assert_result(htab_restore(VMFD, FILEFD), -EMFILE);
}

/* Then the table cannot be cleared either. */
static void restore_under_a_vcpu_that_starts_is_ebusy(void **state)
{
	put_image();
	will_begin();
	will_write_records(1);
	will_write(records[1], lens[1], -EBUSY);
	will_close(HTABFD, 0);
	will_allocate(18, -EBUSY);
	assert_result(htab_restore(VMFD, FILEFD), -EBUSY);

	put_image()->len = END;
	will_begin();
	will_write_records(3);
	will_close(HTABFD, 0);
	will_allocate(18, -EBUSY);
	assert_result(htab_restore(VMFD, FILEFD), -EBUSY);
}

#define image_test(test)                                                       \
	cmocka_unit_test_setup_teardown(test, setup, mock_teardown)
#define image_test_of(test, row)                                               \
	{                                                                      \
		.name = #test " " #row, .test_func = (test),                   \
		.setup_func = setup, .teardown_func = mock_teardown,           \
		.initial_state = (void *)(uintptr_t)(row),                     \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		image_test(restore_writes_what_was_saved),
		image_test(short_reads_and_signals_change_nothing),
		image_test(image_cut_anywhere_leaves_an_empty_table),
		image_test(image_with_a_bit_changed_leaves_an_empty_table),
		image_test(order_out_of_range_is_ebadmsg_without_a_call),
		image_test(hostile_records_leave_an_empty_table),
		image_test(hostile_lengths_leave_an_empty_table),
		image_test_of(restore_passes_on_what_the_file_says, -EIO),
		image_test_of(restore_passes_on_what_the_file_says, -EAGAIN),
		image_test_of(
			entry_that_the_kernel_refuses_leaves_an_empty_table,
			-EINVAL),
		image_test_of(
			entry_that_the_kernel_refuses_leaves_an_empty_table,
			-EIO),
		image_test(restore_without_the_memory_is_enomem),
		image_test(restore_to_a_table_of_another_size_is_enospc),
		image_test(restore_without_a_descriptor_leaves_an_empty_table),
		image_test(restore_under_a_vcpu_that_starts_is_ebusy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
