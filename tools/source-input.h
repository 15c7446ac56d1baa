/* SPDX-License-Identifier: MIT */
/* Bytes that are read one after the other, with a look ahead, from a descriptor
 * or from memory */
#ifndef HTAB_TOOLS_SOURCE_INPUT_H
#define HTAB_TOOLS_SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source_input {
	int fd;
	/* The bytes that were read and not yet taken are at + left. */
	unsigned char *buffer;
	size_t room;
	const unsigned char *at;
	size_t left;
	uint64_t offset; /* of at in the whole */
	int error;	 /* of read(), negative, or 0 */
	/* Is called now and then, unless it is NULL */
	void (*progress)(void *context, uint64_t offset);
	void *context;
};

void input_from_fd(struct source_input *input, int fd);
void input_from_memory(struct source_input *input, const void *bytes,
		       size_t len);
void input_free(struct source_input *input);

/*
 * Waits until n bytes are at input->at, or the end. Returns whether they are.
 * If not, input->left are, and input->error says if the end is an error. The
 * memory grows with the bytes that there are, not with n.
 */
bool input_peek(struct source_input *input, size_t n);

/* Goes on by n bytes, which have been peeked at. */
void input_take(struct source_input *input, size_t n);

/* Goes on by n bytes. Returns whether there are so many. */
bool input_skip(struct source_input *input, uint64_t n);

/* Reads to the end. A writer at the other end of a pipe (QEMU's "exec:") would
 * fail if its reader left early. */
void input_drain(struct source_input *input);

static inline uint64_t get_be(const unsigned char *at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static inline uint64_t get_le(const unsigned char *at, int bytes)
{
	uint64_t value = 0;

	while (bytes > 0)
		value = value << 8 | at[--bytes];
	return value;
}

#endif
