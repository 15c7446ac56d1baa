/* SPDX-License-Identifier: MIT */
/*
 * The map as a PNG: three panels, one below the other, and the scale of the
 * shades. It has no letters, because libpng draws none. What they would say is
 * in the text chunks, and in htab(1).
 */
#include "map.h"

#include <inttypes.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

/* Behind the shades, the palette has the colour of what is between the panels,
 * and that of the lines around them. */
enum { BACKGROUND = MAP_SHADES, LINE, COLOURS };
enum { MARGIN = 8, SCALE = 16 };

bool map_png_is_built(void)
{
	return true;
}

struct picture {
	png_structp png;
	png_infop info;
	const struct map *map;
	unsigned int cell;
	png_uint_32 width, height;
	png_bytep row;
	char texts[3][256];
};

static png_uint_32 panel_width(const struct picture *picture)
{
	return (png_uint_32)picture->map->columns * picture->cell;
}

static void put_palette(const struct picture *picture)
{
	png_color palette[COLOURS];

	for (int i = 0; i < COLOURS; i++) {
		const unsigned int rgb = i < MAP_SHADES	   ? map_colours[i]
					 : i == BACKGROUND ? 0xffffff
							   : 0x888888;

		palette[i] = (png_color){ (png_byte)(rgb >> 16),
					  (png_byte)(rgb >> 8), (png_byte)rgb };
	}
	png_set_PLTE(picture->png, picture->info, palette, COLOURS);
}

static void put_texts(struct picture *picture,
		      const struct map_caption *caption)
{
	const struct map *map = picture->map;
	static const char *const keys[] = { "Title", "Description", "Comment" };
	png_text texts[3] = { 0 };

	snprintf(picture->texts[0], sizeof(picture->texts[0]),
		 "Hashed page table of %.200s", caption->source);
	snprintf(picture->texts[1], sizeof(picture->texts[1]),
		 "%s. From above: all entries (%" PRIu64 "), bolted entries "
		 "(%" PRIu64 "), secondary entries (%" PRIu64 "), and the "
		 "scale",
		 caption->table, map->entries[MAP_ALL],
		 map->entries[MAP_BOLTED], map->entries[MAP_SECONDARY]);
	snprintf(picture->texts[2], sizeof(picture->texts[2]),
		 "A cell of %u x %u pixels is %" PRIu64 " groups of 8 "
		 "entries. The scale is entries per group, on average up to "
		 "0, 1/8, 1/4, 1/2, 1, 2, 4, 6, 8",
		 picture->cell, picture->cell,
		 map->groups / (map->columns * map->rows));
	for (int i = 0; i < 3; i++) {
		texts[i].compression = PNG_TEXT_COMPRESSION_NONE;
		texts[i].key = (png_charp)(uintptr_t)keys[i];
		texts[i].text = picture->texts[i];
		/* These chunks are in Latin 1. */
		for (char *at = picture->texts[i]; *at; at++)
			if (*at < ' ' || *at > '~')
				*at = '?';
	}
	png_set_text(picture->png, picture->info, texts, 3);
}

static void put_rows(const struct picture *picture, int colour, unsigned int n)
{
	memset(picture->row, colour, picture->width);
	while (n--)
		png_write_row(picture->png, picture->row);
}

/* Begins a row: background, and a line on both sides of the panel */
static png_bytep begin_row(const struct picture *picture, int between)
{
	memset(picture->row, BACKGROUND, picture->width);
	memset(picture->row + MARGIN - 1, between, panel_width(picture) + 2);
	picture->row[MARGIN - 1] = LINE;
	picture->row[MARGIN + panel_width(picture)] = LINE;
	return picture->row + MARGIN;
}

static void put_line(const struct picture *picture)
{
	begin_row(picture, LINE);
	png_write_row(picture->png, picture->row);
}

static void put_panel(const struct picture *picture, enum map_kind kind)
{
	const struct map *map = picture->map;

	put_line(picture);
	for (size_t row = 0; row < map->rows; row++) {
		png_bytep at = begin_row(picture, BACKGROUND);

		for (size_t column = 0; column < map->columns; column++) {
			const struct map_cell *cell =
				&map->cells[row * map->columns + column];

			memset(at, (int)map_shade(cell, kind), picture->cell);
			at += picture->cell;
		}
		for (unsigned int i = 0; i < picture->cell; i++)
			png_write_row(picture->png, picture->row);
	}
	put_line(picture);
	put_rows(picture, BACKGROUND, MARGIN);
}

static void put_scale(const struct picture *picture)
{
	const png_uint_32 width = panel_width(picture);
	png_bytep at;

	put_line(picture);
	at = begin_row(picture, BACKGROUND);
	for (png_uint_32 i = 0; i < width; i++)
		at[i] = (png_byte)(i * MAP_SHADES / width);
	for (int i = 0; i < SCALE; i++)
		png_write_row(picture->png, picture->row);
	put_line(picture);
	put_rows(picture, BACKGROUND, MARGIN);
}

static void put_picture(struct picture *picture,
			const struct map_caption *caption)
{
	png_set_IHDR(picture->png, picture->info, picture->width,
		     picture->height, 8, PNG_COLOR_TYPE_PALETTE,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	put_palette(picture);
	put_texts(picture, caption);
	png_write_info(picture->png, picture->info);
	put_rows(picture, BACKGROUND, MARGIN);
	for (int kind = 0; kind < MAP_KINDS; kind++)
		put_panel(picture, (enum map_kind)kind);
	put_scale(picture);
	png_write_end(picture->png, NULL);
}

static void fail(png_structp png, png_const_charp text)
{
	message("the PNG could not be written: %s", text);
	png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* libpng returns here from an error by longjmp(). */
static bool write_all(struct picture *picture,
		      const struct map_caption *caption)
{
	if (setjmp(png_jmpbuf(picture->png)))
		return false;
	put_picture(picture, caption);
	return true;
}

bool map_write_png(const struct map *map, const struct map_caption *caption,
		   unsigned int cell, FILE *stream)
{
	struct picture picture = { .map = map, .cell = cell };
	bool good = false;

	picture.width = panel_width(&picture) + 2 * MARGIN;
	picture.height =
		MARGIN +
		MAP_KINDS * ((png_uint_32)map->rows * cell + 2 + MARGIN) +
		SCALE + 2 + MARGIN;
	picture.row = malloc(picture.width);
	picture.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail,
					      ignore);
	picture.info = picture.png ? png_create_info_struct(picture.png) : NULL;
	if (picture.row && picture.info) {
		png_init_io(picture.png, stream);
		good = write_all(&picture, caption);
	} else {
		message("no memory");
	}
	png_destroy_write_struct(&picture.png, &picture.info);
	free(picture.row);
	return good;
}
