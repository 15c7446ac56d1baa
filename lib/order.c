/* SPDX-License-Identifier: MIT */
/* How large is the table? And the arithmetic of orders. */
#include "internal.h"

/* One entry is 16 bytes; the stream's index field has 32 bits, so the last
 * entry of an order above this has no name. */
#define LAST_NAMED_ORDER 36

/*
 * Does the table have at least this order? The kernel tests a record's index
 * against the table before it does anything else, so a record without entries
 * tells and changes nothing (kernel-facts 12.3). 1, 0 or -errno.
 */
static int has_entry(int htabfd, uint32_t index)
{
	const struct uapi_kvm_get_htab_header record = { .index = index };
	ssize_t n = htab_shim_write(htabfd, &record, sizeof(record));

	if (n == -EINVAL)
		return 0;
	if (n < 0)
		return (int)n;
	return n == sizeof(record) ? 1 : -EPROTO;
}

/*
 * Does the table go on after the last entry that has an index? A record that
 * claims two valid entries from there on is refused with EINVAL if not. If so,
 * the kernel goes on to read the first one, and is prevented from changing
 * anything by EFAULT.
 */
static int has_entry_after_last_index(int htabfd)
{
	const struct uapi_kvm_get_htab_header record = {
		.index = UINT32_MAX,
		.n_valid = 2,
	};
	ssize_t n = htab_shim_write_torn(htabfd, &record, sizeof(record),
					 2 * UAPI_HPTE_SIZE);

	if (n == -EFAULT)
		return 1;
	if (n == -EINVAL)
		return 0;
	return n < 0 ? (int)n : -EPROTO;
}

static int is_at_least(int htabfd, uint32_t order)
{
	if (order > LAST_NAMED_ORDER)
		return has_entry_after_last_index(htabfd);
	return has_entry(htabfd, (uint32_t)((UINT64_C(1) << (order - 4)) - 1));
}

/* From "no table" (one below the smallest) to "larger than can be told" there
 * are 21 answers: five questions. */
static int measure(int htabfd, uint32_t *order)
{
	uint32_t low = HTAB_ORDER_MIN - 1;
	uint32_t high = LAST_NAMED_ORDER + 1;

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
	if (low > LAST_NAMED_ORDER)
		return -EOVERFLOW;
	*order = low;
	return 0;
}

HTAB_EXPORT int htab_order(int vmfd, uint32_t *order)
{
	struct uapi_kvm_get_htab_fd how = { .flags = UAPI_KVM_GET_HTAB_WRITE };
	int htabfd, r;

	if (!order)
		return -EINVAL;
	htabfd = htab_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	if (htabfd < 0)
		return htabfd;
	r = measure(htabfd, order);
	/* The answer stands whatever close() says; the descriptor is gone. */
	htab_shim_close(htabfd);
	return r;
}

HTAB_EXPORT uint32_t htab_order_for_ram(uint64_t bytes)
{
	uint32_t order = HTAB_ORDER_MIN;

	/* The smallest order with 128 * 2^order >= bytes */
	while (order < HTAB_ORDER_MAX && (UINT64_C(128) << order) < bytes)
		order++;
	return order;
}
