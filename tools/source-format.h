/* SPDX-License-Identifier: MIT */
/* What the readers of the formats share (see source.c) */
#ifndef HTAB_TOOLS_SOURCE_FORMAT_H
#define HTAB_TOOLS_SOURCE_FORMAT_H

#include "source.h"

/* Writes the sentence, and returns error. */
__attribute__((format(printf, 3, 4))) int
source_fail(struct source *source, int error, const char *format, ...);

/* The input has ended too early, or read() has failed. */
int source_fail_cut(struct source *source, const struct source_input *input);

/* Sets the order that the input has; it has to be that of the user. */
int source_set_order(struct source *source, uint64_t order);

enum { RECORD_HEADER = 8, RECORD_ENTRY = 16 };

enum byte_order { LITTLE, BIG };

enum { RECORD_END, RECORD_MARK, RECORD_READ };

/* Reads one record into the table. Returns RECORD_END at the end of the input,
 * RECORD_MARK after a header that is all 0, RECORD_READ, or a negative errno. */
int source_record(struct source *source, struct source_input *input,
		  enum byte_order byte_order);

/* Takes the records that the bytes hold, which have big-endian headers. */
int source_records(struct source *source, const unsigned char *bytes,
		   size_t len);

/* The body of a section "spapr/htab" of QEMU: the order, or 0 and records up to
 * a mark. Returns 1, 0 at the end of the input, or a negative errno. */
int source_body(struct source *source, struct source_input *input);

bool source_is_image(const struct source_input *input);
bool source_is_qemu(const struct source_input *input);
bool source_is_libvirt(const struct source_input *input);
bool source_is_debugfs(const struct source_input *input);
bool source_is_body(const struct source_input *input);
bool source_is_records(const struct source_input *input,
		       enum byte_order *byte_order);

int source_read_image(struct source *source, struct source_input *input);
int source_read_qemu(struct source *source, struct source_input *input);
int source_read_libvirt(struct source *source, struct source_input *input);
int source_read_debugfs(struct source *source, struct source_input *input);

/* Skips the pages in a section of QEMU's RAM, up to its mark. Returns 0 or a
 * negative errno. */
int source_skip_ram(struct source *source, struct source_input *input,
		    unsigned int page_bits);

#endif
