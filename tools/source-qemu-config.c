/* SPDX-License-Identifier: MIT */
/* What QEMU's stream says before its sections and between them */
#include "source-qemu.h"

#include <errno.h>
#include <string.h>

static int take_capabilities(struct stream *stream)
{
	char name[STREAM_NAME];
	uint64_t count;

	if (!stream_take(stream, 4, &count))
		return stream_cut(stream);
	while (count--) {
		if (!stream_take_name(stream, name))
			return stream_cut(stream);
		if (strcmp(name, "mapped-ram") == 0)
			return source_fail(
				stream->source, -EOPNOTSUPP,
				"QEMU has written this file with mapped-ram, "
				"which cannot be read.");
	}
	return 1;
}

int stream_subsection(struct stream *stream)
{
	char name[STREAM_NAME];
	uint64_t value;

	if (!stream_take_name(stream, name) || !stream_take(stream, 4, &value))
		return stream_cut(stream);
	if (strcmp(name, "configuration/capabilities") == 0)
		return take_capabilities(stream);
	if (strcmp(name, "configuration/uuid") == 0)
		return input_skip(stream->input, 16) ? 1 : stream_cut(stream);
	if (strcmp(name, "configuration/target-page-bits") != 0)
		return stream_strange(stream);
	if (!stream_take(stream, 4, &value))
		return stream_cut(stream);
	/* The flags of a page need 10 bits. */
	if (value < 10 || value > 30)
		return stream_strange(stream);
	stream->page_bits = (unsigned int)value;
	return 1;
}

int stream_configuration(struct stream *stream)
{
	uint64_t len;

	if (!stream_take(stream, 4, &len) || !input_skip(stream->input, len))
		return stream_cut(stream);
	return 1;
}

int stream_command(struct stream *stream)
{
	uint64_t command, len;

	if (!stream_take(stream, 2, &command) ||
	    !stream_take(stream, 2, &len) || !input_skip(stream->input, len))
		return stream_cut(stream);
	return 1;
}
