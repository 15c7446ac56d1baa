/* SPDX-License-Identifier: MIT */
/* What htab try --json prints. htab(1) documents the names. */
#include <errno.h>
#include <string.h>

#include "info.h"
#include "json.h"
#include "libhtab.h"
#include "try.h"
#include "units.h"

static const char *result_word(const struct try_step *step)
{
	if (step->without_vm)
		return "error";
	switch (step->result) {
	case 0:
		return step->given == step->order ? "given" : "larger";
	case -ENOSPC:
		return "smaller";
	case -ENOMEM:
	case -ENOTRECOVERABLE:
		return "no-memory";
	default:
		return "error";
	}
}

/* What "error" stands for */
static const char *error_of(const struct try_step *step)
{
	if (step->without_vm)
		return strerror(-step->result);
	return strcmp(result_word(step), "error") == 0
		       ? htab_strerror(step->result)
		       : NULL;
}

static void put_steps(struct json_object *all, const struct try *try)
{
	struct json_object *steps = json_put_array(all, "steps"), *object;

	for (unsigned int i = 0; i < try->n_steps; i++) {
		const struct try_step *step = &try->steps[i];

		object = json_add_object(steps);
		json_put_number(object, "order", step->order);
		json_put_number(object, "table_bytes",
				table_bytes(step->order));
		json_put_text(object, "result", result_word(step));
		json_put_text(object, "error", error_of(step));
		json_put_number(object, "microseconds", step->microseconds);
	}
}

static void put_table(struct json_object *all, const char *name, uint32_t order)
{
	struct json_object *table;

	if (!order) {
		json_put_null(all, name);
		return;
	}
	table = json_put_object(all, name);
	json_put_number(table, "order", order);
	json_put_number(table, "table_bytes", table_bytes(order));
	json_put_number(table, "guest_memory_bytes", guest_for_order(order));
}

void try_print_json(const struct try *try)
{
	struct json_object *all = json_new();
	const unsigned int ratio = try->n_steps ? try_ratio(try) : 0;

	json_put_text(all, "kvm", kvm_word(try->kvm.kind));
	json_put_text(all, "why_no_table", try->why_no_table);
	put_table(all, "wanted", try->wanted);
	put_steps(all, try);
	put_table(all, "given", try->given);
	put_table(all, "largest", try->largest);
	json_put_bool(all, "enough", try->given >= try->wanted);
	if (try->given < try->wanted && ratio)
		json_put_number(all, "needed_kvm_cma_resv_ratio", ratio);
	else
		json_put_null(all, "needed_kvm_cma_resv_ratio");
	json_print(all);
}
