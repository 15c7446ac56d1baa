/* SPDX-License-Identifier: MIT */
/*
 * On a PowerPC host, HTAB_HOST tells the program what kind of host it is.
 * libhtab has to find that out by itself. See tests/lab/table.
 */
#ifndef HTAB_TEST_HOST_MMU_H
#define HTAB_TEST_HOST_MMU_H

#include <string.h>

#include "host.h"

static inline enum host_mmu host_mmu_of(const char *word)
{
	static const struct {
		const char *word;
		enum host_mmu mmu;
	} known[] = {
		{ "hash", HOST_HASH },
		{ "radix", HOST_RADIX },
		{ "radix-nohash", HOST_RADIX_NO_HASH },
		{ "radix-norun", HOST_RADIX_NO_RUN },
		{ "nested", HOST_RADIX_NO_HASH },
		{ "no-hv", HOST_NO_HV },
		{ "pr", HOST_PR },
	};

	for (size_t i = 0; word && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(word, known[i].word) == 0)
			return known[i].mmu;
	return HOST_UNKNOWN;
}

#endif
