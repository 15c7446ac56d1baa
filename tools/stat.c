/* SPDX-License-Identifier: MIT */
/* htab stat SOURCE: what is in a table */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "json.h"
#include "source-open.h"
#include "stat.h"

enum { KEY_JSON = 256, MOST_SECONDS = 86400 };

struct question {
	struct source_choice choice;
	unsigned int seconds; /* between two looks, 0 for one look */
	bool json;
};

static const struct argp_option options[] = {
	{ "watch", 'w', "SECONDS", 0,
	  "Look again every so many seconds, until you press Ctrl-C", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static void take_seconds(struct argp_state *state, struct question *question,
			 const char *text)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 1 ||
	    value > MOST_SECONDS)
		argp_error(state, "'%s' is not a number from 1 to %d", text,
			   MOST_SECONDS);
	question->seconds = (unsigned int)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &question->choice;
		return 0;
	case 'w':
		take_seconds(state, question, arg);
		return 0;
	case KEY_JSON:
		question->json = true;
		return 0;
	case ARGP_KEY_ARG:
		source_take(&question->choice, state, arg);
		return 0;
	case ARGP_KEY_END:
		source_check(&question->choice, state);
		if (question->seconds && question->choice.path &&
		    strcmp(question->choice.path, "-") == 0)
			argp_error(state, "standard input can be read once, so "
					  "it cannot be watched");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "SOURCE\n--pid PID\n--vm NAME",
	.doc = "Says what is in a guest's hashed page table: how many entries "
	       "there are and of which kinds, how full the groups are, and "
	       "what KVM maps for real mode. " SOURCE_DOC,
	.children = source_children,
};

static int look(const struct question *question)
{
	struct source source;
	struct table_stat stat;
	const bool good = source_load(&source, &question->choice);

	if (good) {
		table_count(&source.table, &stat);
		if (question->json)
			stat_print_json(&source, &stat);
		else
			stat_print(source_name(&question->choice), &source,
				   &stat);
	}
	source_free(&source);
	return good ? STATUS_YES : STATUS_NO;
}

int command_stat(int argc, char **argv)
{
	struct question question = { 0 };
	bool first = true;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	if (question.json && !json_is_possible())
		return STATUS_NO;
	for (;;) {
		/* On a terminal each look replaces the one before it. */
		if (question.seconds && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		else if (!first && !question.json)
			putchar('\n');
		first = false;
		status = look(&question);
		if (status != STATUS_YES || !question.seconds ||
		    fflush(stdout) != 0)
			return status;
		sleep(question.seconds);
	}
}
