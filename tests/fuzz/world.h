/* SPDX-License-Identifier: MIT */
/* VMs on one host of the model, and what must always hold there: for the target
 * fuzz-model */
#ifndef HTAB_FUZZ_WORLD_H
#define HTAB_FUZZ_WORLD_H

#include "model/model.h"

enum { VMS = 3 };

struct bytes {
	uint64_t cma, pages, pool;
};

struct world {
	struct kernel kernel;
	struct bytes at_first, lost;
	struct vm *vms[VMS];
	int vcpus[VMS]; /* inside, each with a reference to the VM */
	int number;	/* of the next VM */
};

/* Chooses the host by this number. */
void begin_world(struct world *world, unsigned int host);
/* Closes all VMs, and checks what is left. */
void end_world(struct world *world);
void check_world(struct world *world);
void check_hazards(uint32_t hazards);

/* Makes the VM if there is none. */
struct vm *vm_at(struct world *world, unsigned int i);
void enter(struct world *world, unsigned int i);
void leave(struct world *world, unsigned int i);
/* htab fds keep the VM. */
void close_vm(struct world *world, unsigned int i);
/* Call this before a reference to a VM is dropped, which may be the last. */
void note_loss(struct world *world, const struct vm *vm);

#endif
