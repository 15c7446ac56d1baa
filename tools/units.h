/* SPDX-License-Identifier: MIT */
/* Sizes as people write and read them */
#ifndef HTAB_UNITS_H
#define HTAB_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a size such as "64G", "1.5T", "1536M" or "64KiB": a number with up to
 * three decimals, and a binary unit from K to P, or none for bytes. Returns
 * false if the text is something else, or if the size does not fit. */
bool size_parse(const char *text, uint64_t *bytes);

struct size_text {
	char text[32];
};

/* The size with at most two decimals, in the largest unit of which there is
 * at least one: "512 MiB", "6.25 GiB". It is rounded down, so that nobody
 * expects more than there is. Use the text of the result at once:
 * size_text(n).text lives until the end of the full expression. */
struct size_text size_text(uint64_t bytes);

/* A table: "512 MiB (order 29)" */
struct size_text table_text(uint32_t order);

/* The bytes of a table of that order, 18 to 46 */
uint64_t table_bytes(uint32_t order);

/* part in whole, in per cent, rounded up. Returns UINT64_MAX if whole is 0. */
uint64_t percent_of(uint64_t part, uint64_t whole);

#endif
