/* SPDX-License-Identifier: MIT */
#include "map-cells.h"

#include <errno.h>
#include <stdlib.h>

const char *const map_kind_names[MAP_KINDS] = { "All entries", "Bolted entries",
						"Secondary entries" };

const char *const map_shade_names[MAP_SHADES] = { "0", "1/8", "1/4", "1/2", "1",
						  "2", "4",   "6",   "8" };

/* The most entries of 8 groups with each shade */
static const unsigned int most[MAP_SHADES] = { 0, 1, 2, 4, 8, 16, 32, 48, 64 };

unsigned int map_shade(const struct map_cell *cell, enum map_kind kind)
{
	unsigned int shade = 0;

	/* A table has less than 2^43 entries. */
	while (shade < MAP_SHADES - 1 &&
	       cell->entries[kind] * 8 > most[shade] * cell->groups)
		shade++;
	return shade;
}

/* The cell of a group is group * cells / groups, rounded down. Groups are fewer
 * than 2^40, and cells than 2^24. */
uint64_t map_first_group(const struct map *map, size_t cell)
{
	const uint64_t cells = map->columns * map->rows;

	return (cell * map->groups + cells - 1) / cells;
}

static void count(struct map *map, struct map_cell *cell,
		  const struct htab_hpte *hpte)
{
	const bool is[MAP_KINDS] = {
		[MAP_ALL] = true,
		[MAP_BOLTED] = hpte->v & HTAB_V_BOLTED,
		[MAP_SECONDARY] = hpte->v & HTAB_V_SECONDARY,
	};

	for (int kind = 0; kind < MAP_KINDS; kind++) {
		cell->entries[kind] += is[kind];
		map->entries[kind] += is[kind];
	}
}

int map_fill(struct map *map, const struct table *table, size_t columns,
	     size_t rows)
{
	const size_t cells = columns * rows;

	*map = (struct map){ .columns = columns,
			     .rows = rows,
			     .groups = table_groups(table) };
	map->cells = calloc(cells, sizeof(*map->cells));
	if (!map->cells)
		return -ENOMEM;
	for (size_t i = 0; i < cells; i++)
		map->cells[i].groups =
			map_first_group(map, i + 1) - map_first_group(map, i);
	for (size_t i = 0; i < table->n_groups; i++) {
		const struct table_group *group = &table->groups[i];
		const uint64_t at =
			group->number * (uint64_t)cells / map->groups;

		for (int j = 0; j < TABLE_GROUP; j++)
			if (table_is_valid(&group->entries[j]))
				count(map, &map->cells[at], &group->entries[j]);
	}
	return 0;
}

void map_free(struct map *map)
{
	free(map->cells);
	map->cells = NULL;
}

void map_shape(const struct table *table, size_t most_columns, size_t *columns,
	       size_t *rows)
{
	const uint64_t groups = table_groups(table);

	*columns = 4;
	*rows = 1;
	while (*columns * 2 <= most_columns && *columns * *rows * 2 <= groups) {
		*columns *= 2;
		/* If the groups are used up, the picture is flatter. */
		if (*columns * *rows * 2 <= groups)
			*rows *= 2;
	}
}
