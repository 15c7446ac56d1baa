/* SPDX-License-Identifier: MIT */
/* htab diff A B: how two tables differ. The exit status is that of diff(1). */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "json.h"
#include "source-open.h"
#include "table-diff.h"

enum { KEY_JSON = 256 };
enum { EQUAL = 0, DIFFERENT = 1, TROUBLE = 2 };

struct question {
	struct source_choice choices[2];
	bool json, brief;
};

static const struct argp_option options[] = {
	{ "brief", 'q', NULL, 0, "Print only how many entries differ", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct question *question = state->input;

	switch (key) {
	case 'q':
		question->brief = true;
		return 0;
	case KEY_JSON:
		question->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "'%s' is one argument too many", arg);
		question->choices[state->arg_num].path = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "two sources have to be given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "A B",
	.doc = "Says which entries only one of two tables has, and which "
	       "differ. A line that begins with '<' is an entry of A, with '>' "
	       "of B, and with '!' of both, with what differs. The numbers of "
	       "an entry are its index, dword 0 and dword 1, all hexadecimal. "
	       "The exit status is 0 if the tables are the same, 1 if they "
	       "differ, and 2 if they cannot be compared. " SOURCE_DOC,
};

struct counts {
	const struct question *question;
	uint64_t only[2], changed, fields[DIFF_FIELDS];
	struct json_object *list;
};

static void print_fields(unsigned int fields)
{
	const char *separator = " ";

	for (int i = 0; i < DIFF_FIELDS; i++)
		if (fields & 1U << i) {
			printf("%s%s", separator, table_diff_names[i]);
			separator = ",";
		}
}

static void print_one(char sign, uint64_t index, const struct htab_hpte *hpte)
{
	printf("%c %06" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", sign, index,
	       hpte->v, hpte->r);
}

static void print_difference(const struct table_difference *difference)
{
	if (difference->a && difference->b) {
		printf("! %06" PRIx64, difference->index);
		print_fields(difference->fields);
		putchar('\n');
	}
	if (difference->a)
		print_one('<', difference->index, difference->a);
	if (difference->b)
		print_one('>', difference->index, difference->b);
}

static void put_hpte(struct json_object *entry, const char *name,
		     const struct htab_hpte *hpte)
{
	struct json_object *dwords;
	char text[24];

	if (!hpte) {
		json_put_null(entry, name);
		return;
	}
	dwords = json_put_array(entry, name);
	snprintf(text, sizeof(text), "%016" PRIx64, hpte->v);
	json_add_text(dwords, text);
	snprintf(text, sizeof(text), "%016" PRIx64, hpte->r);
	json_add_text(dwords, text);
}

static void put_difference(struct json_object *list,
			   const struct table_difference *difference)
{
	struct json_object *entry = json_add_object(list), *fields;

	json_put_number(entry, "index", difference->index);
	put_hpte(entry, "a", difference->a);
	put_hpte(entry, "b", difference->b);
	fields = json_put_array(entry, "fields");
	for (int i = 0; i < DIFF_FIELDS; i++)
		if (difference->fields & 1U << i)
			json_add_text(fields, table_diff_names[i]);
}

static void see(void *context, const struct table_difference *difference)
{
	struct counts *counts = context;

	if (!difference->b)
		counts->only[0]++;
	else if (!difference->a)
		counts->only[1]++;
	else
		counts->changed++;
	for (int i = 0; i < DIFF_FIELDS; i++)
		counts->fields[i] += difference->fields >> i & 1;
	if (counts->question->brief)
		return;
	if (counts->list)
		put_difference(counts->list, difference);
	else
		print_difference(difference);
}

static void print_counts(const struct counts *counts, const struct table *a,
			 const struct table *b)
{
	const struct source_choice *choices = counts->question->choices;
	const char *separator = ": ";

	if (a->order != b->order)
		printf("The orders are %" PRIu32 " and %" PRIu32 ".\n",
		       a->order, b->order);
	printf("only in %s: %" PRIu64 "\n", source_name(&choices[0]),
	       counts->only[0]);
	printf("only in %s: %" PRIu64 "\n", source_name(&choices[1]),
	       counts->only[1]);
	printf("in both, but different: %" PRIu64, counts->changed);
	for (int i = 0; i < DIFF_FIELDS; i++)
		if (counts->fields[i]) {
			printf("%s%s %" PRIu64, separator, table_diff_names[i],
			       counts->fields[i]);
			separator = ", ";
		}
	putchar('\n');
}

static void put_counts(struct json_object *all, const struct counts *counts,
		       const struct table *a, const struct table *b)
{
	struct json_object *orders = json_put_array(all, "orders"), *fields;

	json_add_number(orders, a->order);
	json_add_number(orders, b->order);
	json_put_number(all, "only_in_a", counts->only[0]);
	json_put_number(all, "only_in_b", counts->only[1]);
	json_put_number(all, "changed", counts->changed);
	fields = json_put_object(all, "changed_fields");
	for (int i = 0; i < DIFF_FIELDS; i++)
		json_put_number(fields, table_diff_names[i], counts->fields[i]);
}

static int compare(const struct question *question, const struct source *a,
		   const struct source *b)
{
	struct json_object *all = question->json ? json_new() : NULL;
	struct counts counts = { .question = question };
	bool equal;

	if (all && !question->brief)
		counts.list = json_put_array(all, "entries");
	table_diff(&a->table, &b->table, see, &counts);
	/* An order that is not known is that of the other, as far as is known. */
	equal = !counts.only[0] && !counts.only[1] && !counts.changed &&
		(a->table.order == b->table.order || !a->order_is_known ||
		 !b->order_is_known);
	if (all) {
		json_put_bool(all, "equal", equal);
		put_counts(all, &counts, &a->table, &b->table);
		json_print(all);
	} else if (!equal) {
		print_counts(&counts, &a->table, &b->table);
	}
	return equal ? EQUAL : DIFFERENT;
}

int command_diff(int argc, char **argv)
{
	struct question question = { 0 };
	struct source a = { 0 }, b = { 0 };
	int status = TROUBLE;

	argp_parse(&argp, argc, argv, 0, NULL, &question);
	if (question.json && !json_is_possible())
		return TROUBLE;
	if (source_load(&a, &question.choices[0]) &&
	    source_load(&b, &question.choices[1]))
		status = compare(&question, &a, &b);
	source_free(&a);
	source_free(&b);
	return status;
}
