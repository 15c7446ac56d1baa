/* SPDX-License-Identifier: MIT */
/* A VMM's use of libhtab. The simulator needs no change here. */
#include "vmm.h"

#include <errno.h>
#include <libhtab.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t own_size(const struct vmm *vmm)
{
	return (size_t)1 << vmm->pft_size[1];
}

/* Where KVM has no table (PR KVM), the guest's hypercalls come to the VMM,
 * which has the table in its own memory. */
static int make_own_table(struct vmm *vmm)
{
	vmm->own_table = calloc(1, own_size(vmm));
	return vmm->own_table ? 0 : -ENOMEM;
}

static int report(struct vmm *vmm, int r)
{
	vmm->failure = r < 0 ? htab_strerror(r) : NULL;
	return r;
}

/* The size of the guest's first memory node. The firmware and the kernel use no
 * other memory in real mode, and the table has to map all of it. */
static uint64_t first_node(const struct vmm *vmm)
{
	const uint64_t most = (uint64_t)512 << 20;

	return vmm->ram < most ? vmm->ram : most;
}

int vmm_boot(struct vmm *vmm)
{
	uint32_t least = htab_order_for_vrma(first_node(vmm), vmm->page_shift);
	uint32_t order = htab_order_for_ram(vmm->ram);
	int r;

	if (order < least)
		order = least;
	r = htab_alloc_at_least(vmm->vmfd, &order, least);
	/* The table may be smaller than the wanted one. */
	vmm->pft_size[1] = order;
	if (r == -ENOTTY)
		r = make_own_table(vmm);
	return report(vmm, r);
}

int vmm_reset(struct vmm *vmm)
{
	int r, patience = 3;

	if (vmm->own_table) {
		vmm->stop_vcpus(vmm);
		memset(vmm->own_table, 0, own_size(vmm));
		return report(vmm, 0);
	}
	/* A vcpu that was about to enter KVM_RUN when it was stopped may be
	 * inside now. If it stays there, the VMM has a bug. */
	do {
		vmm->stop_vcpus(vmm);
		r = htab_reset(vmm->vmfd);
	} while (r == -EBUSY && --patience);
	return report(vmm, r);
}

void vmm_free(struct vmm *vmm)
{
	free(vmm->own_table);
	close(vmm->vmfd);
}
