/* SPDX-License-Identifier: MIT */
/* What the files share that read QEMU's stream (see source-qemu.c) */
#ifndef HTAB_TOOLS_SOURCE_QEMU_H
#define HTAB_TOOLS_SOURCE_QEMU_H

#include "source-format.h"

enum part {
	PART_EOF = 0,
	PART_START = 1, /* the first section of what has several */
	PART_MORE = 2,
	PART_END = 3,
	PART_FULL = 4, /* all of a device */
	PART_SUBSECTION = 5,
	PART_CONFIGURATION = 7,
	PART_COMMAND = 8,
	PART_FOOTER = 0x7e
};

enum { STREAM_NAME = 256, SECTIONS = 64 };

enum content { OTHER, RAM, TABLE };

struct section {
	uint32_t id;
	enum content content;
};

struct stream {
	struct source *source;
	struct source_input *input;
	struct section sections[SECTIONS];
	unsigned int n_sections;
	unsigned int page_bits;
	bool has_table;
};

/* The input has ended too early. */
int stream_cut(const struct stream *stream);

/* There is something that QEMU does not send there. */
int stream_strange(const struct stream *stream);

/* Takes a number of n bytes. Returns whether it is there. */
bool stream_take(struct stream *stream, int n, uint64_t *value);

/* Takes a length of one byte and a name into STREAM_NAME bytes, with a 0 behind
 * it. Returns whether it is there. */
bool stream_take_name(struct stream *stream, char *name);

/* These take what follows the first byte of a part. They return 1 or a negative
 * errno, and the last one returns 0 behind the last section of the table. */
int stream_configuration(struct stream *stream);
int stream_subsection(struct stream *stream);
int stream_command(struct stream *stream);
int stream_first_section(struct stream *stream, enum part part);
int stream_later_section(struct stream *stream, enum part part);

#endif
