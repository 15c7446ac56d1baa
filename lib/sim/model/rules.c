/* SPDX-License-Identifier: MIT */
/* How kernels differ (docs/kernels.md, "Kernel generations", "Allocating a
 * table", "Capabilities" and "Hazards") */
#include "model.h"

/* An early POWER9 cannot run hash guests on a radix host (docs/kernels.md,
 * "Radix and hash"). */
bool htab_model_cannot_mix(const struct config *config)
{
	return config->cpu == POWER9_DD20 && config->radix;
}

unsigned int htab_model_first_linux(enum cpu cpu)
{
	switch (cpu) {
	case POWER7:
		break;
	case POWER8:
		return LINUX(3, 14);
	case POWER9_DD20:
	case POWER9:
		return LINUX(4, 11);
	case POWER10:
		return LINUX(5, 10);
	}
	return 0;
}

struct rules htab_model_rules(const struct config *config)
{
	const unsigned int v = config->linux_version;

	return (struct rules){
		.has_htab_fd = v >= LINUX(3, 8),
		.has_vm_types = v >= LINUX(3, 13),
		.vm_has_check = v >= LINUX(3, 17),
		.vm_has_enable_cap = v >= LINUX(3, 17),
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
		.refuses_hash_run = htab_model_cannot_mix(config) &&
				    v >= LINUX(4, 15) && v < LINUX(5, 12),
		.default_goes_to_18 = v >= LINUX(4, 11),
		.commit_needs_pending = v < LINUX(4, 14),
		.cancel_races = v < LINUX(4, 14),
		.rehashes = config->cpu < POWER9_DD20 || v >= LINUX(4, 16),
		.bugs_on_misplaced = v < LINUX(4, 16),
		.checks_page_size = v >= LINUX(4, 15),
		.has_immediate_exit = v >= LINUX(4, 11),
		.exit_is_2 = v < LINUX(5, 18),
		.checks_segment_size = v >= LINUX(5, 16),
	};
}
