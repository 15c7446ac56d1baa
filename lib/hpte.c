/* SPDX-License-Identifier: MIT */
/* Decodes one entry of the table, in the layout from before ISA 3.0 that the
 * records have on every processor (docs/kernels.md, "Entries"). */
#include "internal.h"

/* dword 0: the size of the segment, and the abbreviated virtual page number */
#define V_SEGMENT    UINT64_C(0xc000000000000000)
#define V_AVPN	     UINT64_C(0x3fffffffffffff80)
#define V_AVPN_SHIFT 7

/* dword 1: the real page number. Its low bits encode the size of a page that
 * is larger than 4K. */
#define R_RPN UINT64_C(0x0ffffffffffff000)

/* The AVPN leaves out the low 23 bits of the virtual address. */
enum { AVPN_OMITS = 23 };

enum { ANY = -1 };

/* The encodings of a LARGE entry, by bits 15:12 and 19:16 of dword 1 */
static const struct encoding {
	int8_t low, high;
	uint8_t base_shift, page_shift;
} encodings[] = {
	{ 0, 0, 24, 24 },   { 1, ANY, 16, 16 }, { 3, 0, 34, 34 },
	{ 7, ANY, 12, 16 }, { 8, 0, 16, 24 },	{ 8, 3, 12, 24 },
};

static const struct encoding small = { .base_shift = 12, .page_shift = 12 };

/* Returns NULL if the kernel knows no such encoding. */
static const struct encoding *encoding_of(const struct htab_hpte *hpte)
{
	const int low = (int)(hpte->r >> 12 & 0xf);
	const int high = (int)(hpte->r >> 16 & 0xf);

	if (!(hpte->v & HTAB_V_LARGE))
		return &small;
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		const struct encoding *known = &encodings[i];

		if (known->low == low &&
		    (known->high == ANY || known->high == high))
			return known;
	}
	return NULL;
}

HTAB_EXPORT unsigned int htab_hpte_base_shift(const struct htab_hpte *hpte)
{
	const struct encoding *found = hpte ? encoding_of(hpte) : NULL;

	return found ? found->base_shift : 0;
}

HTAB_EXPORT unsigned int htab_hpte_page_shift(const struct htab_hpte *hpte)
{
	const struct encoding *found = hpte ? encoding_of(hpte) : NULL;

	return found ? found->page_shift : 0;
}

HTAB_EXPORT int htab_hpte_real(const struct htab_hpte *hpte, uint64_t *real)
{
	const unsigned int shift = htab_hpte_page_shift(hpte);

	if (!real || !shift)
		return -EINVAL;
	*real = (hpte->r & R_RPN) >> shift << shift;
	return 0;
}

HTAB_EXPORT unsigned int htab_hpte_segment_shift(const struct htab_hpte *hpte)
{
	if (!hpte)
		return 0;
	switch (hpte->v & V_SEGMENT) {
	case 0:
		return 28;
	case HTAB_V_1TB:
		return 40;
	default:
		return 0;
	}
}

HTAB_EXPORT int htab_hpte_avpn(const struct htab_hpte *hpte, uint64_t *avpn)
{
	const unsigned int shift = htab_hpte_base_shift(hpte);
	unsigned int beyond;

	if (!avpn || !shift)
		return -EINVAL;
	/* What lies below the size of a page is not part of its number. */
	beyond = shift > AVPN_OMITS ? shift - AVPN_OMITS : 0;
	*avpn = (hpte->v & V_AVPN) >> V_AVPN_SHIFT >> beyond << beyond;
	return 0;
}

HTAB_EXPORT int htab_record_hpte(const struct htab_record *record, uint32_t i,
				 struct htab_hpte *hpte)
{
	if (!record || !hpte || (record->n_valid && !record->entries))
		return -EINVAL;
	if (i >= (uint32_t)record->n_valid + record->n_invalid)
		return -ERANGE;
	if (i < record->n_valid)
		htab_entry_get((const char *)record->entries +
				       (size_t)i * UAPI_HPTE_SIZE,
			       hpte);
	else
		*hpte = (struct htab_hpte){ 0 };
	return 0;
}
