/* SPDX-License-Identifier: MIT */
/* What the kernel says of itself: KVM_CHECK_EXTENSION and
 * KVM_GET_VCPU_MMAP_SIZE (docs/kernels.md, "Capabilities") */
#include "model.h"

static int hash_v3_capability(const struct config *config)
{
	const unsigned int v = config->linux_version;

	if (config->cpu < POWER9_DD20 || v < LINUX(4, 11))
		return 0;
	if (v < LINUX(4, 15))
		return !config->radix;
	if (v >= LINUX(4, 20) && config->kvm == KVM_NESTED)
		return 0;
	return !(v >= LINUX(5, 12) && htab_model_cannot_mix(config));
}

/* What every architecture has, as far as the simulator goes. Returns -1 for
 * another capability. */
static int generic_capability(const struct config *config, unsigned int cap)
{
	const unsigned int v = config->linux_version;

	switch (cap) {
	case UAPI_KVM_CAP_USER_MEMORY:
	case UAPI_KVM_CAP_DESTROY_MEMORY_REGION_WORKS:
	case UAPI_KVM_CAP_JOIN_MEMORY_REGIONS_WORKS:
	case UAPI_KVM_CAP_SYNC_MMU:
		return 1;
	case UAPI_KVM_CAP_NR_VCPUS:
		return 1; /* a host with one CPU, as in the lab */
	case UAPI_KVM_CAP_MAX_VCPUS:
		return VCPUS_MAX;
	case UAPI_KVM_CAP_MAX_VCPU_ID:
		/* From 4.19 on for 8 threads in each core */
		if (v < LINUX(4, 7))
			return 0;
		return v < LINUX(4, 19) ? VCPUS_MAX : VCPUS_MAX * 8;
	case UAPI_KVM_CAP_NR_MEMSLOTS:
		return v < LINUX(4, 5) ? 0 : (int)htab_model_slot_count(config);
	case UAPI_KVM_CAP_CHECK_EXTENSION_VM:
		return v >= LINUX(3, 17);
	case UAPI_KVM_CAP_IMMEDIATE_EXIT:
		return v >= LINUX(4, 11);
	default:
		return -1;
	}
}

static int powerpc_capability(const struct config *config, unsigned int cap)
{
	const struct rules rules = htab_model_rules(config);
	const bool hv = config->kvm == KVM_HV || config->kvm == KVM_NESTED;

	switch (cap) {
	case UAPI_KVM_CAP_ENABLE_CAP:
	case UAPI_KVM_CAP_ONE_REG:
	case UAPI_KVM_CAP_PPC_PAPR:
	case UAPI_KVM_CAP_PPC_GET_SMMU_INFO:
		return 1;
	case UAPI_KVM_CAP_PPC_SMT:
		return hv; /* one thread in a core */
	case UAPI_KVM_CAP_PPC_GET_PVINFO:
		return !hv;
	case UAPI_KVM_CAP_PPC_ALLOC_HTAB:
		return hv || rules.pr_claims_allocate;
	case UAPI_KVM_CAP_PPC_HTAB_FD:
		return hv && rules.has_htab_fd;
	case UAPI_KVM_CAP_SPAPR_RESIZE_HPT:
		return hv && rules.has_resize && rules.rehashes;
	case UAPI_KVM_CAP_PPC_MMU_RADIX:
		return hv && config->radix;
	case UAPI_KVM_CAP_PPC_MMU_HASH_V3:
		return hv && hash_v3_capability(config);
	default:
		return 0;
	}
}

int htab_model_capability(const struct config *config, unsigned int cap)
{
	const int generic = generic_capability(config, cap);

	if (generic >= 0)
		return generic;
	return config->kvm == KVM_NONE ? 0 : powerpc_capability(config, cap);
}

/* A vcpu has one page for struct kvm_run. PowerPC has no ring for coalesced
 * MMIO, which is a second page on x86. */
size_t htab_model_vcpu_mmap_size(const struct config *config)
{
	return (size_t)config->page;
}
