/* SPDX-License-Identifier: MIT */
/*
 * htab: the hashed page tables of PowerPC guests, for administrators. This file
 * has the options that come before a command, and the table of the commands.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "libhtab.h"
#include "message.h"
#include "output.h"
#include "sim.h"

/* In the order in which --help shows them */
static const struct command commands[] = {
	{ "info", "", "what this host can do for hash guests", command_info },
	{ "size", "RAM", "how large a table a guest of that much memory needs",
	  command_size },
	{ "try", "ORDER|RAM", "whether this host can give such a table now",
	  command_try },
	{ "stat", "SOURCE", "what is in a guest's table", command_stat },
	{ "map", "SOURCE", "a picture of a guest's table", command_map },
	{ "save", "SOURCE IMAGE", "write a table to an image", command_save },
	{ "restore", "SOURCE", "whether this host can restore a table",
	  command_restore },
	{ "convert", "IN OUT", "between an image and the form of QEMU",
	  command_convert },
	{ "diff", "A B", "how two tables differ", command_diff },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

struct invocation {
	const char *sim;
	const struct command *command;
	int argc; /* of the command, its name included */
	char **argv;
};

static const struct argp_option options[] = {
	{ "sim", 's', "DESCRIPTION", 0,
	  "Run the command on a simulated host, such as 'linux=4.3 cma=64M', "
	  "or '' for the default one",
	  0 },
	{ 0 },
};

static const struct command *find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* What follows the name of the command belongs to the command. */
static void take_command(struct invocation *invocation,
			 struct argp_state *state, const char *name)
{
	invocation->command = find(name);
	if (!invocation->command)
		argp_error(state, "there is no command '%s'", name);
	invocation->argv = state->argv + state->next - 1;
	invocation->argc = state->argc - state->next + 1;
	state->next = state->argc;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct invocation *invocation = state->input;

	switch (key) {
	case 's':
		invocation->sim = arg;
		return 0;
	case ARGP_KEY_ARG:
		take_command(invocation, state, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* argp frees what this returns, if it is not the text that it got. */
static char *help(int key, const char *text, void *input)
{
	size_t size = 0;
	char *list = NULL;
	FILE *stream;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	stream = open_memstream(&list, &size);
	if (!stream)
		return NULL;
	fprintf(stream, "Commands:\n");
	for (int i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-8s %-14s %s\n", commands[i].name,
			commands[i].arguments, commands[i].summary);
	fprintf(stream,
		"\n'htab COMMAND --help' describes a command, and htab(1) all "
		"of them.\n"
		"The exit status is 0 for done or yes, 1 for failed or no, and "
		"2 for a wrong\n"
		"command line.");
	return fclose(stream) == 0 ? list : NULL;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Answers questions about the hashed page tables (HPT) of "
	       "PowerPC guests under KVM: what this host can do, how large a "
	       "table a guest needs, and why one could not be allocated.\v ",
	.help_filter = help,
};

static void print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "htab %s, with libhtab %s\n", HTAB_VERSION,
		htab_version());
}

static int run(const struct invocation *invocation)
{
	char *name;
	int status;

	if (asprintf(&name, "htab %s", invocation->command->name) < 0) {
		message("no memory");
		return STATUS_NO;
	}
	invocation->argv[0] = name;
	status = invocation->command->run(invocation->argc, invocation->argv);
	free(name);
	return status;
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	int status;

	output_open();
	atexit(output_check);
	/* getopt() prints it before its messages. */
	argv[0] = program_invocation_short_name;
	argp_program_version_hook = print_version;
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &invocation);
	if (invocation.sim)
		return sim_run_again(invocation.sim, argv[0], invocation.argc,
				     invocation.argv);
	status = sim_check();
	return status == STATUS_YES ? run(&invocation) : status;
}
