/* SPDX-License-Identifier: MIT */
/*
 * Records of the htab fd: their bytes, and walks over them. No other file knows
 * the bytes of an entry.
 *
 * A buffer may come from another host, and it need not be aligned: nothing in
 * it is used before it was compared with the buffer's end.
 */
#include "internal.h"

#include <string.h>

enum { HEADER = sizeof(struct uapi_kvm_get_htab_header) };

/* The lowest byte of dword 0, which is big-endian */
enum { V_LOW_BYTE = 7 };

static size_t record_size(const struct uapi_kvm_get_htab_header *header)
{
	return HEADER + (size_t)header->n_valid * UAPI_HPTE_SIZE;
}

static void read_wire(struct uapi_kvm_get_htab_header *header, const void *buf)
{
	header->index = (uint32_t)htab_get_be(buf, 4);
	header->n_valid = (uint16_t)htab_get_be((const char *)buf + 4, 2);
	header->n_invalid = (uint16_t)htab_get_be((const char *)buf + 6, 2);
}

static void write_wire(void *buf, const struct uapi_kvm_get_htab_header *header)
{
	htab_put_be(buf, 4, header->index);
	htab_put_be((char *)buf + 4, 2, header->n_valid);
	htab_put_be((char *)buf + 6, 2, header->n_invalid);
}

/* Reads the header of the record at this offset. Returns 1, 0 if the buffer
 * ends there, or -EBADMSG if it ends inside the record. */
static int header_at(const void *buf, size_t len, size_t offset, bool wire,
		     struct uapi_kvm_get_htab_header *header)
{
	if (offset == len)
		return 0;
	if (len - offset < HEADER)
		return -EBADMSG;
	if (wire)
		read_wire(header, (const char *)buf + offset);
	else
		memcpy(header, (const char *)buf + offset, HEADER);
	return len - offset < record_size(header) ? -EBADMSG : 1;
}

HTAB_EXPORT int htab_record_next(const void *buf, size_t len, size_t *offset,
				 struct htab_record *record)
{
	struct uapi_kvm_get_htab_header header;
	int r;

	if (!buf || !offset || !record || *offset > len)
		return -EINVAL;
	r = header_at(buf, len, *offset, false, &header);
	if (r <= 0)
		return r;
	record->index = header.index;
	record->n_valid = header.n_valid;
	record->n_invalid = header.n_invalid;
	record->entries = (const char *)buf + *offset + HEADER;
	*offset += record_size(&header);
	return 1;
}

bool htab_entries_are_valid(const void *entries, size_t n)
{
	const unsigned char *bytes = entries;
	unsigned int all = HTAB_V_VALID;

	/* No branch depends on an entry, which keeps this near the speed of the
	 * memory. */
	for (size_t i = 0; i < n; i++)
		all &= bytes[i * UAPI_HPTE_SIZE + V_LOW_BYTE];
	return all;
}

HTAB_EXPORT ssize_t htab_record_put(void *buf, size_t room,
				    const struct htab_record *record)
{
	struct uapi_kvm_get_htab_header header = { 0 };

	if (!buf || !record || (record->n_valid && !record->entries))
		return -EINVAL;
	header.index = record->index;
	header.n_valid = record->n_valid;
	header.n_invalid = record->n_invalid;
	if (room < record_size(&header))
		return -ENOSPC;
	if (!htab_entries_are_valid(record->entries, record->n_valid))
		return -EINVAL;
	memcpy(buf, &header, HEADER);
	if (record->n_valid)
		memcpy((char *)buf + HEADER, record->entries,
		       record_size(&header) - HEADER);
	return (ssize_t)record_size(&header);
}

static bool is_in_table(const struct htab_record *record, uint64_t entries)
{
	const uint64_t n = (uint64_t)record->n_valid + record->n_invalid;

	/* In 32 bits, the sum could wrap around. */
	return record->index < entries && n <= entries - record->index;
}

int htab_records_count(const void *buf, size_t len, uint32_t order, uint64_t *n)
{
	const uint64_t entries = UINT64_C(1) << (order - 4);
	struct htab_record record;
	size_t offset = 0;
	int r;

	while ((r = htab_record_next(buf, len, &offset, &record)) > 0) {
		if (!htab_entries_are_valid(record.entries, record.n_valid))
			return -EBADMSG;
		if (!is_in_table(&record, entries))
			return -ERANGE;
		*n += (uint64_t)record.n_valid + record.n_invalid;
	}
	return r;
}

HTAB_EXPORT int htab_records_check(const void *buf, size_t len, uint32_t order)
{
	uint64_t n = 0;

	if (!htab_order_is_valid(order))
		return -ERANGE;
	return htab_records_count(buf, len, order, &n);
}

int htab_records_clean(void *buf, size_t len)
{
	struct htab_record record;
	size_t offset = 0;
	int r;

	while ((r = htab_record_next(buf, len, &offset, &record)) > 0) {
		unsigned char *low = (unsigned char *)buf + offset + V_LOW_BYTE;

		for (size_t i = 1; i <= record.n_valid; i++)
			low[-(ptrdiff_t)(i * UAPI_HPTE_SIZE)] &=
				(unsigned char)~HTAB_V_HOST;
	}
	return r;
}

void htab_records_convert(void *buf, size_t len, bool from_wire)
{
	struct uapi_kvm_get_htab_header header;

	for (size_t offset = 0; offset < len; offset += record_size(&header)) {
		char *at = (char *)buf + offset;

		if (from_wire) {
			read_wire(&header, at);
			memcpy(at, &header, HEADER);
		} else {
			memcpy(&header, at, HEADER);
			write_wire(at, &header);
		}
	}
}

/* Goes over the buffer first, so that it is unchanged if it is not all
 * records. */
static int convert(void *buf, size_t len, bool from_wire)
{
	struct uapi_kvm_get_htab_header header;
	size_t offset = 0;
	int r;

	if (!buf)
		return -EINVAL;
	while ((r = header_at(buf, len, offset, from_wire, &header)) > 0)
		offset += record_size(&header);
	if (r == 0)
		htab_records_convert(buf, len, from_wire);
	return r;
}

HTAB_EXPORT int htab_records_to_wire(void *buf, size_t len)
{
	return convert(buf, len, false);
}

HTAB_EXPORT int htab_records_from_wire(void *buf, size_t len)
{
	return convert(buf, len, true);
}

void htab_entry_get(const void *entry, struct htab_hpte *hpte)
{
	hpte->v = htab_get_be(entry, 8) & ~HTAB_V_HOST;
	hpte->r = htab_get_be((const char *)entry + 8, 8);
}

void htab_entry_put(void *entry, const struct htab_hpte *hpte)
{
	htab_put_be(entry, 8, hpte->v & ~HTAB_V_HOST);
	htab_put_be((char *)entry + 8, 8, hpte->r);
}
