/* SPDX-License-Identifier: MIT */
/* htab map SOURCE: a picture of a table */
#include "map.h"

#include <argp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "source-open.h"
#include "table-file.h"
#include "units.h"

enum { KEY_PNG = 256, KEY_SVG };
enum { LEAST_WIDTH = 32, MOST_WIDTH = 4096 };
enum { TEXT_ROWS = 6, TEXT_WIDTH = 80, PNG_WIDTH = 1024, SVG_WIDTH = 128 };

/* A sequence of one colour (ColorBrewer's YlOrRd with 9 classes), whose first is
 * white */
const unsigned int map_colours[MAP_SHADES] = { 0xffffff, 0xffeda0, 0xfed976,
					       0xfeb24c, 0xfd8d3c, 0xfc4e2a,
					       0xe31a1c, 0xbd0026, 0x800026 };

struct question {
	struct source_choice choice;
	const char *png, *svg;
	size_t width; /* 0: none was given */
};

static const struct argp_option options[] = {
	{ "png", KEY_PNG, "FILE", 0, "Write a PNG instead of text", 0 },
	{ "svg", KEY_SVG, "FILE", 0, "Write an SVG instead of text", 0 },
	{ "width", 'w', "N", 0,
	  "How wide the picture is: in columns of the terminal (default: all), "
	  "in pixels of the PNG (1024), or in cells of the SVG (128)",
	  0 },
	{ 0 },
};

static size_t take_width(struct argp_state *state, const char *text)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < LEAST_WIDTH ||
	    value > MOST_WIDTH)
		argp_error(state, "a width of '%s' is not from %d to %d", text,
			   LEAST_WIDTH, MOST_WIDTH);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &question->choice;
		return 0;
	case KEY_PNG:
		question->png = arg;
		return 0;
	case KEY_SVG:
		question->svg = arg;
		return 0;
	case 'w':
		question->width = take_width(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		source_take(&question->choice, state, arg);
		return 0;
	case ARGP_KEY_END:
		if (question->png && question->svg)
			argp_error(state, "--png and --svg exclude each other");
		source_check(&question->choice, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "SOURCE\n--pid PID\n--vm NAME",
	.doc = "Draws a guest's hashed page table: how full its groups are, "
	       "from the first to the last, with all entries, with bolted and "
	       "with secondary ones. " SOURCE_DOC,
	.children = source_children,
};

/* --- the terminal --- */

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long value;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	value = columns ? strtoul(columns, NULL, 10) : 0;
	return value && value <= MOST_WIDTH ? value : TEXT_WIDTH;
}

/* https://no-color.org: any value but an empty one switches colours off. */
static int terminal_colours(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || (no_color && *no_color) || !term ||
	    !*term || strcmp(term, "dumb") == 0)
		return 0;
	return strstr(term, "256color") || getenv("COLORTERM") ? 256 : 8;
}

static bool draw_text(const struct question *question,
		      const struct table *table,
		      const struct map_caption *caption)
{
	size_t width = question->width ? question->width : terminal_width();
	struct map map;

	if (width < LEAST_WIDTH)
		width = LEAST_WIDTH;
	width -= MAP_TEXT_FRAME;
	width -= (size_t)map_number_width(table_groups(table));
	if (map_fill(&map, table, width, TEXT_ROWS) < 0) {
		message("no memory");
		return false;
	}
	map_print(&map, caption, terminal_colours());
	map_free(&map);
	return true;
}

/* --- pictures --- */

static bool write_picture(const struct question *question,
			  const struct map *map,
			  const struct map_caption *caption)
{
	const size_t width = question->width ? question->width : PNG_WIDTH;
	struct out_file file;
	bool good = true;

	if (!out_file_open(&file,
			   question->png ? question->png : question->svg))
		return false;
	if (question->png)
		good = map_write_png(map, caption,
				     (unsigned int)(width / map->columns),
				     file.stream);
	else
		map_write_svg(map, caption, file.stream);
	if (good)
		return out_file_commit(&file);
	out_file_abort(&file);
	return false;
}

static bool draw_picture(const struct question *question,
			 const struct table *table,
			 const struct map_caption *caption)
{
	size_t width = question->png ? PNG_WIDTH : SVG_WIDTH;
	size_t columns, rows;
	struct map map;
	bool good;

	if (question->width)
		width = question->width;
	map_shape(table, width, &columns, &rows);
	if (map_fill(&map, table, columns, rows) < 0) {
		message("no memory");
		return false;
	}
	good = write_picture(question, &map, caption);
	map_free(&map);
	return good;
}

static bool draw(const struct question *question, const struct source *source)
{
	const struct size_text size = table_text(source->table.order);
	char table[128];
	const struct map_caption caption = {
		.source = source_name(&question->choice),
		.table = table,
	};

	snprintf(table, sizeof(table), "%s%s", size.text,
		 source->order_is_known ? "" : " or larger");
	return question->png || question->svg
		       ? draw_picture(question, &source->table, &caption)
		       : draw_text(question, &source->table, &caption);
}

int command_map(int argc, char **argv)
{
	struct question question = { 0 };
	struct source source;
	bool good;

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	if (question.png && !map_png_is_built()) {
		message("this build has no PNG, because it has no libpng. Use "
			"--svg.");
		return STATUS_NO;
	}
	good = source_load(&source, &question.choice) &&
	       draw(&question, &source);
	source_free(&source);
	return good ? STATUS_YES : STATUS_NO;
}
