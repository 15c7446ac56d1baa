/* SPDX-License-Identifier: MIT */
/* Negotiation: the table asked for, or the largest that the host can give. */
#include "internal.h"

int htab_allocate_once(int vmfd, uint32_t *order)
{
	uint32_t granted = *order;
	int r = htab_ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, &granted);

	if (r < 0)
		return r;
	if (r > 0 || !htab_order_is_valid(granted))
		return -EPROTO;
	*order = granted;
	return 0;
}

/*
 * Before Linux 4.11, ENOMEM can leave the VM pointing at a freed table, because
 * the allocation of the reverse map failed (kernel-facts 7, hazard 6). Another
 * attempt would write to freed memory. The kernel sets the entry count before
 * it allocates the reverse map, so a size other than 0 means that the pointer
 * is stale. Returns 0 if another attempt is safe, a negative errno otherwise.
 */
static int check_not_dangling(int vmfd)
{
	uint32_t order;
	int r = htab_order(vmfd, &order);

	if (r == -ENOENT)
		return 0;
	if (r == 0 || r == -EOVERFLOW)
		return -ENOTRECOVERABLE;
	/* The size cannot be asked for: Linux 3.6 and 3.7 have no htab fd.
	 * They have gone down by themselves already. */
	return -ENOMEM;
}

/* May another order be tried after ENOMEM? Sets *is_4_11 if that is still
 * unknown (negative). 0, or a negative errno to return. */
static int check_next_attempt(int vmfd, int mmu, int *is_4_11)
{
	if (*is_4_11 < 0)
		*is_4_11 = htab_is_4_11(vmfd, mmu);
	if (*is_4_11 > 0)
		return 0;
	/* If the generation cannot be asked for, the next attempt might be the
	 * dangerous one. ENOMEM is what the kernel said about this one. */
	return *is_4_11 < 0 ? -ENOMEM : check_not_dangling(vmfd);
}

int htab_negotiate(int vmfd, uint32_t *order, uint32_t min_order, int mmu)
{
	int is_4_11 = -1;

	for (uint32_t wanted = *order;; wanted--) {
		uint32_t granted = wanted;
		int r = htab_allocate_once(vmfd, &granted);

		if (r == 0)
			*order = granted;
		if (r != -ENOMEM)
			return r;

		r = check_next_attempt(vmfd, mmu, &is_4_11);
		if (r < 0)
			return r;
		if (wanted == min_order)
			return -ENOMEM;
	}
}

int htab_check_request(int vmfd, const uint32_t *order, uint32_t min_order)
{
	int mmu;

	if (!order)
		return -EINVAL;
	/* Order 0 without a table is an oops, and from 4.11 any order out of
	 * range destroys the table there is (kernel-facts 7, hazards 1-3). */
	if (!htab_order_is_valid(*order) || !htab_order_is_valid(min_order) ||
	    min_order > *order)
		return -ERANGE;

	mmu = htab_host_mmu(vmfd);
	/* From 4.20 to 5.9 the ioctl would succeed on a nested host and the
	 * next KVM_RUN crash it (kernel-facts 7, hazard 20). */
	return mmu == HTAB_MMU_RADIX ? -EOPNOTSUPP : mmu;
}

HTAB_EXPORT int htab_alloc_at_least(int vmfd, uint32_t *order,
				    uint32_t min_order)
{
	int mmu = htab_check_request(vmfd, order, min_order);
	int r;

	if (mmu < 0)
		return mmu;
	r = htab_negotiate(vmfd, order, min_order, mmu);
	if (r == 0 && *order < min_order)
		return -ENOSPC;
	return r;
}

HTAB_EXPORT int htab_alloc(int vmfd, uint32_t *order)
{
	return htab_alloc_at_least(vmfd, order, HTAB_ORDER_MIN);
}

HTAB_EXPORT int htab_largest(int kvmfd, uint32_t *order)
{
	if (!order)
		return -EINVAL;
	if (!htab_order_is_valid(*order))
		return -ERANGE;

	/* A fresh VM for each size: up to 4.10 a table keeps the size it got
	 * first, and what a kernel up to 4.3 falls back to is not the largest
	 * that it has (kernel-facts 1.1, 12.10). And from 4.11 to 4.14 a VM
	 * that loses its table in a failed attempt corrupts the host when it is
	 * closed (12.15); one that never had a table does not. */
	for (uint32_t wanted = *order; wanted >= HTAB_ORDER_MIN; wanted--) {
		uint32_t granted = wanted;
		int vmfd = htab_ioctl(kvmfd, UAPI_KVM_CREATE_VM, NULL);
		int r;

		if (vmfd < 0)
			return vmfd;
		r = htab_alloc_at_least(vmfd, &granted, wanted);
		htab_shim_close(vmfd);

		if (r == 0 && granted == wanted) {
			*order = granted;
			return 0;
		}
		/* That host has no memory for the reverse map either, and is
		 * harmed by each attempt. */
		if (r == -ENOTRECOVERABLE)
			return -ENOMEM;
		if (r < 0 && r != -ENOMEM && r != -ENOSPC)
			return r;
	}
	return -ENOMEM;
}
