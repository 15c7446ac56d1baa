/* SPDX-License-Identifier: MIT */
#include "map.h"

#include <inttypes.h>
#include <string.h>

/* A character has more ink if there are more entries. */
static const char ink[MAP_SHADES + 1] = " .:-=+*#@";

/* The backgrounds of a terminal with 256 and with 8 colours, from blue over green
 * and yellow to red. Unlike those of the pictures they have about the same
 * brightness, because nobody knows if the terminal is dark or light. What is
 * empty has none. */
static const int colours_256[MAP_SHADES] = { 0,	  67,  73,  78, 149,
					     221, 214, 208, 203 };
static const int colours_8[MAP_SHADES] = { 0, 46, 46, 42, 42, 43, 43, 45, 41 };

int map_number_width(uint64_t groups)
{
	return snprintf(NULL, 0, "%" PRIu64, groups);
}

static void begin_colour(unsigned int shade, int colours)
{
	if (!shade)
		fputs(colours ? "\033[0m" : "", stdout);
	else if (colours == 256)
		printf("\033[30;48;5;%dm", colours_256[shade]);
	else if (colours)
		printf("\033[30;%dm", colours_8[shade]);
}

static void end_colour(int colours)
{
	if (colours)
		printf("\033[0m");
}

static void print_row(const struct map *map, enum map_kind kind, size_t row,
		      int colours)
{
	unsigned int last = MAP_SHADES;

	printf("%*" PRIu64 " |", map_number_width(map->groups),
	       map_first_group(map, row * map->columns));
	for (size_t column = 0; column < map->columns; column++) {
		const unsigned int shade = map_shade(
			&map->cells[row * map->columns + column], kind);

		if (shade != last)
			begin_colour(shade, colours);
		last = shade;
		putchar(ink[shade]);
	}
	end_colour(colours);
	printf("|\n");
}

static void print_legend(const struct map *map, int colours)
{
	const uint64_t cells = map->columns * map->rows;

	printf("\nA character stands for %s%" PRIu64 " group%s; a number on "
	       "the left is a row's first group.\n"
	       "Entries per group (of 8), on average up to\n ",
	       map->groups % cells ? "about " : "", map->groups / cells,
	       map->groups / cells == 1 ? "" : "s");
	for (unsigned int shade = 0; shade < MAP_SHADES; shade++) {
		printf(" ");
		begin_colour(shade, colours);
		printf(colours && shade ? " %c " : "'%c'", ink[shade]);
		end_colour(colours);
		printf(" %s", map_shade_names[shade]);
	}
	putchar('\n');
}

void map_print(const struct map *map, const struct map_caption *caption,
	       int colours)
{
	printf("%s: %s\n", caption->source, caption->table);
	for (int kind = 0; kind < MAP_KINDS; kind++) {
		if (!map->entries[kind]) {
			printf("\n%s: none\n", map_kind_names[kind]);
			continue;
		}
		printf("\n%s: %" PRIu64 "\n", map_kind_names[kind],
		       map->entries[kind]);
		for (size_t row = 0; row < map->rows; row++)
			print_row(map, (enum map_kind)kind, row, colours);
	}
	print_legend(map, colours);
}
