/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include "json.h"

static void put_sizes(struct json_object *all, const struct table_stat *stat)
{
	struct json_object *sizes = json_put_array(all, "page_sizes"), *one;

	for (int i = 0; i < TABLE_STAT_SIZES; i++) {
		const struct table_stat_size *size = &table_stat_sizes[i];

		if (!stat->sizes[i])
			continue;
		one = json_add_object(sizes);
		json_put_number(one, "page_size",
				UINT64_C(1) << size->page_shift);
		json_put_number(one, "base_page_size",
				UINT64_C(1) << size->base_shift);
		json_put_number(one, "entries", stat->sizes[i]);
	}
	json_put_number(all, "unknown_page_size", stat->unknown_size);
}

static void put_groups(struct json_object *all, const struct source *source,
		       const struct table_stat *stat)
{
	struct json_object *fill, *runs, *one;

	json_put_number(all, "groups", table_groups(&source->table));
	fill = json_put_array(all, "groups_by_valid_entries");
	for (int i = 0; i <= TABLE_GROUP; i++)
		json_add_number(fill, stat->fill[i]);
	runs = json_put_array(all, "longest_full_runs");
	for (unsigned int i = 0; i < stat->n_runs; i++) {
		one = json_add_object(runs);
		json_put_number(one, "first_group", stat->runs[i].first);
		json_put_number(one, "groups", stat->runs[i].groups);
	}
}

static void put_vrma(struct json_object *all, const struct table_stat *stat)
{
	struct json_object *vrma = json_put_object(all, "vrma");

	json_put_number(vrma, "entries", stat->vrma);
	json_put_number(vrma, "bytes", stat->vrma_bytes);
	if (stat->vrma_shift)
		json_put_number(vrma, "page_size",
				UINT64_C(1) << stat->vrma_shift);
	else
		json_put_null(vrma, "page_size");
}

void stat_print_json(const struct source *source, const struct table_stat *stat)
{
	struct json_object *all = json_new(), *segments;

	json_put_text(all, "source", source_kind_name(source->kind));
	json_put_number(all, "order", source->table.order);
	json_put_bool(all, "order_is_known", source->order_is_known);
	json_put_number(all, "entries", table_entries(&source->table));
	json_put_number(all, "valid", stat->valid);
	json_put_number(all, "bolted", stat->bolted);
	json_put_number(all, "secondary", stat->secondary);
	json_put_number(all, "referenced", stat->referenced);
	json_put_number(all, "changed", stat->changed);
	put_sizes(all, stat);
	segments = json_put_object(all, "segments");
	json_put_number(segments, "256M", stat->segments_256m);
	json_put_number(segments, "1T", stat->segments_1t);
	json_put_number(segments, "unknown", stat->segments_unknown);
	put_groups(all, source, stat);
	put_vrma(all, stat);
	json_print(all);
}
