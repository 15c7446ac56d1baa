/* SPDX-License-Identifier: MIT */
/* What an image of docs/image-format.md means, for the target fuzz-restore. It
 * shares no code with the library. */
#ifndef HTAB_FUZZ_IMAGE_H
#define HTAB_FUZZ_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables of at most this order are compared entry by entry. */
enum { SHADOW_ORDER = 18, SHADOW_ENTRIES = 1 << (SHADOW_ORDER - 4) };

struct entry {
	uint64_t v, r; /* v is 0 if the entry is invalid */
};

struct image {
	int header; /* 0, or the error for the header */
	uint32_t order;
	bool whole; /* it is good up to its end, which is at this offset: */
	size_t end;
	/* The table, if the order is at most SHADOW_ORDER */
	struct entry entries[SHADOW_ENTRIES];
};

/* Sets all sums to what they should be, as far as the image goes. */
void repair_sums(uint8_t *bytes, size_t len);
void understand(struct image *image, const uint8_t *bytes, size_t len);

#endif
