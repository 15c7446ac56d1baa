/* SPDX-License-Identifier: MIT */
/* The readers of sources, over bytes that this file writes itself */
#include "../../unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "source.h"
#include "table-image.h"

struct bytes {
	unsigned char at[4096];
	size_t len;
};

static void put(struct bytes *bytes, int size, uint64_t value, bool big)
{
	for (int i = 0; i < size; i++) {
		const int shift = 8 * (big ? size - 1 - i : i);

		bytes->at[bytes->len++] = (unsigned char)(value >> shift);
	}
}

static void put_record(struct bytes *bytes, bool big, uint32_t index,
		       unsigned int n_valid, unsigned int n_invalid)
{
	put(bytes, 4, index, big);
	put(bytes, 2, n_valid, big);
	put(bytes, 2, n_invalid, big);
	for (unsigned int i = 0; i < n_valid; i++) {
		put(bytes, 8, HTAB_V_VALID, true);
		put(bytes, 8, (index + i) * 4096, true);
	}
}

static void put_text(struct bytes *bytes, const char *text, size_t len)
{
	memcpy(bytes->at + bytes->len, text, len);
	bytes->len += len;
}

static int parse(struct source *source, const struct bytes *bytes,
		 uint32_t order)
{
	/* Without room behind the end, so that the sanitizers see a read of
	 * more. */
	unsigned char *exact = malloc(bytes->len ? bytes->len : 1);
	struct source_input input;
	int r;

	memcpy(exact, bytes->at, bytes->len);
	input_from_memory(&input, exact, bytes->len);
	r = source_parse(source, &input, order);
	if (r < 0)
		assert_true(source->why[0] &&
			    source->why[strlen(source->why) - 1] == '.');
	free(exact);
	return r;
}

static void assert_refused(const struct bytes *bytes, uint32_t order,
			   int expected, const char *why)
{
	struct source source;

	assert_result(parse(&source, bytes, order), expected);
	if (!strstr(source.why, why))
		fail_msg("'%s' is not in '%s'", why, source.why);
	source_free(&source);
}

/* --- records --- */

static void records_of_either_byte_order_are_read(void **state)
{
	for (int big = 0; big <= 1; big++) {
		struct bytes bytes = { .len = 0 };
		struct source source;

		put_record(&bytes, big, 16, 3, 2);
		put_record(&bytes, big, 8000, 1, 0);
		put_record(&bytes, big, 17, 0, 1);
		assert_result(parse(&source, &bytes, 0), 0);
		assert_int_equal(source.kind, SOURCE_RECORDS);
		assert_false(source.order_is_known);
		assert_int_equal(source.table.order, 18);
		assert_int_equal(source.table.n_groups, 2);
		assert_int_equal(table_fill(&source.table.groups[0]), 2);
		assert_true(source.table.groups[0].entries[2].r == 18 * 4096);
		source_free(&source);
	}
}

static void order_of_the_user_is_taken_and_checked(void **state)
{
	struct bytes bytes = { .len = 0 };
	struct source source;

	put_record(&bytes, true, 20000, 1, 0);
	assert_result(parse(&source, &bytes, 24), 0);
	assert_true(source.order_is_known);
	assert_int_equal(source.table.order, 24);
	source_free(&source);
	assert_refused(&bytes, 18, -EBADMSG, "beyond the table's end");
}

static void records_that_are_cut_or_invalid_are_refused(void **state)
{
	struct bytes bytes = { .len = 0 };

	put_record(&bytes, true, 0, 2, 0);
	put_record(&bytes, true, 9, 1, 0);
	bytes.len--;
	assert_refused(&bytes, 0, -EBADMSG, "cut");
	bytes.len++;
	bytes.at[bytes.len - 9] = 0;
	assert_refused(&bytes, 0, -EBADMSG, "VALID bit");
}

static void other_bytes_are_refused(void **state)
{
	struct bytes bytes = { .len = 0 };

	assert_refused(&bytes, 0, -ENODATA, "empty");
	put_text(&bytes,
		 "\x7f"
		 "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0",
		 18);
	assert_refused(&bytes, 0, -EBADMSG, "neither");
	bytes = (struct bytes){ .len = 4096 };
	assert_refused(&bytes, 0, -EBADMSG, "neither");
}

/* --- QEMU's body --- */

static void body_is_read_and_a_new_order_empties_the_table(void **state)
{
	struct bytes bytes = { .len = 0 };
	struct source source;

	put(&bytes, 4, 18, true);
	put(&bytes, 4, 0, true);
	put_record(&bytes, true, 8, 1, 0);
	put(&bytes, 8, 0, true);
	assert_result(parse(&source, &bytes, 0), 0);
	assert_int_equal(source.kind, SOURCE_BODY);
	assert_true(source.order_is_known);
	assert_int_equal(source.table.n_groups, 1);
	source_free(&source);
	put(&bytes, 4, 20, true);
	assert_result(parse(&source, &bytes, 0), 0);
	assert_int_equal(source.table.order, 20);
	assert_int_equal(source.table.n_groups, 0);
	source_free(&source);
}

static void body_without_its_mark_is_cut(void **state)
{
	struct bytes bytes = { .len = 0 };

	put(&bytes, 4, 18, true);
	put(&bytes, 4, 0, true);
	put_record(&bytes, true, 8, 1, 0);
	assert_refused(&bytes, 0, -EBADMSG, "cut");
}

/* --- images --- */

static void put_image(struct bytes *bytes, uint32_t order)
{
	const struct htab_hpte hpte = { HTAB_V_VALID | HTAB_V_BOLTED, 0x190 };
	struct table table;
	FILE *stream = fmemopen(bytes->at, sizeof(bytes->at), "wb");

	assert_non_null(stream);
	table_init(&table, order);
	for (uint64_t i = 0; i < 20; i += 3)
		assert_result(table_put(&table, i, &hpte), 0);
	table_finish(&table);
	assert_true(table_write_image(&table, stream));
	bytes->len = (size_t)ftell(stream);
	fclose(stream);
	table_free(&table);
}

static void image_is_read(void **state)
{
	struct bytes bytes;
	struct source source;

	put_image(&bytes, 46);
	assert_result(parse(&source, &bytes, 0), 0);
	assert_int_equal(source.kind, SOURCE_IMAGE);
	assert_int_equal(source.table.order, 46);
	assert_int_equal(source.table.n_groups, 3);
	source_free(&source);
	assert_refused(&bytes, 24, -EINVAL, "order 46, not 24");
}

static void each_cut_and_each_changed_byte_of_an_image_is_noticed(void **state)
{
	struct bytes bytes;
	size_t len;

	put_image(&bytes, 18);
	len = bytes.len;
	for (size_t i = 0; i < len; i++) {
		struct source source;

		bytes.at[i] ^= 0x10;
		assert_true(parse(&source, &bytes, 0) < 0);
		source_free(&source);
		bytes.at[i] ^= 0x10;
		bytes.len = i;
		assert_true(parse(&source, &bytes, 0) < 0);
		source_free(&source);
		bytes.len = len;
	}
}

/* --- debugfs --- */

/* The page at entry 1 is not mapped just now, and that at entry 2 has a segment
 * of 1 TiB in the layout of ISA 3.0. */
static void debugfs_text_becomes_what_records_have(void **state)
{
	static const char text[] =
		"     0 4001ffffff000015 0000000012340190 4000000000001010\n"
		"     1 0000000000000125 0000000000000000 0000000000002080\n"
		"     2 0001ffffff000005 0400000056780080 0000000000003010\n";
	struct bytes bytes = { .len = 0 };
	const struct htab_hpte *entries;
	struct source source;

	put_text(&bytes, text, sizeof(text) - 1);
	assert_result(parse(&source, &bytes, 0), 0);
	assert_int_equal(source.kind, SOURCE_DEBUGFS);
	assert_false(source.order_is_known);
	assert_int_equal(source.table.n_groups, 1);
	entries = source.table.groups[0].entries;
	assert_true(entries[0].v == UINT64_C(0x4001ffffff000015));
	assert_true(entries[0].r == 0x1190);
	assert_true(entries[1].v == 0x105);
	assert_true(entries[1].r == 0x2080);
	assert_true(entries[2].v == UINT64_C(0x4001ffffff000005));
	assert_true(entries[2].r == 0x3090);
	source_free(&source);
	bytes.len--;
	assert_refused(&bytes, 0, -EBADMSG, "cut");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_either_byte_order_are_read),
		cmocka_unit_test(order_of_the_user_is_taken_and_checked),
		cmocka_unit_test(records_that_are_cut_or_invalid_are_refused),
		cmocka_unit_test(other_bytes_are_refused),
		cmocka_unit_test(
			body_is_read_and_a_new_order_empties_the_table),
		cmocka_unit_test(body_without_its_mark_is_cut),
		cmocka_unit_test(image_is_read),
		cmocka_unit_test(
			each_cut_and_each_changed_byte_of_an_image_is_noticed),
		cmocka_unit_test(debugfs_text_becomes_what_records_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
