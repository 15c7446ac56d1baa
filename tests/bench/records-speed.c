/* SPDX-License-Identifier: MIT */
/*
 * Compares htab_records_check(), which a VMM calls for all that comes from a
 * network, with memcpy() of the same bytes: 256 MiB of records that are as long
 * as they can be. It has at least half of memcpy()'s speed.
 *
 * The time for records of 8 entries is printed too, without a limit.
 *
 * The output is TAP.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libhtab.h"

enum { HEADER = 8, ENTRY = 16, MOST_ENTRIES = UINT16_MAX };
enum { ORDER = 30, ROUNDS = 7, MOST_TRIES = 5 };
static const size_t SIZE = 256 << 20;

/* At most twice the time */
static const double LIMIT = 2;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Fills the buffer with records of n entries. Returns their length. */
static size_t fill(unsigned char *buf, uint16_t n)
{
	const size_t record_size = HEADER + (size_t)n * ENTRY;
	size_t len = 0;

	memset(buf, 0xff, SIZE); /* Each entry is valid. */
	for (uint32_t index = 0; len + record_size <= SIZE; index += n) {
		memcpy(buf + len, &index, sizeof(index));
		memcpy(buf + len + 4, &n, sizeof(n));
		memset(buf + len + 6, 0, 2);
		len += record_size;
	}
	return len;
}

/* Seconds */
struct times {
	double copy, check;
	int result;
};

static void measure(struct times *best, unsigned char *copy,
		    const unsigned char *buf, size_t len)
{
	for (int i = 0; i < ROUNDS; i++) {
		const double start = now();
		double middle, end;

		memcpy(copy, buf, len);
		/* Without this the compiler may leave out the copy. */
		__asm__ volatile("" : : "r"(copy) : "memory");
		middle = now();
		best->result = htab_records_check(buf, len, ORDER);
		end = now();
		if (best->copy == 0 || middle - start < best->copy)
			best->copy = middle - start;
		if (best->check == 0 || end - middle < best->check)
			best->check = end - middle;
	}
}

static void print(const struct times *best, const char *what, size_t len)
{
	printf("# %s: memcpy() %.2f GB/s, htab_records_check() %.2f GB/s: "
	       "%.2f of the time\n",
	       what, (double)len / best->copy * 1e-9,
	       (double)len / best->check * 1e-9, best->check / best->copy);
}

int main(void)
{
	unsigned char *buf, *copy;
	struct times dense = { 0 }, groups = { 0 };
	size_t len;
	bool good;

#if !defined(__OPTIMIZE__) || defined(INSTRUMENTED)
	printf("1..0 # SKIP a build that is not optimised, or instrumented, "
	       "says nothing about speed\n");
	return 0;
#endif
	buf = malloc(SIZE);
	copy = malloc(SIZE);
	if (!buf || !copy) {
		perror("Bail out! malloc");
		return 1;
	}
	memset(copy, 1, SIZE);
	len = fill(buf, MOST_ENTRIES);
	/* More rounds can only make the best of either more exact. */
	for (int tries = 0; tries < MOST_TRIES; tries++) {
		measure(&dense, copy, buf, len);
		if (dense.check <= dense.copy * LIMIT)
			break;
	}
	good = dense.result == 0 && dense.check <= dense.copy * LIMIT;
	printf("1..1\n%s 1 - htab_records_check() against memcpy()\n",
	       good ? "ok" : "not ok");
	print(&dense, "records of 65535 entries", len);
	len = fill(buf, 8);
	measure(&groups, copy, buf, len);
	print(&groups, "records of 8 entries", len);
	free(copy);
	free(buf);
	return !good;
}
