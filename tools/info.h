/* SPDX-License-Identifier: MIT */
/* What htab info finds out */
#ifndef HTAB_INFO_H
#define HTAB_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "host.h"
#include "kvm.h"

struct info {
	struct host host;
	struct kvm kvm;
	const char *why_no_table; /* of kvm_why_no_table() */
	/* KVM reports hash guests, but an early POWER9 may not run them. */
	bool may_not_run;
	/* With KVM_HV only: the largest table that the host can give, or the
	 * error of htab_largest() */
	int largest_error;
	uint32_t largest;
	uint64_t largest_guest; /* the RAM for which QEMU asks for that table */
};

void info_collect(struct info *info);
void info_print(const struct info *info);
void info_print_json(const struct info *info);

/* "hash", "radix" or NULL */
const char *info_mmu_word(enum host_mmu mmu);

/* Can a hash guest start here? */
bool info_is_good(const struct info *info);

/* The largest RAM for which QEMU asks for a table of that order */
uint64_t guest_for_order(uint32_t order);

#endif
