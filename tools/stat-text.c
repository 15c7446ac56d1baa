/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include <inttypes.h>
#include <stdio.h>

#include "source-open.h"
#include "text.h"
#include "units.h"

enum { BAR = 40, PER_CENT = 16 };

struct percent_text {
	char text[PER_CENT];
};

/* With one decimal, rounded down. whole is less than 2^43, so that nothing
 * overflows. */
static struct percent_text percent(uint64_t part, uint64_t whole)
{
	struct percent_text percent;
	const uint64_t tenths = whole ? part * 1000 / whole : 0;

	if (part && !tenths)
		snprintf(percent.text, PER_CENT, "<0.1 %%");
	else
		snprintf(percent.text, PER_CENT, "%" PRIu64 ".%" PRIu64 " %%",
			 tenths / 10 % 1000, tenths % 10);
	return percent;
}

static void print_kinds(const struct table_stat *stat)
{
	const struct {
		const char *name, *meaning;
		uint64_t count;
	} kinds[] = {
		{ "bolted", "the guest keeps them in the table", stat->bolted },
		{ "secondary", "in the group of the second hash",
		  stat->secondary },
		{ "referenced", "the page was used", stat->referenced },
		{ "changed", "the page was written", stat->changed },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		printf("    %-17s %11" PRIu64 " %8s  %s\n", kinds[i].name,
		       kinds[i].count,
		       percent(kinds[i].count, stat->valid).text,
		       kinds[i].meaning);
}

static void print_counts(const struct source *source,
			 const struct table_stat *stat)
{
	const uint64_t entries = table_entries(&source->table);

	printf("\nEntries\n");
	printf("  %-19s %11" PRIu64 "\n", "room", entries);
	printf("  %-19s %11" PRIu64 " %8s  of the room\n", "valid", stat->valid,
	       percent(stat->valid, entries).text);
	print_kinds(stat);
}

static void print_sizes(const struct table_stat *stat)
{
	char name[48];

	if (!stat->valid)
		return;
	printf("\nPage sizes\n");
	for (int i = 0; i < TABLE_STAT_SIZES; i++) {
		const struct table_stat_size *size = &table_stat_sizes[i];
		const uint64_t page = UINT64_C(1) << size->page_shift;
		const uint64_t base = UINT64_C(1) << size->base_shift;

		if (!stat->sizes[i])
			continue;
		snprintf(name, sizeof(name), "%s", size_text(page).text);
		printf("  %-19s %11" PRIu64 " %8s", name, stat->sizes[i],
		       percent(stat->sizes[i], stat->valid).text);
		if (page != base)
			printf("  in a segment of %s pages",
			       size_text(base).text);
		putchar('\n');
	}
	if (stat->unknown_size)
		printf("  %-19s %11" PRIu64 " %8s\n", "unknown",
		       stat->unknown_size,
		       percent(stat->unknown_size, stat->valid).text);
}

static void print_segments(const struct table_stat *stat)
{
	const struct {
		const char *name;
		uint64_t count;
	} segments[] = {
		{ "256 MiB", stat->segments_256m },
		{ "1 TiB", stat->segments_1t },
		{ "unknown", stat->segments_unknown },
	};

	if (!stat->valid)
		return;
	printf("\nSegment sizes\n");
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		if (segments[i].count)
			printf("  %-19s %11" PRIu64 " %8s\n", segments[i].name,
			       segments[i].count,
			       percent(segments[i].count, stat->valid).text);
}

/* A bar for each count, the longest of which has all columns. One that is not 0
 * has at least a column. */
static void print_fill(const struct source *source,
		       const struct table_stat *stat)
{
	const uint64_t groups = table_groups(&source->table);
	uint64_t most = 1;

	for (int i = 0; i <= TABLE_GROUP; i++)
		if (stat->fill[i] > most)
			most = stat->fill[i];
	printf("\nGroups of %d entries, by how many of them are valid\n",
	       TABLE_GROUP);
	for (int i = 0; i <= TABLE_GROUP; i++) {
		const uint64_t n = stat->fill[i];
		const uint64_t bar = n ? (n * BAR + most - 1) / most : 0;

		printf("  %d %11" PRIu64 " %8s", i, n, percent(n, groups).text);
		if (bar)
			printf("  %.*s", (int)bar,
			       "########################################");
		putchar('\n');
	}
	if (!stat->n_runs)
		printf("  No group is full.\n");
	for (unsigned int i = 0; i < stat->n_runs; i++)
		text_row(i ? "" : "longest full runs",
			 "%" PRIu64 " group%s from group %" PRIu64 " on",
			 stat->runs[i].groups,
			 stat->runs[i].groups == 1 ? "" : "s",
			 stat->runs[i].first);
}

static void print_vrma(const struct source *source,
		       const struct table_stat *stat)
{
	const unsigned int shift = stat->vrma_shift;

	printf("\nReal mode (VRMA)\n");
	if (!stat->vrma) {
		text_row("mapped by KVM", "nothing");
		return;
	}
	text_row("mapped by KVM", "%s with %" PRIu64 " entries",
		 size_text(stat->vrma_bytes).text, stat->vrma);
	if (shift)
		text_row("at most", "%s with this table and pages of %s",
			 size_text(htab_vrma_limit(source->table.order, shift))
				 .text,
			 size_text(UINT64_C(1) << shift).text);
}

void stat_print(const char *name, const struct source *source,
		const struct table_stat *stat)
{
	printf("%s\n", name);
	text_row("source", "%s", source_kind_name(source->kind));
	text_row("table", "%s%s", table_text(source->table.order).text,
		 source_order_remark(source));
	print_counts(source, stat);
	print_sizes(stat);
	print_segments(stat);
	print_fill(source, stat);
	print_vrma(source, stat);
}
