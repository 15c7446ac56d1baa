/* SPDX-License-Identifier: MIT */
/* Operations on single entries by their index */
#include "differential.h"

#include <errno.h>

enum { MOST = 600, PRINTED = 4 };

static struct htab_hpte hptes[MOST];

static size_t draw_count(void)
{
	static const size_t counts[] = {
		0, 1, 1, 2, 8, 9, 254, 255, 256, MOST
	};

	return DRAW_FROM(counts);
}

/* Mostly where random entries are, else around the end of the table */
static uint32_t draw_index(uint32_t order)
{
	static const uint32_t ends[] = { 1, 2, 8, 255, 600, 0 };
	uint32_t index;

	if (chance(75))
		index = draw_entry(order).index;
	else
		index = (UINT32_C(1) << (order - 4)) - DRAW_FROM(ends);
	return chance(3) ? UINT32_MAX - index % 8 : index;
}

static void say_hptes(size_t n)
{
	uint64_t sum = 0;
	size_t valid = 0;

	for (size_t i = 0; i < n; i++) {
		sum = mix(sum, hptes[i].v);
		sum = mix(sum, hptes[i].r);
		if (!hptes[i].v || valid++ >= PRINTED)
			continue;
		say(" %zu:%llx:%llx", i, (unsigned long long)hptes[i].v,
		    (unsigned long long)hptes[i].r);
	}
	say(" sum %zu %llx", valid, (unsigned long long)sum);
}

/* The order of the table, or the smallest one if it cannot be known */
static uint32_t order_of(const struct a_vm *vm)
{
	const uint32_t order = peek_order(vm);

	return order ? order : HTAB_ORDER_MIN;
}

void do_get_hptes(struct a_vm *vm)
{
	const uint32_t index = draw_index(order_of(vm));
	const size_t n = draw_count();
	int r;

	say("htab_get_hptes(%u, %zu)", index, n);
	r = htab_get_hptes(vm->fd, index, hptes, n);
	say_result(r);
	if (r == 0)
		say_hptes(n);
}

/* The same entry several times in its group, and holes between */
static size_t draw_hptes(const struct entry *entry)
{
	const uint32_t room = SLOTS - entry->index % SLOTS;
	const size_t n = 1 + draw(room);
	const uint32_t percent = chance(50) ? 0 : 30;

	for (size_t i = 0; i < n; i++) {
		hptes[i] = (struct htab_hpte){ 0, 0 };
		if (!chance(percent))
			hptes[i] = (struct htab_hpte){ entry->v, entry->r };
	}
	return n;
}

static void note_put(struct a_vm *vm, const struct entry *entry, size_t n,
		     uint32_t order, int r)
{
	const struct burden burden = {
		.touches_vital = covers_vital(order, entry->index, n),
		.has_vrma = entry->is_vrma && hptes[0].v & HTAB_V_VALID,
	};

	/* A reserved size may be refused after other entries were written, but
	 * an entry of the VRMA has none, and is the only one. */
	if (r == 0 || r == -EINVAL || r == -EIO)
		note_burden(vm, &burden);
}

void do_put_hptes(struct a_vm *vm)
{
	const uint32_t order = order_of(vm);
	const struct entry entry = draw_entry(order);
	size_t n = draw_hptes(&entry);
	int r;

	/* Holes up to beyond the group, and perhaps beyond the table */
	if (chance(20)) {
		const size_t more = draw(MOST - SLOTS);

		for (size_t i = 0; i < more; i++)
			hptes[n++] = (struct htab_hpte){ 0, 0 };
	}
	say("htab_put_hptes(%u, %zu)", entry.index, n);
	say_hptes(n);
	r = htab_put_hptes(vm->fd, entry.index, hptes, n);
	say_result(r);
	note_put(vm, &entry, n, order, r);
	if (chance(20))
		look(vm);
}
