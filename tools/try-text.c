/* SPDX-License-Identifier: MIT */
/* What htab try prints for people */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "info.h"
#include "libhtab.h"
#include "text.h"
#include "try.h"
#include "units.h"

static void print_answer(const struct try_step *step)
{
	if (step->without_vm)
		printf("no VM: %s", strerror(-step->result));
	else if (step->result == 0 && step->given == step->order)
		printf("yes");
	else if (step->result == 0)
		printf("yes, and more: %s", table_text(step->given).text);
	else if (step->result == -ENOSPC)
		printf("a smaller one: %s", table_text(step->given).text);
	else if (step->result == -ENOMEM)
		printf("no memory for it (ENOMEM)");
	else if (step->result == -ENOTRECOVERABLE)
		printf("no memory for its reverse map (ENOMEM)");
	else
		printf("%s", htab_strerror(step->result));
}

static void print_steps(const struct try *try)
{
	printf("  %-20s %11s  %s\n", "asked for", "time", "answer");
	for (unsigned int i = 0; i < try->n_steps; i++) {
		const struct try_step *step = &try->steps[i];

		printf("  %-20s %8.1f ms  ", table_text(step->order).text,
		       (double)step->microseconds / 1000);
		print_answer(step);
		putchar('\n');
	}
}

/* The messages of QEMU by which people find this command */
static void print_qemu(const struct try *try, int result)
{
	if (result == -ENOSPC)
		text_paragraph(0,
			       "QEMU then refuses to start the guest: "
			       "\"Requested order %" PRIu32 " HPT, but kernel "
			       "allocated order %" PRIu32 "\".",
			       try->wanted, try->given);
	else
		text_paragraph(0,
			       "QEMU does not ask for less, and refuses to "
			       "start the guest: \"Failed to allocate KVM HPT "
			       "of order %" PRIu32 "\".",
			       try->wanted);
}

static void print_result(const struct try *try)
{
	const int result = try->steps[try->n_steps - 1].result;

	putchar('\n');
	if (try->given >= try->wanted) {
		text_paragraph(0, "This host has %s for the guest.",
			       table_text(try->given).text);
		return;
	}
	if (try->given)
		text_paragraph(0,
			       "This host has %s instead, which is enough for "
			       "a guest with %s.",
			       table_text(try->given).text,
			       size_text(guest_for_order(try->given)).text);
	else
		text_paragraph(0, "This host has no memory for any table now.");
	if (try->largest > try->given)
		text_paragraph(0,
			       "This kernel (before Linux 4.4) chose that by "
			       "itself. Asked for less in the first place, it "
			       "gives up to %s.",
			       table_text(try->largest).text);
	print_qemu(try, result);
}

void try_print(const struct try *try)
{
	if (try->ram)
		text_paragraph(0,
			       "A guest with %s of memory needs a hashed page "
			       "table of %s.",
			       size_text(try->ram).text,
			       table_text(try->wanted).text);
	else
		text_paragraph(0,
			       "A hashed page table of %s is for a guest with "
			       "%s of memory.",
			       table_text(try->wanted).text,
			       size_text(guest_for_order(try->wanted)).text);
	putchar('\n');
	if (try->why_no_table) {
		text_paragraph(0, "%s", try->why_no_table);
		return;
	}
	print_steps(try);
	/* Any other error is not about memory, and the answer above says all. */
	if (!try->given && !try_lacks_memory(try))
		return;
	print_result(try);
	if (try->given < try->wanted)
		try_print_advice(try);
}
