/* SPDX-License-Identifier: MIT */
/* The bytes of an image: its header, and its blocks (docs/image-format.md) */
#ifndef HTAB_IMAGE_H
#define HTAB_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes of records a block has at most. It is on the stack of the
 * caller's thread, which with musl has 128 KiB by default. One read() of this
 * size has 2047 entries, so that its own cost does not show.
 */
#define HTAB_BLOCK_MAX 32768

enum { HTAB_BLOCK_HEAD = 24 };

struct htab_block {
	unsigned char head[HTAB_BLOCK_HEAD];
	unsigned char records[HTAB_BLOCK_MAX];
};

int htab_image_put_header(int fd, uint32_t order);

/* Returns 0, -EBADMSG, -EPROTONOSUPPORT, or what read() says. */
int htab_image_get_header(int fd, uint32_t *order);

/* Writes a block with len bytes of records, or the end of the image if that is
 * 0. The records are in wire form. */
int htab_image_put_block(int fd, struct htab_block *block, uint32_t number,
			 size_t len);

/* Reads the block of this number. Returns the length of its records in bytes,
 * 0 at the end of the image, -EBADMSG, or what read() says. */
int htab_image_get_block(int fd, struct htab_block *block, uint32_t number);

#endif
