/* SPDX-License-Identifier: MIT */
/* ioctl() on what is behind a descriptor */
#include "sim.h"

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

static int create_vm(struct htab_sim_host *host, uintptr_t type)
{
	/* 0: what there is, 1: HV, 2: PR */
	const uintptr_t kind = host->config.kvm == KVM_PR ? 2 : 1;
	struct vm *vm;
	int fd;

	if (type && (!host->rules.has_vm_types || type != kind ||
		     host->config.kvm == KVM_NONE))
		return -EINVAL;
	htab_sim_fd_reap(host);
	vm = htab_model_vm_make(host);
	if (!vm)
		return -ENOMEM;
	fd = htab_sim_fd_make(host, FD_VM, vm, NULL);
	if (fd < 0)
		htab_model_vm_destroy(vm);
	return fd;
}

static int get_htab_fd(struct vm *vm, const struct uapi_kvm_get_htab_fd *how,
		       bool by_library)
{
	struct htabfd *htabfd;
	int fd;

	if (!vm->host->rules.has_htab_fd)
		return -ENOTTY;
	if (!how)
		return -EFAULT;
	if (how->flags & ~UINT64_C(3))
		return -EINVAL;
	htabfd = htab_model_htabfd_make(vm, how->flags, how->start_index);
	if (!htabfd)
		return -ENOMEM;
	fd = by_library ? htab_sim_fd_lend(vm->host, vm, htabfd)
			: htab_sim_fd_make(vm->host, FD_HTAB, vm, htabfd);
	if (fd < 0)
		htab_model_htabfd_destroy(htabfd);
	return fd;
}

static int resize(struct vm *vm, enum htab_sim_call call,
		  const struct uapi_kvm_ppc_resize_hpt *how)
{
	if (!vm->host->rules.has_resize)
		return -ENOTTY;
	if (!how)
		return -EFAULT;
	if (call == HTAB_SIM_RESIZE_PREPARE)
		return htab_model_resize_prepare(vm, how->flags, how->shift);
	return htab_model_resize_commit(vm, how->flags, how->shift);
}

static int kvm_ioctl(struct htab_sim_host *host, enum htab_sim_call call,
		     void *arg)
{
	switch (call) {
	case HTAB_SIM_CREATE_VM:
		return create_vm(host, (uintptr_t)arg);
	case HTAB_SIM_CHECK_EXTENSION:
		return htab_model_capability(&host->config,
					   (unsigned int)(uintptr_t)arg);
	default:
		return -EINVAL;
	}
}

static bool has_hv(const struct vm *vm)
{
	return vm->host->config.kvm == KVM_HV ||
	       vm->host->config.kvm == KVM_NESTED;
}

static int vm_ioctl(struct vm *vm, enum htab_sim_call call, void *arg,
		    bool by_library)
{
	struct htab_sim_host *host = vm->host;

	if (!htab_model_vm_is_ours(vm))
		return -EIO;
	if (call == HTAB_SIM_CREATE_VCPU)
		return htab_sim_fd_make(host, FD_VCPU, vm, NULL);
	if (call == HTAB_SIM_CHECK_EXTENSION && host->rules.vm_has_check)
		return htab_model_capability(&host->config,
					   (unsigned int)(uintptr_t)arg);
	if (!has_hv(vm))
		return -ENOTTY;
	switch (call) {
	case HTAB_SIM_ALLOCATE_HTAB:
		return htab_model_allocate_htab(vm, arg);
	case HTAB_SIM_GET_HTAB_FD:
		return get_htab_fd(vm, arg, by_library);
	case HTAB_SIM_RESIZE_PREPARE:
	case HTAB_SIM_RESIZE_COMMIT:
		return resize(vm, call, arg);
	default:
		return -ENOTTY;
	}
}

int htab_sim_dispatch(const struct descriptor *descriptor,
		      enum htab_sim_call call, void *arg, bool by_library)
{
	switch (descriptor->kind) {
	case FD_KVM:
		return kvm_ioctl(descriptor->host, call, arg);
	case FD_VM:
		return vm_ioctl(descriptor->vm, call, arg, by_library);
	case FD_VCPU:
		return htab_model_vm_is_ours(descriptor->vm) ? -EINVAL : -EIO;
	case FD_HTAB:
		break;
	}
	return -ENOTTY;
}
