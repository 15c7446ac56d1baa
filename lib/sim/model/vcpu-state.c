/* SPDX-License-Identifier: MIT */
/* What a vcpu keeps for the VMM: capabilities, registers, the signal mask of
 * KVM_RUN, and the exits that a test has planned for its guest. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

int htab_model_vcpu_init(struct vcpu *vcpu)
{
	pthread_mutexattr_t attributes;
	int r = pthread_mutexattr_init(&attributes);

	if (r != 0)
		return -r;
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	r = pthread_mutex_init(&vcpu->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	if (r == 0)
		pthread_mutex_init(&vcpu->exits_lock, NULL);
	return -r;
}

void htab_model_vcpu_free(struct vcpu *vcpu)
{
	while (vcpu->one_regs) {
		struct one_reg *reg = vcpu->one_regs;

		vcpu->one_regs = reg->next;
		free(reg);
	}
	while (vcpu->exits) {
		struct planned_exit *first = vcpu->exits;

		vcpu->exits = first->next;
		free(first);
	}
	for (int set = 0; set < REGISTER_SETS; set++)
		free(vcpu->registers[set].bytes);
	pthread_mutex_destroy(&vcpu->exits_lock);
	pthread_mutex_destroy(&vcpu->lock);
	free(vcpu);
}

static bool is_hv(const struct kernel *kernel)
{
	return kernel->config.kvm == KVM_HV || kernel->config.kvm == KVM_NESTED;
}

int htab_model_vcpu_enable_cap(const struct kernel *kernel, struct vcpu *vcpu,
			       const struct uapi_kvm_enable_cap *how)
{
	/* The kernel looks neither at args nor at the padding. */
	if (how->flags || how->cap != UAPI_KVM_CAP_PPC_PAPR ||
	    kernel->config.kvm == KVM_NONE)
		return -EINVAL;
	vcpu->papr = true;
	return 0;
}

bool htab_model_vcpu_may_run(const struct kernel *kernel,
			     const struct vcpu *vcpu)
{
	return vcpu->papr || !is_hv(kernel);
}

/* --- registers --- */

int htab_model_vcpu_set(struct vcpu *vcpu, enum register_set set,
			const void *bytes, size_t len)
{
	struct registers *registers = &vcpu->registers[set];

	if (registers->len != len) {
		void *larger = malloc(len);

		if (!larger)
			return -ENOMEM;
		free(registers->bytes);
		registers->bytes = larger;
		registers->len = len;
	}
	memcpy(registers->bytes, bytes, len);
	return 0;
}

void htab_model_vcpu_get(const struct vcpu *vcpu, enum register_set set,
			 void *bytes, size_t len)
{
	const struct registers *registers = &vcpu->registers[set];

	memset(bytes, 0, len);
	if (registers->len)
		memcpy(bytes, registers->bytes,
		       registers->len < len ? registers->len : len);
}

size_t htab_model_one_reg_size(uint64_t id)
{
	const size_t size = (size_t)1 << (id >> UAPI_KVM_REG_SIZE_SHIFT & 15);

	return size <= MAX_ONE_REG ? size : 0;
}

bool htab_model_one_reg_exists(const struct kernel *kernel, uint64_t id)
{
	return kernel->config.kvm != KVM_NONE &&
	       (id & UAPI_KVM_REG_ARCH_MASK) == UAPI_KVM_REG_PPC;
}

static struct one_reg *find_one_reg(const struct vcpu *vcpu, uint64_t id)
{
	struct one_reg *reg = vcpu->one_regs;

	while (reg && reg->id != id)
		reg = reg->next;
	return reg;
}

int htab_model_vcpu_set_one(struct vcpu *vcpu, uint64_t id, const void *value)
{
	struct one_reg *reg = find_one_reg(vcpu, id);

	if (!reg) {
		reg = calloc(1, sizeof(*reg));
		if (!reg)
			return -ENOMEM;
		reg->id = id;
		reg->next = vcpu->one_regs;
		vcpu->one_regs = reg;
	}
	memcpy(reg->value, value, htab_model_one_reg_size(id));
	return 0;
}

void htab_model_vcpu_get_one(const struct vcpu *vcpu, uint64_t id, void *value)
{
	const size_t size = htab_model_one_reg_size(id);
	const struct one_reg *reg = find_one_reg(vcpu, id);

	if (reg)
		memcpy(value, reg->value, size);
	else
		memset(value, 0, size);
}

/* --- planned exits --- */

int htab_model_vcpu_plan_exit(struct vcpu *vcpu, uint32_t reason,
			      const void *data, size_t len, bool *wake)
{
	struct planned_exit *planned, **end = &vcpu->exits;

	if (len > MAX_EXIT_DATA)
		return -EINVAL;
	planned = calloc(1, sizeof(*planned));
	if (!planned)
		return -ENOMEM;
	planned->reason = reason;
	planned->len = len;
	if (len)
		memcpy(planned->data, data, len);
	pthread_mutex_lock(&vcpu->exits_lock);
	while (*end)
		end = &(*end)->next;
	*end = planned;
	/* One wake is enough, however many exits there are. */
	*wake = vcpu->waiting && !vcpu->woken;
	vcpu->woken |= *wake;
	pthread_mutex_unlock(&vcpu->exits_lock);
	return 0;
}

bool htab_model_vcpu_wait(struct vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->exits_lock);
	vcpu->waiting = !vcpu->exits;
	pthread_mutex_unlock(&vcpu->exits_lock);
	return vcpu->waiting;
}

bool htab_model_vcpu_wake(struct vcpu *vcpu)
{
	bool woken;

	pthread_mutex_lock(&vcpu->exits_lock);
	woken = vcpu->woken;
	vcpu->woken = false;
	vcpu->waiting = false;
	pthread_mutex_unlock(&vcpu->exits_lock);
	return woken;
}

struct planned_exit *htab_model_vcpu_next_exit(struct vcpu *vcpu)
{
	struct planned_exit *first;

	pthread_mutex_lock(&vcpu->exits_lock);
	first = vcpu->exits;
	if (first)
		vcpu->exits = first->next;
	pthread_mutex_unlock(&vcpu->exits_lock);
	return first;
}
