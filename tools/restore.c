/* SPDX-License-Identifier: MIT */
/* htab restore SOURCE: whether this host can restore a table */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "kvm.h"
#include "message.h"
#include "save.h"
#include "source-format.h"
#include "table-diff.h"
#include "table-image.h"
#include "text.h"
#include "units.h"

/* A VM of its own, with memory behind the pages of the table. None of the
 * memory is touched, so that it takes no pages of the host. */
struct scratch {
	struct kvm kvm;
	int vmfd;
	void *ram;
	uint64_t ram_size;
};

/* KVM takes slots of whole pages of the host, which may have 16 MiB. */
static const uint64_t granule = UINT64_C(16) << 20;

/* Where the pages of RAM end. Those of devices are not cached, and KVM needs no
 * memory for them. */
static uint64_t ram_of(const struct table *table)
{
	uint64_t end = 0, real;

	for (size_t i = 0; i < table->n_groups * TABLE_GROUP; i++) {
		const struct htab_hpte *hpte =
			&table->groups[i / TABLE_GROUP]
				 .entries[i % TABLE_GROUP];

		if (!table_is_valid(hpte) || hpte->r & HTAB_R_INHIBITED ||
		    htab_hpte_real(hpte, &real) < 0)
			continue;
		real += UINT64_C(1) << htab_hpte_page_shift(hpte);
		if (real > end)
			end = real;
	}
	return end ? (end + granule - 1) / granule * granule : granule;
}

static bool add_memory(struct scratch *scratch)
{
	struct kvm_userspace_memory_region slot = { .memory_size =
							    scratch->ram_size };

	if (scratch->ram_size > SIZE_MAX) {
		message("the guest has more memory than this program can map");
		return false;
	}
	scratch->ram = mmap(NULL, (size_t)scratch->ram_size,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (scratch->ram != MAP_FAILED) {
		slot.userspace_addr = (uintptr_t)scratch->ram;
		if (ioctl(scratch->vmfd, KVM_SET_USER_MEMORY_REGION, &slot) ==
		    0)
			return true;
	}
	message("a scratch VM with %s of memory cannot be made: %s",
		size_text(scratch->ram_size).text, strerror(errno));
	return false;
}

static bool scratch_open(struct scratch *scratch, const struct table *table)
{
	struct host host;
	const char *why;

	*scratch = (struct scratch){ .vmfd = -1, .ram = MAP_FAILED };
	host_read(&host);
	kvm_open(&scratch->kvm, &host);
	why = kvm_why_no_table(&scratch->kvm, &host);
	if (why) {
		message("this host gives no guest a table. %s", why);
		return false;
	}
	scratch->vmfd = ioctl(scratch->kvm.fd, KVM_CREATE_VM, 0);
	if (scratch->vmfd < 0) {
		message("KVM makes no VM: %s", strerror(errno));
		return false;
	}
	scratch->ram_size = ram_of(table);
	return add_memory(scratch);
}

static void scratch_close(struct scratch *scratch)
{
	if (scratch->vmfd >= 0)
		close(scratch->vmfd);
	if (scratch->ram != MAP_FAILED)
		munmap(scratch->ram, (size_t)scratch->ram_size);
	kvm_close(&scratch->kvm);
}

/* --- restoring --- */

static void explain(int error, uint32_t order)
{
	switch (error) {
	case -ENOMEM:
		message("the host has no table of %s. 'htab try %" PRIu32
			"' says what to do.",
			table_text(order).text, order);
		break;
	case -ENOSPC:
		message("the host has given a table of another size than %s, "
			"which this kernel cannot change",
			table_text(order).text);
		break;
	case -EIO:
	case -EINVAL:
		message("KVM refuses an entry. Its page may be larger than the "
			"pages of this host, or its encoding unknown here.");
		break;
	default:
		message("restoring has failed: %s", htab_strerror(error));
	}
}

/* Through a file, because htab_restore() reads an image from a descriptor. */
static bool restore(const struct scratch *scratch, const struct table *table)
{
	FILE *image = tmpfile();
	int r;

	if (!image || !table_write_image(table, image) || fflush(image) != 0 ||
	    lseek(fileno(image), 0, SEEK_SET) != 0) {
		message("a temporary file cannot be written: %s",
			strerror(errno));
		if (image)
			fclose(image);
		return false;
	}
	r = htab_restore(scratch->vmfd, fileno(image));
	fclose(image);
	if (r < 0)
		explain(r, table->order);
	return r == 0;
}

/* Returns 0 or a negative errno. */
static int take_back(struct source *source, unsigned char *records, size_t len)
{
	const int r = htab_records_to_wire(records, len);

	return r < 0 ? r : source_records(source, records, len);
}

static int read_back(const struct scratch *scratch, struct source *source)
{
	static unsigned char records[65536];
	const int htabfd = htab_open(scratch->vmfd, 0);
	ssize_t n;
	int r = 0;

	if (htabfd < 0)
		return htabfd;
	while (r == 0 && (n = htab_read(htabfd, records, sizeof(records))) != 0)
		r = n < 0 ? (int)n : take_back(source, records, (size_t)n);
	close(htabfd);
	return r;
}

struct counts {
	uint64_t missing, added, changed;
};

static void see(void *context, const struct table_difference *difference)
{
	struct counts *counts = context;

	counts->missing += !difference->b;
	counts->added += !difference->a;
	counts->changed += difference->fields != 0;
}

static uint64_t entries_of(const struct table *table)
{
	uint64_t entries = 0;

	for (size_t i = 0; i < table->n_groups; i++)
		entries += table_fill(&table->groups[i]);
	return entries;
}

static int check(const struct scratch *scratch, const struct table *table)
{
	struct source back = { .order_is_known = true };
	struct counts counts = { 0 };
	int r;

	table_init(&back.table, table->order);
	r = read_back(scratch, &back);
	table_finish(&back.table);
	table_diff(table, &back.table, see, &counts);
	source_free(&back);
	if (r < 0) {
		message("the table cannot be read back: %s", htab_strerror(r));
		return STATUS_NO;
	}
	if (counts.missing || counts.added || counts.changed) {
		text_row("read back",
			 "%" PRIu64 " missing, %" PRIu64 " more than there "
			 "were, %" PRIu64 " changed",
			 counts.missing, counts.added, counts.changed);
		return STATUS_NO;
	}
	text_row("read back", "all of them, without a change");
	return STATUS_YES;
}

static int try_restore(const char *name, const struct table *table)
{
	struct scratch scratch;
	int status = STATUS_NO;

	if (scratch_open(&scratch, table) && restore(&scratch, table)) {
		printf("%s\n", name);
		text_row("table", "%s, which this host has given",
			 table_text(table->order).text);
		text_row("guest memory", "%s, by the highest page in the table",
			 size_text(scratch.ram_size).text);
		text_row("restored", "%" PRIu64 " entries", entries_of(table));
		status = check(&scratch, table);
	}
	scratch_close(&scratch);
	return status;
}

/* --- the command --- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct source_choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = choice;
		return 0;
	case ARGP_KEY_ARG:
		source_take(choice, state, arg);
		return 0;
	case ARGP_KEY_END:
		source_check(choice, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "SOURCE",
	.doc = "Restores a table on a VM of its own, reads it back, and "
	       "compares. So it shows that this host can go on with the guest, "
	       "as far as the table is concerned. The VM is gone when the "
	       "command ends; a guest is restored by its VMM. " SOURCE_DOC,
	.children = source_children,
};

int command_restore(int argc, char **argv)
{
	struct source_choice choice = { 0 };
	struct source source;
	int status = STATUS_NO;

	argp_parse(&argp, argc, argv, 0, NULL, &choice);
	if (source_load(&source, &choice) &&
	    save_order_is_known(&source, &choice))
		status = try_restore(source_name(&choice), &source.table);
	source_free(&source);
	return status;
}
