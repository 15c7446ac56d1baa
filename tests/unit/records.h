/* SPDX-License-Identifier: MIT */
/* Makes records, byte by byte, as the kernel does. */
#ifndef HTAB_TEST_RECORDS_H
#define HTAB_TEST_RECORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Room for the records of a test */
enum { BUFFER = 8192 };

/* An entry whose bytes depend on its index. Byte 7 has BOLTED and VALID. */
static inline void put_entry(unsigned char *entry, uint32_t index)
{
	for (unsigned int i = 0; i < 16; i++)
		entry[i] = (unsigned char)((index >> (i % 4 * 8)) + i);
	entry[0] = 0;
	entry[7] = 0x11;
}

/* Returns the length of the record. */
static inline size_t put_record(unsigned char *buf, uint32_t index,
				uint16_t n_valid, uint16_t n_invalid)
{
	memcpy(buf, &index, 4);
	memcpy(buf + 4, &n_valid, 2);
	memcpy(buf + 6, &n_invalid, 2);
	for (uint32_t i = 0; i < n_valid; i++)
		put_entry(buf + 8 + (size_t)i * 16, index + i);
	return 8 + (size_t)n_valid * 16;
}

static inline void put_be(unsigned char *at, size_t n, uint64_t value)
{
	while (n--) {
		at[n] = (unsigned char)value;
		value >>= 8;
	}
}

/* The sums of an image (docs/image-format.md), which are over two areas */
static inline void put_sums(unsigned char *sums, const unsigned char *head,
			    size_t head_len, const unsigned char *more,
			    size_t len)
{
	uint64_t a = 0, b = 0;

	for (size_t i = 0; i < head_len + len; i += 4) {
		const unsigned char *word = i < head_len ? head + i
							 : more + i - head_len;

		a += (uint64_t)word[0] << 24 | (uint64_t)word[1] << 16 |
		     (uint64_t)word[2] << 8 | word[3];
		b += a;
	}
	put_be(sums, 8, a);
	put_be(sums + 8, 8, b);
}

#endif
