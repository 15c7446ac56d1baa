/* SPDX-License-Identifier: MIT */
/*
 * A guest's table, read from one of the forms in which tables exist outside of
 * KVM. All of them are untrusted bytes: no size in them is believed before the
 * bytes are there.
 */
#ifndef HTAB_TOOLS_SOURCE_H
#define HTAB_TOOLS_SOURCE_H

#include "source-input.h"
#include "table.h"

enum source_kind {
	SOURCE_UNKNOWN,
	SOURCE_IMAGE,	/* of htab_save(): docs/image-format.md */
	SOURCE_QEMU,	/* QEMU's migration stream, or a libvirt save file */
	SOURCE_BODY,	/* what QEMU puts into its sections "spapr/htab" */
	SOURCE_RECORDS, /* records of KVM's htab fd, in either byte order */
	SOURCE_DEBUGFS, /* the text of KVM's debugfs file "htab" */
};

struct source {
	struct table table;
	enum source_kind kind;
	/* Records and debugfs do not say how large the table is. Then its order
	 * is the smallest in which all entries are. */
	bool order_is_known;
	/* If reading fails, a sentence that says why, with a full stop */
	char why[200];
};

/* In words, for messages */
const char *source_kind_name(enum source_kind kind);

/*
 * Finds out what the input is, and reads all of it. order is that of the table
 * as the user knows it, or 0. Returns 0, or a negative errno with a sentence in
 * source->why. Free the source in both cases.
 */
int source_parse(struct source *source, struct source_input *input,
		 uint32_t order);

void source_free(struct source *source);

#endif
