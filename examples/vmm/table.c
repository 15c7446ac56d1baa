/* SPDX-License-Identifier: MIT */
/* The VMM's use of libhtab */
#include "vmm.h"

#include <errno.h>
#include <libhtab.h>
#include <stdlib.h>
#include <string.h>

static size_t own_size(const struct vmm *vmm)
{
	return (size_t)1 << vmm->pft_size[1];
}

/* Where KVM has no table (PR KVM), the guest's hypercalls come to the VMM,
 * which has the table in its own memory. */
static int make_own_table(struct vmm *vmm)
{
	free(vmm->own_table);
	vmm->own_table = calloc(1, own_size(vmm));
	return vmm->own_table ? 0 : -ENOMEM;
}

static int report(struct vmm *vmm, int r)
{
	return r < 0 ? vmm_fail(vmm, htab_strerror(r), r) : 0;
}

/* The guest's firmware and kernel use the first memory node in real mode, and
 * no other memory. The table has to map all of it. */
static uint32_t least_order(const struct vmm *vmm)
{
	const uint64_t most = (uint64_t)512 << 20;
	const uint64_t node = vmm->ram < most ? vmm->ram : most;

	return htab_order_for_vrma(node, vmm->page_shift);
}

static uint32_t wanted_order(const struct vmm *vmm)
{
	const uint32_t order = htab_order_for_ram(vmm->ram);
	const uint32_t least = least_order(vmm);

	return order < least ? least : order;
}

int table_make(struct vmm *vmm)
{
	uint32_t order = wanted_order(vmm);
	int r = htab_alloc_at_least(vmm->vmfd, &order, least_order(vmm));

	/* The table may be smaller than the wanted one. */
	vmm->pft_size[1] = order;
	if (r == -ENOTTY)
		r = make_own_table(vmm);
	return report(vmm, r);
}

int table_reset(struct vmm *vmm, bool resize)
{
	uint32_t order = wanted_order(vmm);
	int r;

	if (vmm->own_table && resize) {
		vmm->pft_size[1] = order;
		return report(vmm, make_own_table(vmm));
	}
	if (vmm->own_table) {
		memset(vmm->own_table, 0, own_size(vmm));
		return 0;
	}
	if (!resize)
		return report(vmm, htab_reset(vmm->vmfd));
	r = htab_renew(vmm->vmfd, &order, least_order(vmm));
	if (r == 0)
		vmm->pft_size[1] = order;
	vmm->lost_table = r == -ENOMEM;
	return report(vmm, r);
}

void table_free(struct vmm *vmm)
{
	uint32_t order = HTAB_ORDER_MIN;

	/* See "Closing a VM" in libhtab.h. If this fails too, there is nothing
	 * left to try. */
	if (vmm->lost_table)
		report(vmm, htab_alloc(vmm->vmfd, &order));
	free(vmm->own_table);
}
