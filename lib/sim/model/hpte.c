/* SPDX-License-Identifier: MIT */
/* Puts entries into a table and removes them, as H_ENTER and H_REMOVE do. */
#include "model.h"

/* Returns the size of an entry's base page and sets *actual to that of its
 * actual page, as shifts. *actual is 0 if the encoding is unknown
 * (docs/kernels.md, "Entries"). */
static unsigned int page_shifts(uint64_t v, uint64_t r, unsigned int *actual)
{
	const unsigned int low = r >> 12 & 0xf, high = r >> 16 & 0xf;

	*actual = 24;
	if (!(v & HPTE_LARGE))
		return *actual = 12;
	if (low == 0 && high == 0)
		return 24;
	if (low == 1)
		return *actual = 16;
	if (low == 3 && high == 0)
		return *actual = 34;
	if (low == 7) {
		*actual = 16;
		return 12;
	}
	if (low == 8 && high == 0)
		return 16;
	if (low == 8 && high == 3)
		return 12;
	return *actual = 0;
}

unsigned int htab_model_page_shift(uint64_t v, uint64_t r)
{
	unsigned int actual;

	return page_shifts(v, r, &actual);
}

/* A page must lie inside a memory slot or outside of all, not across the end of
 * one. The kernel asks for more: that pages of this size fill the slot. */
static bool is_misplaced(struct vm *vm, uint64_t v, uint64_t r)
{
	const uint64_t frame = r & UINT64_C(0x0ffffffffffff000);
	unsigned int shift;
	uint64_t size;

	page_shifts(v, r, &shift);
	if (shift == 0)
		return true;
	size = UINT64_C(1) << shift;
	return !htab_model_page_fits(vm, frame & ~(size - 1), size);
}

int htab_model_enter_hpte(struct vm *vm, uint64_t index, uint64_t v, uint64_t r)
{
	struct hpte *entry = htab_model_table_find(&vm->table, index);

	if (entry && entry->v)
		return -EIO;
	/* Bit 63 is the upper bit of B, the segment size, whose values 2 and 3
	 * are reserved. */
	if ((v >> 63 && vm->kernel->rules.checks_segment_size) ||
	    is_misplaced(vm, v, r))
		return -EIO;
	entry = htab_model_table_make(&vm->table, index);
	if (!entry)
		return -ENOMEM;
	entry->v = (v & ~(HPTE_HVLOCK | HPTE_ABSENT)) | HPTE_VALID;
	if (vm->kernel->config.cpu >= POWER9_DD20)
		entry->v &= HPTE_COMMON | HPTE_B;
	entry->r = r & ~HPTE_MODIFIED;
	entry->dirty = atomic_load(&vm->readers) > 0;
	return 0;
}

void htab_model_remove_hpte(struct vm *vm, struct hpte *entry)
{
	if (!entry || !entry->v)
		return;
	if (atomic_load(&vm->readers) > 0)
		entry->dirty = true;
	entry->v = entry->r = 0;
	if (!entry->dirty)
		htab_model_table_drop(&vm->table, entry);
}
