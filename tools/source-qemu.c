/* SPDX-License-Identifier: MIT */
/*
 * The migration stream of QEMU, as "migrate exec:" or "migrate file:" makes it.
 *
 * The stream is a sequence of sections. A section has no length, so a reader
 * has to know what is in it. This one knows the table's sections and those of
 * RAM. QEMU sends both before the state of the devices, so what the reader
 * leaves out are a few kinds of sections. It looks for their end: a footer with
 * the section's number, and behind it the beginning of another section. QEMU
 * writes footers since 2.4, for machine types that are not older.
 */
#include "source-qemu.h"

#include <errno.h>
#include <string.h>

enum { MAGIC = 0x5145564d, VERSION = 3, PAGE_BITS = 12 };

bool source_is_qemu(const struct source_input *input)
{
	return input->left >= 8 && get_be(input->at, 4) == MAGIC;
}

int stream_cut(const struct stream *stream)
{
	return source_fail_cut(stream->source, stream->input);
}

int stream_strange(const struct stream *stream)
{
	return source_fail(stream->source, -EBADMSG,
			   "The stream has no section of QEMU at byte %llu.",
			   (unsigned long long)stream->input->offset);
}

/* Takes a number of n bytes. */
bool stream_take(struct stream *stream, int n, uint64_t *value)
{
	if (!input_peek(stream->input, (size_t)n))
		return false;
	*value = get_be(stream->input->at, n);
	input_take(stream->input, (size_t)n);
	return true;
}

/* Takes a length of one byte and a name. The name ends with a 0. */
bool stream_take_name(struct stream *stream, char *name)
{
	uint64_t len;

	if (!stream_take(stream, 1, &len) ||
	    !input_peek(stream->input, (size_t)len))
		return false;
	memcpy(name, stream->input->at, (size_t)len);
	name[len] = '\0';
	input_take(stream->input, (size_t)len);
	return true;
}

/* Returns 1, 0 after the last section of the table, or a negative errno. */
static int take_part(struct stream *stream)
{
	uint64_t part;
	int r;

	if (!stream_take(stream, 1, &part))
		return stream_cut(stream);
	switch (part) {
	case PART_START:
	case PART_FULL:
		r = stream_first_section(stream, (enum part)part);
		return r < 0 ? r : 1;
	case PART_MORE:
	case PART_END:
		return stream_later_section(stream, (enum part)part);
	case PART_COMMAND:
		return stream_command(stream);
	case PART_CONFIGURATION:
		return stream_configuration(stream);
	case PART_SUBSECTION:
		return stream_subsection(stream);
	case PART_EOF:
		return source_fail(stream->source, -EBADMSG,
				   "The stream ends before the table does.");
	default:
		return stream_strange(stream);
	}
}

int source_read_qemu(struct source *source, struct source_input *input)
{
	struct stream stream = { .source = source,
				 .input = input,
				 .page_bits = PAGE_BITS };
	int r;

	if (get_be(input->at + 4, 4) != VERSION)
		return source_fail(source, -EPROTONOSUPPORT,
				   "The stream of QEMU has version %llu, and "
				   "this program knows version %d.",
				   (unsigned long long)get_be(input->at + 4, 4),
				   VERSION);
	input_take(input, 8);
	do {
		r = take_part(&stream);
	} while (r > 0);
	return r;
}
