/* SPDX-License-Identifier: MIT */
/* What to do on a host that has not given the wanted table */
#include <stdio.h>

#include "info.h"
#include "libhtab.h"
#include "text.h"
#include "try.h"
#include "units.h"

/* What the area has to hold: the table, and all that is in use now, as if none
 * of that could move */
static uint64_t needed_area(const struct try *try)
{
	return table_bytes(try->wanted) + try->host.cma_total -
	       try->host.cma_free;
}

/* Can the host's memory never hold that? */
static bool is_too_small(const struct try *try)
{
	const struct host *host = &try->host;

	return host->cma_is_known && host->memory &&
	       needed_area(try) > host->memory;
}

unsigned int try_ratio(const struct try *try)
{
	const struct host *host = &try->host;

	if (!host->cma_is_known || !host->memory || is_too_small(try) ||
	    needed_area(try) <= host->cma_total)
		return 0;
	return (unsigned int)percent_of(needed_area(try), host->memory);
}

static void advise_smaller_guest(const struct try *try)
{
	const struct size_text guest = size_text(guest_for_order(try->largest));

	text_item("Start the guest with at most %s of memory (for QEMU, both "
		  "-m and maxmem), for which a table of %s is enough.",
		  guest.text, size_text(table_bytes(try->largest)).text);
	if (try->kvm.caps & HTAB_CAP_RESIZE)
		text_item(
			"Let the guest resize its table (for QEMU, the machine "
			"property resize-hpt=required; for libvirt, <hpt "
			"resizing='required'/>), start it with at most %s, and "
			"plug the rest while it runs. The host then needs room "
			"for the larger table beside the smaller one.",
			guest.text);
}

static void advise_area(const struct try *try)
{
	const struct host *host = &try->host;
	const unsigned int ratio = try_ratio(try);

	if (!host->cma_is_known)
		text_item("Give the host more memory in one piece: since Linux "
			  "3.12 the kernel parameter kvm_cma_resv_ratio=N "
			  "reserves N %% of the memory for tables.");
	else if (ratio)
		text_item("Reserve more memory for tables. The area (CMA) has "
			  "%s, of which %s is unused. With %s, the table fits "
			  "beside what is in use: boot the host with the "
			  "kernel parameter kvm_cma_resv_ratio=%u, for %u %% "
			  "of its %s.",
			  size_text(host->cma_total).text,
			  size_text(host->cma_free).text,
			  size_text(needed_area(try)).text, ratio, ratio,
			  size_text(host->memory).text);
	else if (!is_too_small(try) && host->cma_total)
		text_item("Try again later. The area for tables (CMA) has %s "
			  "of unused memory, but not in one piece, because the "
			  "kernel cannot always move what is in it; or the "
			  "host has no %s of other memory for the reverse map.",
			  size_text(host->cma_free).text,
			  size_text(table_bytes(try->wanted)).text);
}

void try_print_advice(const struct try *try)
{
	putchar('\n');
	if (is_too_small(try))
		text_paragraph(0,
			       "With %s of memory, this host can never reserve "
			       "the %s that such a table needs.",
			       size_text(try->host.memory).text,
			       size_text(needed_area(try)).text);
	printf("What to do, one of these:\n");
	if (try->largest)
		advise_smaller_guest(try);
	advise_area(try);
	if (try->kvm.caps & HTAB_CAP_RADIX)
		text_item("Let the guest use radix translation, which needs no "
			  "such table. Under QEMU, a current Linux guest does "
			  "so by itself here, unless max-cpu-compat is older "
			  "than power9.");
	text_item("Stop other guests, and try again.");
}
