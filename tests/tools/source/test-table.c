/* SPDX-License-Identifier: MIT */
#include "../../unit/unit.h"

#include "table.h"

static const struct htab_hpte one = { HTAB_V_VALID, 0x1000 };
static const struct htab_hpte two = { HTAB_V_VALID | HTAB_V_BOLTED, 0x2000 };

static void put_entry_is_found_in_its_group(void **state)
{
	const struct table_group *group;
	struct table table;

	table_init(&table, 18);
	assert_result(table_put(&table, 8 * 5 + 3, &two), 0);
	table_finish(&table);
	group = table_find(&table, 5);
	assert_non_null(group);
	assert_int_equal(group->number, 5);
	assert_int_equal(table_fill(group), 1);
	assert_true(group->entries[3].v == two.v);
	assert_null(table_find(&table, 4));
	table_free(&table);
}

static void later_entry_replaces_earlier_one(void **state)
{
	struct table table;

	table_init(&table, 18);
	assert_result(table_put(&table, 7, &one), 0);
	assert_result(table_put(&table, 7, &two), 0);
	table_finish(&table);
	assert_int_equal(table.n_groups, 1);
	assert_true(table.groups[0].entries[7].r == two.r);
	table_free(&table);
}

/* From the last entry of a group to the first of another */
static void drop_makes_exactly_its_entries_invalid(void **state)
{
	struct table table;

	table_init(&table, 18);
	for (uint32_t i = 0; i < 32; i++)
		assert_result(table_put(&table, i, &one), 0);
	table_drop(&table, 7, 10);
	table_finish(&table);
	assert_int_equal(table.n_groups, 3);
	assert_int_equal(table_fill(table_find(&table, 0)), 7);
	assert_null(table_find(&table, 1));
	assert_int_equal(table_fill(table_find(&table, 2)), 7);
	assert_false(table_is_valid(&table_find(&table, 2)->entries[0]));
	assert_int_equal(table_fill(table_find(&table, 3)), 8);
	table_free(&table);
}

static void groups_are_in_order_when_finished(void **state)
{
	struct table table;

	table_init(&table, 24);
	for (uint32_t i = 0; i < 1000; i++)
		assert_result(table_put(&table, i * 7919 % 1000 * 8, &one), 0);
	table_finish(&table);
	assert_int_equal(table.n_groups, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(table.groups[i].number, i);
		assert_ptr_equal(table_find(&table, i), &table.groups[i]);
	}
	table_free(&table);
}

static void unknown_order_is_the_smallest_with_room(void **state)
{
	static const struct {
		uint64_t index;
		uint32_t order;
	} rows[] = {
		{ 0, 18 },
		{ (1 << 14) - 1, 18 },
		{ 1 << 14, 19 },
		{ (UINT64_C(1) << 32) - 1, 36 },
		{ UINT64_C(1) << 34, 39 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table table;

		table_init(&table, 0);
		assert_result(table_put(&table, rows[i].index, &one), 0);
		table_finish(&table);
		assert_int_equal(table.order, rows[i].order);
		table_free(&table);
	}
}

static void cleared_table_has_no_entries_and_takes_new_ones(void **state)
{
	struct table table;

	table_init(&table, 18);
	assert_result(table_put(&table, 0, &one), 0);
	table_clear(&table);
	assert_null(table_find(&table, 0));
	assert_result(table_put(&table, 8, &two), 0);
	table_finish(&table);
	assert_int_equal(table.n_groups, 1);
	assert_non_null(table_find(&table, 1));
	table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_entry_is_found_in_its_group),
		cmocka_unit_test(later_entry_replaces_earlier_one),
		cmocka_unit_test(drop_makes_exactly_its_entries_invalid),
		cmocka_unit_test(groups_are_in_order_when_finished),
		cmocka_unit_test(unknown_order_is_the_smallest_with_room),
		cmocka_unit_test(
			cleared_table_has_no_entries_and_takes_new_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
