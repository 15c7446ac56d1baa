/* SPDX-License-Identifier: MIT */
/* What a VMM knows about the page table of a hash guest. */
#ifndef VMM_H
#define VMM_H

#include <stddef.h>
#include <stdint.h>

struct vmm {
	int vmfd;
	uint64_t ram;
	/* log2 of the size of the pages that back guest address 0 */
	unsigned int page_shift;
	/* Takes all vcpus out of KVM_RUN and keeps them out. */
	void (*stop_vcpus)(struct vmm *vmm);
	/* The guest's "ibm,pft-size": 0, and the order of the table */
	uint32_t pft_size[2];
	/* Where KVM keeps no table: the VMM's, else NULL */
	void *own_table;
	/* What vmm_boot() or vmm_reset() failed at, for the user */
	const char *failure;
};

/* Before the first vcpu runs, and at each reset: 0 or -errno. */
int vmm_boot(struct vmm *vmm);
int vmm_reset(struct vmm *vmm);
void vmm_free(struct vmm *vmm);

#endif
