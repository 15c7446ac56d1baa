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

struct uapi_kvm_ppc_resize_hpt {
	uint64_t flags;
	uint32_t shift;
	uint32_t pad;
};

/* A flag of struct uapi_kvm_get_htab_fd */
#define UAPI_KVM_GET_HTAB_BOLTED_ONLY 1

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
_Static_assert(sizeof(struct uapi_kvm_ppc_resize_hpt) ==
		       sizeof(struct kvm_ppc_resize_hpt),
	       "kvm_ppc_resize_hpt");
#undef UAPI_SAME
#endif

#endif
