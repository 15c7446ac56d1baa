/* SPDX-License-Identifier: MIT */
/* htab size RAM: what the table of a guest of that much memory takes */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "host.h"
#include "json.h"
#include "libhtab.h"
#include "text.h"
#include "units.h"

enum { MOST_GUESTS = 65535, MOST_PAGE_SIZES = 2 };

/* KVM maps this much real mode at most. */
static const uint64_t most_real_mode = UINT64_C(1) << 40;

struct question {
	uint64_t ram;
	uint64_t guests;
	unsigned int page_shifts[MOST_PAGE_SIZES];
	unsigned int n_page_shifts;
	uint64_t host_memory; /* 0: unknown */
	bool json;
};

struct answer {
	uint32_t order;
	/* Of the smallest table that covers real mode, for each page size */
	uint32_t least[MOST_PAGE_SIZES];
	uint64_t locked;
	uint64_t cma; /* for all guests */
};

/*
 * The limit of locked memory that libvirt computes for a guest without VFIO
 * devices and with one PCI host bridge: 1/128 of the most memory that the guest
 * may have, 4 MiB for the bridge and 8 MiB more. The 1/128 stands for the table,
 * and libvirt does not round it up to a power of two. (Read in libvirt,
 * qemuDomainGetMemLockLimitBytes(); its test data have 20 MiB for 1 GiB.)
 */
static uint64_t libvirt_locked_memory(uint64_t ram)
{
	return ram / 128 + (UINT64_C(12) << 20);
}

static void compute(const struct question *question, struct answer *answer)
{
	const uint64_t real_mode =
		question->ram < most_real_mode ? question->ram : most_real_mode;

	answer->order = htab_order_for_ram(question->ram);
	for (unsigned int i = 0; i < question->n_page_shifts; i++)
		answer->least[i] = htab_order_for_vrma(
			real_mode, question->page_shifts[i]);
	answer->locked = libvirt_locked_memory(question->ram);
	answer->cma = question->guests * table_bytes(answer->order);
}

static void print_real_mode(const struct question *question,
			    const struct answer *answer)
{
	bool short_of = false;

	for (unsigned int i = 0; i < question->n_page_shifts; i++) {
		const uint64_t page = UINT64_C(1) << question->page_shifts[i];

		text_row(i == 0 ? "needed to boot" : "",
			 "%s, if the host backs the guest with pages of %s",
			 table_text(answer->least[i]).text,
			 size_text(page).text);
		short_of |= answer->least[i] > answer->order;
	}
	if (short_of)
		text_row("",
			 "A smaller table does not cover all of the guest's "
			 "first memory node. Use larger pages (huge pages), or "
			 "make that node smaller.");
}

static void print_ratio(const struct question *question,
			const struct answer *answer)
{
	static const char name[] = "kvm_cma_resv_ratio";
	const uint64_t ratio = percent_of(answer->cma, question->host_memory);
	const struct size_text memory = size_text(question->host_memory);

	if (!question->host_memory)
		text_row(name,
			 "the CMA area in per cent of the host's memory; 5 if "
			 "it is not given");
	else if (ratio > 100)
		text_row(name, "not possible: the host has %s of memory",
			 memory.text);
	else
		text_row(name,
			 "%" PRIu64 ", for %" PRIu64
			 " %% of the host's %s; 5 if it is not given",
			 ratio, ratio, memory.text);
}

static void print(const struct question *question, const struct answer *answer)
{
	const struct size_text cma = size_text(answer->cma);

	printf("A guest with %s of memory\n", size_text(question->ram).text);
	text_row("hashed page table", "%s, by QEMU's rule of 1/128",
		 table_text(answer->order).text);
	text_row("reverse map",
		 "%s, which the host's kernel keeps for the table",
		 size_text(table_bytes(answer->order)).text);
	print_real_mode(question, answer);
	text_row("locked memory",
		 "%s, the limit that libvirt sets for a guest without VFIO "
		 "devices",
		 size_text(answer->locked).text);
	printf("\nA host for %" PRIu64 " such guest%s\n", question->guests,
	       question->guests == 1 ? "" : "s");
	text_row("CMA area", "%s for the tables", cma.text);
	text_row("other memory", "%s for the reverse maps", cma.text);
	print_ratio(question, answer);
}

static void print_json(const struct question *question,
		       const struct answer *answer)
{
	struct json_object *all = json_new(), *real_mode, *one;

	json_put_number(all, "ram", question->ram);
	json_put_number(all, "order", answer->order);
	json_put_number(all, "table_bytes", table_bytes(answer->order));
	json_put_number(all, "reverse_map_bytes", table_bytes(answer->order));
	real_mode = json_put_array(all, "needed_to_boot");
	for (unsigned int i = 0; i < question->n_page_shifts; i++) {
		one = json_add_object(real_mode);
		json_put_number(one, "page_size",
				UINT64_C(1) << question->page_shifts[i]);
		json_put_number(one, "order", answer->least[i]);
		json_put_number(one, "table_bytes",
				table_bytes(answer->least[i]));
	}
	json_put_number(all, "locked_memory_bytes", answer->locked);
	json_put_number(all, "guests", question->guests);
	json_put_number(all, "cma_bytes", answer->cma);
	if (question->host_memory) {
		json_put_number(all, "host_memory", question->host_memory);
		json_put_number(all, "kvm_cma_resv_ratio",
				percent_of(answer->cma, question->host_memory));
	} else {
		json_put_null(all, "host_memory");
		json_put_null(all, "kvm_cma_resv_ratio");
	}
	json_print(all);
}

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
	{ "page-size", 'p', "SIZE", 0,
	  "The pages with which the host backs the guest's memory: its own, 4K "
	  "or 64K, or those of hugetlbfs (default: both 4K and 64K)",
	  0 },
	{ "guests", 'n', "N", 0, "For N such guests (default: 1)", 0 },
	{ "host-memory", 'm', "SIZE", 0,
	  "The memory of the host (default: of this one, if it is a PowerPC)",
	  0 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

/* Reads a size of at least that many bytes, or ends with a message. */
static uint64_t take_size(struct argp_state *state, const char *what,
			  const char *text, uint64_t least)
{
	uint64_t bytes = 0;

	if (!size_parse(text, &bytes))
		argp_error(state,
			   "%s '%s' is not a size such as 1536M, 64G or 1T",
			   what, text);
	else if (bytes < least)
		argp_error(state, "%s of %s is less than %s", what,
			   size_text(bytes).text, size_text(least).text);
	return bytes;
}

static void take_page_size(struct argp_state *state, struct question *question,
			   const char *text)
{
	const uint64_t bytes = take_size(state, "a page size", text, 1 << 12);
	unsigned int shift = 12;

	if (bytes & (bytes - 1))
		argp_error(state, "a page size of %s is not a power of two",
			   size_text(bytes).text);
	while (bytes >> shift > 1)
		shift++;
	question->page_shifts[0] = shift;
	question->n_page_shifts = 1;
}

static void take_guests(struct argp_state *state, struct question *question,
			const char *text)
{
	char *end;

	errno = 0;
	question->guests = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno ||
	    question->guests < 1 || question->guests > MOST_GUESTS)
		argp_error(state, "'%s' is not a number from 1 to %d", text,
			   MOST_GUESTS);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;

	switch (key) {
	case 'p':
		take_page_size(state, question, arg);
		return 0;
	case 'n':
		take_guests(state, question, arg);
		return 0;
	case 'm':
		question->host_memory =
			take_size(state, "host memory", arg, 1 << 20);
		return 0;
	case KEY_JSON:
		question->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s' is one argument too many", arg);
		question->ram = take_size(state, "guest memory", arg, 1 << 20);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the guest's memory is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RAM",
	.doc = "Says how large a hashed page table a guest with that much "
	       "memory needs, what else the host needs for it, and how much "
	       "CMA the host has to reserve. RAM is a size such as 1536M, 64G "
	       "or 1T, in binary units. It is what the guest has or, if it "
	       "cannot resize its table, the most that it may have (maxmem).",
};

/* 0 if it is not a host for such guests */
static uint64_t memory_of_this_host(void)
{
	struct host host;

	host_read(&host);
	return host.platform == HOST_NOT_POWER ? 0 : host.memory;
}

int command_size(int argc, char **argv)
{
	struct question question = {
		.guests = 1,
		.page_shifts = { 16, 12 },
		.n_page_shifts = 2,
	};
	struct answer answer;

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	if (question.json && !json_is_possible())
		return STATUS_NO;
	if (!question.host_memory)
		question.host_memory = memory_of_this_host();
	compute(&question, &answer);
	if (question.json)
		print_json(&question, &answer);
	else
		print(&question, &answer);
	return STATUS_YES;
}
