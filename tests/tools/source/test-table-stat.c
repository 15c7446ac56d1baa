/* SPDX-License-Identifier: MIT */
#include "../../unit/unit.h"

#include "table-stat.h"

#define VRMA_V UINT64_C(0x4001ffffff000011)

static void put(struct table *table, uint64_t index, uint64_t v, uint64_t r)
{
	const struct htab_hpte hpte = { v | HTAB_V_VALID, r };

	assert_result(table_put(table, index, &hpte), 0);
}

static void fill_group(struct table *table, uint64_t group, int n)
{
	for (int i = 0; i < n; i++)
		put(table, group * TABLE_GROUP + (uint64_t)i, 0, 0);
}

static struct table_stat count(struct table *table)
{
	struct table_stat stat;

	table_finish(table);
	table_count(table, &stat);
	table_free(table);
	return stat;
}

static void kinds_of_entries_are_counted(void **state)
{
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	put(&table, 0, HTAB_V_BOLTED, HTAB_R_REFERENCED);
	put(&table, 1, HTAB_V_BOLTED | HTAB_V_SECONDARY, HTAB_R_CHANGED);
	put(&table, 2, HTAB_V_1TB, HTAB_R_CHANGED);
	put(&table, 3, UINT64_C(0x8000000000000000), HTAB_R_CHANGED);
	stat = count(&table);
	assert_int_equal(stat.valid, 4);
	assert_int_equal(stat.bolted, 2);
	assert_int_equal(stat.secondary, 1);
	assert_int_equal(stat.referenced, 1);
	assert_int_equal(stat.changed, 3);
	assert_int_equal(stat.segments_256m, 2);
	assert_int_equal(stat.segments_1t, 1);
	assert_int_equal(stat.segments_unknown, 1);
}

static void each_encoding_of_a_size_has_its_own_count(void **state)
{
	/* In the order of table_stat_sizes[]; 0xf000 is no known encoding. */
	static const uint64_t encodings[] = { 0x1000, 0x0000,  0x3000,
					      0x7000, 0x38000, 0x8000 };
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	put(&table, 0, 0, 0);
	for (uint64_t i = 0; i < 6; i++)
		put(&table, 8 + i, HTAB_V_LARGE, encodings[i]);
	put(&table, 16, HTAB_V_LARGE, 0xf000);
	stat = count(&table);
	for (int i = 0; i < TABLE_STAT_SIZES; i++)
		assert_int_equal(stat.sizes[i], 1);
	assert_int_equal(stat.unknown_size, 1);
}

static void groups_are_counted_by_their_fill(void **state)
{
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	for (int i = 1; i <= 8; i++)
		fill_group(&table, (uint64_t)i, i);
	stat = count(&table);
	assert_int_equal(stat.fill[0], 2048 - 8);
	for (int i = 1; i <= 8; i++)
		assert_int_equal(stat.fill[i], 1);
}

/* Runs of 2, 1, 4 and 2, and a group that is not full within the first 3 */
static void longest_runs_come_first(void **state)
{
	static const uint64_t full[] = { 1, 2, 5, 10, 11, 12, 13, 20, 21 };
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++)
		fill_group(&table, full[i], 8);
	fill_group(&table, 3, 7);
	stat = count(&table);
	assert_int_equal(stat.n_runs, 3);
	assert_int_equal(stat.runs[0].first, 10);
	assert_int_equal(stat.runs[0].groups, 4);
	assert_int_equal(stat.runs[1].first, 1);
	assert_int_equal(stat.runs[1].groups, 2);
	assert_int_equal(stat.runs[2].first, 20);
	assert_int_equal(stat.runs[2].groups, 2);
}

static void vrma_is_told_from_other_entries(void **state)
{
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	put(&table, 7, VRMA_V, 0x190);
	put(&table, 15, VRMA_V | 0x80, 0x1190);
	put(&table, 16, VRMA_V & ~HTAB_V_1TB, 0x190);
	put(&table, 17, VRMA_V - (UINT64_C(1) << 24), 0x190);
	stat = count(&table);
	assert_int_equal(stat.vrma, 2);
	assert_int_equal(stat.vrma_bytes, 2 * 4096);
	assert_int_equal(stat.vrma_shift, 12);
}

static void vrma_with_two_page_sizes_has_none(void **state)
{
	struct table table;
	struct table_stat stat;

	table_init(&table, 18);
	put(&table, 7, VRMA_V, 0x190);
	put(&table, 15, VRMA_V | HTAB_V_LARGE, 0x11190);
	stat = count(&table);
	assert_int_equal(stat.vrma_bytes, 4096 + 65536);
	assert_int_equal(stat.vrma_shift, 0);
}

/* Groups that have no entry are not in memory. */
static void largest_table_is_counted(void **state)
{
	struct table table;
	struct table_stat stat;

	table_init(&table, 46);
	fill_group(&table, UINT32_MAX, 8);
	stat = count(&table);
	assert_true(stat.fill[0] == (UINT64_C(1) << 39) - 1);
	assert_true(stat.runs[0].first == UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_entries_are_counted),
		cmocka_unit_test(each_encoding_of_a_size_has_its_own_count),
		cmocka_unit_test(groups_are_counted_by_their_fill),
		cmocka_unit_test(longest_runs_come_first),
		cmocka_unit_test(vrma_is_told_from_other_entries),
		cmocka_unit_test(vrma_with_two_page_sizes_has_none),
		cmocka_unit_test(largest_table_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
