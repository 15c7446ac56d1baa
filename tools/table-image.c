/* SPDX-License-Identifier: MIT */
#include "table-image.h"

#include <string.h>

const unsigned char image_magic[8] = {
	'l', 'i', 'b', 'h', 't', 'a', 'b', '\n'
};

enum { HEADER = 8, ENTRY = 16 };

struct sums {
	uint64_t a, b;
};

static void put_be(unsigned char *at, int bytes, uint64_t value)
{
	while (bytes > 0) {
		at[--bytes] = (unsigned char)value;
		value >>= 8;
	}
}

static void add(struct sums *sums, const unsigned char *at, size_t len)
{
	for (const unsigned char *end = at + len; at < end; at += 4) {
		sums->a += (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			   (uint32_t)at[2] << 8 | at[3];
		sums->b += sums->a;
	}
}

static void put_sums(unsigned char *out, const unsigned char *head,
		     size_t head_len, const unsigned char *bytes, size_t len)
{
	struct sums sums = { 0 };

	add(&sums, head, head_len);
	if (len)
		add(&sums, bytes, len);
	put_be(out, 8, sums.a);
	put_be(out + 8, 8, sums.b);
}

bool image_sums_are_right(const unsigned char *head, size_t head_len,
			  const unsigned char *sums, const unsigned char *bytes,
			  size_t len)
{
	unsigned char right[16];

	put_sums(right, head, head_len, bytes, len);
	return memcmp(right, sums, sizeof(right)) == 0;
}

/* Records on their way to a stream, in blocks or without them */
struct writer {
	FILE *stream;
	bool blocks;
	uint32_t number;
	size_t len;
	unsigned char bytes[IMAGE_BLOCK];
};

static void put_block(struct writer *writer)
{
	unsigned char head[IMAGE_HEAD];

	if (writer->blocks) {
		put_be(head, 4, writer->number++);
		put_be(head + 4, 4, writer->len);
		put_sums(head + 8, head, 8, writer->bytes, writer->len);
		fwrite(head, sizeof(head), 1, writer->stream);
	}
	fwrite(writer->bytes, 1, writer->len, writer->stream);
	writer->len = 0;
}

static void put_entry(unsigned char *at, const struct htab_hpte *hpte)
{
	put_be(at, 8, hpte->v);
	put_be(at + 8, 8, hpte->r);
}

/* A record of n entries of a group. Neighbours that are in two groups are in
 * two records: these cost 8 bytes for at most 128. */
static void put_record(struct writer *writer, const struct table_group *group,
		       uint32_t from, uint32_t n)
{
	unsigned char *at;

	if (sizeof(writer->bytes) - writer->len < HEADER + n * ENTRY)
		put_block(writer);
	at = writer->bytes + writer->len;
	put_be(at, 4, (uint64_t)group->number * TABLE_GROUP + from);
	put_be(at + 4, 2, n);
	put_be(at + 6, 2, 0);
	for (uint32_t i = 0; i < n; i++)
		put_entry(at + HEADER + i * ENTRY, &group->entries[from + i]);
	writer->len += HEADER + (size_t)n * ENTRY;
}

static void put_group(struct writer *writer, const struct table_group *group)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i <= TABLE_GROUP; i++) {
		if (i < TABLE_GROUP && table_is_valid(&group->entries[i]))
			continue;
		if (i > from)
			put_record(writer, group, from, i - from);
		from = i + 1;
	}
}

static void put_groups(struct writer *writer, const struct table *table)
{
	for (size_t i = 0; i < table->n_groups; i++)
		put_group(writer, &table->groups[i]);
	if (writer->len)
		put_block(writer);
}

bool table_write_image(const struct table *table, FILE *stream)
{
	struct writer writer = { .stream = stream, .blocks = true };
	unsigned char header[IMAGE_HEADER];

	memcpy(header, image_magic, sizeof(image_magic));
	put_be(header + 8, 4, IMAGE_VERSION);
	put_be(header + 12, 4, table->order);
	put_sums(header + 16, header, 16, NULL, 0);
	fwrite(header, sizeof(header), 1, stream);
	put_groups(&writer, table);
	/* The block without records ends the image. */
	put_block(&writer);
	return !ferror(stream);
}

bool table_write_qemu(const struct table *table, FILE *stream)
{
	static const unsigned char mark[HEADER];
	struct writer writer = { .stream = stream };
	unsigned char words[8];

	put_be(words, 8, (uint64_t)table->order << 32);
	fwrite(words, sizeof(words), 1, stream);
	put_groups(&writer, table);
	fwrite(mark, sizeof(mark), 1, stream);
	return !ferror(stream);
}
