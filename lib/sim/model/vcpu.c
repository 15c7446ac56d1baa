/* SPDX-License-Identifier: MIT */
/* Makes vcpus, and does what the first run of a vcpu does. */
#include "model.h"

#include <stdlib.h>

/* The number of CPUs for which Debian builds its kernels. Other builds have
 * fewer (docs/kernels.md, "Processes, descriptors and vcpu ids"). */
enum { MAX_VCPUS = 2048 };

/* KVM keeps a vcpu until its VM is destroyed, so an id stays in use even if its
 * descriptor is closed. */
static int add_vcpu(struct vm *vm, struct vcpu *vcpu)
{
	for (const struct vcpu *at = vm->vcpus; at; at = at->next)
		if (at->id == vcpu->id)
			return vm->kernel->rules.packs_vcpu_ids ? -EINVAL
								: -EEXIST;
	vcpu->next = vm->vcpus;
	vm->vcpus = vcpu;
	return 0;
}

int htab_model_vcpu_make(struct vm *vm, uint32_t id, struct vcpu **made)
{
	struct vcpu *vcpu;
	int r;

	if (id >= MAX_VCPUS)
		return -EINVAL;
	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	r = htab_model_vcpu_init(vcpu);
	if (r < 0) {
		free(vcpu);
		return r;
	}
	vcpu->id = id;
	pthread_mutex_lock(&vm->gate.lock);
	r = add_vcpu(vm, vcpu);
	pthread_mutex_unlock(&vm->gate.lock);
	if (r < 0)
		htab_model_vcpu_free(vcpu);
	else
		*made = vcpu;
	return r;
}

void htab_model_vcpu_drop(struct vm *vm, uint32_t id)
{
	struct vcpu **at = &vm->vcpus, *vcpu;

	pthread_mutex_lock(&vm->gate.lock);
	while ((*at)->id != id)
		at = &(*at)->next;
	vcpu = *at;
	*at = vcpu->next;
	pthread_mutex_unlock(&vm->gate.lock);
	htab_model_vcpu_free(vcpu);
}

/* Real mode gets one page for each group, and at most 1 TiB. */
uint64_t htab_model_vrma_pages(uint64_t ram, uint64_t page, uint64_t groups)
{
	const uint64_t most = (UINT64_C(1) << 40) / page;
	uint64_t pages = ram / page;

	if (pages > most)
		pages = most;
	return pages > groups ? groups : pages;
}

/* The virtual segment of real mode */
#define VRMA_VSID UINT64_C(0x1ffffff)

static uint64_t vrma_index(uint64_t page, uint64_t groups)
{
	const uint64_t hash = page ^ VRMA_VSID ^ VRMA_VSID << 25;

	return (hash & (groups - 1)) * 8 + 7;
}

/* Enters a bolted entry for each page of real mode, in slot 7 of its group, up
 * to the first slot that is taken. Returns 0, or -ENOMEM with nothing mapped. */
static int map_vrma(struct vm *vm)
{
	const uint64_t groups = htab_model_table_entries(&vm->table) / 8;
	const uint64_t page = vm->kernel->config.page;
	const uint64_t pages = htab_model_vrma_pages(vm->ram, page, groups);
	/* A page of 64K needs the LARGE bit and an encoding. */
	const bool large = page != 4 << 10;
	const uint64_t v0 = HPTE_1TB | VRMA_VSID << 24 | HPTE_BOLTED |
			    HPTE_VALID | (large ? HPTE_LARGE : 0);
	/* The bits R, C and M, and the encoding of 64K */
	const uint64_t r0 = 0x190 | (large ? 0x1000 : 0);
	uint64_t i = 0;
	int r = 0;

	for (; i < pages && r == 0; i++) {
		uint64_t address = i * page;

		r = htab_model_enter_hpte(
			vm, vrma_index(i, groups),
			v0 | (address >> 16 & ~UINT64_C(0x7f)), r0 | address);
	}
	if (r != -ENOMEM)
		return 0;
	for (i--; i-- > 0;)
		htab_model_remove_hpte(
			vm, htab_model_table_find(&vm->table,
						  vrma_index(i, groups)));
	return -ENOMEM;
}

int htab_model_set_up_mmu(struct op *op)
{
	struct vm *vm = op->vm;
	int r;

	if (vm->dangling) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_DANGLING_TABLE);
		return -EIO;
	}
	if (!vm->table.order) {
		r = htab_model_allocate_default(op);
		if (r < 0)
			return r;
	}
	if (vm->ram == 0)
		return -EINVAL;
	pthread_mutex_lock(&vm->data);
	r = map_vrma(vm);
	pthread_mutex_unlock(&vm->data);
	return r;
}
