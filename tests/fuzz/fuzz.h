/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. Each of them is a function that a fuzzer calls
 * with bytes, and that aborts if a rule does not hold. */
#ifndef HTAB_FUZZ_H
#define HTAB_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert(), this is there in every build. */
#define must(condition)                                                        \
	((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void fuzz_fail(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
	abort();
}

/* The bytes that were not used yet */
struct input {
	const uint8_t *at;
	size_t left;
};

/* Takes a big-endian number of n bytes. Bytes that are missing are 0. */
static inline uint64_t take(struct input *input, size_t n)
{
	uint64_t value = 0;

	for (; n > 0; n--) {
		value <<= 8;
		if (input->left) {
			value |= *input->at++;
			input->left--;
		}
	}
	return value;
}

#endif
