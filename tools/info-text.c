/* SPDX-License-Identifier: MIT */
/* What htab info prints for people */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "info.h"
#include "libhtab.h"
#include "text.h"
#include "units.h"

static const char *kvm_text(enum kvm_kind kind)
{
	switch (kind) {
	case KVM_HV:
		return "HV, which keeps the table of each hash guest in the "
		       "host's memory";
	case KVM_RADIX_ONLY:
		return "HV, without hash guests";
	case KVM_NESTED:
		return "HV, nested: this host is a guest itself";
	case KVM_PR:
		return "PR, which leaves the tables to the VMMs";
	case KVM_FOREIGN:
		return "not one for PowerPC";
	case KVM_ABSENT:
		break;
	}
	return "none";
}

static void print_host(const struct info *info)
{
	const struct host *host = &info->host;
	const char *mmu = info_mmu_word(host->mmu);

	printf("%s\n", host->simulated ? "Simulated host" : "This host");
	text_row("kernel", "Linux %s", *host->kernel ? host->kernel : "?");
	if (host->platform == HOST_NOT_POWER)
		text_row("processor", "not a PowerPC");
	else
		text_row("processor", "%s%s%s%s",
			 *host->cpu ? host->cpu : "unknown", mmu ? ", " : "",
			 mmu ? mmu : "", mmu ? " MMU" : "");
	text_row("page size", "%s", size_text(host->page_size).text);
	text_row("KVM", "%s", kvm_text(info->kvm.kind));
}

static void print_ability(bool has, const char *what, const char *why_not)
{
	text_answer(has, "%s%s%s", what, has ? "" : ": ", has ? "" : why_not);
}

static const char *why_no_radix(enum kvm_kind kind)
{
	return kind == KVM_PR ? "KVM PR runs hash guests only"
			      : "the host must be a POWER9 or later, and use "
				"radix itself";
}

static void print_abilities(const struct info *info)
{
	const int caps = info->kvm.caps;
	const char *why = info->why_no_table;

	printf("\nWhat works here\n");
	text_answer(caps & (HTAB_CAP_ALLOC | HTAB_CAP_PR), "hash guests%s%s",
		    why ? ". " : "", why ? why : "");
	if (caps & HTAB_CAP_ALLOC) {
		print_ability(
			caps & HTAB_CAP_STREAM,
			"a guest's table can be saved, moved and inspected",
			"this needs Linux 3.8");
		print_ability(caps & HTAB_CAP_RESIZE,
			      "a running guest can resize its table",
			      "this needs Linux 4.11, and on POWER9 and later "
			      "Linux 4.16");
	}
	if (info->kvm.kind != KVM_ABSENT && info->kvm.kind != KVM_FOREIGN)
		print_ability(caps & HTAB_CAP_RADIX, "radix guests",
			      why_no_radix(info->kvm.kind));
	if (info->may_not_run)
		text_paragraph(2, "On a POWER9 DD2.0 with a radix host, Linux "
				  "before 5.12 reports hash guests and then "
				  "refuses to run them (EBUSY).");
}

static void print_ratio(const struct host *host)
{
	if (!host->parameters_are_known)
		text_row("set by", "%s",
			 host->simulated
				 ? "cma= in the description of this host"
				 : "the kernel parameter kvm_cma_resv_ratio");
	else if (host->cma_ratio >= 0)
		text_row("set by",
			 "the kernel parameter kvm_cma_resv_ratio=%d, in per "
			 "cent of the host's memory",
			 host->cma_ratio);
	else
		text_row("set by",
			 "the kernel's default, %d %% of the host's memory; "
			 "the kernel parameter kvm_cma_resv_ratio=N changes it",
			 HOST_CMA_RATIO);
}

static void print_cma(const struct host *host)
{
	printf("\nMemory for tables (CMA area)\n");
	if (!host->cma_is_known) {
		text_row("size", "unknown: this kernel does not report it");
		return;
	}
	if (host->cma_total == 0) {
		text_row("size", "none, so no table can be larger than 16 MiB "
				 "(order 24)");
	} else {
		text_row("size", "%s", size_text(host->cma_total).text);
		text_row("unused",
			 "%s; if a table needs more, the kernel moves what it "
			 "can out of the area",
			 size_text(host->cma_free).text);
	}
	print_ratio(host);
}

static void print_largest(const struct info *info)
{
	const struct size_text guest = size_text(info->largest_guest);

	printf("\nThe largest table that this host can give now\n");
	if (info->largest_error == -ENOMEM) {
		text_row("size",
			 "none: the host has no memory in one piece, or none "
			 "for the reverse map");
	} else if (info->largest_error) {
		text_row("size", "none: %s",
			 htab_strerror(info->largest_error));
	} else if (info->kvm.caps & HTAB_CAP_RESIZE) {
		text_row("size", "%s", table_text(info->largest).text);
		text_row("is enough for",
			 "a guest with %s. If it can resize its table, it may "
			 "be given more memory later. If it cannot, count the "
			 "most that it may ever have (QEMU's maxmem).",
			 guest.text);
	} else {
		text_row("size", "%s", table_text(info->largest).text);
		text_row("is enough for",
			 "a guest with %s. Count the most that it may ever "
			 "have (QEMU's maxmem), since no guest can resize its "
			 "table here.",
			 guest.text);
	}
}

void info_print(const struct info *info)
{
	print_host(info);
	print_abilities(info);
	if (info->kvm.kind == KVM_HV) {
		print_cma(&info->host);
		print_largest(info);
	}
}
