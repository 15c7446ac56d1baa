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

#endif
