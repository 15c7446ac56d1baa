/* SPDX-License-Identifier: MIT */
/* Measures a table, and computes orders. */
#include "internal.h"

/* A record's index has 32 bits, so order 36 (2^32 entries of 16 bytes) is the
 * largest table whose last entry can be addressed. */
#define LAST_ADDRESSABLE_ORDER 36

/*
 * Does the table go on after the last entry that has an index? Write a record
 * that claims two entries there, with no readable data behind it. If the table
 * ends there the kernel returns EINVAL; if it goes on, the kernel faults on the
 * first entry (EFAULT) before it changes anything.
 */
static int has_entry_after_last_index(int htabfd)
{
	const struct uapi_kvm_get_htab_header record = {
		.index = UINT32_MAX,
		.n_valid = 2,
	};
	ssize_t n = htab_shim_write_torn(htabfd, &record, sizeof(record),
					 (size_t)2 * UAPI_HPTE_SIZE);

	if (n == -EFAULT)
		return 1;
	if (n == -EINVAL)
		return 0;
	return n < 0 ? (int)n : -EPROTO;
}

static int is_at_least(int htabfd, uint32_t order)
{
	if (order > LAST_ADDRESSABLE_ORDER)
		return has_entry_after_last_index(htabfd);
	return htab_has_entry(htabfd,
			      (uint32_t)((UINT64_C(1) << (order - 4)) - 1));
}

/* Binary search over 17 (no table) to 37 (too large to measure): 21 values, at
 * most five probes. */
static int measure(int htabfd, uint32_t *order)
{
	uint32_t low = HTAB_ORDER_MIN - 1;
	uint32_t high = LAST_ADDRESSABLE_ORDER + 1;

	while (low < high) {
		uint32_t middle = (low + high + 1) / 2;
		int r = is_at_least(htabfd, middle);

		if (r < 0)
			return r;
		if (r)
			low = middle;
		else
			high = middle - 1;
	}
	if (low < HTAB_ORDER_MIN)
		return -ENOENT;
	if (low > LAST_ADDRESSABLE_ORDER)
		return -EOVERFLOW;
	*order = low;
	return 0;
}

HTAB_EXPORT int htab_order(int vmfd, uint32_t *order)
{
	int htabfd, r;

	if (!order)
		return -EINVAL;
	htabfd = htab_open_at(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	if (htabfd < 0)
		return htabfd;
	r = measure(htabfd, order);
	/* The size is known even if close() fails, and close() releases the
	 * descriptor even then. */
	htab_shim_close(htabfd);
	return r;
}

/* The page sizes of the VRMA, and its largest size, as shifts */
enum { SHIFT_4K = 12, SHIFT_64K = 16, SHIFT_16M = 24, SHIFT_1TB = 40 };

static bool page_shift_is_valid(unsigned int page_shift)
{
	return page_shift >= SHIFT_4K && page_shift <= 63;
}

/* The kernel rounds the page size down to one that an entry can encode
 * (docs/kernels.md, "The first run and real mode"). */
static unsigned int round_page_shift(unsigned int page_shift)
{
	if (page_shift >= SHIFT_16M)
		return SHIFT_16M;
	return page_shift >= SHIFT_64K ? SHIFT_64K : SHIFT_4K;
}

HTAB_EXPORT uint64_t htab_vrma_limit(uint32_t order, unsigned int page_shift)
{
	unsigned int shift;

	if (!htab_order_is_valid(order) || !page_shift_is_valid(page_shift))
		return 0;
	/* Each group of the table has 128 bytes, 2^7, and maps one page. */
	shift = round_page_shift(page_shift) + order - 7;
	return UINT64_C(1) << (shift < SHIFT_1TB ? shift : SHIFT_1TB);
}

HTAB_EXPORT uint32_t htab_order_for_vrma(uint64_t bytes,
					 unsigned int page_shift)
{
	const uint64_t most = UINT64_C(1) << SHIFT_1TB;
	uint32_t order = HTAB_ORDER_MIN;

	if (!page_shift_is_valid(page_shift) || bytes > most)
		return 0;
	while (htab_vrma_limit(order, page_shift) < bytes)
		order++;
	return order;
}

HTAB_EXPORT uint32_t htab_order_for_ram(uint64_t bytes)
{
	uint32_t order = HTAB_ORDER_MIN;

	/* Finds the smallest order with 128 * 2^order >= bytes. */
	while (order < HTAB_ORDER_MAX && (UINT64_C(128) << order) < bytes)
		order++;
	return order;
}
