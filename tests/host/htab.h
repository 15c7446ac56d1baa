/* SPDX-License-Identifier: MIT */
/*
 * The table's ioctls and the htab fd without libhtab, on either kind of host.
 * The conformance suite, the random operations and the transcripts share these
 * functions. Each returns >= 0 or -errno, as the kernel does.
 */
#ifndef HTAB_TEST_HOST_HTAB_H
#define HTAB_TEST_HOST_HTAB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host.h"
#include "sim/uapi-sim.h"

int host_capability(int fd, uintptr_t cap);

int host_allocate(int vmfd, uint32_t *order);
int host_prepare(int vmfd, uint32_t order, uint64_t flags);
int host_commit(int vmfd, uint32_t order, uint64_t flags);

/* The caller closes the descriptor with host_close_fd(). */
int host_open_htab(int vmfd, uint64_t flags, uint64_t start_index);

/* Each of these opens an htab fd, writes one record to it and closes it. The
 * record has one entry (v, r), or count invalid ones and no entry. */
ssize_t host_write_entry(int vmfd, uint32_t index, uint64_t v, uint64_t r);
ssize_t host_write_invalid(int vmfd, uint32_t index, uint16_t count);

/* What one or more reads of an htab fd have returned */
struct contents {
	long bytes;
	unsigned int records;
	uint64_t valid, invalid;
	uint64_t first; /* the index of the first record */
	uint64_t end;	/* the index behind the last record */
	uint32_t last_valid;
};

/* Reads once, and adds the records to *contents. Returns the number of bytes,
 * or -EBADMSG if the last record goes on behind them. */
ssize_t host_read_htab(int htabfd, size_t size, struct contents *contents);

#endif
