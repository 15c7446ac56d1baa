/* SPDX-License-Identifier: MIT */
/* What is in the reverse map of a new table (docs/kernels.md, "Reading an htab
 * fd") */
#include "model.h"

/* How many runs of marked entries a new table has, and how long they are at
 * most */
enum { RUNS = 16, LONGEST = 8 };

/* splitmix64 */
static uint64_t draw(struct kernel *kernel)
{
	uint64_t z;

	pthread_mutex_lock(&kernel->lock);
	z = kernel->random += UINT64_C(0x9e3779b97f4a7c15);
	pthread_mutex_unlock(&kernel->lock);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* An entry that memory is not enough for is one without a mark. */
static void mark(struct table *table, uint64_t index)
{
	struct hpte *entry = htab_model_table_make(table, index);

	if (entry)
		entry->dirty = true;
}

void htab_model_leave_old_marks(struct kernel *kernel, struct table *table)
{
	const uint64_t entries = htab_model_table_entries(table);

	if (!kernel->config.random_reverse)
		return;
	for (int i = 0; i < RUNS; i++) {
		const uint64_t first = draw(kernel) % (entries - LONGEST);
		const uint64_t count = 1 + draw(kernel) % LONGEST;

		for (uint64_t j = 0; j < count; j++)
			mark(table, first + j);
	}
}
