/* SPDX-License-Identifier: MIT */
/* The entries of a table, kept sparse, so that a table of order 46 costs only
 * the memory of the entries in it */
#include "model.h"

#include <search.h>
#include <stdlib.h>

/* The key of a search, and the nearest entry at or above it. tfind() reports
 * only whether an entry exists, so the comparison notes what it passes. */
struct probe {
	struct hpte key; /* comes first, because the tree compares entries */
	const struct hpte *above;
	bool is_probe;
};

static int compare(const void *a, const void *b)
{
	const struct hpte *left = a, *right = b;

	return left->index < right->index ? -1 : left->index > right->index;
}

/* tfind() passes its key as the first argument, so a is the probe. */
static int compare_and_remember(const void *a, const void *b)
{
	/* The caller's probe is writable. tfind() makes the pointer const. */
	struct probe *probe = (struct probe *)(uintptr_t)a;
	const struct hpte *entry = b;
	int order = compare(&probe->key, entry);

	if (order <= 0)
		probe->above = entry;
	return order;
}

uint64_t htab_model_table_entries(const struct table *table)
{
	return table->order ? UINT64_C(1) << (table->order - 4) : 0;
}

struct hpte *htab_model_table_next(const struct table *table, uint64_t index)
{
	struct probe probe = { .key.index = index };

	tfind(&probe, &table->entries, compare_and_remember);
	return (struct hpte *)(uintptr_t)probe.above;
}

struct hpte *htab_model_table_find(const struct table *table, uint64_t index)
{
	struct hpte *entry = htab_model_table_next(table, index);

	return entry && entry->index == index ? entry : NULL;
}

struct hpte *htab_model_table_make(struct table *table, uint64_t index)
{
	struct hpte *entry = htab_model_table_find(table, index);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->index = index;
	if (!tsearch(entry, &table->entries, compare)) {
		free(entry);
		return NULL;
	}
	return entry;
}

void htab_model_table_drop(struct table *table, struct hpte *entry)
{
	tdelete(entry, &table->entries, compare);
	free(entry);
}

/* The kernel zeroes the entries but not the reverse map, where the dirty marks
 * are. So it later reports the entries that were dirty as invalid. */
void htab_model_table_clear(struct table *table)
{
	struct hpte *entry = htab_model_table_next(table, 0);

	while (entry) {
		uint64_t after = entry->index + 1;

		if (entry->dirty)
			entry->v = entry->r = 0;
		else
			htab_model_table_drop(table, entry);
		entry = htab_model_table_next(table, after);
	}
}

void htab_model_table_forget(struct table *table)
{
	tdestroy(table->entries, free);
	table->entries = NULL;
	table->order = 0;
}
