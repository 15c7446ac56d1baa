/* SPDX-License-Identifier: MIT */
/* htab convert IN OUT: between an image and QEMU's form */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "save.h"

enum { KEY_TO = 256 };

struct question {
	struct source_choice choice;
	const char *out, *to;
};

static const struct argp_option options[] = {
	{ "to", KEY_TO, "FORM", 0,
	  "'image' for that of htab_save(), 'qemu' for what QEMU has in its "
	  "sections \"spapr/htab\": the order in 32 bits, 32 bits that are 0, "
	  "records and a record that is all 0, all of it big-endian",
	  0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &question->choice;
		return 0;
	case KEY_TO:
		if (strcmp(arg, "image") != 0 && strcmp(arg, "qemu") != 0)
			argp_error(state,
				   "the form '%s' is neither 'image' "
				   "nor 'qemu'",
				   arg);
		question->to = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "'%s' is one argument too many", arg);
		if (state->arg_num == 0)
			source_take(&question->choice, state, arg);
		else
			question->out = arg;
		return 0;
	case ARGP_KEY_END:
		if (!question->out)
			argp_error(state, "IN and OUT have to be given");
		if (!question->to)
			argp_error(state, "--to is missing");
		source_check(&question->choice, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "IN OUT --to image|qemu",
	.doc = "Reads a table from IN, which is any SOURCE, and writes it to "
	       "OUT in another form. \"-\" as OUT is standard "
	       "output. " SOURCE_DOC,
	.children = source_children,
};

int command_convert(int argc, char **argv)
{
	struct question question = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	return save_table(&question.choice, question.out,
			  strcmp(question.to, "image") == 0);
}
