/* SPDX-License-Identifier: MIT */
/*
 * The format of an image. All numbers are big-endian.
 *
 *	header	0	"libhtab\n"
 *		8	version, 32 bits: 1
 *		12	order of the table, 32 bits
 *		16	sums of bytes 0 to 15
 *	block	0	number, 32 bits: 0, 1, ...
 *		4	length of the records in bytes, 32 bits: at most 32768
 *		8	sums of bytes 0 to 7 and of the records
 *		24	records with headers in big-endian, none of them cut
 *	end		a block without records
 *
 * The sums are two numbers of 64 bits over the words of 32 bits: that of the
 * words, and that of all its intermediate values (Fletcher's). No one or two
 * changed bits leave both as they were, and the numbers of the blocks show one
 * that is missing. They protect from accidents, not from an attacker.
 *
 * An image says where it ends, so that other data can follow it.
 */
#include "image.h"
#include "internal.h"

#include <string.h>

enum { VERSION = 1 };

/* Offsets in the header and in the head of a block */
enum { VERSION_AT = 8, ORDER_AT = 12, HEADER_SUMS_AT = 16, HEADER_SIZE = 32 };
enum { NUMBER_AT = 0, LENGTH_AT = 4, BLOCK_SUMS_AT = 8 };

static const unsigned char magic[8] = {
	'l', 'i', 'b', 'h', 't', 'a', 'b', '\n'
};

struct sums {
	uint64_t a, b;
};

/* A block has 8194 words, so that neither sum overflows. The length is a
 * multiple of 8: two words at a time are faster. */
static void add(struct sums *sums, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t a = sums->a, b = sums->b;

	for (const unsigned char *end = at + len; at < end; at += 8) {
		const uint64_t words = htab_get_be(at, 8);

		a += words >> 32;
		b += a;
		a += (uint32_t)words;
		b += a;
	}
	sums->a = a;
	sums->b = b;
}

static void put_sums(unsigned char *at, const struct sums *sums)
{
	htab_put_be(at, 8, sums->a);
	htab_put_be(at + 8, 8, sums->b);
}

static bool has_sums(const unsigned char *at, const struct sums *sums)
{
	return htab_get_be(at, 8) == sums->a &&
	       htab_get_be(at + 8, 8) == sums->b;
}

static int write_all(int fd, const void *buf, size_t len)
{
	const unsigned char *at = buf;

	while (len) {
		ssize_t n = htab_shim_write(fd, at, len);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		/* An htab fd returns such counts. */
		if (n == 0 || (size_t)n > len)
			return -EPROTO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_all(int fd, void *buf, size_t len)
{
	unsigned char *at = buf;

	while (len) {
		ssize_t n = htab_shim_read(fd, at, len);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EBADMSG;
		if ((size_t)n > len)
			return -EPROTO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int htab_image_put_header(int fd, uint32_t order)
{
	unsigned char header[HEADER_SIZE];
	struct sums sums = { 0 };

	memcpy(header, magic, sizeof(magic));
	htab_put_be(header + VERSION_AT, 4, VERSION);
	htab_put_be(header + ORDER_AT, 4, order);
	add(&sums, header, HEADER_SUMS_AT);
	put_sums(header + HEADER_SUMS_AT, &sums);
	return write_all(fd, header, sizeof(header));
}

int htab_image_get_header(int fd, uint32_t *order)
{
	unsigned char header[HEADER_SIZE];
	struct sums sums = { 0 };
	int r;

	r = read_all(fd, header, sizeof(header));
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(magic); i++)
		if (header[i] != magic[i])
			return -EBADMSG;
	/* Another version may have other sums. */
	if (htab_get_be(header + VERSION_AT, 4) != VERSION)
		return -EPROTONOSUPPORT;
	add(&sums, header, HEADER_SUMS_AT);
	if (!has_sums(header + HEADER_SUMS_AT, &sums))
		return -EBADMSG;
	*order = (uint32_t)htab_get_be(header + ORDER_AT, 4);
	return htab_order_is_valid(*order) ? 0 : -EBADMSG;
}

static struct sums sums_of(const struct htab_block *block, size_t len)
{
	struct sums sums = { 0 };

	add(&sums, block->head, BLOCK_SUMS_AT);
	add(&sums, block->records, len);
	return sums;
}

int htab_image_put_block(int fd, struct htab_block *block, uint32_t number,
			 size_t len)
{
	struct sums sums;

	htab_put_be(block->head + NUMBER_AT, 4, number);
	htab_put_be(block->head + LENGTH_AT, 4, len);
	sums = sums_of(block, len);
	put_sums(block->head + BLOCK_SUMS_AT, &sums);
	return write_all(fd, block, sizeof(block->head) + len);
}

int htab_image_get_block(int fd, struct htab_block *block, uint32_t number)
{
	struct sums sums;
	size_t len;
	int r;

	r = read_all(fd, block->head, sizeof(block->head));
	if (r < 0)
		return r;
	len = (size_t)htab_get_be(block->head + LENGTH_AT, 4);
	if (htab_get_be(block->head + NUMBER_AT, 4) != number ||
	    len > sizeof(block->records) || len % 8)
		return -EBADMSG;
	r = read_all(fd, block->records, len);
	if (r < 0)
		return r;
	sums = sums_of(block, len);
	return has_sums(block->head + BLOCK_SUMS_AT, &sums) ? (int)len
							    : -EBADMSG;
}
