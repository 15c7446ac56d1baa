/* SPDX-License-Identifier: MIT */
/* Clears the table and keeps its size. */
#include "internal.h"

/*
 * Linux 3.6 and 3.7 have no htab fd, so the order is unknown. It is not needed:
 * their ALLOCATE_HTAB ignores the order if the VM has a table. If a seccomp
 * filter hides the htab fd of Linux 4.11 or later, refuse: that kernel would
 * replace the table by one of the order given.
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
