/* SPDX-License-Identifier: MIT */
#include "source-format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The largest record has to fit, for the recognition of records. */
enum { LOOK_AHEAD = RECORD_HEADER + UINT16_MAX * RECORD_ENTRY };

const char *source_kind_name(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_IMAGE:
		return "image";
	case SOURCE_QEMU:
		return "migration stream of QEMU";
	case SOURCE_BODY:
		return "table of a QEMU stream";
	case SOURCE_RECORDS:
		return "records of an htab descriptor";
	case SOURCE_DEBUGFS:
		return "debugfs text";
	case SOURCE_UNKNOWN:
		break;
	}
	return "unknown";
}

int source_fail(struct source *source, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(source->why, sizeof(source->why), format, arguments);
	va_end(arguments);
	return error;
}

int source_fail_cut(struct source *source, const struct source_input *input)
{
	if (input->error == -ENOMEM)
		return source_fail(source, -ENOMEM, "There is no memory left.");
	if (input->error)
		return source_fail(source, input->error,
				   "It cannot be read: %s.",
				   strerror(-input->error));
	return source_fail(source, -EBADMSG,
			   "It is cut: it ends at byte %llu, in the middle.",
			   (unsigned long long)input->offset + input->left);
}

int source_set_order(struct source *source, uint64_t order)
{
	if (order < HTAB_ORDER_MIN || order > HTAB_ORDER_MAX)
		return source_fail(
			source, -EBADMSG,
			"It claims a table of order %llu, which is not from "
			"%d to %d.",
			(unsigned long long)order, HTAB_ORDER_MIN,
			HTAB_ORDER_MAX);
	if (source->table.order && !source->order_is_known &&
	    source->table.order != order)
		return source_fail(source, -EINVAL,
				   "Its table has order %llu, not %u.",
				   (unsigned long long)order,
				   (unsigned int)source->table.order);
	source->table.order = (uint32_t)order;
	source->order_is_known = true;
	return 0;
}

static int read_records(struct source *source, struct source_input *input,
			enum byte_order byte_order)
{
	int r;

	do {
		r = source_record(source, input, byte_order);
	} while (r == RECORD_READ || r == RECORD_MARK);
	return r;
}

static int read_bodies(struct source *source, struct source_input *input)
{
	int r;

	do {
		r = source_body(source, input);
	} while (r > 0);
	return r;
}

static int read_kind(struct source *source, struct source_input *input)
{
	enum byte_order byte_order;

	if (source_is_image(input)) {
		source->kind = SOURCE_IMAGE;
		return source_read_image(source, input);
	}
	if (source_is_qemu(input)) {
		source->kind = SOURCE_QEMU;
		return source_read_qemu(source, input);
	}
	if (source_is_libvirt(input)) {
		source->kind = SOURCE_QEMU;
		return source_read_libvirt(source, input);
	}
	if (source_is_debugfs(input)) {
		source->kind = SOURCE_DEBUGFS;
		return source_read_debugfs(source, input);
	}
	if (source_is_body(input)) {
		source->kind = SOURCE_BODY;
		return read_bodies(source, input);
	}
	if (source_is_records(input, &byte_order)) {
		source->kind = SOURCE_RECORDS;
		return read_records(source, input, byte_order);
	}
	if (!input->left)
		return source_fail(source, -ENODATA, "It is empty.");
	return source_fail(source, -EBADMSG,
			   "It is neither an image of htab_save(), nor a "
			   "migration stream of QEMU, nor records of a table.");
}

int source_parse(struct source *source, struct source_input *input,
		 uint32_t order)
{
	int r;

	*source = (struct source){ 0 };
	table_init(&source->table, order);
	input_peek(input, LOOK_AHEAD);
	r = input->error ? source_fail_cut(source, input)
			 : read_kind(source, input);
	if (r < 0)
		return r;
	table_finish(&source->table);
	if (order)
		source->order_is_known = true;
	return 0;
}

void source_free(struct source *source)
{
	table_free(&source->table);
}
