/* SPDX-License-Identifier: MIT */
/* htab try ORDER|RAM: asks for a table, and shows how that goes */
#include "try.h"

#include <argp.h>

#include "command.h"
#include "json.h"
#include "libhtab.h"
#include "units.h"

enum { KEY_JSON = 256 };

struct arguments {
	struct try *try;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static void take_size(struct argp_state *state, struct try *try,
		      const char *text)
{
	uint64_t size = 0;

	if (!size_parse(text, &size))
		argp_error(state,
			   "'%s' is neither an order, %d to %d, nor a size "
			   "such as 1536M, 64G or 1T",
			   text, HTAB_ORDER_MIN, HTAB_ORDER_MAX);
	/* No guest has so few bytes. */
	if (size >= HTAB_ORDER_MIN && size <= HTAB_ORDER_MAX) {
		try->wanted = (uint32_t)size;
		return;
	}
	if (size < 1 << 20)
		argp_error(state,
			   "%s is neither an order, %d to %d, nor enough "
			   "memory for a guest",
			   text, HTAB_ORDER_MIN, HTAB_ORDER_MAX);
	try->ram = size;
	try->wanted = htab_order_for_ram(size);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_JSON:
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s' is one argument too many", arg);
		take_size(state, arguments->try, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "an order or the guest's memory is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "ORDER|RAM",
	.doc = "Asks this host for a hashed page table of that order, or for "
	       "the one that suits a guest with that much memory, on a VM of "
	       "its own, and shows each answer of the kernel. If the host "
	       "gives less, it says what to do. The table is gone when the "
	       "command ends. The exit status is 1 if the host has not given "
	       "the table.",
};

int command_try(int argc, char **argv)
{
	struct try try = { 0 };
	struct arguments arguments = { .try = &try };

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (arguments.json && !json_is_possible())
		return STATUS_NO;
	try_negotiate(&try);
	if (arguments.json)
		try_print_json(&try);
	else
		try_print(&try);
	return try.given >= try.wanted ? STATUS_YES : STATUS_NO;
}
