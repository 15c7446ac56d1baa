/* SPDX-License-Identifier: MIT */
/* Makes vcpus, and answers the requests on a vcpu other than KVM_RUN. */
#include "host.h"

#include <string.h>
#include <unistd.h>

/* No kernel has a larger struct of registers. */
enum { MAX_REGISTERS = 4096 };

int htab_sim_create_vcpu(struct htab_sim_host *host, struct vm *vm, uint32_t id)
{
	struct descriptor example = {
		.kind = FD_VCPU, .host = host, .watch = &host->watch, .vm = vm
	};
	int fd, r = htab_model_vcpu_make(vm, id, &example.vcpu);

	/* Before a descriptor is made for it */
	if (r < 0)
		return r;
	htab_model_vm_get(vm);
	fd = htab_sim_area_make(host, example.vcpu);
	if (fd >= 0)
		fd = htab_sim_fd_open();
	if (fd >= 0)
		fd = htab_sim_fd_register(fd, &example);
	if (fd < 0) {
		htab_model_vm_put(vm);
		htab_model_vcpu_drop(vm, id);
	}
	return fd;
}

static int enable_cap(const struct call *call, const struct kernel *kernel,
		      struct vcpu *vcpu)
{
	struct uapi_kvm_enable_cap how;
	const int r = htab_sim_fetch(call, &how, call->event.arg, sizeof(how));

	return r < 0 ? r : htab_model_vcpu_enable_cap(kernel, vcpu, &how);
}

static int set_signal_mask(const struct call *call, struct vcpu *vcpu)
{
	const unsigned char *arg = call->event.arg;
	unsigned char mask[sizeof(vcpu->signal_mask)];
	struct uapi_kvm_signal_mask header;
	int r;

	if (!arg) {
		vcpu->masks_signals = false;
		return 0;
	}
	r = htab_sim_fetch(call, &header, arg, sizeof(header));
	if (r < 0)
		return r;
	if (header.len != sizeof(mask))
		return -EINVAL;
	r = htab_sim_fetch(call, mask, arg + sizeof(header), sizeof(mask));
	if (r < 0)
		return r;
	memcpy(vcpu->signal_mask, mask, sizeof(mask));
	vcpu->masks_signals = true;
	return 0;
}

static int registers(const struct call *call, struct vcpu *vcpu,
		     enum register_set set, bool get)
{
	const size_t len = UAPI_IOC_SIZE(call->event.request);
	unsigned char bytes[MAX_REGISTERS];
	int r;

	if (get) {
		htab_model_vcpu_get(vcpu, set, bytes, len);
		return htab_sim_store(call, call->event.arg, bytes, len);
	}
	r = htab_sim_fetch(call, bytes, call->event.arg, len);
	return r < 0 ? r : htab_model_vcpu_set(vcpu, set, bytes, len);
}

static int one_register(const struct call *call, const struct kernel *kernel,
			struct vcpu *vcpu, bool get)
{
	unsigned char value[MAX_ONE_REG];
	struct uapi_kvm_one_reg reg;
	void *addr;
	size_t size;
	int r;

	r = htab_sim_fetch(call, &reg, call->event.arg, sizeof(reg));
	if (r < 0)
		return r;
	size = htab_model_one_reg_size(reg.id);
	if (size == 0)
		return -EINVAL;
	addr = (void *)(uintptr_t)reg.addr;
	/* The kernel copies the value before it looks at the rest of the id. */
	if (!get)
		r = htab_sim_fetch(call, value, addr, size);
	if (r < 0)
		return r;
	if (!htab_model_one_reg_exists(kernel, reg.id))
		return -EINVAL;
	if (!get)
		return htab_model_vcpu_set_one(vcpu, reg.id, value);
	htab_model_vcpu_get_one(vcpu, reg.id, value);
	return htab_sim_store(call, addr, value, size);
}

/* Returns the number of a request for registers, whatever their struct is, and
 * 0 for all other requests. */
static unsigned int registers_number(unsigned long request)
{
	const unsigned int number = UAPI_IOC_NR(request);
	const size_t size = UAPI_IOC_SIZE(request);
	const unsigned int direction = number % 2 ? _IOC_READ : _IOC_WRITE;

	if (UAPI_IOC_TYPE(request) != UAPI_KVM_TYPE || number < 0x81 ||
	    number > 0x84 || UAPI_IOC_DIR(request) != direction)
		return 0;
	return size > 0 && size <= MAX_REGISTERS ? number : 0;
}

static int answer(struct call *call, const struct kernel *kernel,
		  struct vcpu *vcpu)
{
	switch (call->event.request) {
	case UAPI_KVM_ENABLE_CAP:
		return enable_cap(call, kernel, vcpu);
	case UAPI_KVM_SET_SIGNAL_MASK:
		return set_signal_mask(call, vcpu);
	case UAPI_KVM_GET_ONE_REG:
		return one_register(call, kernel, vcpu, true);
	case UAPI_KVM_SET_ONE_REG:
		return one_register(call, kernel, vcpu, false);
	default:
		break;
	}
	switch (registers_number(call->event.request)) {
	case 0x81:
		return registers(call, vcpu, REGS, true);
	case 0x82:
		return registers(call, vcpu, REGS, false);
	case 0x83:
		return registers(call, vcpu, SREGS, true);
	case 0x84:
		return registers(call, vcpu, SREGS, false);
	default:
		return htab_sim_unknown(call, kernel, -EINVAL);
	}
}

int htab_sim_vcpu_ioctl(struct call *call, const struct descriptor *descriptor)
{
	struct vcpu *vcpu = descriptor->vcpu;
	int r;

	/* As in the kernel this waits for a KVM_RUN of another thread. */
	pthread_mutex_lock(&vcpu->lock);
	r = answer(call, &descriptor->host->kernel, vcpu);
	pthread_mutex_unlock(&vcpu->lock);
	return r;
}
