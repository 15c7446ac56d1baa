/* SPDX-License-Identifier: MIT */
/*
 * The part of the kernel's ABI that the simulated kernel knows and libhtab does
 * not use: vcpus, resizing, and reading an htab fd. See also uapi.h.
 */
#ifndef HTAB_UAPI_SIM_H
#define HTAB_UAPI_SIM_H

#include "uapi.h"

/* On a VM */
#define UAPI_KVM_CREATE_VCPU _IO(UAPI_KVM_TYPE, 0x41)
/* The kernel only reads the struct; it declares the two with _IOR all the same,
 * and a request's number depends on that. */
#define UAPI_KVM_PPC_RESIZE_HPT_PREPARE                                        \
	_IOR(UAPI_KVM_TYPE, 0xad, struct uapi_kvm_ppc_resize_hpt)
#define UAPI_KVM_PPC_RESIZE_HPT_COMMIT                                         \
	_IOR(UAPI_KVM_TYPE, 0xae, struct uapi_kvm_ppc_resize_hpt)
/* On a vcpu */
#define UAPI_KVM_RUN _IO(UAPI_KVM_TYPE, 0x80)

#define UAPI_KVM_ENABLE_CAP                                                    \
	_IOW(UAPI_KVM_TYPE, 0xa3, struct uapi_kvm_enable_cap)
#define UAPI_KVM_GET_ONE_REG _IOW(UAPI_KVM_TYPE, 0xab, struct uapi_kvm_one_reg)
#define UAPI_KVM_SET_ONE_REG _IOW(UAPI_KVM_TYPE, 0xac, struct uapi_kvm_one_reg)
#define UAPI_KVM_SET_SIGNAL_MASK                                               \
	_IOW(UAPI_KVM_TYPE, 0x8b, struct uapi_kvm_signal_mask)
/* The structs of the registers depend on the architecture, and with them the
 * requests. */
#define UAPI_KVM_GET_REGS(type)	 _IOR(UAPI_KVM_TYPE, 0x81, type)
#define UAPI_KVM_SET_REGS(type)	 _IOW(UAPI_KVM_TYPE, 0x82, type)
#define UAPI_KVM_GET_SREGS(type) _IOR(UAPI_KVM_TYPE, 0x83, type)
#define UAPI_KVM_SET_SREGS(type) _IOW(UAPI_KVM_TYPE, 0x84, type)

struct uapi_kvm_enable_cap {
	uint32_t cap;
	uint32_t flags;
	uint64_t args[4];
	uint8_t pad[64];
};
#define UAPI_KVM_CAP_PPC_PAPR 68

struct uapi_kvm_one_reg {
	uint64_t id;
	uint64_t addr;
};
#define UAPI_KVM_REG_PPC	UINT64_C(0x1000000000000000)
#define UAPI_KVM_REG_ARCH_MASK	UINT64_C(0xff00000000000000)
#define UAPI_KVM_REG_SIZE_SHIFT 52

/* A sigset_t of the kernel follows, of 8 bytes. */
struct uapi_kvm_signal_mask {
	uint32_t len;
};

/* The beginning of struct kvm_run */
struct uapi_kvm_run {
	uint8_t request_interrupt_window;
	uint8_t immediate_exit;
	uint8_t padding[6];
	uint32_t exit_reason;
	uint8_t ready[4]; /* of x86, as the rest up to the union */
	uint64_t cr8;
	uint64_t apic_base;
	union {
		struct {
			uint64_t nr, ret, args[9];
		} papr_hcall;
		uint8_t bytes[256];
	} exit; /* without a name in the kernel's */
};
#define UAPI_KVM_EXIT_INTR	     10
#define UAPI_KVM_EXIT_INTERNAL_ERROR 17
#define UAPI_KVM_EXIT_PAPR_HCALL     19

struct uapi_kvm_ppc_resize_hpt {
	uint64_t flags;
	uint32_t shift;
	uint32_t pad;
};

/* A flag of struct uapi_kvm_get_htab_fd */
#define UAPI_KVM_GET_HTAB_BOLTED_ONLY 1

_Static_assert(sizeof(struct uapi_kvm_enable_cap) == 104, "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_one_reg) == 16, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_run, exit_reason) == 8, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_run, exit) == 32, "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_ppc_resize_hpt) == 16, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_ppc_resize_hpt, shift) == 8,
	       "kernel ABI");

#ifdef __powerpc__
#define UAPI_SAME(name) _Static_assert(UAPI_##name == name, #name)
UAPI_SAME(KVM_CREATE_VCPU);
UAPI_SAME(KVM_PPC_RESIZE_HPT_PREPARE);
UAPI_SAME(KVM_PPC_RESIZE_HPT_COMMIT);
UAPI_SAME(KVM_RUN);
UAPI_SAME(KVM_GET_HTAB_BOLTED_ONLY);
UAPI_SAME(KVM_ENABLE_CAP);
UAPI_SAME(KVM_GET_ONE_REG);
UAPI_SAME(KVM_SET_ONE_REG);
UAPI_SAME(KVM_SET_SIGNAL_MASK);
UAPI_SAME(KVM_CAP_PPC_PAPR);
UAPI_SAME(KVM_REG_PPC);
UAPI_SAME(KVM_REG_ARCH_MASK);
UAPI_SAME(KVM_EXIT_INTR);
UAPI_SAME(KVM_EXIT_INTERNAL_ERROR);
UAPI_SAME(KVM_EXIT_PAPR_HCALL);
_Static_assert(sizeof(struct uapi_kvm_ppc_resize_hpt) ==
		       sizeof(struct kvm_ppc_resize_hpt),
	       "kvm_ppc_resize_hpt");
#undef UAPI_SAME
#endif

#endif
