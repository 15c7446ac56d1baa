/* SPDX-License-Identifier: MIT */
/* Records, in the form of KVM's htab fd and in that of QEMU */
#include "source-format.h"

#include <errno.h>

/* Without an order, an index of 32 bits is the limit. */
static const uint64_t most_entries = UINT64_C(1) << 32;

static struct htab_record header_of(const unsigned char *at,
				    enum byte_order byte_order)
{
	uint64_t (*const get)(const unsigned char *, int) =
		byte_order == BIG ? get_be : get_le;

	return (struct htab_record){
		.index = (uint32_t)get(at, 4),
		.n_valid = (uint16_t)get(at + 4, 2),
		.n_invalid = (uint16_t)get(at + 6, 2),
		.entries = at + RECORD_HEADER,
	};
}

static uint64_t end_of(const struct htab_record *record)
{
	return (uint64_t)record->index + record->n_valid + record->n_invalid;
}

static size_t size_of(const struct htab_record *record)
{
	return RECORD_HEADER + (size_t)RECORD_ENTRY * record->n_valid;
}

static bool is_mark(const struct htab_record *record)
{
	return !record->index && !record->n_valid && !record->n_invalid;
}

/* The entries of the record are in memory. */
static int enter(struct source *source, const struct htab_record *record)
{
	struct table *table = &source->table;
	const uint64_t limit = table->order ? table_entries(table)
					    : most_entries;
	struct htab_hpte hpte;

	/* A record without entries has to begin inside the table, too. */
	if (end_of(record) > limit || record->index >= limit)
		return source_fail(source, -EBADMSG,
				   "A record from entry %u on is beyond the "
				   "table's end.",
				   (unsigned int)record->index);
	for (uint32_t i = 0; i < record->n_valid; i++) {
		const uint64_t index = (uint64_t)record->index + i;

		if (htab_record_hpte(record, i, &hpte) < 0 ||
		    !table_is_valid(&hpte))
			return source_fail(source, -EBADMSG,
					   "Entry %llu should be valid, but "
					   "its VALID bit is clear.",
					   (unsigned long long)index);
		if (table_put(table, index, &hpte) < 0)
			return source_fail(source, -ENOMEM,
					   "There is no memory left.");
	}
	table_drop(table, (uint64_t)record->index + record->n_valid,
		   record->n_invalid);
	return 0;
}

int source_record(struct source *source, struct source_input *input,
		  enum byte_order byte_order)
{
	struct htab_record record;
	size_t size;
	int r;

	if (!input_peek(input, RECORD_HEADER))
		return input->left || input->error
			       ? source_fail_cut(source, input)
			       : RECORD_END;
	record = header_of(input->at, byte_order);
	size = size_of(&record);
	if (!input_peek(input, size))
		return source_fail_cut(source, input);
	/* The bytes may have moved. */
	record = header_of(input->at, byte_order);
	r = enter(source, &record);
	input_take(input, size);
	if (r < 0)
		return r;
	return is_mark(&record) ? RECORD_MARK : RECORD_READ;
}

int source_records(struct source *source, const unsigned char *bytes,
		   size_t len)
{
	struct source_input input;
	int r;

	input_from_memory(&input, bytes, len);
	do {
		r = source_record(source, &input, BIG);
	} while (r == RECORD_READ || r == RECORD_MARK);
	return r;
}

/* How many entries are good, up to the first record that is not or is not all
 * there */
static uint64_t good_entries(const struct source_input *input,
			     enum byte_order byte_order)
{
	const unsigned char *at = input->at;
	const unsigned char *const end = at + input->left;
	uint64_t entries = 0;

	while ((size_t)(end - at) >= RECORD_HEADER) {
		const struct htab_record record = header_of(at, byte_order);
		struct htab_hpte hpte;

		if (end_of(&record) > most_entries ||
		    size_of(&record) > (size_t)(end - at))
			break;
		for (uint32_t i = 0; i < record.n_valid; i++)
			if (htab_record_hpte(&record, i, &hpte) < 0 ||
			    !table_is_valid(&hpte))
				return entries;
		entries += record.n_valid;
		at += size_of(&record);
	}
	return entries;
}

/* In the wrong byte order, almost every header is beyond the end or has
 * entries that are not valid. */
bool source_is_records(const struct source_input *input,
		       enum byte_order *byte_order)
{
	const uint64_t little = good_entries(input, LITTLE);
	const uint64_t big = good_entries(input, BIG);

	*byte_order = big > little ? BIG : LITTLE;
	return little || big;
}

/* An order, and then nothing or the 0 with which the next section begins. For
 * a record, this would be an entry of which there are none. */
bool source_is_body(const struct source_input *input)
{
	uint64_t order;

	if (input->left < 4)
		return false;
	order = get_be(input->at, 4);
	return order >= HTAB_ORDER_MIN && order <= HTAB_ORDER_MAX &&
	       (input->left == 4 ||
		(input->left >= 8 && get_be(input->at + 4, 4) == 0));
}

int source_body(struct source *source, struct source_input *input)
{
	uint32_t word;
	int r;

	if (!input_peek(input, 4))
		return input->left || input->error
			       ? source_fail_cut(source, input)
			       : 0;
	word = (uint32_t)get_be(input->at, 4);
	input_take(input, 4);
	if (word == UINT32_MAX)
		return source_fail(source, -ENOENT,
				   "The guest has no hashed page table: it is "
				   "a radix guest, or has not booted.");
	if (word) {
		/* The guest got another table, which is empty. */
		table_clear(&source->table);
		r = source_set_order(source, word);
		return r < 0 ? r : 1;
	}
	if (!source->order_is_known)
		return source_fail(source, -EBADMSG,
				   "Records come before the order of the "
				   "table.");
	do {
		r = source_record(source, input, BIG);
	} while (r == RECORD_READ);
	if (r == RECORD_END)
		return source_fail_cut(source, input);
	return r < 0 ? r : 1;
}
