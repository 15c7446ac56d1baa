/* SPDX-License-Identifier: MIT */
/* Gives a VM an empty table of a wanted order, whether or not it has one. */
#include "internal.h"

/*
 * Linux 4.11 and later free the old table before they reset the reverse maps,
 * which point into it. Clearing the table first resets them while the table is
 * still there (docs/kernels.md, "Freed before it is forgotten" and "Stale
 * translations").
 */
static int replace(int vmfd, uint32_t present, uint32_t *order,
		   uint32_t min_order, int mmu)
{
	int r = htab_allocate_once(vmfd, present, &present);

	return r < 0 ? r : htab_negotiate(vmfd, order, min_order, mmu);
}

/* The VM has a table of the order `present`. */
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
 * Linux 3.6 and 3.7 have no htab fd, so the present order is unknown. It is not
 * needed: up to 4.10 ALLOCATE_HTAB clears a table of any order, or allocates
 * one. If a seccomp filter hides the htab fd of Linux 4.11 or later, refuse:
 * that kernel would replace the table without clearing it first.
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
	/* The VM has no table, or one that is too large to be measured. The
	 * kernel clears such a table if it has the wanted order, and up to
	 * Linux 4.10 whatever the wanted order is. */
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
