/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <string.h>

enum { HEADER = 32, HEAD = 24, MOST = 32768 };

static uint64_t get(const uint8_t *at, int n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *at++;
	return value;
}

static void put64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* The sums of n words, and then of more words elsewhere */
static void sum(uint64_t sums[2], const uint8_t *at, size_t words)
{
	for (; words; words--, at += 4) {
		sums[0] += get(at, 4);
		sums[1] += sums[0];
	}
}

static bool sums_are(const uint8_t *at, const uint64_t sums[2])
{
	return get(at, 8) == sums[0] && get(at + 8, 8) == sums[1];
}

/* Returns the length of the records of a block, or -1 if the bytes end before
 * them, or it has more than a block may have. */
static long block_at(const uint8_t *block, size_t left, uint64_t sums[2])
{
	size_t len;

	if (left < HEAD)
		return -1;
	len = (size_t)get(block + 4, 4);
	if (len > MOST || len % 8 || left - HEAD < len)
		return -1;
	sums[0] = sums[1] = 0;
	sum(sums, block, 2);
	sum(sums, block + HEAD, len / 4);
	return (long)len;
}

void repair_sums(uint8_t *bytes, size_t len)
{
	uint64_t sums[2] = { 0 };
	size_t at = HEADER;
	long records = 1;

	if (len < HEADER)
		return;
	sum(sums, bytes, 4);
	put64(bytes + 16, sums[0]);
	put64(bytes + 24, sums[1]);
	while (records > 0) {
		records = block_at(bytes + at, len - at, sums);
		if (records < 0)
			return;
		put64(bytes + at + 8, sums[0]);
		put64(bytes + at + 16, sums[1]);
		at += HEAD + (size_t)records;
	}
}

static int understand_header(struct image *image, const uint8_t *bytes,
			     size_t len)
{
	uint64_t sums[2] = { 0 };

	if (len < HEADER || memcmp(bytes, "libhtab\n", 8) != 0)
		return -EBADMSG;
	if (get(bytes + 8, 4) != 1)
		return -EPROTONOSUPPORT;
	sum(sums, bytes, 4);
	image->order = (uint32_t)get(bytes + 12, 4);
	if (!sums_are(bytes + 16, sums) || image->order < 18 ||
	    image->order > 46)
		return -EBADMSG;
	return 0;
}

static void enter(struct image *image, uint64_t index, const uint8_t *entry)
{
	if (image->order > SHADOW_ORDER)
		return;
	image->entries[index] = (struct entry){ 0 };
	if (entry)
		image->entries[index] =
			(struct entry){ get(entry, 8), get(entry + 8, 8) };
}

/* Returns false if these are not records of this table. */
static bool understand_records(struct image *image, const uint8_t *at,
			       size_t len)
{
	const uint64_t end = UINT64_C(1) << (image->order - 4);

	while (len) {
		uint64_t index, valid, invalid;

		if (len < 8)
			return false;
		index = get(at, 4);
		valid = get(at + 4, 2);
		invalid = get(at + 6, 2);
		at += 8;
		len -= 8;
		if (len < valid * 16 || index >= end ||
		    index + valid + invalid > end)
			return false;
		for (; valid; valid--, at += 16, len -= 16) {
			if (!(at[7] & 1))
				return false;
			enter(image, index++, at);
		}
		for (; invalid; invalid--)
			enter(image, index++, NULL);
	}
	return true;
}

void understand(struct image *image, const uint8_t *bytes, size_t len)
{
	uint64_t sums[2];
	size_t at = HEADER;
	uint32_t number = 0;

	memset(image, 0, sizeof(*image));
	image->header = understand_header(image, bytes, len);
	while (image->header == 0 && !image->whole) {
		const uint8_t *block = bytes + at;
		long records = block_at(block, len - at, sums);

		if (records < 0 || get(block, 4) != number++ ||
		    !sums_are(block + 8, sums) ||
		    !understand_records(image, block + HEAD, (size_t)records))
			return;
		at += HEAD + (size_t)records;
		image->whole = records == 0;
	}
	image->end = at;
}
