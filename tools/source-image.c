/* SPDX-License-Identifier: MIT */
/* An image of htab_save(), by docs/image-format.md */
#include "source-format.h"
#include "table-image.h"

#include <errno.h>
#include <string.h>

bool source_is_image(const struct source_input *input)
{
	return input->left >= sizeof(image_magic) &&
	       memcmp(input->at, image_magic, sizeof(image_magic)) == 0;
}

static int read_header(struct source *source, struct source_input *input)
{
	uint64_t order;

	if (!input_peek(input, IMAGE_HEADER))
		return source_fail_cut(source, input);
	if (get_be(input->at + 8, 4) != IMAGE_VERSION)
		return source_fail(source, -EPROTONOSUPPORT,
				   "The image has version %llu, and this "
				   "program knows version %d.",
				   (unsigned long long)get_be(input->at + 8, 4),
				   IMAGE_VERSION);
	if (!image_sums_are_right(input->at, 16, input->at + 16, NULL, 0))
		return source_fail(source, -EBADMSG,
				   "The image is damaged: the sums of its "
				   "header are wrong.");
	order = get_be(input->at + 12, 4);
	input_take(input, IMAGE_HEADER);
	return source_set_order(source, order);
}

/* Returns 1, 0 after the block that ends the image, or a negative errno. */
static int read_block(struct source *source, struct source_input *input,
		      uint32_t number)
{
	size_t len;
	int r;

	if (!input_peek(input, IMAGE_HEAD))
		return source_fail_cut(source, input);
	len = (size_t)get_be(input->at + 4, 4);
	if (get_be(input->at, 4) != number || len > IMAGE_BLOCK || len % 8)
		return source_fail(source, -EBADMSG,
				   "The image is damaged: block %u is not "
				   "where it should be.",
				   (unsigned int)number);
	if (!input_peek(input, IMAGE_HEAD + len))
		return source_fail_cut(source, input);
	if (!image_sums_are_right(input->at, 8, input->at + 8,
				  input->at + IMAGE_HEAD, len))
		return source_fail(source, -EBADMSG,
				   "The image is damaged: the sums of block "
				   "%u are wrong.",
				   (unsigned int)number);
	r = source_records(source, input->at + IMAGE_HEAD, len);
	input_take(input, IMAGE_HEAD + len);
	if (r < 0)
		return r;
	return len > 0;
}

int source_read_image(struct source *source, struct source_input *input)
{
	uint32_t number = 0;
	int r = read_header(source, input);

	if (r < 0)
		return r;
	do {
		r = read_block(source, input, number++);
	} while (r > 0);
	return r;
}
