/* SPDX-License-Identifier: MIT */
/*
 * A source of the command htab, of arbitrary bytes: reading it ends, takes no
 * more memory than the bytes justify, and what was read can be counted, drawn
 * and written in both forms. Those are read again as the same table.
 *
 * The first byte is the order that the user gives, if it is one. The others are
 * the source.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "map-cells.h"
#include "source.h"
#include "table-diff.h"
#include "table-image.h"
#include "table-stat.h"

static void check_counts(const struct table *table)
{
	struct table_stat stat;
	uint64_t entries = 0, groups = 0, sizes;

	table_count(table, &stat);
	for (unsigned int i = 0; i <= TABLE_GROUP; i++) {
		entries += i * stat.fill[i];
		groups += stat.fill[i];
	}
	sizes = stat.unknown_size;
	for (int i = 0; i < TABLE_STAT_SIZES; i++)
		sizes += stat.sizes[i];
	must(entries == stat.valid && sizes == stat.valid);
	must(groups == table_groups(table));
	must(stat.bolted <= stat.valid && stat.secondary <= stat.valid);
	must(stat.segments_256m + stat.segments_1t + stat.segments_unknown ==
	     stat.valid);
	must(stat.n_runs <= TABLE_STAT_RUNS && !stat.fill[8] == !stat.n_runs);
	must(stat.vrma <= stat.valid);
}

static void check_map(const struct table *table, size_t columns, size_t rows)
{
	uint64_t entries = 0, groups = 0;
	struct map map;

	must(map_fill(&map, table, columns, rows) == 0);
	for (size_t i = 0; i < columns * rows; i++) {
		entries += map.cells[i].entries[MAP_ALL];
		groups += map.cells[i].groups;
		must(map_shade(&map.cells[i], MAP_ALL) < MAP_SHADES);
	}
	must(entries == map.entries[MAP_ALL] && groups == map.groups);
	map_free(&map);
}

static void check_order(const struct table *table, size_t size)
{
	must(table->order >= HTAB_ORDER_MIN && table->order <= HTAB_ORDER_MAX);
	/* An entry takes 16 bytes or more in each of the forms. */
	must(table->n_groups <= size / 16);
	for (size_t i = 0; i < table->n_groups; i++) {
		must(table->groups[i].number < table_groups(table));
		must(table_fill(&table->groups[i]) > 0);
		must(table_find(table, table->groups[i].number) ==
		     &table->groups[i]);
		if (i)
			must(table->groups[i - 1].number <
			     table->groups[i].number);
	}
}

static void fail(void *context, const struct table_difference *difference)
{
	(void)context;
	must(!difference);
}

static void check_written(const struct table *table,
			  bool (*write)(const struct table *, FILE *))
{
	char *bytes = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&bytes, &len);
	struct source_input input;
	struct source again;
	int r;

	must(stream && write(table, stream) && fclose(stream) == 0);
	input_from_memory(&input, bytes, len);
	r = source_parse(&again, &input, 0);
	/* The index of a record has 32 bits. */
	if (table->n_groups &&
	    table->groups[table->n_groups - 1].number >= UINT32_C(1) << 29) {
		must(r == 0 || r == -EBADMSG);
	} else {
		must(r == 0);
		must(again.table.order == table->order);
		table_diff(table, &again.table, fail, NULL);
	}
	source_free(&again);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t order = size ? data[0] : 0;
	const size_t len = size ? size - 1 : 0;
	uint8_t *copy = malloc(len + (len == 0));
	struct source source;
	struct source_input input;
	int r;

	if (order < HTAB_ORDER_MIN || order > HTAB_ORDER_MAX)
		order = 0;
	/* Of its exact size, so that the address sanitizer sees a read beyond
	 * the end */
	must(copy);
	if (len)
		memcpy(copy, data + 1, len);
	input_from_memory(&input, copy, len);
	r = source_parse(&source, &input, order);
	if (r == 0) {
		check_order(&source.table, len);
		check_counts(&source.table);
		check_map(&source.table, 61, 3);
		check_map(&source.table, 64, 8);
		check_written(&source.table, table_write_image);
		check_written(&source.table, table_write_qemu);
	} else {
		must(r < 0 && source.why[0]);
		must(source.kind || !source.table.n_groups);
	}
	source_free(&source);
	free(copy);
	return 0;
}
