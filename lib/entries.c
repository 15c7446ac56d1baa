/* SPDX-License-Identifier: MIT */
/* Reads and writes single entries by their index. */
#include "internal.h"

/* How many entries a read or a record carries at most: 4 KiB on the stack */
enum { BATCH = 255 };

/*
 * Opens the htab fd for writing and looks for the last of n entries. Returns a
 * descriptor, or a negative errno. *busy says that a vcpu runs, so that the
 * kernel has not looked: the table may then end before.
 */
static int open_with_entries(int vmfd, uint32_t index, size_t n, bool *busy)
{
	int r, htabfd;

	r = htab_check_hash_host(vmfd);
	if (r < 0)
		return r;
	htabfd = htab_open_table(vmfd);
	if (htabfd < 0)
		return htabfd;
	/* In 32 bits, the index could wrap around. */
	if (n - 1 > UINT32_MAX - index)
		r = 0;
	else
		r = htab_has_entry(htabfd, index + (uint32_t)(n - 1));
	*busy = r == -EBUSY;
	if (r > 0 || *busy)
		return htabfd;
	htab_shim_close(htabfd);
	return r < 0 ? r : -ERANGE;
}

/* Copies what a record has of n entries from index on. Returns how many it had,
 * or a negative errno. */
static ssize_t take(const struct htab_record *record, uint32_t index,
		    struct htab_hpte *hptes, size_t n)
{
	size_t i;

	/* The first pass is over, and this is a change further up. */
	if (record->index < index)
		return -ERANGE;
	if (record->index > index)
		return -EPROTO;
	for (i = 0; i < n; i++)
		if (htab_record_hpte(record, (uint32_t)i, &hptes[i]) < 0)
			break;
	return (ssize_t)i;
}

/*
 * Reads at least one of the n entries from index on. The descriptor has that
 * position. Returns how many it read, or a negative errno.
 */
static ssize_t read_some(int htabfd, uint32_t index, struct htab_hpte *hptes,
			 size_t n)
{
	unsigned char buf[16 + BATCH * UAPI_HPTE_SIZE];
	/* For n valid entries the kernel wants room for a header, and a byte
	 * more. In a larger buffer it would report further ones, and forget
	 * that they are dirty. */
	const size_t room = 16 + (n < BATCH ? n : BATCH) * UAPI_HPTE_SIZE;
	struct htab_record record;
	size_t offset = 0, taken = 0;
	ssize_t len = htab_shim_read(htabfd, buf, room);
	int more;

	if (len < 0)
		return len;
	/* There is nothing up to the table's end. */
	if (len == 0)
		return -ERANGE;
	if ((size_t)len > room)
		return -EPROTO;
	while ((more = htab_record_next(buf, (size_t)len, &offset, &record)) >
		       0 &&
	       taken < n) {
		ssize_t r = take(&record, index + (uint32_t)taken,
				 hptes + taken, n - taken);
		if (r < 0)
			return r;
		taken += (size_t)r;
	}
	return more < 0 || !taken ? -EPROTO : (ssize_t)taken;
}

HTAB_EXPORT int htab_get_hptes(int vmfd, uint32_t index,
			       struct htab_hpte *hptes, size_t n)
{
	int htabfd;
	bool busy;

	if (!hptes || !n)
		return -EINVAL;
	htabfd = open_with_entries(vmfd, index, n, &busy);
	if (htabfd < 0)
		return htabfd;
	htab_shim_close(htabfd);
	htabfd = htab_open_at(vmfd, 0, index);
	if (htabfd < 0)
		return htabfd;
	while (n) {
		ssize_t r = read_some(htabfd, index, hptes, n);

		if (r < 0) {
			htab_shim_close(htabfd);
			return (int)r;
		}
		index += (uint32_t)r;
		hptes += r;
		n -= (size_t)r;
	}
	htab_shim_close(htabfd);
	return 0;
}

static bool is_valid(const struct htab_hpte *hpte)
{
	return hpte->v & HTAB_V_VALID;
}

/* Writes the first valid entries and the holes after them, as one record.
 * Returns how many these were, or a negative errno. */
static ssize_t write_some(int htabfd, uint32_t index,
			  const struct htab_hpte *hptes, size_t n)
{
	unsigned char entries[BATCH * UAPI_HPTE_SIZE];
	struct htab_record record = { .index = index, .entries = entries };
	size_t i;
	int r;

	for (i = 0; i < n && i < BATCH && is_valid(&hptes[i]); i++)
		htab_entry_put(entries + i * UAPI_HPTE_SIZE, &hptes[i]);
	record.n_valid = (uint16_t)i;
	for (; i < n && record.n_invalid < UINT16_MAX && !is_valid(&hptes[i]);
	     i++)
		record.n_invalid++;
	r = htab_write_record(htabfd, &record);
	return r < 0 ? r : (ssize_t)i;
}

HTAB_EXPORT int htab_put_hptes(int vmfd, uint32_t index,
			       const struct htab_hpte *hptes, size_t n)
{
	int htabfd, r = 0;
	bool busy;

	if (!hptes || !n)
		return -EINVAL;
	htabfd = open_with_entries(vmfd, index, n, &busy);
	if (htabfd < 0)
		return htabfd;
	if (busy)
		r = -EBUSY;
	while (n && r == 0) {
		ssize_t written = write_some(htabfd, index, hptes, n);

		if (written < 0) {
			r = (int)written;
			break;
		}
		index += (uint32_t)written;
		hptes += written;
		n -= (size_t)written;
	}
	htab_shim_close(htabfd);
	return r;
}
