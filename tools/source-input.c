/* SPDX-License-Identifier: MIT */
#include "source-input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 1 << 16 };

void input_from_fd(struct source_input *input, int fd)
{
	*input = (struct source_input){ .fd = fd };
}

void input_from_memory(struct source_input *input, const void *bytes,
		       size_t len)
{
	*input = (struct source_input){ .fd = -1, .at = bytes, .left = len };
}

void input_free(struct source_input *input)
{
	free(input->buffer);
	input->buffer = NULL;
	input->left = 0;
}

/* Makes room behind what is left. */
static bool make_room(struct source_input *input)
{
	size_t room = input->room ? input->room : FIRST_ROOM / 2;
	unsigned char *buffer;

	if (input->left && input->at != input->buffer)
		memmove(input->buffer, input->at, input->left);
	input->at = input->buffer;
	if (input->left < input->room)
		return true;
	if (room > SIZE_MAX / 2)
		return false;
	buffer = realloc(input->buffer, 2 * room);
	if (!buffer)
		return false;
	input->buffer = buffer;
	input->at = buffer;
	input->room = 2 * room;
	return true;
}

/* Returns whether there was more. */
static bool fill(struct source_input *input)
{
	ssize_t n;

	if (input->fd < 0 || input->error)
		return false;
	if (!make_room(input)) {
		input->error = -ENOMEM;
		return false;
	}
	do {
		n = read(input->fd, input->buffer + input->left,
			 input->room - input->left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		input->error = -errno;
	if (n <= 0)
		return false;
	input->left += (size_t)n;
	if (input->progress)
		input->progress(input->context, input->offset + input->left);
	return true;
}

bool input_peek(struct source_input *input, size_t n)
{
	while (input->left < n)
		if (!fill(input))
			return false;
	return true;
}

void input_take(struct source_input *input, size_t n)
{
	input->at += n;
	input->left -= n;
	input->offset += n;
}

bool input_skip(struct source_input *input, uint64_t n)
{
	while (n > input->left) {
		n -= input->left;
		input_take(input, input->left);
		if (!fill(input))
			return false;
	}
	input_take(input, (size_t)n);
	return true;
}

void input_drain(struct source_input *input)
{
	do {
		input_take(input, input->left);
	} while (fill(input));
}
