/* SPDX-License-Identifier: MIT */
#include "table-stat.h"

#include <string.h>

/* The number of the segment of 1 TiB through which KVM maps real mode */
enum { VRMA_SEGMENT = 0x1ffffff };

/* How many bits of the AVPN are below the number of a segment of 1 TiB */
enum { AVPN_IN_1T = 17 };

const struct table_stat_size table_stat_sizes[TABLE_STAT_SIZES] = {
	{ 12, 12 }, { 16, 16 }, { 24, 24 }, { 34, 34 },
	{ 16, 12 }, { 24, 12 }, { 24, 16 },
};

bool table_is_vrma(const struct htab_hpte *hpte)
{
	uint64_t avpn;

	return htab_hpte_segment_shift(hpte) == 40 &&
	       htab_hpte_avpn(hpte, &avpn) == 0 &&
	       avpn >> AVPN_IN_1T == VRMA_SEGMENT;
}

static void count_size(struct table_stat *stat, const struct htab_hpte *hpte)
{
	const unsigned int page = htab_hpte_page_shift(hpte);
	const unsigned int base = htab_hpte_base_shift(hpte);

	for (int i = 0; i < TABLE_STAT_SIZES; i++)
		if (table_stat_sizes[i].page_shift == page &&
		    table_stat_sizes[i].base_shift == base) {
			stat->sizes[i]++;
			return;
		}
	stat->unknown_size++;
}

static void count_vrma(struct table_stat *stat, const struct htab_hpte *hpte)
{
	const unsigned int shift = htab_hpte_page_shift(hpte);

	if (!stat->vrma)
		stat->vrma_shift = shift;
	else if (stat->vrma_shift != shift)
		stat->vrma_shift = 0;
	stat->vrma++;
	stat->vrma_bytes += UINT64_C(1) << shift;
}

static void count_entry(struct table_stat *stat, const struct htab_hpte *hpte)
{
	stat->valid++;
	stat->bolted += (hpte->v & HTAB_V_BOLTED) != 0;
	stat->secondary += (hpte->v & HTAB_V_SECONDARY) != 0;
	stat->referenced += (hpte->r & HTAB_R_REFERENCED) != 0;
	stat->changed += (hpte->r & HTAB_R_CHANGED) != 0;
	count_size(stat, hpte);
	switch (htab_hpte_segment_shift(hpte)) {
	case 28:
		stat->segments_256m++;
		break;
	case 40:
		stat->segments_1t++;
		break;
	default:
		stat->segments_unknown++;
	}
	if (table_is_vrma(hpte))
		count_vrma(stat, hpte);
}

/* Keeps the run if it is one of the longest. Of two that are equally long, the
 * first stays the first. */
static void keep_run(struct table_stat *stat, const struct table_run *run)
{
	unsigned int at = stat->n_runs;

	if (!run->groups)
		return;
	while (at > 0 && stat->runs[at - 1].groups < run->groups)
		at--;
	if (at == TABLE_STAT_RUNS)
		return;
	if (stat->n_runs < TABLE_STAT_RUNS)
		stat->n_runs++;
	memmove(&stat->runs[at + 1], &stat->runs[at],
		(stat->n_runs - at - 1) * sizeof(*run));
	stat->runs[at] = *run;
}

static void count_group(struct table_stat *stat, struct table_run *run,
			const struct table_group *group)
{
	const unsigned int fill = table_fill(group);

	for (int i = 0; i < TABLE_GROUP; i++)
		if (table_is_valid(&group->entries[i]))
			count_entry(stat, &group->entries[i]);
	stat->fill[fill]++;
	if (fill == TABLE_GROUP && run->groups &&
	    run->first + run->groups == group->number) {
		run->groups++;
		return;
	}
	if (fill == TABLE_GROUP) {
		keep_run(stat, run);
		*run = (struct table_run){ group->number, 1 };
	}
}

void table_count(const struct table *table, struct table_stat *stat)
{
	struct table_run run = { 0 };

	*stat = (struct table_stat){ 0 };
	for (size_t i = 0; i < table->n_groups; i++)
		count_group(stat, &run, &table->groups[i]);
	keep_run(stat, &run);
	stat->fill[0] = table_groups(table) - table->n_groups;
}
