/* SPDX-License-Identifier: MIT */
/* How a VMM uses libhtab. It knows nothing of the simulator. */
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

/* PR KVM, or none: the guest's hypercalls come to the VMM, which looks after
 * a table in its own memory. */
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

int vmm_boot(struct vmm *vmm)
{
	uint32_t order = htab_order_for_ram(vmm->ram);
	int r = htab_alloc(vmm->vmfd, &order);

	/* What was granted, which need not be what was asked for. */
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
	/* A vcpu that was about to enter KVM_RUN when it was told to stop may
	 * be inside now. One that stays there is a bug of the VMM. */
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
