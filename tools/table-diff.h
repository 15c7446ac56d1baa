/* SPDX-License-Identifier: MIT */
/* How two tables differ. Pure: no input, no output */
#ifndef HTAB_TOOLS_TABLE_DIFF_H
#define HTAB_TOOLS_TABLE_DIFF_H

#include "table.h"

/* What can differ in an entry that both tables have */
enum {
	DIFF_PAGE = 0x1,       /* the virtual page */
	DIFF_ADDRESS = 0x2,    /* the guest real address */
	DIFF_SIZE = 0x4,       /* the page size, or the size of the segment */
	DIFF_PROTECTION = 0x8, /* with the key */
	DIFF_WIMG = 0x10,
	DIFF_BOLTED = 0x20,
	DIFF_SECONDARY = 0x40,
	DIFF_REFERENCED = 0x80,
	DIFF_CHANGED = 0x100,
	DIFF_OTHER = 0x200, /* bits that have no name here */
};
enum { DIFF_FIELDS = 10 };

extern const char *const table_diff_names[DIFF_FIELDS];

/* An entry that only one table has: the other is NULL. */
struct table_difference {
	uint64_t index;
	const struct htab_hpte *a, *b;
	unsigned int fields; /* DIFF_*, if both have it */
};

/* Calls see() for each entry that is not the same, from the first to the last.
 * Both tables are finished. */
void table_diff(const struct table *a, const struct table *b,
		void (*see)(void *context, const struct table_difference *),
		void *context);

/* DIFF_* of what is not the same */
unsigned int table_diff_fields(const struct htab_hpte *a,
			       const struct htab_hpte *b);

#endif
