/* SPDX-License-Identifier: MIT */
/* What htab info --json prints. htab(1) documents the names. */
#include <stddef.h>

#include "info.h"
#include "json.h"
#include "libhtab.h"
#include "units.h"

static void put_host(struct json_object *all, const struct host *host)
{
	json_put_bool(all, "simulated", host->simulated);
	json_put_text(all, "kernel", *host->kernel ? host->kernel : NULL);
	json_put_text(all, "processor", *host->cpu ? host->cpu : NULL);
	json_put_text(all, "mmu", info_mmu_word(host->mmu));
	json_put_number(all, "page_size", host->page_size);
	if (host->memory)
		json_put_number(all, "memory_bytes", host->memory);
	else
		json_put_null(all, "memory_bytes");
}

static void put_kvm(struct json_object *all, const struct info *info)
{
	const int caps = info->kvm.caps;

	json_put_text(all, "kvm", kvm_word(info->kvm.kind));
	json_put_bool(all, "hash_guests",
		      caps & (HTAB_CAP_ALLOC | HTAB_CAP_PR));
	json_put_bool(all, "kernel_keeps_table", caps & HTAB_CAP_ALLOC);
	json_put_bool(all, "table_can_be_read", caps & HTAB_CAP_STREAM);
	json_put_bool(all, "table_can_be_resized", caps & HTAB_CAP_RESIZE);
	json_put_bool(all, "radix_guests", caps & HTAB_CAP_RADIX);
	json_put_text(all, "why_no_table", info->why_no_table);
}

static void put_cma(struct json_object *all, const struct host *host)
{
	struct json_object *cma;

	if (!host->cma_is_known) {
		json_put_null(all, "cma");
		return;
	}
	cma = json_put_object(all, "cma");
	json_put_number(cma, "total_bytes", host->cma_total);
	json_put_number(cma, "free_bytes", host->cma_free);
	if (host->cma_ratio >= 0)
		json_put_number(cma, "kvm_cma_resv_ratio",
				(uint64_t)host->cma_ratio);
	else
		json_put_null(cma, "kvm_cma_resv_ratio");
}

static void put_largest(struct json_object *all, const struct info *info)
{
	struct json_object *largest;

	if (info->kvm.kind != KVM_HV || info->largest_error) {
		json_put_null(all, "largest");
		return;
	}
	largest = json_put_object(all, "largest");
	json_put_number(largest, "order", info->largest);
	json_put_number(largest, "table_bytes", table_bytes(info->largest));
	json_put_number(largest, "guest_memory_bytes", info->largest_guest);
}

void info_print_json(const struct info *info)
{
	struct json_object *all = json_new();

	put_host(all, &info->host);
	put_kvm(all, info);
	put_cma(all, &info->host);
	put_largest(all, info);
	json_print(all);
}
