/* SPDX-License-Identifier: MIT */
/*
 * Random entries of the table. There are so few different ones that the same
 * entry is drawn again. The layout is that of POWER8, which the htab fd has on
 * every host.
 */
#include "differential.h"

#define VALID	   UINT64_C(0x01)
#define SECONDARY  UINT64_C(0x02)
#define LARGE	   UINT64_C(0x04)
#define SOFTWARE   UINT64_C(0x08)
#define BOLTED	   UINT64_C(0x10)
#define PRIVATE	   UINT64_C(0x60) /* the kernel ignores these */
#define SEGMENT_1T (UINT64_C(1) << 62)
#define RESERVED_B (UINT64_C(3) << 62)

#define VRMA_VSID UINT64_C(0x1ffffff)

struct page_size {
	uint64_t encoding; /* in the second dword */
	unsigned int base, actual;
};

static const struct page_size small = { 0, 12, 12 };
static const struct page_size large[] = {
	{ 0x00000, 24, 24 }, { 0x01000, 16, 16 }, { 0x07000, 12, 16 },
	{ 0x08000, 16, 24 }, { 0x38000, 12, 24 }, { 0x03000, 34, 34 },
};
/* Encodings without a meaning */
static const uint64_t no_size[] = { 0x02000, 0x04000, 0x0f000,
				    0x10000, 0x13000, 0x48000 };

static uint64_t group_mask(uint32_t table_order)
{
	return (UINT64_C(1) << (table_order - 7)) - 1;
}

/* Returns dword 0 of a page of a segment, and the group where it belongs in
 * *group. */
static uint64_t place(uint64_t vsid, uint64_t offset, bool is_1t,
		      unsigned int shift, uint64_t *group)
{
	const uint64_t segment = is_1t ? vsid ^ vsid << 25 : vsid;

	*group = segment ^ offset >> shift;
	return (vsid << (is_1t ? 17 : 5) | offset >> 23) << 7 |
	       (is_1t ? SEGMENT_1T : 0);
}

static uint64_t draw_attributes(void)
{
	static const uint64_t attributes[] = {
		0x190, /* R, C, M */
		0x010,
		0x000,
		0x100,
		0x196,
		0x02a,		    /* I, G, PP */
		0x8000000000000193, /* PP0 */
		0x3000000000000e90, /* KEY */
		0x4000000000000190, /* where KVM keeps its dirty mark */
	};

	return DRAW_FROM(attributes);
}

/* Rule 3 */
static uint64_t draw_frame(const struct page_size *size)
{
	static const uint64_t pages[] = { 0, 1, 5, 100, 4095, 4096, 70000 };
	uint64_t frame = DRAW_FROM(pages) << 12;

	/* In a slot, or beside it */
	if (size->actual < 34 && chance(15))
		return SLOTS_START + ((uint64_t)draw(16) << size->actual);
	if (size->actual == 12)
		return chance(10) ? frame | UINT64_C(1) << 59 : frame;
	if (size->actual == 34)
		return (uint64_t)draw(3) << 34;
	return (UINT64_C(1) << 36) + ((uint64_t)draw(3) << 24);
}

/* A page of a segment, at an index where it belongs */
static struct entry draw_page(uint32_t table_order,
			      const struct page_size *size)
{
	static const uint64_t vsids[] = { 1, 0x123, 0x1abcdef,
					  UINT64_C(0x3000000321) };
	/* 16 GiB do not fit into the smaller segment. */
	const bool is_1t = size->base == 34 || draw(2);
	uint64_t offset = (uint64_t)draw(4) << size->base;
	struct entry entry = { 0 };
	uint64_t group;

	/* Each statement draws only once, so that every compiler keeps the
	 * order of the draws. */
	if (size->base < 23 && chance(30))
		offset |= (uint64_t)draw(8) << 23;
	entry.v = place(DRAW_FROM(vsids), offset, is_1t, size->base, &group);
	entry.v |= size == &small ? VALID : VALID | LARGE;
	if (chance(25)) {
		entry.v |= SECONDARY;
		group = ~group;
	}
	if (chance(10))
		entry.v |= SOFTWARE;
	if (chance(10))
		entry.v |= PRIVATE;
	entry.r = draw_frame(size) | size->encoding;
	entry.r |= draw_attributes();
	entry.index = (uint32_t)(group & group_mask(table_order)) * SLOTS;
	entry.index += draw(SLOTS);
	return entry;
}

struct entry vrma_entry(uint32_t table_order, uint32_t page)
{
	const uint64_t address = (uint64_t)page << 12;
	struct entry entry = { .is_vrma = true };
	uint64_t group;

	entry.v = place(VRMA_VSID, address, true, 12, &group) | BOLTED | VALID;
	entry.r = address | 0x190;
	group &= group_mask(table_order);
	entry.index = (uint32_t)(group * SLOTS) + SLOTS - 1;
	return entry;
}

static struct entry draw_bad(uint32_t table_order)
{
	struct entry entry = draw_page(table_order, &small);

	switch (draw(3)) {
	case 0:
		entry.v &= ~VALID;
		break;
	case 1:
		entry.v |= RESERVED_B;
		break;
	default:
		entry.v |= LARGE;
		entry.r = DRAW_FROM(no_size);
		entry.r |= draw_attributes();
		break;
	}
	return entry;
}

struct entry draw_entry(uint32_t table_order)
{
	static const uint32_t offs[] = { 0, 1, 7, 63, 64, 1000, 2047 };
	const uint32_t kind = draw(100);
	struct entry entry;

	if (kind < 5)
		return draw_bad(table_order);
	if (kind < 10)
		return vrma_entry(table_order, VITAL_GROUPS + draw(100));
	entry = draw_page(table_order, kind < 75 ? &small : &DRAW_FROM(large));
	if (chance(70)) {
		if (!(entry.v & SECONDARY) || !BEFORE(4, 16))
			entry.v |= BOLTED;
	} else if (chance(50)) {
		/* An entry that is not bolted may be anywhere, because COMMIT
		 * drops it. */
		entry.index = DRAW_FROM(offs);
		if (draw(2))
			entry.index = (1u << (table_order - 4)) - entry.index;
	}
	return entry;
}

bool covers_vital(uint32_t table_order, uint64_t index, uint64_t count)
{
	const uint64_t entries = UINT64_C(1) << (table_order - 4);
	const uint64_t vital = entries - VITAL_GROUPS * SLOTS;

	for (uint64_t i = index > vital ? index : vital;
	     i < index + count && i < entries; i++)
		if (i % SLOTS == SLOTS - 1)
			return true;
	return false;
}
