/* SPDX-License-Identifier: MIT */
/* What would harm a real host; numbers as in kernel-facts 7 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static const char *name_of(enum hazard hazard)
{
	switch (hazard) {
	case HAZARD_ORDER_0:
		return "ALLOCATE_HTAB of order 0 without a table (the kernel "
		       "writes to address 0)";
	case HAZARD_DANGLING:
		return "use of a table that was freed when its reverse map "
		       "could not be had (the kernel writes to freed memory)";
	case HAZARD_HUGE_ORDER:
		return "ALLOCATE_HTAB of an order that the kernel does not "
		       "check (it crashes or hangs)";
	case HAZARD_COMMIT_NOT_READY:
		return "RESIZE_HPT_COMMIT before the first run (the kernel "
		       "warns, and a host may panic on that)";
	case HAZARD_COMMIT_NOTHING:
		return "RESIZE_HPT_COMMIT with nothing pending (the kernel "
		       "reads address 0)";
	case HAZARD_CANCEL_RACE:
		return "RESIZE_HPT_PREPARE replaced or cancelled while it "
		       "works (the kernel uses freed memory)";
	case HAZARD_CLOSED_PENDING:
		return "VM closed with a resize pending (its memory is gone "
		       "until the host is switched off)";
	case HAZARD_READ_RACE:
		return "table replaced while an htab fd is being read (the "
		       "kernel reads freed memory)";
	case HAZARD_NESTED_RUN:
		return "hash guest run on a nested hypervisor (the host "
		       "crashes)";
	case HAZARD_UNDER_VCPU:
		return "the simulator's own rule is broken: table changed "
		       "under a running vcpu";
	}
	return "unknown hazard";
}

HTAB_EXPORT void htab_sim_on_hazard(struct htab_sim_host *host,
				    htab_sim_hazard_handler handler,
				    void *data)
{
	host->hazard_handler = handler;
	host->hazard_data = data;
}

void htab_sim_hazard(struct htab_sim_host *host, enum hazard hazard)
{
	const char *name = name_of(hazard);

	if (host->hazard_handler) {
		host->hazard_handler(host->hazard_data, (int)hazard, name);
		return;
	}
	fprintf(stderr, "%slibhtab-sim: hazard %d: %s\n",
		htab_sim_journal(host), (int)hazard, name);
	abort();
}
