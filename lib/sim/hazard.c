/* SPDX-License-Identifier: MIT */
/* Reports hazards (docs/kernels.md, "Hazards"). libhtab-sim.h lists them. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

static const char *name_of(enum htab_sim_hazard hazard)
{
	switch (hazard) {
	case HTAB_SIM_HAZARD_ORDER_0:
		return "ALLOCATE_HTAB of order 0 without a table (the kernel "
		       "writes to address 0)";
	case HTAB_SIM_HAZARD_STALE_REVERSE_MAP:
		return "VM closed after it lost its table to a failed "
		       "ALLOCATE_HTAB (the kernel frees memory that may be "
		       "another VM's)";
	case HTAB_SIM_HAZARD_DANGLING_TABLE:
		return "use of a table that was freed when its reverse map "
		       "could not be allocated (the kernel writes to freed "
		       "memory)";
	case HTAB_SIM_HAZARD_HUGE_ORDER:
		return "ALLOCATE_HTAB of an order that the kernel does not "
		       "check (it crashes or hangs)";
	case HTAB_SIM_HAZARD_COMMIT_NOT_READY:
		return "RESIZE_HPT_COMMIT before the first run (the kernel "
		       "warns, and a host may panic on that)";
	case HTAB_SIM_HAZARD_COMMIT_NOTHING:
		return "RESIZE_HPT_COMMIT with nothing pending (the kernel "
		       "reads address 0)";
	case HTAB_SIM_HAZARD_CANCEL_RACE:
		return "RESIZE_HPT_PREPARE replaced or cancelled while it "
		       "works (the kernel uses freed memory)";
	case HTAB_SIM_HAZARD_CLOSED_PENDING:
		return "VM closed with a resize pending (its memory is lost "
		       "until the host is switched off)";
	case HTAB_SIM_HAZARD_MISPLACED_BOLTED:
		return "RESIZE_HPT_COMMIT with a bolted entry that is not in "
		       "its primary group (the host stops)";
	case HTAB_SIM_HAZARD_COLLIDING_BOLTED:
		return "RESIZE_HPT_COMMIT to a table that is not smaller, with "
		       "bolted entries that collide there (the host stops)";
	case HTAB_SIM_HAZARD_READ_RACE:
		return "table replaced while an htab fd is being read (the "
		       "kernel reads freed memory)";
	case HTAB_SIM_HAZARD_NESTED_RUN:
		return "hash guest run on a nested hypervisor (the host "
		       "crashes)";
	case HTAB_SIM_HAZARD_ORDER_NOT_WRITTEN:
		return "ALLOCATE_HTAB with an order that cannot be written "
		       "back (it fails, but the table is made or cleared)";
	case HTAB_SIM_HAZARD_UNDER_VCPU:
		return "the simulator's own rule is broken: table changed "
		       "under a running vcpu";
	}
	return "unknown hazard";
}

HTAB_EXPORT void htab_sim_on_hazard(struct htab_sim_host *host,
				    htab_sim_hazard_handler handler, void *data)
{
	struct hazard_watch *watch = &host->hazards;

	pthread_mutex_lock(&watch->lock);
	watch->handler = handler;
	watch->data = data;
	pthread_mutex_unlock(&watch->lock);
}

static void report(struct htab_sim_host *host, enum htab_sim_hazard hazard)
{
	struct hazard_watch *watch = &host->hazards;
	htab_sim_hazard_handler handler;
	void *data;

	pthread_mutex_lock(&watch->lock);
	handler = watch->handler;
	data = watch->data;
	pthread_mutex_unlock(&watch->lock);
	if (handler) {
		handler(data, hazard, name_of(hazard));
		return;
	}
	fprintf(stderr, "%slibhtab-sim: hazard %d: %s\n",
		htab_sim_journal(host), (int)hazard, name_of(hazard));
	abort();
}

void htab_sim_report(struct htab_sim_host *host, uint32_t hazards)
{
	for (int i = 1; hazards >> i; i++)
		if (hazards >> i & 1)
			report(host, (enum htab_sim_hazard)i);
}
