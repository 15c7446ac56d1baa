/* SPDX-License-Identifier: MIT */
/* The forms in which htab map draws */
#ifndef HTAB_TOOLS_MAP_H
#define HTAB_TOOLS_MAP_H

#include <stdio.h>

#include "map-cells.h"

/* What the pictures say of the table besides its cells */
struct map_caption {
	const char *source;
	const char *table; /* its size */
};

/* Each of the shades, as 0xRRGGBB. They grow darker, so that they can be told
 * apart in a print without colours, too. */
extern const unsigned int map_colours[MAP_SHADES];

/* How many columns of the terminal the number of a group takes. Besides it and
 * the cells, a line has MAP_TEXT_FRAME columns. */
int map_number_width(uint64_t groups);
enum { MAP_TEXT_FRAME = 3 };

/* Prints the map for a terminal. colours is 0, 8 or 256. */
void map_print(const struct map *map, const struct map_caption *caption,
	       int colours);

bool map_png_is_built(void);

/* Writes a PNG whose cells have that many pixels in each direction. Returns
 * false after a message. */
bool map_write_png(const struct map *map, const struct map_caption *caption,
		   unsigned int cell, FILE *stream);

void map_write_svg(const struct map *map, const struct map_caption *caption,
		   FILE *stream);

#endif
