/* SPDX-License-Identifier: MIT */
/* Allocates a table of the order asked for, or the largest that the host can
 * give. */
#include "internal.h"

int htab_allocate_once(int vmfd, uint32_t wanted, uint32_t *granted)
{
	uint32_t order = wanted;
	int r = htab_ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order);

	if (r < 0)
		return r;
	if (r > 0 || !htab_order_is_valid(order))
		return -EPROTO;
	*granted = order;
	return 0;
}

/*
 * Before Linux 4.11, ENOMEM can leave the VM pointing at a freed table, because
 * the reverse map could not be allocated (docs/kernels.md, "Dangling table").
 * Retrying would write to freed memory. The kernel sets the entry count before
 * it allocates the reverse map, so a nonzero size means that the pointer is
 * stale. Returns 0 if a retry is safe, a negative errno otherwise.
 */
static int check_not_dangling(int vmfd)
{
	uint32_t order;
	int r = htab_order(vmfd, &order);

	if (r == -ENOENT)
		return 0;
	if (r == 0 || r == -EOVERFLOW)
		return -ENOTRECOVERABLE;
	/* The size is unknown, so a retry might be unsafe. Linux 3.6 and 3.7,
	 * which have no htab fd, need none: they try smaller orders
	 * themselves. */
	return -ENOMEM;
}

/*
 * May a smaller order be tried after ENOMEM? *replaces caches what
 * htab_alloc_replaces_table() returned; a negative value means that it has not
 * been asked. Returns 0 if a retry is safe, a negative errno otherwise.
 */
static int check_retry(int vmfd, int mmu, int *replaces)
{
	if (*replaces < 0)
		*replaces = htab_alloc_replaces_table(vmfd, mmu);
	/* A retry may be unsafe on this kernel, so report the kernel's ENOMEM
	 * rather than the error of the question. */
	if (*replaces < 0)
		return -ENOMEM;
	return *replaces ? 0 : check_not_dangling(vmfd);
}

/* Ask; stop on success and on any error but ENOMEM; otherwise lower the order
 * and ask again. */
int htab_negotiate(int vmfd, uint32_t *order, uint32_t min_order, int mmu)
{
	uint32_t wanted = *order;
	int replaces = -1;

	for (;;) {
		int r = htab_allocate_once(vmfd, wanted, order);

		if (r != -ENOMEM)
			return r;
		/* Also for the last order: -ENOTRECOVERABLE tells the caller
		 * that the VM must be destroyed. */
		r = check_retry(vmfd, mmu, &replaces);
		if (r < 0)
			return r;
		if (wanted == min_order)
			return -ENOMEM;
		wanted--;
	}
}

int htab_check_request(int vmfd, const uint32_t *order, uint32_t min_order)
{
	int mmu;

	if (!order)
		return -EINVAL;
	/* Linux 4.11 and later free the present table before they check the
	 * order, and order 0 on a VM without a table crashes them
	 * (docs/kernels.md, "Order out of range" and "Order 0"). */
	if (!htab_order_is_valid(*order) || !htab_order_is_valid(min_order) ||
	    min_order > *order)
		return -ERANGE;

	mmu = htab_host_mmu(vmfd);
	/* On a nested host with Linux 4.20 to 5.9 the ioctl would succeed, and
	 * the next KVM_RUN would crash that host (docs/kernels.md, "Nested
	 * run"). */
	return mmu == HTAB_HOST_RADIX ? -EOPNOTSUPP : mmu;
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

	/*
	 * Each order needs a fresh VM. Up to Linux 4.10 a table keeps its first
	 * size, and up to 4.3 the order that the kernel falls back to need not
	 * be the largest (docs/kernels.md, "Where the memory comes from"). On
	 * 4.11 to 4.14 a VM that lost its table in a failed attempt corrupts
	 * the host when it is closed, but one that never had a table does not
	 * (docs/kernels.md, "Stale reverse map").
	 */
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
		/* This host has no memory for the reverse map. Each further
		 * attempt would leave one more dangling pointer behind. */
		if (r == -ENOTRECOVERABLE)
			return -ENOMEM;
		if (r < 0 && r != -ENOMEM && r != -ENOSPC)
			return r;
	}
	return -ENOMEM;
}
