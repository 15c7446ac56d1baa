/* SPDX-License-Identifier: MIT */
/* htab save SOURCE IMAGE: a table as an image */
#include "save.h"

#include "command.h"
#include "message.h"
#include "table-file.h"
#include "table-image.h"

bool save_order_is_known(const struct source *source,
			 const struct source_choice *choice)
{
	if (source->order_is_known)
		return true;
	message("%s does not say how large the table is. Give its order, which "
		"is %u or more, with --order.",
		source_name(choice), (unsigned int)source->table.order);
	return false;
}

static int write_table(const struct table *table, const char *path,
		       bool as_image)
{
	struct out_file file;

	if (!out_file_open(&file, path))
		return STATUS_NO;
	/* out_file_commit() finds the errors of both. */
	if (as_image)
		table_write_image(table, file.stream);
	else
		table_write_qemu(table, file.stream);
	return out_file_commit(&file) ? STATUS_YES : STATUS_NO;
}

int save_table(const struct source_choice *choice, const char *path,
	       bool as_image)
{
	struct source source;
	int status = STATUS_NO;

	if (source_load(&source, choice) &&
	    save_order_is_known(&source, choice))
		status = write_table(&source.table, path, as_image);
	source_free(&source);
	return status;
}

struct question {
	struct source_choice choice;
	const char *arguments[2];
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;
	const unsigned int expected = question->choice.is_guest ? 1 : 2;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &question->choice;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "'%s' is one argument too many", arg);
		question->arguments[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < expected)
			argp_error(state, "the %s is missing",
				   expected - state->arg_num == 2 ? "source"
								  : "image");
		if (expected == 2)
			source_take(&question->choice, state,
				    question->arguments[0]);
		else if (state->arg_num > 1)
			argp_error(state, "there is more than one source");
		source_check(&question->choice, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "SOURCE IMAGE\n--pid PID --order ORDER IMAGE\n"
		    "--vm NAME --order ORDER IMAGE",
	.doc = "Writes a table to IMAGE, in the format of htab_save(). The "
	       "table of a guest that runs changes while it is read, so that "
	       "its image is good to look at, but not to go on with. "
	       "\"-\" as IMAGE is standard output. " SOURCE_DOC,
	.children = source_children,
};

int command_save(int argc, char **argv)
{
	struct question question = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	return save_table(&question.choice,
			  question.arguments[question.choice.is_guest ? 0 : 1],
			  true);
}
