/* SPDX-License-Identifier: MIT */
/* What can be counted in a table. Pure: no input, no output */
#ifndef HTAB_TOOLS_TABLE_STAT_H
#define HTAB_TOOLS_TABLE_STAT_H

#include "table.h"

/* The encodings of page sizes, see table_stat_sizes[], and unknown ones */
enum { TABLE_STAT_SIZES = 7, TABLE_STAT_RUNS = 3 };

/* A page, and the size by which its segment divides addresses */
struct table_stat_size {
	unsigned int page_shift, base_shift;
};

extern const struct table_stat_size table_stat_sizes[TABLE_STAT_SIZES];

struct table_run {
	uint64_t first, groups;
};

struct table_stat {
	uint64_t valid, bolted, secondary, referenced, changed;
	uint64_t sizes[TABLE_STAT_SIZES], unknown_size;
	/* Entries whose segment has 256 MiB, 1 TiB or a reserved size */
	uint64_t segments_256m, segments_1t, segments_unknown;
	/* How many groups have 0 to 8 valid entries */
	uint64_t fill[TABLE_GROUP + 1];
	/* The longest runs of groups that are full, the longest first */
	struct table_run runs[TABLE_STAT_RUNS];
	unsigned int n_runs;
	/* The VRMA: KVM's own entries for the guest's real mode */
	uint64_t vrma, vrma_bytes;
	unsigned int vrma_shift; /* of its pages; 0 if they differ or none is */
};

/* The table is finished. */
void table_count(const struct table *table, struct table_stat *stat);

/* Whether KVM made the entry for the guest's real mode */
bool table_is_vrma(const struct htab_hpte *hpte);

#endif
