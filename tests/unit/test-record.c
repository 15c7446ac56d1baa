/* SPDX-License-Identifier: MIT */
#include "records.h"
#include "unit.h"

#include <stdlib.h>

/* Records in a buffer, behind which nothing may be read */
struct buffer {
	unsigned char *bytes;
	size_t len;
};

static struct buffer copy_of(const void *bytes, size_t len)
{
	struct buffer copy = { malloc(len ? len : 1), len };

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, bytes, len);
	return copy;
}

static void next_walks_over_all_records(void **state)
{
	unsigned char buf[BUFFER];
	const size_t first = put_record(buf, 7, 2, 3);
	const size_t len = first + put_record(buf + first, 12, 0, 65535);
	struct htab_record record;
	size_t offset = 0;

	assert_result(htab_record_next(buf, len, &offset, &record), 1);
	assert_int_equal(record.index, 7);
	assert_int_equal(record.n_valid, 2);
	assert_int_equal(record.n_invalid, 3);
	assert_ptr_equal(record.entries, buf + 8);
	assert_int_equal(offset, first);
	assert_result(htab_record_next(buf, len, &offset, &record), 1);
	assert_int_equal(record.index, 12);
	assert_int_equal(record.n_valid, 0);
	assert_int_equal(record.n_invalid, 65535);
	assert_int_equal(offset, len);
	assert_result(htab_record_next(buf, len, &offset, &record), 0);
	assert_int_equal(record.index, 12);
}

/* Each length but that of a whole record. malloc() and the sanitizers see a
 * read beyond the end. */
static void record_cut_anywhere_is_ebadmsg(void **state)
{
	unsigned char buf[BUFFER];
	const size_t whole = put_record(buf, 7, 3, 1);

	for (size_t len = 1; len < whole; len++) {
		const struct buffer cut = copy_of(buf, len);
		struct htab_record record = { .index = 99 };
		size_t offset = 0;

		assert_result(
			htab_record_next(cut.bytes, len, &offset, &record),
			-EBADMSG);
		assert_int_equal(offset, 0);
		assert_int_equal(record.index, 99);
		assert_result(htab_records_check(cut.bytes, len, 18), -EBADMSG);
		free(cut.bytes);
	}
}

static void records_need_no_alignment(void **state)
{
	unsigned char buf[BUFFER];
	const size_t len = put_record(buf + 1, 7, 3, 1);
	struct htab_record record;
	size_t offset = 0;

	assert_result(htab_record_next(buf + 1, len, &offset, &record), 1);
	assert_int_equal(record.index, 7);
	assert_result(htab_records_check(buf + 1, len, 18), 0);
}

static void bad_arguments_are_einval(void **state)
{
	unsigned char buf[BUFFER];
	const size_t len = put_record(buf, 0, 1, 0);
	struct htab_record record = { .n_valid = 1 };
	size_t offset = len + 1;

	assert_result(htab_record_next(buf, len, &offset, &record), -EINVAL);
	offset = 0;
	assert_result(htab_record_next(NULL, len, &offset, &record), -EINVAL);
	assert_result(htab_record_next(buf, len, NULL, &record), -EINVAL);
	assert_result(htab_record_next(buf, len, &offset, NULL), -EINVAL);
	assert_result((int)htab_record_put(NULL, len, &record), -EINVAL);
	assert_result((int)htab_record_put(buf, len, NULL), -EINVAL);
	assert_result((int)htab_record_put(buf, len, &record), -EINVAL);
	assert_result(htab_records_check(NULL, len, 18), -EINVAL);
}

static void put_makes_what_next_reads(void **state)
{
	unsigned char from[BUFFER], buf[BUFFER];
	const size_t len = put_record(from, 123456, 3, 4);
	struct htab_record record;
	size_t offset = 0;

	assert_result(htab_record_next(from, len, &offset, &record), 1);
	assert_int_equal(htab_record_put(buf, len, &record), len);
	assert_memory_equal(buf, from, len);
}

static void put_without_room_is_enospc_and_writes_nothing(void **state)
{
	unsigned char entry[16] = { [7] = 1 }, buf[24] = { 0xaa };
	const struct htab_record record = { .n_valid = 1, .entries = entry };

	for (size_t room = 0; room < sizeof(buf); room++)
		assert_result((int)htab_record_put(buf, room, &record),
			      -ENOSPC);
	entry[7] = 0xfe;
	assert_result((int)htab_record_put(buf, sizeof(buf), &record), -EINVAL);
	assert_int_equal(buf[0], 0xaa);
}

/* VMMs end their streams with such a record. */
static void put_of_nothing_is_eight_zeros(void **state)
{
	static const unsigned char zeros[8];
	const struct htab_record nothing = { 0 };
	unsigned char buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	assert_int_equal(htab_record_put(buf, sizeof(buf), &nothing), 8);
	assert_memory_equal(buf, zeros, 8);
	assert_result(htab_records_check(buf, sizeof(buf), 18), 0);
}

static void check_looks_at_each_entry(void **state)
{
	unsigned char buf[BUFFER];
	const size_t first = put_record(buf, 0, 20, 0);
	const size_t len = first + put_record(buf + first, 100, 20, 0);

	assert_result(htab_records_check(buf, len, 18), 0);
	assert_result(htab_records_check(buf, 0, 18), 0);
	for (size_t i = 0; i < 40; i++) {
		unsigned char *low =
			buf + 8 + (i / 20) * first + (i % 20) * 16 + 7;

		*low ^= 1;
		assert_result(htab_records_check(buf, len, 18), -EBADMSG);
		*low ^= 1;
	}
}

static void check_knows_the_end_of_each_table(void **state)
{
	unsigned char buf[BUFFER];

	for (uint32_t order = 18; order <= 36; order++) {
		const uint32_t last =
			(uint32_t)((UINT64_C(1) << (order - 4)) - 1);
		size_t len = put_record(buf, last, 1, 0);

		assert_result(htab_records_check(buf, len, order), 0);
		len = put_record(buf, last, 1, 1);
		assert_result(htab_records_check(buf, len, order), -ERANGE);
		len = put_record(buf, last - 1, 1, 2);
		assert_result(htab_records_check(buf, len, order), -ERANGE);
		len = put_record(buf, last - 65534, 0, 65535);
		if (order > 20)
			assert_result(htab_records_check(buf, len, order), 0);
		if (order == 36)
			continue;
		len = put_record(buf, last + 1, 0, 0);
		assert_result(htab_records_check(buf, len, order), -ERANGE);
	}
}

/* In 32 bits the end of these records would be near 0. */
static void check_adds_in_64_bits(void **state)
{
	unsigned char buf[BUFFER];
	size_t len = put_record(buf, UINT32_MAX, 1, 65535);

	assert_result(htab_records_check(buf, len, 18), -ERANGE);
	assert_result(htab_records_check(buf, len, 36), -ERANGE);
	assert_result(htab_records_check(buf, len, 37), 0);
	assert_result(htab_records_check(buf, len, 46), 0);
}

static void check_of_an_order_out_of_range_is_erange(void **state)
{
	unsigned char buf[BUFFER];
	const size_t len = put_record(buf, 0, 1, 0);

	assert_result(htab_records_check(buf, len, 17), -ERANGE);
	assert_result(htab_records_check(buf, len, 47), -ERANGE);
	assert_result(htab_records_check(buf, len, UINT32_MAX), -ERANGE);
}

/* The bytes of QEMU's stream, on a host of either byte order */
static void wire_form_is_big_endian(void **state)
{
	static const unsigned char headers[] = { 0x01, 0x02, 0x03, 0x04,
						 0x00, 0x02, 0xab, 0xcd };
	unsigned char buf[BUFFER], host[BUFFER];
	const size_t first = put_record(buf, 0x01020304, 2, 0xabcd);
	const size_t len = first + put_record(buf + first, 1, 0, 1);

	memcpy(host, buf, len);
	assert_result(htab_records_to_wire(buf, len), 0);
	assert_memory_equal(buf, headers, 8);
	assert_memory_equal(buf + 8, host + 8, first - 8);
	assert_memory_equal(buf + first, "\0\0\0\1\0\0\0\1", 8);
	assert_result(htab_records_from_wire(buf, len), 0);
	assert_memory_equal(buf, host, len);
}

static void wire_records_cut_anywhere_are_ebadmsg_and_unchanged(void **state)
{
	unsigned char buf[BUFFER], wire[BUFFER];
	const size_t first = put_record(buf, 7, 1, 0);
	const size_t whole = first + put_record(buf + first, 9, 2, 1);

	memcpy(wire, buf, whole);
	assert_result(htab_records_to_wire(wire, whole), 0);
	for (size_t len = 1; len < whole; len++) {
		struct buffer cut;

		if (len == first)
			continue;
		cut = copy_of(buf, len);
		assert_result(htab_records_to_wire(cut.bytes, len), -EBADMSG);
		assert_memory_equal(cut.bytes, buf, len);
		memcpy(cut.bytes, wire, len);
		assert_result(htab_records_from_wire(cut.bytes, len), -EBADMSG);
		assert_memory_equal(cut.bytes, wire, len);
		free(cut.bytes);
	}
}

static void wire_form_of_nothing(void **state)
{
	unsigned char buf[1];

	assert_result(htab_records_to_wire(buf, 0), 0);
	assert_result(htab_records_from_wire(buf, 0), 0);
	assert_result(htab_records_to_wire(NULL, 0), -EINVAL);
	assert_result(htab_records_from_wire(NULL, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_walks_over_all_records),
		cmocka_unit_test(record_cut_anywhere_is_ebadmsg),
		cmocka_unit_test(records_need_no_alignment),
		cmocka_unit_test(bad_arguments_are_einval),
		cmocka_unit_test(put_makes_what_next_reads),
		cmocka_unit_test(put_without_room_is_enospc_and_writes_nothing),
		cmocka_unit_test(put_of_nothing_is_eight_zeros),
		cmocka_unit_test(check_looks_at_each_entry),
		cmocka_unit_test(check_knows_the_end_of_each_table),
		cmocka_unit_test(check_adds_in_64_bits),
		cmocka_unit_test(check_of_an_order_out_of_range_is_erange),
		cmocka_unit_test(wire_form_is_big_endian),
		cmocka_unit_test(
			wire_records_cut_anywhere_are_ebadmsg_and_unchanged),
		cmocka_unit_test(wire_form_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
