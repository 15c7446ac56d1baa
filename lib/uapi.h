/* SPDX-License-Identifier: MIT */
/*
 * The part of the kernel's ABI that libhtab uses. It is declared here, because
 * <linux/kvm.h> declares some of it on powerpc only: on x86 the macro
 * KVM_PPC_GET_HTAB_FD names struct kvm_get_htab_fd, which is missing there.
 * <sys/ioctl.h> encodes the numbers as the target does. They differ, because
 * powerpc has three direction bits and most others have two. <linux/ioctl.h>
 * does the same, but a system with musl may lack the kernel's headers.
 */
#ifndef HTAB_UAPI_H
#define HTAB_UAPI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define UAPI_KVM_TYPE 0xAE

/* On /dev/kvm */
#define UAPI_KVM_CREATE_VM	   _IO(UAPI_KVM_TYPE, 0x01)
/* On /dev/kvm, and since Linux 3.17 on a VM too */
#define UAPI_KVM_CHECK_EXTENSION   _IO(UAPI_KVM_TYPE, 0x03)
/* On a VM */
#define UAPI_KVM_PPC_ALLOCATE_HTAB _IOWR(UAPI_KVM_TYPE, 0xa7, uint32_t)
#define UAPI_KVM_PPC_GET_HTAB_FD                                               \
	_IOW(UAPI_KVM_TYPE, 0xaa, struct uapi_kvm_get_htab_fd)
/* The kernel only reads the struct; it declares the two with _IOR all the same,
 * and a request's number depends on that. */
#define UAPI_KVM_PPC_RESIZE_HPT_PREPARE                                        \
	_IOR(UAPI_KVM_TYPE, 0xad, struct uapi_kvm_ppc_resize_hpt)
#define UAPI_KVM_PPC_RESIZE_HPT_COMMIT                                         \
	_IOR(UAPI_KVM_TYPE, 0xae, struct uapi_kvm_ppc_resize_hpt)
#define UAPI_KVM_PPC_CONFIGURE_V3_MMU                                          \
	_IOW(UAPI_KVM_TYPE, 0xaf, struct uapi_kvm_ppc_mmuv3_cfg)

#define UAPI_KVM_CAP_PPC_GET_PVINFO   57
#define UAPI_KVM_CAP_PPC_ALLOC_HTAB   80
#define UAPI_KVM_CAP_PPC_HTAB_FD      84
#define UAPI_KVM_CAP_SPAPR_RESIZE_HPT 133
#define UAPI_KVM_CAP_PPC_MMU_RADIX    134
#define UAPI_KVM_CAP_PPC_MMU_HASH_V3  135

struct uapi_kvm_get_htab_fd {
	uint64_t flags;
	uint64_t start_index;
	uint64_t reserved[2];
};
#define UAPI_KVM_GET_HTAB_BOLTED_ONLY 1
#define UAPI_KVM_GET_HTAB_WRITE	      2

/* A record of the htab fd begins with this header, in host byte order. n_valid
 * entries of 16 bytes follow it. */
struct uapi_kvm_get_htab_header {
	uint32_t index;
	uint16_t n_valid;
	uint16_t n_invalid;
};
#define UAPI_HPTE_SIZE 16

struct uapi_kvm_ppc_resize_hpt {
	uint64_t flags;
	uint32_t shift;
	uint32_t pad;
};

struct uapi_kvm_ppc_mmuv3_cfg {
	uint64_t flags;
	uint64_t process_table;
};
#define UAPI_KVM_PPC_MMUV3_RADIX 1
#define UAPI_KVM_PPC_MMUV3_GTSE	 2

_Static_assert(sizeof(struct uapi_kvm_get_htab_fd) == 32, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_get_htab_fd, start_index) == 8,
	       "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_get_htab_header) == 8, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_get_htab_header, n_valid) == 4,
	       "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_get_htab_header, n_invalid) == 6,
	       "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_ppc_resize_hpt) == 16, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_ppc_resize_hpt, shift) == 8,
	       "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_ppc_mmuv3_cfg) == 16, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_ppc_mmuv3_cfg, process_table) == 8,
	       "kernel ABI");

#ifdef __powerpc__
#include <linux/kvm.h>

#define UAPI_SAME(name) _Static_assert(UAPI_##name == name, #name)
UAPI_SAME(KVM_CREATE_VM);
UAPI_SAME(KVM_CHECK_EXTENSION);
UAPI_SAME(KVM_PPC_ALLOCATE_HTAB);
UAPI_SAME(KVM_PPC_GET_HTAB_FD);
UAPI_SAME(KVM_PPC_RESIZE_HPT_PREPARE);
UAPI_SAME(KVM_PPC_RESIZE_HPT_COMMIT);
UAPI_SAME(KVM_PPC_CONFIGURE_V3_MMU);
UAPI_SAME(KVM_CAP_PPC_GET_PVINFO);
UAPI_SAME(KVM_CAP_PPC_ALLOC_HTAB);
UAPI_SAME(KVM_CAP_PPC_HTAB_FD);
UAPI_SAME(KVM_CAP_SPAPR_RESIZE_HPT);
UAPI_SAME(KVM_CAP_PPC_MMU_RADIX);
UAPI_SAME(KVM_CAP_PPC_MMU_HASH_V3);
UAPI_SAME(KVM_GET_HTAB_BOLTED_ONLY);
UAPI_SAME(KVM_GET_HTAB_WRITE);
UAPI_SAME(KVM_PPC_MMUV3_RADIX);
UAPI_SAME(KVM_PPC_MMUV3_GTSE);
_Static_assert(sizeof(struct uapi_kvm_get_htab_fd) ==
		       sizeof(struct kvm_get_htab_fd),
	       "kvm_get_htab_fd");
_Static_assert(sizeof(struct uapi_kvm_get_htab_header) ==
		       sizeof(struct kvm_get_htab_header),
	       "kvm_get_htab_header");
_Static_assert(sizeof(struct uapi_kvm_ppc_resize_hpt) ==
		       sizeof(struct kvm_ppc_resize_hpt),
	       "kvm_ppc_resize_hpt");
_Static_assert(sizeof(struct uapi_kvm_ppc_mmuv3_cfg) ==
		       sizeof(struct kvm_ppc_mmuv3_cfg),
	       "kvm_ppc_mmuv3_cfg");
#undef UAPI_SAME
#endif

#endif
