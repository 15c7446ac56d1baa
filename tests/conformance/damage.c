/* SPDX-License-Identifier: MIT */
/* Images and streams that are cut, or in which a bit has changed */
#include "conformance.h"

#include <unistd.h>

#include "../unit/records.h"

/* The header of an image, and where its version is */
enum { HEADER = 32, VERSION = 8, VERSION_END = 12 };

static struct {
	unsigned char bytes[4096];
	size_t len;
} good;

static void save_small_image(void)
{
	int fd = a_file();
	ssize_t n;

	assert_result(htab_save(a_filled_vm(), fd), 0);
	n = pread(fd, good.bytes, sizeof(good.bytes), 0);
	assert_in_range(n, HEADER + 1, sizeof(good.bytes) - 1);
	good.len = (size_t)n;
	close_now(fd);
}

static int restore_bytes(int vmfd, const unsigned char *bytes, size_t len)
{
	int fd = a_file(), r;

	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	r = htab_restore(vmfd, fd);
	close_now(fd);
	return r;
}

static int restore_with_changed_bit(int vmfd, size_t bit)
{
	int r;

	good.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	r = restore_bytes(vmfd, good.bytes, good.len);
	good.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	return r;
}

static void every_bit_of_an_image_header(void)
{
	int vmfd = a_vm_with_table(SMALL);

	save_small_image();
	write_entry(vmfd, 5);
	for (size_t bit = 0; bit < 8 * HEADER; bit++) {
		const bool version = bit / 8 >= VERSION &&
				     bit / 8 < VERSION_END;

		assert_result(restore_with_changed_bit(vmfd, bit),
			      version ? -EPROTONOSUPPORT : -EBADMSG);
		/* The VM still has its entry. */
		assert_int_equal(contents_of(vmfd).valid, 1);
	}
	assert_order(vmfd, SMALL);
	assert_result(restore_bytes(vmfd, good.bytes, good.len), 0);
	assert_int_equal(contents_of(vmfd).valid, FILLED_ENTRIES);
}

/* The sums find these, and the kernel sees nothing of them. One bit in seven is
 * enough to see what is left of the table, and has each place in a byte. */
static void bits_behind_an_image_header(void)
{
	int vmfd = a_vm_with_table(SMALL);

	save_small_image();
	for (size_t bit = 8 * HEADER; bit < 8 * good.len; bit += 7) {
		write_entry(vmfd, 5);
		assert_result(restore_with_changed_bit(vmfd, bit), -EBADMSG);
		assert_int_equal(contents_of(vmfd).valid, 0);
	}
	assert_order(vmfd, SMALL);
}

static void image_that_ends_at_every_byte(void)
{
	int vmfd = a_vm_with_table(SMALL);

	save_small_image();
	for (size_t len = 0; len < good.len; len++) {
		write_entry(vmfd, 5);
		assert_result(restore_bytes(vmfd, good.bytes, len), -EBADMSG);
		assert_int_equal(contents_of(vmfd).valid, len < HEADER);
	}
	assert_order(vmfd, SMALL);
}

/* A VM without a table gets an empty one, if the header is whole. */
static void image_that_is_cut_gives_a_new_vm_an_empty_table(void)
{
	int vmfd = a_vm();

	save_small_image();
	assert_result(restore_bytes(vmfd, good.bytes, HEADER - 1), -EBADMSG);
	assert_no_table(vmfd);
	assert_result(restore_bytes(vmfd, good.bytes, good.len - 1), -EBADMSG);
	assert_empty_table(vmfd);
}

/* Makes an image of one record in which only that is wrong. */
static int restore_record(int vmfd, uint32_t index, uint64_t v, uint64_t r)
{
	unsigned char bytes[HEADER + 24 + 24 + 24] = "libhtab\n";
	unsigned char *block = bytes + HEADER, *last = block + 48;

	put_be(bytes + 8, 4, 1);
	put_be(bytes + 12, 4, SMALL);
	put_sums(bytes + 16, bytes, 16, NULL, 0);
	put_be(block + 4, 4, 24);
	put_be(block + 24, 4, index);
	put_be(block + 28, 2, 1);
	put_be(block + 32, 8, v);
	put_be(block + 40, 8, r);
	put_sums(block + 8, block, 8, block + 24, 24);
	put_be(last, 4, 1);
	put_sums(last + 8, last, 8, NULL, 0);
	return restore_bytes(vmfd, bytes, sizeof(bytes));
}

static void image_with_right_sums_and_a_wrong_entry(void)
{
	const int unknown = host.linux_version >= V(4, 15) ? -EINVAL : -EIO;
	int vmfd = a_vm_with_table(SMALL);

	assert_result(restore_record(vmfd, 7, 0x12340011, 0x190), 0);
	assert_int_equal(contents_of(vmfd).last_valid, 7);
	/* It is not valid. */
	assert_result(restore_record(vmfd, 7, 0x12340010, 0x190), -EBADMSG);
	assert_empty_table(vmfd);
	write_entry(vmfd, 5);
	assert_result(restore_record(vmfd, SMALL_ENTRIES, 0x12340011, 0x190),
		      -EBADMSG);
	assert_empty_table(vmfd);
	/* The kernel knows no such page size (LP 2). */
	write_entry(vmfd, 5);
	assert_result(
		restore_record(vmfd, 7, 0x12340015, UINT64_C(1) << 36 | 0x2190),
		unknown);
	assert_empty_table(vmfd);
}

/* --- htab_write(), which has no sums --- */

static struct htab_hpte model[SMALL_ENTRIES];
static unsigned char records[512];

/* A change of one bit of n_valid lets the next header begin inside an entry, or
 * takes a header for an entry. With these numbers, both always show. */
static size_t make_records(void)
{
	static const uint16_t valid[] = { 2, 3, 1 },
			      invalid[] = { 6, 200, 383 };
	static const uint32_t index[] = { 0, 100, 16000 };
	unsigned char entries[3 * 16] = { 0 };
	size_t len = 0;

	for (int i = 0; i < 3; i++) {
		put_be(entries + 16 * i, 8, 0x12340011);
		put_be(entries + 16 * i + 8, 8, 0x190);
	}
	for (int i = 0; i < 3; i++) {
		const struct htab_record record = { index[i], valid[i],
						    invalid[i], entries };
		ssize_t n = htab_record_put(records + len,
					    sizeof(records) - len, &record);

		assert_true(n > 0);
		len += (size_t)n;
	}
	return len;
}

/* Gives the table and the model an entry in 64. */
static void fill(int vmfd)
{
	const struct htab_hpte hpte = { .v = 0x56780011, .r = 0x190 };

	memset(model, 0, sizeof(model));
	for (uint32_t i = 0; i < SMALL_ENTRIES; i += 64)
		model[i] = hpte;
	assert_result(htab_put_hptes(vmfd, 0, model, SMALL_ENTRIES), 0);
}

/* Whether there are whole records, and each entry is valid */
static bool are_whole(size_t len)
{
	uint16_t counts[2];

	for (size_t at = 0; at < len; at += 8 + counts[0] * (size_t)16) {
		if (len - at < 8)
			return false;
		memcpy(counts, records + at + 4, 4);
		if ((len - at - 8) / 16 < counts[0])
			return false;
		for (size_t i = 0; i < counts[0]; i++)
			if (!(records[at + 8 + 16 * i + 7] & 1))
				return false;
	}
	return true;
}

/* What the write has to return. Changes the model as it has to change the
 * table. */
static int write_to_model(size_t len, size_t *done)
{
	uint16_t counts[2];
	uint32_t index;

	*done = 0;
	if (!are_whole(len))
		return -EBADMSG;
	for (; *done < len; *done += 8 + counts[0] * (size_t)16) {
		memcpy(&index, records + *done, 4);
		memcpy(counts, records + *done + 4, 4);
		if (index >= SMALL_ENTRIES ||
		    index + counts[0] + counts[1] > SMALL_ENTRIES)
			return -EINVAL;
		for (uint32_t i = 0; i < counts[0]; i++)
			model[index++] =
				(struct htab_hpte){ 0x12340011, 0x190 };
		memset(model + index, 0, counts[1] * sizeof(model[0]));
	}
	return 0;
}

static void write_and_compare(int vmfd, size_t len)
{
	int htabfd = an_open_table(vmfd, HTAB_OPEN_WRITE);
	size_t done = 1234, expected_done;
	int expected;

	fill(vmfd);
	expected = write_to_model(len, &expected_done);
	assert_result(htab_write(htabfd, records, len, &done), expected);
	assert_int_equal(done, expected_done);
	assert_memory_equal(all_of(vmfd), model, sizeof(model));
	close_now(htabfd);
}

static void every_bit_of_the_headers_in_a_stream(void)
{
	int vmfd = a_vm_with_table(SMALL);
	const size_t len = make_records();
	const size_t headers[] = { 0, 8 + 2 * 16, 16 + 5 * 16 };

	write_and_compare(vmfd, len);
	for (size_t bit = 0; bit < 3 * 64; bit++) {
		unsigned char *byte =
			records + headers[bit / 64] + bit % 64 / 8;

		*byte ^= (unsigned char)(1 << bit % 8);
		write_and_compare(vmfd, len);
		*byte ^= (unsigned char)(1 << bit % 8);
	}
}

static void stream_that_ends_at_every_byte(void)
{
	int vmfd = a_vm_with_table(SMALL);
	const size_t len = make_records();

	for (size_t i = 0; i < len; i++)
		write_and_compare(vmfd, i);
}

CASES(damage,
      {
	      CASE(every_bit_of_an_image_header, HASH_GUESTS, V(4, 0), 0),
	      CASE(bits_behind_an_image_header, HASH_GUESTS, V(4, 0), 0),
	      CASE(image_that_ends_at_every_byte, HASH_GUESTS, V(4, 0), 0),
	      CASE(image_that_is_cut_gives_a_new_vm_an_empty_table, HASH_GUESTS,
		   V(4, 0), 0),
	      CASE(image_with_right_sums_and_a_wrong_entry, HASH_GUESTS,
		   V(4, 0), 0),
	      CASE(every_bit_of_the_headers_in_a_stream, HASH_GUESTS, V(4, 0),
		   0),
	      CASE(stream_that_ends_at_every_byte, HASH_GUESTS, V(4, 0), 0),
      });
