/* SPDX-License-Identifier: MIT */
/* An empty table of a wanted order, whatever the VM has. */
#include "internal.h"

/*
 * The kernel replaces a table of another order: from 4.11 on. It frees the old
 * table before it forgets the references into it, so clear the table first,
 * which makes the kernel forget them (kernel-facts 11, C2 and hazard 21).
 */
static int replace(int vmfd, uint32_t present, uint32_t *order,
		   uint32_t min_order, int mmu)
{
	int r = htab_allocate_once(vmfd, present, &present);

	return r < 0 ? r : htab_negotiate(vmfd, order, min_order, mmu);
}

/* The VM has a table of that order. */
static int renew_present(int vmfd, uint32_t present, uint32_t *order,
			 uint32_t min_order, int mmu)
{
	if (present != *order) {
		int r = htab_alloc_replaces_table(vmfd, mmu);

		if (r < 0)
			return r;
		if (r)
			return replace(vmfd, present, order, min_order, mmu);
	}
	return htab_allocate_once(vmfd, present, order);
}

/*
 * There is no htab fd to ask the size with. Up to 4.10 one ALLOCATE_HTAB clears
 * what is there, or allocates. Later kernels have an htab fd, but a filter of
 * system calls may hide it; they would replace the table without clearing it.
 */
static int renew_without_htab_fd(int vmfd, uint32_t *order, uint32_t min_order,
				 int mmu)
{
	int r = htab_alloc_replaces_table(vmfd, mmu);

	if (r < 0)
		return r;
	return r ? -ENOTTY : htab_negotiate(vmfd, order, min_order, mmu);
}

static int renew(int vmfd, uint32_t *order, uint32_t min_order, int mmu)
{
	uint32_t present;
	int r = htab_order(vmfd, &present);

	if (r == 0)
		return renew_present(vmfd, present, order, min_order, mmu);
	if (r == -ENOTTY)
		return renew_without_htab_fd(vmfd, order, min_order, mmu);
	/* Without a table, and where its size cannot be told: a table that
	 * large is cleared if it has the wanted order, and on kernels before
	 * 4.11 in any case. */
	if (r == -ENOENT || r == -EOVERFLOW)
		return htab_negotiate(vmfd, order, min_order, mmu);
	return r;
}

HTAB_EXPORT int htab_renew(int vmfd, uint32_t *order, uint32_t min_order)
{
	int mmu = htab_check_request(vmfd, order, min_order);
	int r;

	if (mmu < 0)
		return mmu;
	r = renew(vmfd, order, min_order, mmu);
	if (r == 0 && *order < min_order)
		return -ENOSPC;
	return r;
}
