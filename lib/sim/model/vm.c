/* SPDX-License-Identifier: MIT */
/* Makes VMs, counts their references and destroys them. */
#include "model.h"

#include <stdlib.h>

void htab_model_hazard(struct op *op, enum htab_sim_hazard hazard)
{
	op->hazards |= UINT32_C(1) << hazard;
}

/* Linux 4.7 to 4.18 cannot make a VM while an older one with the same
 * descriptor number lives on, through an htab fd for instance: debugfs has one
 * directory for each number. Caller holds kernel->lock. */
static bool name_is_taken(const struct kernel *kernel, int number)
{
	const struct vm *vm = kernel->rules.names_vms ? kernel->vms : NULL;

	while (vm && vm->number != number)
		vm = vm->next;
	return vm;
}

static int add_to_kernel(struct vm *vm)
{
	struct kernel *kernel = vm->kernel;
	int r = -ENOMEM;

	pthread_mutex_lock(&kernel->lock);
	if (!name_is_taken(kernel, vm->number)) {
		vm->next = kernel->vms;
		kernel->vms = vm;
		r = 0;
	}
	pthread_mutex_unlock(&kernel->lock);
	return r;
}

static void remove_from_kernel(const struct vm *vm)
{
	struct kernel *kernel = vm->kernel;
	struct vm **at = &kernel->vms;

	pthread_mutex_lock(&kernel->lock);
	while (*at != vm)
		at = &(*at)->next;
	*at = vm->next;
	pthread_mutex_unlock(&kernel->lock);
}

int htab_model_vm_make(struct kernel *kernel, int number, struct vm **made)
{
	const struct config *config = &kernel->config;
	struct vm *vm = calloc(1, sizeof(*vm));
	int r;

	if (!vm)
		return -ENOMEM;
	vm->kernel = kernel;
	vm->number = number;
	/* A new VM on a radix host is radix and needs no table. A VM of PR or
	 * of another architecture never needs one, so it is always ready. */
	vm->radix = config->radix;
	vm->gate.ready = config->radix ? kernel->rules.readies_radix_vm
				       : config->kvm == KVM_PR ||
						 config->kvm == KVM_NONE;
	r = add_to_kernel(vm);
	if (r < 0) {
		free(vm);
		return r;
	}
	vm->references = 1;
	pthread_mutex_init(&vm->gate.lock, NULL);
	pthread_mutex_init(&vm->data, NULL);
	htab_model_slots_init(&vm->slots, config->ram);
	*made = vm;
	return 0;
}

void htab_model_vm_get(struct vm *vm)
{
	atomic_fetch_add(&vm->references, 1);
}

static void free_vcpus(struct vm *vm)
{
	while (vm->vcpus) {
		struct vcpu *vcpu = vm->vcpus;

		vm->vcpus = vcpu->next;
		htab_model_vcpu_free(vcpu);
	}
}

static void destroy(struct op *op)
{
	struct vm *vm = op->vm;

	if (vm->pending.active) {
		/* The kernel leaks this memory, so it is not given back. */
		htab_model_hazard(op, HTAB_SIM_HAZARD_CLOSED_PENDING);
		htab_model_table_forget(&vm->pending.table);
	}
	if (vm->stale_reverse_map)
		htab_model_hazard(op, HTAB_SIM_HAZARD_STALE_REVERSE_MAP);
	htab_model_table_forget(&vm->table);
	htab_model_give_back(vm->kernel, &vm->table.memory);
	free_vcpus(vm);
	remove_from_kernel(vm);
	htab_model_slots_destroy(&vm->slots);
	pthread_mutex_destroy(&vm->data);
	pthread_mutex_destroy(&vm->gate.lock);
	free(vm);
}

uint32_t htab_model_vm_put(struct vm *vm)
{
	struct op op = { .vm = vm };

	if (atomic_fetch_sub(&vm->references, 1) == 1)
		destroy(&op);
	return op.hazards;
}

/* --- the kernel that owns them --- */

void htab_model_boot(struct kernel *kernel)
{
	kernel->rules = htab_model_rules(&kernel->config);
	htab_model_memory_init(kernel);
	kernel->random = 0;
}

void htab_model_halt(struct kernel *kernel)
{
	htab_model_memory_destroy(kernel);
}

unsigned int htab_model_vcpus_inside(struct kernel *kernel)
{
	unsigned int count = 0;

	pthread_mutex_lock(&kernel->lock);
	for (struct vm *vm = kernel->vms; vm; vm = vm->next)
		count += (unsigned int)atomic_load(&vm->gate.inside);
	pthread_mutex_unlock(&kernel->lock);
	return count;
}

/* Finds a VM to which only the vcpus inside KVM_RUN hold references. */
static struct vm *find_parked(struct kernel *kernel)
{
	struct vm *vm;

	pthread_mutex_lock(&kernel->lock);
	for (vm = kernel->vms; vm; vm = vm->next)
		if (atomic_load(&vm->references) ==
		    (unsigned int)atomic_load(&vm->gate.inside))
			break;
	pthread_mutex_unlock(&kernel->lock);
	return vm;
}

uint32_t htab_model_drop_parked(struct kernel *kernel)
{
	uint32_t hazards = 0;
	struct vm *vm;

	while ((vm = find_parked(kernel)) != NULL) {
		atomic_store(&vm->references, 1);
		hazards |= htab_model_vm_put(vm);
	}
	return hazards;
}
