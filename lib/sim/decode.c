/* SPDX-License-Identifier: MIT */
/* Identifies an ioctl and copies its arguments. */
#include "host.h"

#include <string.h>

enum htab_sim_call htab_sim_call_of(unsigned long request)
{
	switch (request) {
	case UAPI_KVM_CREATE_VM:
		return HTAB_SIM_CREATE_VM;
	case UAPI_KVM_RUN:
		return HTAB_SIM_RUN;
	case UAPI_KVM_CREATE_VCPU:
		return HTAB_SIM_CREATE_VCPU;
	case UAPI_KVM_CHECK_EXTENSION:
		return HTAB_SIM_CHECK_EXTENSION;
	case UAPI_KVM_PPC_ALLOCATE_HTAB:
		return HTAB_SIM_ALLOCATE_HTAB;
	case UAPI_KVM_PPC_GET_HTAB_FD:
		return HTAB_SIM_GET_HTAB_FD;
	case UAPI_KVM_PPC_RESIZE_HPT_PREPARE:
		return HTAB_SIM_RESIZE_PREPARE;
	case UAPI_KVM_PPC_RESIZE_HPT_COMMIT:
		return HTAB_SIM_RESIZE_COMMIT;
	default:
		return HTAB_SIM_OTHER_IOCTL;
	}
}

/* Copies what the pointer of the ioctl leads to. */
static void fetch_argument(struct call *call, void *to, size_t len)
{
	call->fetched = htab_sim_fetch(call, to, call->event.arg, len);
}

/* Requests that have no name in enum htab_sim_call */
static void decode_vm_request(struct call *call)
{
	switch (call->event.request) {
	case UAPI_KVM_SET_USER_MEMORY_REGION:
		fetch_argument(call, &call->argument.region,
			       sizeof(call->argument.region));
		break;
	case UAPI_KVM_PPC_CONFIGURE_V3_MMU:
		fetch_argument(call, &call->argument.mmu,
			       sizeof(call->argument.mmu));
		break;
	default:
		break;
	}
}

static void decode_vm_call(struct call *call)
{
	struct journal_entry *entry = &call->entry;

	switch (call->event.call) {
	case HTAB_SIM_ALLOCATE_HTAB:
		fetch_argument(call, &call->argument.order,
			       sizeof(call->argument.order));
		entry->a = entry->order_after = call->argument.order;
		break;
	case HTAB_SIM_GET_HTAB_FD:
		fetch_argument(call, &call->argument.htab_fd,
			       sizeof(call->argument.htab_fd));
		entry->a = call->argument.htab_fd.flags;
		entry->b = call->argument.htab_fd.start_index;
		break;
	case HTAB_SIM_RESIZE_PREPARE:
	case HTAB_SIM_RESIZE_COMMIT:
		fetch_argument(call, &call->argument.resize,
			       sizeof(call->argument.resize));
		entry->a = call->argument.resize.shift;
		entry->b = call->argument.resize.flags;
		break;
	case HTAB_SIM_OTHER_IOCTL:
		decode_vm_request(call);
		break;
	default:
		break;
	}
}

/* Copies the header of the record for the journal, if the buffer holds one. */
static void decode_write(struct call *call)
{
	struct uapi_kvm_get_htab_header *header = &call->entry.header;

	if (call->usable >= sizeof(*header))
		htab_sim_fetch(call, header, call->event.buf, sizeof(*header));
}

void htab_sim_decode(struct call *call, const struct descriptor *descriptor)
{
	memset(&call->argument, 0, sizeof(call->argument));
	if (call->event.call == HTAB_SIM_CHECK_EXTENSION)
		call->entry.a = (uintptr_t)call->event.arg;
	else if (descriptor->kind == FD_VM)
		decode_vm_call(call);
	else if (descriptor->kind == FD_HTAB &&
		 call->event.call == HTAB_SIM_WRITE)
		decode_write(call);
}
