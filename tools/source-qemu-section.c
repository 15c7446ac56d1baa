/* SPDX-License-Identifier: MIT */
/* The sections of QEMU's stream, and how they end */
#include "source-qemu.h"

#include <errno.h>
#include <string.h>

enum { FOOTER = 5 };

static const struct section *find(const struct stream *stream, uint64_t id)
{
	for (unsigned int i = 0; i < stream->n_sections; i++)
		if (stream->sections[i].id == id)
			return &stream->sections[i];
	return NULL;
}

/* --- the end of a section --- */

/* Whether the bytes are the head of a section, or another beginning. Only so
 * many bytes are there as input->left says. */
static bool is_beginning(const struct stream *stream, const unsigned char *at,
			 size_t left)
{
	size_t len;

	if (left < 6)
		return left >= 1 && at[0] == PART_EOF;
	switch (at[0]) {
	case PART_EOF:
	case PART_COMMAND:
		return true;
	case PART_MORE:
	case PART_END:
		return find(stream, get_be(at + 1, 4));
	case PART_START:
	case PART_FULL:
		break;
	default:
		return false;
	}
	len = at[5];
	for (size_t i = 6; i < 6 + len && i < left; i++)
		if (at[i] < ' ' || at[i] > '~')
			return false;
	return len > 0;
}

static bool is_footer(const struct stream *stream, uint32_t id)
{
	const struct source_input *input = stream->input;

	return input->left >= FOOTER && input->at[0] == PART_FOOTER &&
	       get_be(input->at + 1, 4) == id;
}

static int take_footer(struct stream *stream, uint32_t id)
{
	if (!input_peek(stream->input, FOOTER))
		return stream_cut(stream);
	if (!is_footer(stream, id))
		return source_fail(stream->source, -EBADMSG,
				   "A section of the stream does not end at "
				   "byte %llu, as it should. Streams of QEMU "
				   "before 2.4 cannot be read.",
				   (unsigned long long)stream->input->offset);
	input_take(stream->input, FOOTER);
	return 0;
}

static int no_end(const struct stream *stream)
{
	if (stream->input->error)
		return stream_cut(stream);
	return source_fail(stream->source, -EBADMSG,
			   "A section of the stream has no end. The stream is "
			   "cut, or comes from a QEMU before 2.4.");
}

static int skip_to_end(struct stream *stream, uint32_t id)
{
	struct source_input *const input = stream->input;

	for (;;) {
		const unsigned char *next;

		/* A head of a section has to fit behind the footer. */
		if (!input_peek(input, FOOTER + 6 + STREAM_NAME) &&
		    (input->error || input->left < FOOTER))
			return no_end(stream);
		if (is_footer(stream, id) &&
		    is_beginning(stream, input->at + FOOTER,
				 input->left - FOOTER)) {
			input_take(input, FOOTER);
			return 0;
		}
		next = memchr(input->at + 1, PART_FOOTER, input->left - 1);
		input_take(input,
			   next ? (size_t)(next - input->at) : input->left);
	}
}

/* --- sections --- */

static int take_body(struct stream *stream, enum part part,
		     const struct section *section)
{
	int r = 0;

	switch (section->content) {
	case OTHER:
		return skip_to_end(stream, section->id);
	case RAM:
		/* The first one has a list of memories that depends on QEMU's
		 * version and on how it was told to migrate. */
		if (part == PART_START || part == PART_FULL)
			return skip_to_end(stream, section->id);
		r = source_skip_ram(stream->source, stream->input,
				    stream->page_bits);
		break;
	case TABLE:
		stream->has_table = true;
		r = source_body(stream->source, stream->input);
		if (r == 0)
			return stream_cut(stream);
		break;
	}
	return r < 0 ? r : take_footer(stream, section->id);
}

int stream_first_section(struct stream *stream, enum part part)
{
	char name[STREAM_NAME];
	struct section section = { 0 };
	uint64_t id, instance_and_version;

	if (!stream_take(stream, 4, &id) || !stream_take_name(stream, name) ||
	    !stream_take(stream, 8, &instance_and_version))
		return stream_cut(stream);
	section.id = (uint32_t)id;
	if (strcmp(name, "ram") == 0)
		section.content = RAM;
	else if (strcmp(name, "spapr/htab") == 0)
		section.content = TABLE;
	if (part == PART_START) {
		if (find(stream, id) || stream->n_sections == SECTIONS)
			return stream_strange(stream);
		stream->sections[stream->n_sections++] = section;
	}
	return take_body(stream, part, &section);
}

/* Returns 1, 0 after the last section of the table, or a negative errno. */
int stream_later_section(struct stream *stream, enum part part)
{
	const struct section *section;
	uint64_t id;
	int r;

	if (!stream_take(stream, 4, &id))
		return stream_cut(stream);
	section = find(stream, id);
	if (!section)
		return stream_strange(stream);
	/* The last sections come when all first ones have been sent. */
	if (part == PART_END && !stream->has_table)
		return source_fail(stream->source, -ENOENT,
				   "The stream is not that of a PowerPC guest "
				   "(machine pseries): it has no section "
				   "\"spapr/htab\".");
	r = take_body(stream, part, section);
	if (r < 0)
		return r;
	return part != PART_END || section->content != TABLE;
}
