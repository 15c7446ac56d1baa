/* SPDX-License-Identifier: MIT */
/* What a vcpu keeps for the VMM */
#ifndef HTAB_MODEL_VCPU_STATE_H
#define HTAB_MODEL_VCPU_STATE_H

#include "kernel.h"
#include "sim/uapi-sim.h"

enum register_set { REGS, SREGS, REGISTER_SETS };

/* A struct of the VMM's architecture, as the VMM set it */
struct registers {
	void *bytes;
	size_t len; /* 0 if it was never set */
};

/* The kernel refuses a larger register of KVM_SET_ONE_REG. */
enum { MAX_ONE_REG = 16 };

struct one_reg {
	struct one_reg *next;
	uint64_t id;
	unsigned char value[MAX_ONE_REG];
};

/* The union of struct kvm_run */
enum { MAX_EXIT_DATA = 256 };

struct planned_exit {
	struct planned_exit *next;
	uint32_t reason;
	size_t len;
	unsigned char data[MAX_EXIT_DATA];
};

struct vcpu {
	struct vcpu *next;
	uint32_t id;
	unsigned int area; /* where its struct kvm_run is; not the model's */
	/* The kernel's vcpu->mutex. Each request on the vcpu holds it, KVM_RUN
	 * as long as it is inside. It is recursive, because a handler of the
	 * signal that ends KVM_RUN may make a request on the vcpu. */
	pthread_mutex_t lock;

	/* Protected by lock */
	bool papr;
	bool masks_signals;
	unsigned char signal_mask[8]; /* the kernel's sigset_t */
	struct registers registers[REGISTER_SETS];
	struct one_reg *one_regs;

	pthread_mutex_t exits_lock;
	/* Protected by exits_lock */
	struct planned_exit *exits; /* the first one is the next */
	bool waiting;		    /* inside, with no exit planned */
	bool woken;		    /* the wait will end for an exit */
};

int htab_model_vcpu_init(struct vcpu *vcpu);
void htab_model_vcpu_free(struct vcpu *vcpu);

/* Caller holds vcpu->lock, here and in the functions on registers. */
int htab_model_vcpu_enable_cap(const struct kernel *kernel, struct vcpu *vcpu,
			       const struct uapi_kvm_enable_cap *how);
/* KVM HV refuses to run a vcpu without KVM_CAP_PPC_PAPR. */
bool htab_model_vcpu_may_run(const struct kernel *kernel,
			     const struct vcpu *vcpu);

int htab_model_vcpu_set(struct vcpu *vcpu, enum register_set set,
			const void *bytes, size_t len);
/* Sets all bytes; those that the VMM never set to 0. */
void htab_model_vcpu_get(const struct vcpu *vcpu, enum register_set set,
			 void *bytes, size_t len);
/* Returns the size of a register, or 0 if it is too large. */
size_t htab_model_one_reg_size(uint64_t id);
bool htab_model_one_reg_exists(const struct kernel *kernel, uint64_t id);
int htab_model_vcpu_set_one(struct vcpu *vcpu, uint64_t id, const void *value);
void htab_model_vcpu_get_one(const struct vcpu *vcpu, uint64_t id, void *value);

/* Plans an exit. Sets *wake if the caller has to wake the vcpu once. */
int htab_model_vcpu_plan_exit(struct vcpu *vcpu, uint32_t reason,
			      const void *data, size_t len, bool *wake);
/* Returns true if the vcpu has to wait, because no exit is planned. */
bool htab_model_vcpu_wait(struct vcpu *vcpu);
/* The wait has ended. Returns true if it was to end for an exit: the caller
 * then takes back that one wake. */
bool htab_model_vcpu_wake(struct vcpu *vcpu);
/* Returns the next exit, which the caller frees, or NULL. */
struct planned_exit *htab_model_vcpu_next_exit(struct vcpu *vcpu);

#endif
