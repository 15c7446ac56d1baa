/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

void table_init(struct table *table, uint32_t order)
{
	*table = (struct table){ .order = order };
}

void table_clear(struct table *table)
{
	table->n_groups = 0;
	if (table->n_slots)
		memset(table->slots, 0, table->n_slots * sizeof(uint32_t));
}

void table_free(struct table *table)
{
	free(table->groups);
	free(table->slots);
	table_init(table, 0);
}

uint64_t table_entries(const struct table *table)
{
	return UINT64_C(1) << (table->order - 4);
}

uint64_t table_groups(const struct table *table)
{
	return table_entries(table) / TABLE_GROUP;
}

/* The slot that has the group, or the empty one where it would go. There is
 * always an empty one: slots are twice as many as groups. */
static size_t slot_of(const struct table *table, uint32_t number)
{
	/* The high half of the product depends on all bits of the number, so
	 * groups at equal distances do not meet in one slot. */
	const uint64_t product = number * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(product >> 32) & (table->n_slots - 1);

	while (table->slots[at] &&
	       table->groups[table->slots[at] - 1].number != number)
		at = (at + 1) & (table->n_slots - 1);
	return at;
}

static void fill_slots(struct table *table)
{
	memset(table->slots, 0, table->n_slots * sizeof(uint32_t));
	for (size_t i = 0; i < table->n_groups; i++)
		table->slots[slot_of(table, table->groups[i].number)] =
			(uint32_t)(i + 1);
}

static int grow(struct table *table)
{
	const size_t room = table->room ? 2 * table->room : FIRST_ROOM;
	struct table_group *groups;
	uint32_t *slots;

	if (room > SIZE_MAX / sizeof(*groups) / 2)
		return -ENOMEM;
	groups = realloc(table->groups, room * sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	table->groups = groups;
	slots = malloc(2 * room * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(table->slots);
	table->slots = slots;
	table->n_slots = 2 * room;
	table->room = room;
	fill_slots(table);
	return 0;
}

static struct table_group *find(const struct table *table, uint32_t number)
{
	const size_t at = table->n_slots ? slot_of(table, number) : 0;

	return table->n_slots && table->slots[at]
		       ? &table->groups[table->slots[at] - 1]
		       : NULL;
}

const struct table_group *table_find(const struct table *table, uint32_t number)
{
	return find(table, number);
}

static struct table_group *add(struct table *table, uint32_t number)
{
	struct table_group *group;

	if (table->n_groups == table->room && grow(table) < 0)
		return NULL;
	group = &table->groups[table->n_groups];
	*group = (struct table_group){ .number = number };
	table->slots[slot_of(table, number)] = (uint32_t)++table->n_groups;
	return group;
}

int table_put(struct table *table, uint64_t index, const struct htab_hpte *hpte)
{
	const uint32_t number = (uint32_t)(index / TABLE_GROUP);
	struct table_group *group = find(table, number);

	if (!group)
		group = add(table, number);
	if (!group)
		return -ENOMEM;
	group->entries[index % TABLE_GROUP] = *hpte;
	return 0;
}

void table_drop(struct table *table, uint64_t index, uint32_t n)
{
	const uint64_t end = index + n;

	while (index < end) {
		struct table_group *group =
			find(table, (uint32_t)(index / TABLE_GROUP));

		do {
			if (group)
				group->entries[index % TABLE_GROUP] =
					(struct htab_hpte){ 0 };
		} while (++index < end && index % TABLE_GROUP);
	}
}

unsigned int table_fill(const struct table_group *group)
{
	unsigned int fill = 0;

	for (int i = 0; i < TABLE_GROUP; i++)
		fill += table_is_valid(&group->entries[i]);
	return fill;
}

static int compare(const void *a, const void *b)
{
	const struct table_group *first = a, *second = b;

	return (first->number > second->number) -
	       (first->number < second->number);
}

void table_finish(struct table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->n_groups; i++)
		if (table_fill(&table->groups[i]))
			table->groups[kept++] = table->groups[i];
	table->n_groups = kept;
	/* A stream usually comes in order. */
	for (size_t i = 1; i < kept; i++)
		if (table->groups[i - 1].number > table->groups[i].number) {
			qsort(table->groups, kept, sizeof(*table->groups),
			      compare);
			break;
		}
	if (table->n_slots)
		fill_slots(table);
	if (!table->order) {
		table->order = HTAB_ORDER_MIN;
		while (kept &&
		       table->groups[kept - 1].number >= table_groups(table))
			table->order++;
	}
}
