/* SPDX-License-Identifier: MIT */
/*
 * The map as an SVG: three panels, each with a heading and the numbers of
 * groups, and a legend. An empty cell is the background of its panel. Neighbours
 * in a row that have the same shade are one rectangle.
 */
#include "map.h"

#include <inttypes.h>

/* In units of the picture, which are pixels if nobody scales it */
enum {
	WIDTH = 1024, /* of a panel */
	LEFT = 110,
	MARGIN = 24,
	TITLE = 64,
	HEADING = 34,
	LEGEND = 96,
	SWATCH = 44,
};

static unsigned int cell_size(const struct map *map)
{
	const unsigned int size = (unsigned int)(WIDTH / map->columns);

	return size ? size : 1;
}

static unsigned int panel_height(const struct map *map)
{
	return cell_size(map) * (unsigned int)map->rows;
}

/* Text from outside, such as the name of a file. A byte that XML does not have
 * becomes a question mark. */
static void put_text(const char *text, FILE *stream)
{
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", stream);
		else if (c == '<')
			fputs("&lt;", stream);
		else if (c == '>')
			fputs("&gt;", stream);
		else
			putc(c < ' ' || c > '~' ? '?' : c, stream);
	}
}

static void put_run(const struct map *map, size_t row, size_t from, size_t to,
		    unsigned int shade, FILE *stream)
{
	const unsigned int size = cell_size(map);

	if (shade)
		fprintf(stream,
			"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" "
			"class=\"s%u\"/>\n",
			(unsigned int)from * size, (unsigned int)row * size,
			(unsigned int)(to - from) * size, size, shade);
}

static void put_row(const struct map *map, enum map_kind kind, size_t row,
		    FILE *stream)
{
	const struct map_cell *const cells = map->cells + row * map->columns;
	size_t from = 0;

	for (size_t i = 1; i <= map->columns; i++) {
		const unsigned int shade = map_shade(&cells[from], kind);

		if (i < map->columns && map_shade(&cells[i], kind) == shade)
			continue;
		put_run(map, row, from, i, shade, stream);
		from = i;
	}
}

/* The numbers of the groups with which some rows begin */
static void put_scale(const struct map *map, FILE *stream)
{
	const size_t step = map->rows < 4 ? 1 : map->rows / 4;

	for (size_t row = 0; row < map->rows; row += step)
		fprintf(stream,
			"<text x=\"-8\" y=\"%u\" class=\"number\">%" PRIu64
			"</text>\n",
			(unsigned int)row * cell_size(map) + 10,
			map_first_group(map, row * map->columns));
}

static void put_panel(const struct map *map, enum map_kind kind, unsigned int y,
		      FILE *stream)
{
	fprintf(stream,
		"<text x=\"%d\" y=\"%u\" class=\"heading\">%s: %" PRIu64
		"</text>\n<g id=\"map%d\" transform=\"translate(%d,%u)\">\n"
		"<rect width=\"%u\" height=\"%u\" class=\"panel\"/>\n",
		LEFT, y + HEADING - 10, map_kind_names[kind],
		map->entries[kind], kind, LEFT, y + HEADING,
		cell_size(map) * (unsigned int)map->columns, panel_height(map));
	put_scale(map, stream);
	for (size_t row = 0; row < map->rows; row++)
		put_row(map, kind, row, stream);
	fprintf(stream, "</g>\n");
}

static void put_legend(const struct map *map, unsigned int y, FILE *stream)
{
	const uint64_t cells = map->columns * map->rows;

	fprintf(stream,
		"<g id=\"legend\" transform=\"translate(%d,%u)\">\n"
		"<text y=\"28\">Entries per group (of 8), on average up to "
		"</text>\n",
		LEFT, y);
	for (int shade = 0; shade < MAP_SHADES; shade++)
		fprintf(stream,
			"<rect x=\"%d\" y=\"40\" width=\"%d\" height=\"14\" "
			"class=\"s%d frame\"/>\n"
			"<text x=\"%d\" y=\"70\" class=\"step\">%s</text>\n",
			shade * SWATCH, SWATCH, shade,
			shade * SWATCH + SWATCH / 2, map_shade_names[shade]);
	fprintf(stream,
		"<text x=\"%d\" y=\"52\">A cell is %" PRIu64
		" group%s. The numbers on the left are those of a row's first "
		"group.</text>\n</g>\n",
		(MAP_SHADES + 1) * SWATCH, map->groups / cells,
		map->groups / cells == 1 ? "" : "s");
}

static void put_style(FILE *stream)
{
	fprintf(stream,
		"<style>text{font:14px sans-serif;fill:#222}"
		".title{font-size:20px}.heading{font-weight:bold}"
		".number{font-size:11px;text-anchor:end}"
		".step{font-size:12px;text-anchor:middle}"
		".panel{fill:#%06x;stroke:#888}.frame{stroke:#888}",
		map_colours[0]);
	for (int shade = 0; shade < MAP_SHADES; shade++)
		fprintf(stream, ".s%d{fill:#%06x}", shade, map_colours[shade]);
	fprintf(stream, "</style>\n");
}

void map_write_svg(const struct map *map, const struct map_caption *caption,
		   FILE *stream)
{
	const unsigned int panel = HEADING + panel_height(map);
	const unsigned int width =
		LEFT + cell_size(map) * (unsigned int)map->columns + MARGIN;
	const unsigned int height = TITLE + MAP_KINDS * panel + LEGEND;

	fprintf(stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
		"height=\"%u\" viewBox=\"0 0 %u %u\">\n",
		width, height, width, height);
	put_style(stream);
	fprintf(stream,
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"32\" class=\"title\">Hashed page table of ",
		LEFT);
	put_text(caption->source, stream);
	fprintf(stream, "</text>\n<text x=\"%d\" y=\"54\">%s</text>\n", LEFT,
		caption->table);
	for (int kind = 0; kind < MAP_KINDS; kind++)
		put_panel(map, (enum map_kind)kind,
			  TITLE + (unsigned int)kind * panel, stream);
	put_legend(map, TITLE + MAP_KINDS * panel, stream);
	fprintf(stream, "</svg>\n");
}
