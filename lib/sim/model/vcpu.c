/* SPDX-License-Identifier: MIT */
/* Makes vcpus, and does what the first run of a vcpu does. */
#include "model.h"

#include <stdlib.h>

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

	if (id >= VCPUS_MAX)
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

uint64_t htab_model_vrma_page(uint64_t page)
{
	if (page >= 16 << 20)
		return 16 << 20;
	return page >= 64 << 10 ? 64 << 10 : 4 << 10;
}

/* Enters a bolted entry for each page of real mode, in slot 7 of its group, up
 * to the first one that cannot be entered. Returns 0, or -ENOMEM with nothing
 * mapped. */
static int map_vrma(struct vm *vm, const struct backing *memory)
{
	const uint64_t groups = htab_model_table_entries(&vm->table) / 8;
	const uint64_t page = htab_model_vrma_page(memory->page);
	const uint64_t pages =
		htab_model_vrma_pages(memory->size, page, groups);
	/* Pages of 64K and 16M need the LARGE bit, and those of 64K an encoding
	 * that is not zero. */
	const bool large = page != 4 << 10;
	const uint64_t v0 = HPTE_1TB | VRMA_VSID << 24 | HPTE_BOLTED |
			    HPTE_VALID | (large ? HPTE_LARGE : 0);
	/* The bits R, C and M, and the encoding */
	const uint64_t r0 = 0x190 | (page == 64 << 10 ? 0x1000 : 0);
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

/* Sets *memory to the memory at guest address 0. Returns -EAGAIN if the caller
 * has not found out what the process has there. */
static int find_real_mode(struct op *op, struct backing *memory)
{
	*memory = htab_model_real_mode(op->vm);
	if (memory->in_process) {
		if (!op->backing.in_process ||
		    op->backing.address != memory->address)
			return -EAGAIN;
		memory->page = op->backing.page;
	}
	return memory->size == 0 || memory->page == 0 ? -EINVAL : 0;
}

static int set_up_hash(struct op *op)
{
	struct vm *vm = op->vm;
	struct backing memory;
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
	r = find_real_mode(op, &memory);
	if (r < 0)
		return r;
	pthread_mutex_lock(&vm->data);
	r = map_vrma(vm, &memory);
	pthread_mutex_unlock(&vm->data);
	return r;
}

int htab_model_set_up_mmu(struct op *op)
{
	/* A VM that was switched back to radix needs nothing more. */
	return atomic_load(&op->vm->radix) ? 0 : set_up_hash(op);
}
