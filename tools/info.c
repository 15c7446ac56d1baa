/* SPDX-License-Identifier: MIT */
/* htab info: what this host can do for hash guests */
#include "info.h"

#include <argp.h>

#include "command.h"
#include "json.h"

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case KEY_JSON:
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Says what this host can do for hash guests: what kind of KVM "
	       "it has, what works here and why the rest does not, the memory "
	       "that is reserved for tables, and the largest table that the "
	       "host can give now. To find that, it allocates tables for a "
	       "moment, on VMs of its own. The exit status is 1 if no hash "
	       "guest can start here.",
};

int command_info(int argc, char **argv)
{
	struct info info;
	bool json = false;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	if (json && !json_is_possible())
		return STATUS_NO;
	info_collect(&info);
	if (json)
		info_print_json(&info);
	else
		info_print(&info);
	return info_is_good(&info) ? STATUS_YES : STATUS_NO;
}
