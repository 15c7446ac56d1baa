/* SPDX-License-Identifier: MIT */
/*
 * The part of the kernel's ABI that the simulated kernel knows and libhtab does
 * not use: vcpus. See also uapi.h.
 */
#ifndef HTAB_UAPI_SIM_H
#define HTAB_UAPI_SIM_H

#include "uapi.h"

/* The parts of a request. The macros for them are not in every C library. */
#if defined(__powerpc__) || defined(__mips__) || defined(__sparc__) ||         \
	defined(__alpha__)
#define UAPI_IOC_SIZE_BITS 13
#else
#define UAPI_IOC_SIZE_BITS 14
#endif
#define UAPI_IOC_NR(request)   ((request)&0xff)
#define UAPI_IOC_TYPE(request) ((request) >> 8 & 0xff)
#define UAPI_IOC_SIZE(request)                                                 \
	((request) >> 16 & ((1ul << UAPI_IOC_SIZE_BITS) - 1))
#define UAPI_IOC_DIR(request) ((request) >> (16 + UAPI_IOC_SIZE_BITS) & 7)

_Static_assert(UAPI_IOC_SIZE(_IOR(0x12, 0x34, char[0x567])) == 0x567,
	       "size of an argument");
_Static_assert(UAPI_IOC_DIR(_IOR(0x12, 0x34, char)) == _IOC_READ, "direction");

/* On a VM */
#define UAPI_KVM_CREATE_VCPU _IO(UAPI_KVM_TYPE, 0x41)
/* On a vcpu */
#define UAPI_KVM_RUN	     _IO(UAPI_KVM_TYPE, 0x80)

/* And on a VM, with other capabilities */
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

_Static_assert(sizeof(struct uapi_kvm_enable_cap) == 104, "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_one_reg) == 16, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_run, exit_reason) == 8, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_run, exit) == 32, "kernel ABI");

/* What a VMM asks before it has a vcpu */
#define UAPI_KVM_GET_API_VERSION    _IO(UAPI_KVM_TYPE, 0x00)
#define UAPI_KVM_GET_VCPU_MMAP_SIZE _IO(UAPI_KVM_TYPE, 0x04)
#define UAPI_KVM_SET_USER_MEMORY_REGION                                        \
	_IOW(UAPI_KVM_TYPE, 0x46, struct uapi_kvm_userspace_memory_region)
#define UAPI_KVM_PPC_GET_SMMU_INFO                                             \
	_IOR(UAPI_KVM_TYPE, 0xa6, struct uapi_kvm_ppc_smmu_info)

#define UAPI_KVM_API_VERSION 12

#define UAPI_KVM_CAP_USER_MEMORY		 3
#define UAPI_KVM_CAP_NR_VCPUS			 9
#define UAPI_KVM_CAP_NR_MEMSLOTS		 10
#define UAPI_KVM_CAP_SYNC_MMU			 16
#define UAPI_KVM_CAP_DESTROY_MEMORY_REGION_WORKS 21
#define UAPI_KVM_CAP_JOIN_MEMORY_REGIONS_WORKS	 30
#define UAPI_KVM_CAP_ENABLE_CAP			 54
#define UAPI_KVM_CAP_PPC_SMT			 64
#define UAPI_KVM_CAP_MAX_VCPUS			 66
#define UAPI_KVM_CAP_PPC_PAPR			 68
#define UAPI_KVM_CAP_ONE_REG			 70
#define UAPI_KVM_CAP_PPC_GET_SMMU_INFO		 78
#define UAPI_KVM_CAP_CHECK_EXTENSION_VM		 105
#define UAPI_KVM_CAP_MAX_VCPU_ID		 128
#define UAPI_KVM_CAP_IMMEDIATE_EXIT		 136

struct uapi_kvm_userspace_memory_region {
	uint32_t slot;
	uint32_t flags;
	uint64_t guest_phys_addr;
	uint64_t memory_size; /* 0 deletes the slot */
	uint64_t userspace_addr;
};
#define UAPI_KVM_MEM_LOG_DIRTY_PAGES 1u

struct uapi_kvm_ppc_one_seg_page_size {
	uint32_t page_shift;
	uint32_t slb_enc;
	struct {
		uint32_t page_shift;
		uint32_t pte_enc;
	} enc[8];
};

struct uapi_kvm_ppc_smmu_info {
	uint64_t flags;
	uint32_t slb_size;
	uint16_t data_keys;
	uint16_t instr_keys;
	struct uapi_kvm_ppc_one_seg_page_size sps[8];
};
#define UAPI_KVM_PPC_PAGE_SIZES_REAL 1
#define UAPI_KVM_PPC_1T_SEGMENTS     2
#define UAPI_KVM_PPC_NO_HASH	     4

_Static_assert(sizeof(struct uapi_kvm_userspace_memory_region) == 32,
	       "kernel ABI");
_Static_assert(sizeof(struct uapi_kvm_ppc_smmu_info) == 592, "kernel ABI");
_Static_assert(offsetof(struct uapi_kvm_ppc_smmu_info, sps) == 16,
	       "kernel ABI");

#ifdef __powerpc__
#define UAPI_SAME(name) _Static_assert(UAPI_##name == name, #name)
UAPI_SAME(KVM_GET_API_VERSION);
UAPI_SAME(KVM_GET_VCPU_MMAP_SIZE);
UAPI_SAME(KVM_SET_USER_MEMORY_REGION);
UAPI_SAME(KVM_PPC_GET_SMMU_INFO);
UAPI_SAME(KVM_API_VERSION);
UAPI_SAME(KVM_CAP_USER_MEMORY);
UAPI_SAME(KVM_CAP_NR_VCPUS);
UAPI_SAME(KVM_CAP_NR_MEMSLOTS);
UAPI_SAME(KVM_CAP_SYNC_MMU);
UAPI_SAME(KVM_CAP_DESTROY_MEMORY_REGION_WORKS);
UAPI_SAME(KVM_CAP_JOIN_MEMORY_REGIONS_WORKS);
UAPI_SAME(KVM_CAP_ENABLE_CAP);
UAPI_SAME(KVM_CAP_PPC_SMT);
UAPI_SAME(KVM_CAP_MAX_VCPUS);
UAPI_SAME(KVM_CAP_PPC_PAPR);
UAPI_SAME(KVM_CAP_ONE_REG);
UAPI_SAME(KVM_CAP_PPC_GET_SMMU_INFO);
UAPI_SAME(KVM_CAP_CHECK_EXTENSION_VM);
UAPI_SAME(KVM_CAP_MAX_VCPU_ID);
UAPI_SAME(KVM_CAP_IMMEDIATE_EXIT);
UAPI_SAME(KVM_MEM_LOG_DIRTY_PAGES);
UAPI_SAME(KVM_PPC_PAGE_SIZES_REAL);
UAPI_SAME(KVM_PPC_1T_SEGMENTS);
UAPI_SAME(KVM_PPC_NO_HASH);
#undef UAPI_SAME
#endif

#ifdef __powerpc__
#define UAPI_SAME(name) _Static_assert(UAPI_##name == name, #name)
UAPI_SAME(KVM_CREATE_VCPU);
UAPI_SAME(KVM_RUN);
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
#undef UAPI_SAME
#endif

#endif
