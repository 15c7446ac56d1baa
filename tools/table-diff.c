/* SPDX-License-Identifier: MIT */
#include "table-diff.h"

const char *const table_diff_names[DIFF_FIELDS] = {
	"page",	  "address",   "size",	     "protection", "wimg",
	"bolted", "secondary", "referenced", "changed",	   "other",
};

#define V_SEGMENT UINT64_C(0xc000000000000000)
#define V_AVPN	  UINT64_C(0x3fffffffffffff80)
#define R_RPN	  UINT64_C(0x0ffffffffffff000)

/* Bits of the two dwords that a difference is named after. The real page number
 * and the encoding of the page size share bits. */
static const struct {
	uint64_t v, r;
	unsigned int field;
} fields[] = {
	{ V_AVPN, 0, DIFF_PAGE },
	{ V_SEGMENT | HTAB_V_LARGE, 0, DIFF_SIZE },
	{ 0,
	  HTAB_R_PP | HTAB_R_PP0 | HTAB_R_NO_EXECUTE | HTAB_R_KEY_LOW |
		  HTAB_R_KEY_HIGH,
	  DIFF_PROTECTION },
	{ 0, HTAB_R_WIMG, DIFF_WIMG },
	{ HTAB_V_BOLTED, 0, DIFF_BOLTED },
	{ HTAB_V_SECONDARY, 0, DIFF_SECONDARY },
	{ 0, HTAB_R_REFERENCED, DIFF_REFERENCED },
	{ 0, HTAB_R_CHANGED, DIFF_CHANGED },
};

static unsigned int rpn_fields(const struct htab_hpte *a,
			       const struct htab_hpte *b)
{
	uint64_t real_a, real_b;
	unsigned int found = 0;

	if (htab_hpte_real(a, &real_a) < 0 || htab_hpte_real(b, &real_b) < 0)
		return DIFF_ADDRESS;
	if (real_a != real_b)
		found |= DIFF_ADDRESS;
	if (htab_hpte_page_shift(a) != htab_hpte_page_shift(b) ||
	    htab_hpte_base_shift(a) != htab_hpte_base_shift(b))
		found |= DIFF_SIZE;
	return found ? found : DIFF_OTHER;
}

unsigned int table_diff_fields(const struct htab_hpte *a,
			       const struct htab_hpte *b)
{
	uint64_t v = a->v ^ b->v, r = a->r ^ b->r;
	unsigned int found = 0;

	if (r & R_RPN)
		found |= rpn_fields(a, b);
	r &= ~R_RPN;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if ((v & fields[i].v) || (r & fields[i].r))
			found |= fields[i].field;
		v &= ~fields[i].v;
		r &= ~fields[i].r;
	}
	return v || r ? found | DIFF_OTHER : found;
}

typedef void see_function(void *context, const struct table_difference *);

/* Either group may be NULL: then it has no valid entry. */
static void diff_groups(uint64_t number, const struct table_group *a,
			const struct table_group *b, see_function *see,
			void *context)
{
	const uint64_t first = number * TABLE_GROUP;

	for (int i = 0; i < TABLE_GROUP; i++) {
		struct table_difference difference = {
			.index = first + (uint64_t)i,
			.a = a && table_is_valid(&a->entries[i])
				     ? &a->entries[i]
				     : NULL,
			.b = b && table_is_valid(&b->entries[i])
				     ? &b->entries[i]
				     : NULL,
		};

		if (difference.a && difference.b)
			difference.fields =
				table_diff_fields(difference.a, difference.b);
		if (!difference.a != !difference.b || difference.fields)
			see(context, &difference);
	}
}

/* NULL after the last group */
static const struct table_group *group_at(const struct table *table, size_t i)
{
	return i < table->n_groups ? &table->groups[i] : NULL;
}

void table_diff(const struct table *a, const struct table *b, see_function *see,
		void *context)
{
	size_t i = 0, j = 0;

	while (true) {
		const struct table_group *one = group_at(a, i);
		const struct table_group *other = group_at(b, j);
		uint64_t number;

		if (!one && !other)
			return;
		if (one && other && one->number < other->number)
			other = NULL;
		else if (one && other && one->number > other->number)
			one = NULL;
		number = one ? one->number : other->number;
		diff_groups(number, one, other, see, context);
		i += one != NULL;
		j += other != NULL;
	}
}
