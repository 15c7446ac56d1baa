/* SPDX-License-Identifier: MIT */
/* Clear the table and keep its size. */
#include "internal.h"

/*
 * 3.6 and 3.7 have no htab fd to ask the size with, and need none: their
 * ALLOCATE_HTAB ignores the order if there is a table. A later kernel whose
 * htab fd is hidden by a filter of system calls would take the order, and
 * replace the table, so leave that one alone.
 */
static int reset_without_htab_fd(int vmfd)
{
	uint32_t order = HTAB_ORDER_DEFAULT;
	int mmu, r;

	mmu = htab_host_mmu(vmfd);
	if (mmu < 0)
		return mmu;
	r = htab_alloc_replaces_table(vmfd, mmu);
	if (r < 0)
		return r;
	return r ? -ENOTTY : htab_allocate_once(vmfd, order, &order);
}

HTAB_EXPORT int htab_reset(int vmfd)
{
	uint32_t order;
	int r = htab_order(vmfd, &order);

	if (r == -ENOTTY)
		return reset_without_htab_fd(vmfd);
	if (r < 0)
		return r;
	return htab_allocate_once(vmfd, order, &order);
}
