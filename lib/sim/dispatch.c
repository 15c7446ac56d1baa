/* SPDX-License-Identifier: MIT */
/* Answers a call as the kernel does, by the kind of the descriptor. */
#include "host.h"

#include <unistd.h>

/* --- calls that make a descriptor --- */

static int create_vm(struct htab_sim_host *host, uintptr_t type)
{
	/* Type 0 asks for the kind that the host has, 1 for HV and 2 for PR. */
	const uintptr_t kind = host->kernel.config.kvm == KVM_PR ? 2 : 1;
	struct descriptor example = { .kind = FD_VM,
				      .host = host,
				      .watch = &host->watch };
	int fd, r;

	if (type && (!host->kernel.rules.has_vm_types || type != kind ||
		     host->kernel.config.kvm == KVM_NONE))
		return -EINVAL;
	fd = htab_sim_fd_open();
	if (fd < 0)
		return fd;
	r = htab_model_vm_make(&host->kernel, fd, &example.vm);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = htab_sim_fd_register(fd, &example);
	if (r < 0)
		htab_model_vm_put(example.vm);
	return r;
}

static int get_htab_fd(struct htab_sim_host *host, struct vm *vm,
		       const struct call *call)
{
	const struct uapi_kvm_get_htab_fd *how = &call->argument.htab_fd;
	struct descriptor example = { .kind = FD_HTAB,
				      .host = host,
				      .watch = &host->watch };
	int fd, r;

	if (!host->kernel.rules.has_htab_fd)
		return -ENOTTY;
	if (call->fetched < 0)
		return call->fetched;
	if (how->flags & ~UINT64_C(3))
		return -EINVAL;
	fd = htab_sim_fd_open();
	if (fd < 0)
		return fd;
	example.htabfd =
		htab_model_htabfd_make(vm, how->flags, how->start_index);
	if (!example.htabfd) {
		close(fd);
		return -ENOMEM;
	}
	r = htab_sim_fd_register(fd, &example);
	if (r < 0)
		htab_model_htabfd_destroy(example.htabfd);
	return r;
}

/* --- calls on the table --- */

/* The table exists even if the order cannot be written back (docs/kernels.md,
 * "Read-only order"). */
static int write_back(const struct call *call, struct op *op, uint32_t order)
{
	const int r =
		htab_sim_store(call, call->event.arg, &order, sizeof(order));

	if (r < 0)
		htab_model_hazard(op, HTAB_SIM_HAZARD_ORDER_NOT_WRITTEN);
	return r;
}

static int allocate_htab(struct call *call, struct vm *vm)
{
	const struct kernel *kernel = vm->kernel;
	struct op op = { .vm = vm };
	uint32_t order = call->argument.order;
	int r;

	/* The kernel tests this before it uses the pointer, so a bad pointer is
	 * EOPNOTSUPP too. */
	if (kernel->config.kvm == KVM_NESTED && kernel->rules.refuses_nested)
		return -EOPNOTSUPP;
	if (call->fetched < 0)
		return call->fetched;
	r = htab_model_allocate_htab(&op, &order);
	if (r == 0 && kernel->rules.writes_back)
		r = write_back(call, &op, order);
	call->hazards |= op.hazards;
	if (r == 0)
		call->entry.order_after = order;
	return r;
}

static int resize(struct call *call, struct vm *vm)
{
	struct op op = { .vm = vm };
	int r;

	if (!vm->kernel->rules.has_resize)
		return -ENOTTY;
	if (call->fetched < 0)
		return call->fetched;
	if (call->event.call == HTAB_SIM_RESIZE_PREPARE)
		r = htab_model_resize_prepare(&op, &call->argument.resize);
	else
		r = htab_model_resize_commit(&op, &call->argument.resize);
	call->hazards |= op.hazards;
	return r;
}

static void find_backing(struct op *op)
{
	op->backing = htab_model_real_mode(op->vm);
	if (op->backing.in_process)
		op->backing.page = htab_sim_backing_page(op->backing.address,
							 op->backing.page);
}

int htab_sim_enter(struct call *call, struct vm *vm)
{
	struct op op = { .vm = vm };
	int r;

	htab_model_vm_get(vm);
	/* Reading what the process has mapped takes time, so it is done only
	 * for a first run, and again if the slot has changed meanwhile. */
	while ((r = htab_model_enter(&op)) == -EAGAIN)
		find_backing(&op);
	/* Not the last one: the caller has a descriptor of the VM. */
	if (r < 0)
		htab_model_vm_put(vm);
	call->hazards |= op.hazards;
	return r;
}

int htab_sim_leave(struct call *call, struct vm *vm)
{
	struct op op = { .vm = vm };
	const int r = htab_model_leave(&op);

	call->hazards |= op.hazards;
	if (r == 0)
		call->hazards |= htab_model_vm_put(vm);
	return r;
}

/* --- by the kind of the descriptor --- */

/* An argument that is not 0 is refused, although none is needed. */
static int kvm_request(const struct kernel *kernel, struct call *call)
{
	switch (call->event.request) {
	case UAPI_KVM_GET_API_VERSION:
		return call->event.arg ? -EINVAL : UAPI_KVM_API_VERSION;
	case UAPI_KVM_GET_VCPU_MMAP_SIZE:
		return call->event.arg ? -EINVAL
				       : (int)htab_model_vcpu_mmap_size(
						 &kernel->config);
	default:
		return htab_sim_unknown(call, kernel, -EINVAL);
	}
}

static int kvm_ioctl(struct htab_sim_host *host, struct call *call)
{
	const uintptr_t number = (uintptr_t)call->event.arg;

	switch (call->event.call) {
	case HTAB_SIM_CREATE_VM:
		return create_vm(host, number);
	case HTAB_SIM_CHECK_EXTENSION:
		return htab_model_capability(&host->kernel.config,
					     (unsigned int)number);
	default:
		return kvm_request(&host->kernel, call);
	}
}

static int hv_ioctl(struct htab_sim_host *host, struct vm *vm,
		    struct call *call)
{
	switch (call->event.call) {
	case HTAB_SIM_ALLOCATE_HTAB:
		return allocate_htab(call, vm);
	case HTAB_SIM_GET_HTAB_FD:
		return get_htab_fd(host, vm, call);
	case HTAB_SIM_RESIZE_PREPARE:
	case HTAB_SIM_RESIZE_COMMIT:
		return resize(call, vm);
	default:
		return htab_sim_unknown(call, &host->kernel, -ENOTTY);
	}
}

static int vm_ioctl(struct htab_sim_host *host, struct vm *vm,
		    struct call *call)
{
	const enum kvm_kind kvm = host->kernel.config.kvm;
	const uintptr_t number = (uintptr_t)call->event.arg;

	if (call->event.call == HTAB_SIM_CREATE_VCPU)
		return htab_sim_create_vcpu(host, vm, (uint32_t)number);
	if (call->event.call == HTAB_SIM_CHECK_EXTENSION &&
	    host->kernel.rules.vm_has_check)
		return htab_model_capability(&host->kernel.config,
					     (unsigned int)number);
	if (call->event.call == HTAB_SIM_OTHER_IOCTL)
		return htab_sim_vm_request(call, vm);
	return kvm == KVM_HV || kvm == KVM_NESTED
		       ? hv_ioctl(host, vm, call)
		       : htab_sim_unknown(call, &host->kernel, -ENOTTY);
}

static long htabfd_call(struct call *call, struct htabfd *htabfd)
{
	const struct htab_sim_event *event = &call->event;
	struct op op = { .vm = htabfd->vm };
	long n;

	switch (event->call) {
	case HTAB_SIM_READ:
		return htab_model_htabfd_read(htabfd, call->read_to, event->len,
					      call->usable);
	case HTAB_SIM_WRITE:
		n = htab_model_htabfd_write(&op, htabfd, event->buf, event->len,
					    call->usable);
		call->hazards |= op.hazards;
		return n;
	default:
		return htab_sim_unknown(call, htabfd->vm->kernel, -ENOTTY);
	}
}

long htab_sim_dispatch(struct call *call, const struct descriptor *descriptor)
{
	const enum htab_sim_call kind = call->event.call;

	/* The process that forked this one made the descriptor, so it is EIO,
	 * as on a kernel. A kernel would serve an htab fd, but this process has
	 * only a copy of the VM, which its parent would not see change. */
	if (!descriptor->watch && descriptor->kind != FD_KVM)
		return -EIO;
	if (descriptor->kind == FD_HTAB)
		return htabfd_call(call, descriptor->htabfd);
	if (kind == HTAB_SIM_READ || kind == HTAB_SIM_WRITE)
		return -EINVAL;
	switch (descriptor->kind) {
	case FD_KVM:
		return kvm_ioctl(descriptor->host, call);
	case FD_VM:
		return vm_ioctl(descriptor->host, descriptor->vm, call);
	default:
		return htab_sim_vcpu_ioctl(call, descriptor);
	}
}
