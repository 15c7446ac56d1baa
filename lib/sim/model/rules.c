/* SPDX-License-Identifier: MIT */
/* How kernels differ (docs/kernels.md, "Kernel generations", "Allocating a
 * table", "Capabilities" and "Hazards") */
#include "model.h"

/* An early POWER9 cannot run hash guests on a radix host (docs/kernels.md,
 * "Radix and hash"). */
static bool cannot_mix(const struct config *config)
{
	return config->cpu == POWER9_DD20 && config->radix;
}

struct rules htab_model_rules(const struct config *config)
{
	const unsigned int v = config->linux_version;

	return (struct rules){
		.has_htab_fd = v >= LINUX(3, 8),
		.has_vm_types = v >= LINUX(3, 13),
		.vm_has_check = v >= LINUX(3, 17),
		.has_resize = v >= LINUX(4, 11),
		.pr_claims_allocate = v < LINUX(4, 11),
		.has_pool = v < LINUX(3, 12),
		.cma_first = v >= LINUX(3, 16),
		.falls_back = v < LINUX(4, 4),
		.uses_pages = v >= LINUX(4, 11),
		.changes_size = v >= LINUX(4, 11),
		.writes_back = v < LINUX(4, 11),
		.dangles = v < LINUX(4, 11),
		.keeps_reverse_map = v >= LINUX(4, 11) && v < LINUX(4, 15),
		.names_vms = v >= LINUX(4, 7) && v < LINUX(4, 19),
		.packs_vcpu_ids = config->cpu >= POWER9_DD20 &&
				  v >= LINUX(4, 19),
		.refuses_radix_vm = v < LINUX(4, 15),
		.switches_radix_vm = v >= LINUX(4, 15),
		.readies_radix_vm = v >= LINUX(4, 15),
		.refuses_nested = v >= LINUX(5, 10),
		.refuses_hash_run = cannot_mix(config) && v >= LINUX(4, 15) &&
				    v < LINUX(5, 12),
		.default_goes_to_18 = v >= LINUX(4, 11),
		.commit_needs_pending = v < LINUX(4, 14),
		.cancel_races = v < LINUX(4, 14),
		.rehashes = config->cpu < POWER9_DD20 || v >= LINUX(4, 16),
		.checks_page_size = v >= LINUX(4, 15),
		.has_immediate_exit = v >= LINUX(4, 11),
		.checks_segment_size = v >= LINUX(5, 16),
	};
}

static int hash_v3_capability(const struct config *config)
{
	const unsigned int v = config->linux_version;

	if (config->cpu < POWER9_DD20 || v < LINUX(4, 11))
		return 0;
	if (v < LINUX(4, 15))
		return !config->radix;
	if (v >= LINUX(4, 20) && config->kvm == KVM_NESTED)
		return 0;
	return !(v >= LINUX(5, 12) && cannot_mix(config));
}

/* The size of a mapped struct kvm_run: a page of the host */
size_t htab_model_vcpu_mmap_size(const struct config *config)
{
	return (size_t)config->page;
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
