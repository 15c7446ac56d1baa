/* SPDX-License-Identifier: MIT */
/* A table as an image of htab_save() (docs/image-format.md), and as the body of
 * QEMU's sections "spapr/htab" */
#ifndef HTAB_TOOLS_TABLE_IMAGE_H
#define HTAB_TOOLS_TABLE_IMAGE_H

#include "table.h"

#include <stdio.h>

enum {
	IMAGE_VERSION = 1,
	IMAGE_HEADER = 32,
	IMAGE_HEAD = 24, /* of a block */
	IMAGE_BLOCK = 32768,
};

extern const unsigned char image_magic[8];

/* Whether the 16 bytes at sums are those of head_len and len bytes. The lengths
 * are multiples of 4. */
bool image_sums_are_right(const unsigned char *head, size_t head_len,
			  const unsigned char *sums, const unsigned char *bytes,
			  size_t len);

/* These return false if the stream has an error, which ferror() keeps. */
bool table_write_image(const struct table *table, FILE *stream);
bool table_write_qemu(const struct table *table, FILE *stream);

#endif
