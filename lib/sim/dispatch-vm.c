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

int htab_sim_vm_request(struct call *call, struct vm *vm)
{
	switch (call->event.request) {
	case UAPI_KVM_SET_USER_MEMORY_REGION:
		return set_region(call, vm);
	default:
		return htab_sim_unknown(call, vm->kernel, -ENOTTY);
	}
}
