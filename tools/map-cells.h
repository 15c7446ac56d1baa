/* SPDX-License-Identifier: MIT */
/* A table divided into cells of neighbouring groups, and the shades of these.
 * Pure: no input, no output */
#ifndef HTAB_TOOLS_MAP_CELLS_H
#define HTAB_TOOLS_MAP_CELLS_H

#include "table.h"

/* There is a map of each of these. */
enum map_kind { MAP_ALL, MAP_BOLTED, MAP_SECONDARY, MAP_KINDS };

struct map_cell {
	uint64_t groups;
	uint64_t entries[MAP_KINDS];
};

struct map {
	size_t columns, rows;
	struct map_cell *cells; /* columns * rows, row by row */
	uint64_t groups;
	uint64_t entries[MAP_KINDS];
};

/* A shade says how many entries a group of the cell has on average: none, more
 * than 0 and up to 1/8, ... The steps are finer below, because many tables have
 * less than one entry for each group. */
enum { MAP_SHADES = 9 };

extern const char *const map_kind_names[MAP_KINDS];
extern const char *const map_shade_names[MAP_SHADES];

/* Fills a map of columns * rows cells. Returns 0 or -ENOMEM. The table is
 * finished; free the map. */
int map_fill(struct map *map, const struct table *table, size_t columns,
	     size_t rows);
void map_free(struct map *map);

unsigned int map_shade(const struct map_cell *cell, enum map_kind kind);

/* The first group of a cell */
uint64_t map_first_group(const struct map *map, size_t cell);

/* A shape for pictures: four or eight times as wide as high, so that three of
 * them fit on a page. All cells have the same number of groups, and there are
 * no more than that many columns. */
void map_shape(const struct table *table, size_t most_columns, size_t *columns,
	       size_t *rows);

#endif
