/* SPDX-License-Identifier: MIT */
/*
 * The text of KVM's debugfs file "htab". Each valid entry is a line: the index,
 * dword 0 and dword 1 as the processor has them, and dword 1 as the guest wrote
 * it. The records of an htab fd have dword 0 in the layout from before ISA 3.0
 * and the guest's dword 1, and this makes the same of a line.
 */
#include "source-format.h"

#include <errno.h>
#include <string.h>

enum { DIGITS = 16, LINE_MAX_BYTES = DIGITS + 3 * (1 + DIGITS) + 1 };

/* KVM has this bit in dword 0 instead of VALID while the page is not mapped. */
#define V_ABSENT	UINT64_C(0x20)
/* The locked bit is KVM's own, too. */
#define V_HOST		UINT64_C(0x60)
/* In the layout of ISA 3.0, the size of the segment is in dword 1. */
#define R_SEGMENT	UINT64_C(0x0c00000000000000)
#define R_SEGMENT_SHIFT 4
/* KVM's mark that the entry was modified, in the guest's dword 1 */
#define R_MODIFIED	UINT64_C(0x4000000000000000)

/* A table with more entries cannot be in memory. */
static const uint64_t most_entries = UINT64_C(1) << 35;

struct line {
	uint64_t index, v, host, guest;
};

static int digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Reads up to most digits, and at least least. Returns what follows, or NULL. */
static const unsigned char *get_hex(const unsigned char *at, int least,
				    uint64_t *value)
{
	int n = 0;

	*value = 0;
	while (n < DIGITS && digit(*at) >= 0) {
		*value = *value << 4 | (uint64_t)digit(*at++);
		n++;
	}
	return n >= least ? at : NULL;
}

/* The line has a newline at its end. Returns whether it is an entry. */
static bool get_line(const unsigned char *at, struct line *line)
{
	uint64_t *const rest[] = { &line->v, &line->host, &line->guest };

	while (*at == ' ')
		at++;
	at = get_hex(at, 1, &line->index);
	for (int i = 0; at && i < 3; i++)
		at = *at == ' ' ? get_hex(at + 1, DIGITS, rest[i]) : NULL;
	return at && *at == '\n';
}

/* Returns the length of the line with its newline, or 0 if there is none. */
static size_t line_length(const struct source_input *input)
{
	const size_t most = input->left < LINE_MAX_BYTES ? input->left
							 : LINE_MAX_BYTES;
	const unsigned char *end = most ? memchr(input->at, '\n', most) : NULL;

	return end ? (size_t)(end - input->at) + 1 : 0;
}

bool source_is_debugfs(const struct source_input *input)
{
	struct line line;

	return line_length(input) && get_line(input->at, &line);
}

static int enter(struct source *source, const struct line *line)
{
	const uint64_t limit = source->table.order
				       ? table_entries(&source->table)
				       : most_entries;
	struct htab_hpte hpte = {
		.v = line->v & ~V_HOST,
		.r = line->guest & ~R_MODIFIED,
	};

	if (line->index >= limit)
		return source_fail(source, -EBADMSG,
				   "Entry 0x%llx is beyond the table's end.",
				   (unsigned long long)line->index);
	if (line->v & V_ABSENT)
		hpte.v |= HTAB_V_VALID;
	/* The processor sets these bits in its own dword 1. */
	else if (line->v & HTAB_V_VALID)
		hpte.r |= line->host & (HTAB_R_REFERENCED | HTAB_R_CHANGED);
	hpte.v |= (line->host & R_SEGMENT) << R_SEGMENT_SHIFT;
	if (!table_is_valid(&hpte))
		return source_fail(source, -EBADMSG,
				   "Entry 0x%llx is not valid.",
				   (unsigned long long)line->index);
	if (table_put(&source->table, line->index, &hpte) < 0)
		return source_fail(source, -ENOMEM, "There is no memory left.");
	return 0;
}

int source_read_debugfs(struct source *source, struct source_input *input)
{
	struct line line;
	int r;

	while (input_peek(input, LINE_MAX_BYTES) || input->left) {
		const size_t len = line_length(input);

		if (input->error || (!len && input->left < LINE_MAX_BYTES))
			return source_fail_cut(source, input);
		if (!len || !get_line(input->at, &line))
			return source_fail(source, -EBADMSG,
					   "What is at byte %llu is not a line "
					   "of debugfs.",
					   (unsigned long long)input->offset);
		r = enter(source, &line);
		if (r < 0)
			return r;
		input_take(input, len);
	}
	return input->error ? source_fail_cut(source, input) : 0;
}
