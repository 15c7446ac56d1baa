/* SPDX-License-Identifier: MIT */
/*
 * A guest's table in memory. Only groups that have a valid entry take memory,
 * so what a file claims about its size costs nothing: the memory follows the
 * entries that the file really has.
 */
#ifndef HTAB_TOOLS_TABLE_H
#define HTAB_TOOLS_TABLE_H

#include <libhtab.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A group (PTEG) is the set of entries in which one hash value can be. */
enum { TABLE_GROUP = 8 };

struct table_group {
	uint32_t number;
	struct htab_hpte entries[TABLE_GROUP];
};

struct table {
	/* The base-2 logarithm of its size in bytes, 0 if it is not known */
	uint32_t order;
	struct table_group *groups;
	size_t n_groups;
	/* How many groups there is room for, and the hash table that finds a
	 * group by its number: an index into groups plus 1, or 0 */
	size_t room;
	uint32_t *slots;
	size_t n_slots;
};

void table_init(struct table *table, uint32_t order);
void table_free(struct table *table);

/* How many entries and groups a table of the order has; order is 18 to 46. */
uint64_t table_entries(const struct table *table);
uint64_t table_groups(const struct table *table);

/* Makes an entry valid: hpte has HTAB_V_VALID. Returns 0 or -ENOMEM. */
int table_put(struct table *table, uint64_t index,
	      const struct htab_hpte *hpte);

/* Makes n entries invalid. */
void table_drop(struct table *table, uint64_t index, uint32_t n);

/* Removes all entries. */
void table_clear(struct table *table);

/* Returns the group of this number, or NULL if all its entries are invalid. */
const struct table_group *table_find(const struct table *table,
				     uint32_t number);

/* Puts the groups in their order, and forgets those without a valid entry. An
 * order that is not known becomes the smallest that has room for them. */
void table_finish(struct table *table);

/* How many of a group's entries are valid */
unsigned int table_fill(const struct table_group *group);

static inline bool table_is_valid(const struct htab_hpte *hpte)
{
	return hpte->v & HTAB_V_VALID;
}

#endif
