/* SPDX-License-Identifier: MIT */
/* In the place of map-png.c in a build without libpng */
#include "map.h"

bool map_png_is_built(void)
{
	return false;
}

bool map_write_png(const struct map *map, const struct map_caption *caption,
		   unsigned int cell, FILE *stream)
{
	(void)map;
	(void)caption;
	(void)cell;
	(void)stream;
	return false;
}
