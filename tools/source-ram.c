/* SPDX-License-Identifier: MIT */
/*
 * The pages of RAM in QEMU's stream. They come between the sections of the
 * table, and their length is not written anywhere, so their own framing has to
 * be followed: an address whose low bits are flags, the name of the memory if
 * it is not that of the page before, and what the flags say.
 */
#include "source-format.h"

#include <errno.h>

enum {
	RAM_ZERO = 0x2, /* a page of one byte */
	RAM_PAGE = 0x8,
	RAM_END = 0x10,	     /* of the section */
	RAM_CONTINUE = 0x20, /* the same memory as before */
	RAM_XBZRLE = 0x40,   /* a difference from an earlier page */
	RAM_COMPRESSED = 0x100,
	RAM_FLUSH = 0x200, /* of multifd, whose pages are in other streams */
};

/* A length of n bytes, what more precedes the data, and the data */
static bool skip_counted(struct source_input *input, int n, size_t before)
{
	uint64_t len;

	if (!input_skip(input, before) || !input_peek(input, (size_t)n))
		return false;
	len = get_be(input->at, n);
	return input_skip(input, (uint64_t)n + len);
}

static int skip_page(struct source *source, struct source_input *input,
		     uint64_t flags, unsigned int page_bits)
{
	bool good;

	if (!(flags & RAM_CONTINUE) && !skip_counted(input, 1, 0))
		return source_fail_cut(source, input);
	switch (flags & ~(uint64_t)RAM_CONTINUE) {
	case RAM_ZERO:
		good = input_skip(input, 1);
		break;
	case RAM_PAGE:
		good = input_skip(input, UINT64_C(1) << page_bits);
		break;
	case RAM_XBZRLE:
		good = skip_counted(input, 2, 1);
		break;
	case RAM_COMPRESSED:
		good = skip_counted(input, 4, 0);
		break;
	default:
		return source_fail(source, -EBADMSG,
				   "The RAM in the stream has pages of an "
				   "unknown kind, 0x%llx, at byte %llu.",
				   (unsigned long long)flags,
				   (unsigned long long)input->offset);
	}
	return good ? 0 : source_fail_cut(source, input);
}

int source_skip_ram(struct source *source, struct source_input *input,
		    unsigned int page_bits)
{
	const uint64_t mask = (UINT64_C(1) << page_bits) - 1;

	for (;;) {
		uint64_t flags;
		int r;

		if (!input_peek(input, 8))
			return source_fail_cut(source, input);
		flags = get_be(input->at, 8) & mask;
		input_take(input, 8);
		if (flags == RAM_END)
			return 0;
		if (flags == RAM_FLUSH)
			continue;
		r = skip_page(source, input, flags, page_bits);
		if (r < 0)
			return r;
	}
}
