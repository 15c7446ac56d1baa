/* SPDX-License-Identifier: MIT */
/* The entries of a table, sparse: an order of 46 costs what is in it. */
#include "model.h"

#include <search.h>
#include <stdlib.h>

/* A search looks for an entry, and remembers the nearest one above on the way:
 * libc's tree says only whether it is there. */
struct probe {
	struct hpte key; /* first: the tree compares entries */
	const struct hpte *above;
	bool is_probe;
};

static int compare(const void *a, const void *b)
{
	const struct hpte *left = a, *right = b;

	return left->index < right->index ? -1 : left->index > right->index;
}

/* tfind() passes its key first, so a is the probe. */
static int compare_and_remember(const void *a, const void *b)
{
	/* The probe is ours to write; only the tree's interface is const. */
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

/* The kernel zeroes the entries but not the reverse map, where the marks are:
 * what was dirty is reported as invalid later. */
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
