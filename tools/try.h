/* SPDX-License-Identifier: MIT */
/* The negotiation that htab try shows */
#ifndef HTAB_TRY_H
#define HTAB_TRY_H

#include <stdbool.h>
#include <stdint.h>

#include "host.h"
#include "kvm.h"

enum { TRY_STEPS = 29 }; /* orders 46 to 18 */

/* One question to the kernel */
struct try_step {
	uint32_t order;
	bool without_vm; /* The result is that of KVM_CREATE_VM. */
	int result;	 /* of htab_alloc_at_least() with that order alone */
	uint32_t given;	 /* the order of the table, after 0 and -ENOSPC */
	uint64_t microseconds;
};

struct
try {
	struct host host;
	struct kvm kvm;
	uint64_t ram; /* 0: the user asked for an order */
	uint32_t wanted;
	const char *why_no_table;
	struct try_step steps[TRY_STEPS];
	unsigned int n_steps;
	/* 0: none */
	uint32_t given;
	/* If the kernel chose a smaller order by itself, the largest that it
	 * gives to somebody who asks for just that; else given */
	uint32_t largest;
};

void try_negotiate(struct try *try);
void try_print(const struct try *try);
void try_print_json(const struct try *try);

/* Was a lack of memory the answer to the last question? */
bool try_lacks_memory(const struct try *try);

/* The value of kvm_cma_resv_ratio with which the CMA area has room for the
 * table beside what is in use there now, or 0 if that is not known, impossible,
 * or no more than the area has already */
unsigned int try_ratio(const struct try *try);

/* Prints what to do on a host that has not given the wanted table. */
void try_print_advice(const struct try *try);

#endif
