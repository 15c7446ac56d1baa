/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "info.h"
#include "libhtab.h"

uint64_t guest_for_order(uint32_t order)
{
	return UINT64_C(128) << order;
}

/* The largest order that can be worth asking for on that host. The kernel logs
 * a line for each refusal, so none is asked for that the host's memory cannot
 * hold. */
static uint32_t host_ceiling(const struct host *host)
{
	uint32_t order = HTAB_ORDER_MAX;

	while (host->memory && order > HTAB_ORDER_MIN &&
	       UINT64_C(1) << order > host->memory)
		order--;
	return order;
}

const char *info_mmu_word(enum host_mmu mmu)
{
	switch (mmu) {
	case HOST_MMU_HASH:
		return "hash";
	case HOST_MMU_RADIX:
		return "radix";
	case HOST_MMU_UNKNOWN:
		break;
	}
	return NULL;
}

void info_collect(struct info *info)
{
	*info = (struct info){ 0 };
	host_read(&info->host);
	kvm_open(&info->kvm, &info->host);
	info->why_no_table = kvm_why_no_table(&info->kvm, &info->host);
	info->may_not_run = info->kvm.kind == KVM_HV &&
			    info->kvm.caps & HTAB_CAP_RADIX &&
			    strncmp(info->host.cpu, "POWER9", 6) == 0 &&
			    !host_is_linux(&info->host, 5, 12);
	if (info->kvm.kind == KVM_HV) {
		info->largest = host_ceiling(&info->host);
		info->largest_error =
			htab_largest(info->kvm.fd, &info->largest);
		info->largest_guest = guest_for_order(info->largest);
	}
	kvm_close(&info->kvm);
}

bool info_is_good(const struct info *info)
{
	if (info->kvm.kind == KVM_PR)
		return true;
	return info->kvm.kind == KVM_HV && info->largest_error == 0;
}
