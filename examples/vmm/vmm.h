/* SPDX-License-Identifier: MIT */
/* What a VMM knows about the page table of a hash guest */
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
	/* The VMM's own table where KVM has none, otherwise NULL */
	void *own_table;
	/* A message for the user if vmm_boot() or vmm_reset() failed */
	const char *failure;
};

/* The VMM boots the guest before the first vcpu runs. Both return 0 or
 * -errno. */
int vmm_boot(struct vmm *vmm);
int vmm_reset(struct vmm *vmm);
void vmm_free(struct vmm *vmm);

#endif
