/* SPDX-License-Identifier: MIT */
/*
 * Records and entries of arbitrary bytes: walks end, nothing outside of the
 * buffer is touched, and what was converted or taken apart can be put together
 * again.
 *
 * The first byte says how the buffer is aligned. The others are the buffer.
 */
#include "fuzz.h"

#include <string.h>

#include "internal.h"

enum { HEADER = sizeof(struct uapi_kvm_get_htab_header) };

/* A copy without room after its end, so that the address sanitizer sees each
 * access beyond it. A buffer without bytes has an address all the same. */
struct copy {
	unsigned char *memory, *bytes;
};

static struct copy copy_of(const uint8_t *bytes, size_t len, size_t shift)
{
	/* malloc(0) may return NULL. */
	unsigned char *memory = malloc(shift + len + (shift + len == 0));

	must(memory);
	if (len)
		memcpy(memory + shift, bytes, len);
	return (struct copy){ memory, memory + shift };
}

/* --- entries --- */

static void check_sizes(const struct htab_hpte *hpte)
{
	const unsigned int base = htab_hpte_base_shift(hpte);
	const unsigned int page = htab_hpte_page_shift(hpte);
	const unsigned int segment = htab_hpte_segment_shift(hpte);

	must(base == 0 || base == 12 || base == 16 || base == 24 || base == 34);
	must(page == 0 || page == 12 || page == 16 || page == 24 || page == 34);
	must(!base == !page);
	must(base <= page);
	must(hpte->v & HTAB_V_LARGE || page == 12);
	must(segment == 0 || segment == 28 || segment == 40);
}

static void check_addresses(const struct htab_hpte *hpte)
{
	const unsigned int base = htab_hpte_base_shift(hpte);
	const unsigned int page = htab_hpte_page_shift(hpte);
	uint64_t real = 1, avpn = UINT64_MAX;

	if (!page) {
		must(htab_hpte_real(hpte, &real) == -EINVAL && real == 1);
		must(htab_hpte_avpn(hpte, &avpn) == -EINVAL &&
		     avpn == UINT64_MAX);
		return;
	}
	must(htab_hpte_real(hpte, &real) == 0);
	must(real % (UINT64_C(1) << page) == 0 && real < UINT64_C(1) << 60);
	must(htab_hpte_avpn(hpte, &avpn) == 0);
	must(avpn < UINT64_C(1) << 55);
	must(base <= 23 || avpn % (UINT64_C(1) << (base - 23)) == 0);
}

static void check_entry(const struct htab_hpte *hpte)
{
	unsigned char bytes[UAPI_HPTE_SIZE];
	struct htab_hpte again;

	must(!(hpte->v & HTAB_V_HOST));
	check_sizes(hpte);
	check_addresses(hpte);
	htab_entry_put(bytes, hpte);
	htab_entry_get(bytes, &again);
	must(again.v == hpte->v && again.r == hpte->r);
}

static void check_entries(const struct htab_record *record)
{
	const uint32_t n = (uint32_t)record->n_valid + record->n_invalid;
	struct htab_hpte hpte;

	for (uint32_t i = 0; i < record->n_valid; i++) {
		must(htab_record_hpte(record, i, &hpte) == 0);
		check_entry(&hpte);
	}
	/* All the invalid ones are the same: look at the first and the last. */
	for (uint32_t i = record->n_valid; i < n; i = i < n - 1 ? n - 1 : n) {
		must(htab_record_hpte(record, i, &hpte) == 0);
		must(hpte.v == 0 && hpte.r == 0);
	}
	must(htab_record_hpte(record, n, &hpte) == -ERANGE);
	must(htab_record_hpte(record, UINT32_MAX, &hpte) == -ERANGE);
}

/* --- records --- */

/* What a walk has found: the answer that htab_records_check() has to give */
struct found {
	int result;	 /* of the walk */
	bool all_valid;	 /* all entries have the bit */
	uint64_t beyond; /* the first index that a table has to be above */
};

/* Builds the record again, and compares it with the bytes that it was. */
static void check_put(const struct htab_record *record, const void *bytes,
		      size_t size)
{
	const bool valid =
		htab_entries_are_valid(record->entries, record->n_valid);
	struct copy out = copy_of(bytes, size, 0);

	memset(out.bytes, 0xa5, size);
	must(htab_record_put(out.bytes, size - 1, record) == -ENOSPC);
	must(out.bytes[0] == 0xa5 && out.bytes[size - 1] == 0xa5);
	if (valid) {
		must(htab_record_put(out.bytes, size, record) == (ssize_t)size);
		must(memcmp(out.bytes, bytes, size) == 0);
	} else {
		must(htab_record_put(out.bytes, size, record) == -EINVAL);
	}
	free(out.memory);
}

static struct found walk(const unsigned char *buf, size_t len)
{
	struct found found = { .all_valid = true };
	struct htab_record record;
	size_t offset = 0, start = 0;

	while ((found.result = htab_record_next(buf, len, &offset, &record)) >
	       0) {
		const uint64_t last = (uint64_t)record.index + record.n_valid +
				      record.n_invalid;

		must(found.result == 1);
		must(offset ==
		     start + HEADER + record.n_valid * (size_t)UAPI_HPTE_SIZE);
		must(offset <= len && record.entries == buf + start + HEADER);
		check_entries(&record);
		check_put(&record, buf + start, offset - start);
		if (!htab_entries_are_valid(record.entries, record.n_valid))
			found.all_valid = false;
		if (last > found.beyond)
			found.beyond = last;
		/* A record without entries needs its index all the same. */
		if (record.index >= found.beyond)
			found.beyond = (uint64_t)record.index + 1;
		start = offset;
	}
	must(offset == start);
	must(found.result == 0 ? offset == len : found.result == -EBADMSG);
	return found;
}

/* htab_records_check() stops at the first fault, so with several of them either
 * answer is right. */
static void check_orders(const void *buf, size_t len, const struct found *found)
{
	for (uint32_t order = 0; order <= 64; order++) {
		const int r = htab_records_check(buf, len, order);
		bool fits;

		if (!htab_order_is_valid(order)) {
			must(r == -ERANGE);
			continue;
		}
		fits = found->beyond <= UINT64_C(1) << (order - 4);
		if (r == 0)
			must(found->result == 0 && found->all_valid && fits);
		else if (r == -EBADMSG)
			must(found->result == -EBADMSG || !found->all_valid);
		else
			must(r == -ERANGE && !fits);
	}
	must(htab_records_check(buf, len, UINT32_MAX) == -ERANGE);
}

/* --- conversions, in place --- */

static void check_wire(const uint8_t *bytes, size_t len, size_t shift,
		       int walked)
{
	struct copy copy = copy_of(bytes, len, shift);
	int r = htab_records_to_wire(copy.bytes, len);

	must(r == walked);
	if (r == 0)
		must(htab_records_from_wire(copy.bytes, len) == 0);
	must(!len || memcmp(copy.bytes, bytes, len) == 0);
	r = htab_records_from_wire(copy.bytes, len);
	must(r == 0 || r == -EBADMSG);
	if (r == 0)
		must(htab_records_to_wire(copy.bytes, len) == 0);
	must(!len || memcmp(copy.bytes, bytes, len) == 0);
	free(copy.memory);
}

/* Only the bits that are the host's own change. */
static void check_clean(const uint8_t *bytes, size_t len, size_t shift,
			int walked)
{
	struct copy copy = copy_of(bytes, len, shift);
	size_t changed = 0, offset = 0, host = 0;
	struct htab_record record;

	must(htab_records_clean(copy.bytes, len) == walked);
	for (size_t i = 0; i < len; i++) {
		must((bytes[i] & ~copy.bytes[i] & ~0x60) == 0);
		must((copy.bytes[i] & ~bytes[i]) == 0);
		changed += bytes[i] != copy.bytes[i];
	}
	while (htab_record_next(bytes, len, &offset, &record) > 0)
		for (uint32_t i = 0; i < record.n_valid; i++)
			host += (((const uint8_t *)record.entries)[i * 16 + 7] &
				 0x60) != 0;
	must(changed == host);
	free(copy.memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const size_t shift = take(&input, 1) % 8;
	const uint8_t *bytes = input.at;
	const size_t len = input.left;
	struct copy copy = copy_of(bytes, len, shift);
	const struct found found = walk(copy.bytes, len);

	check_orders(copy.bytes, len, &found);
	must(!len || memcmp(copy.bytes, bytes, len) == 0);
	check_wire(bytes, len, shift, found.result);
	check_clean(bytes, len, shift, found.result);
	free(copy.memory);
	return 0;
}
