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

int htab_model_capability(const struct config *config, unsigned int cap)
{
	const struct rules rules = htab_model_rules(config);
	const bool hv = config->kvm == KVM_HV || config->kvm == KVM_NESTED;

	if (config->kvm == KVM_NONE)
		return 0;
	switch (cap) {
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

/* A vcpu has one page for struct kvm_run. PowerPC has no ring for coalesced
 * MMIO, which is a second page on x86. */
size_t htab_model_vcpu_mmap_size(const struct config *config)
{
	return (size_t)config->page;
}
