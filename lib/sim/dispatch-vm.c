/* SPDX-License-Identifier: MIT */
/* Answers the requests on a VM that do not concern the table by themselves:
 * what a VMM does while it sets up a VM. */
#include "host.h"

static int set_region(struct call *call, struct vm *vm)
{
	if (call->fetched < 0)
		return call->fetched;
	return htab_model_set_region(vm, &call->argument.region);
}

static int get_smmu_info(const struct call *call, struct vm *vm)
{
	const struct config *config = &vm->kernel->config;
	struct uapi_kvm_ppc_smmu_info info;

	if (config->kvm == KVM_NONE)
		return -ENOTTY;
	/* A radix host that has no hash guests has nothing to say. */
	if (config->kvm == KVM_HV && config->radix &&
	    vm->kernel->rules.refuses_radix_vm)
		return -EINVAL;
	htab_model_smmu_info(vm, &info);
	return htab_sim_store(call, call->event.arg, &info, sizeof(info));
}

static int configure_mmu(struct call *call, struct vm *vm)
{
	const struct config *config = &vm->kernel->config;
	struct op op = { .vm = vm };
	int r;

	if (config->kvm == KVM_NONE || config->linux_version < LINUX(4, 11))
		return -ENOTTY;
	if (call->fetched < 0)
		return call->fetched;
	r = htab_model_configure_mmu(&op, &call->argument.mmu);
	call->hazards |= op.hazards;
	return r;
}

/* The kernel has some capabilities that a VM enables, but none of them concerns
 * the table, and the simulator has none. PAPR is one of a vcpu. */
static int enable_cap(const struct call *call, const struct vm *vm)
{
	struct uapi_kvm_enable_cap how;
	int r;

	if (!vm->kernel->rules.vm_has_enable_cap)
		return -ENOTTY;
	r = htab_sim_fetch(call, &how, call->event.arg, sizeof(how));
	return r < 0 ? r : -EINVAL;
}

int htab_sim_vm_request(struct call *call, struct vm *vm)
{
	switch (call->event.request) {
	case UAPI_KVM_SET_USER_MEMORY_REGION:
		return set_region(call, vm);
	case UAPI_KVM_ENABLE_CAP:
		return enable_cap(call, vm);
	case UAPI_KVM_PPC_GET_SMMU_INFO:
		return get_smmu_info(call, vm);
	case UAPI_KVM_PPC_CONFIGURE_V3_MMU:
		return configure_mmu(call, vm);
	default:
		return htab_sim_unknown(call, vm->kernel, -ENOTTY);
	}
}
