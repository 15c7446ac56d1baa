/* SPDX-License-Identifier: MIT */
/*
 * The experiments of which *.txt are the transcripts, as real kernels answered
 * them: the same calls again, printed in the same way.
 */
#ifndef HTAB_TEST_TRANSCRIPTS_H
#define HTAB_TEST_TRANSCRIPTS_H

#include "host.h"
#include "sim/uapi-sim.h"

extern struct host host;

/* "ENOMEM"; "-" for what is no error */
const char *error_name(long result);
/* The value that a system call returns: the errors are all -1 there. */
long returned(long result);

int allocate(int vmfd, uint32_t *order);
int open_htab(int vmfd, uint64_t flags, uint64_t start_index);
/* Writes a record: count entries, or none and count invalid ones */
ssize_t write_record(int vmfd, uint32_t index, bool valid, uint16_t count,
		     uint64_t v, uint64_t r);

/* What one or more reads of an htab fd told */
struct seen {
	long bytes;
	unsigned int records;
	uint64_t valid, invalid, first, end;
};
/* One read, added; what it returned */
ssize_t read_once(int htabfd, size_t size, struct seen *seen);

/* main.c has a VM for each block, or lets one go through several. */
int new_vm(void);
void close_vm(int vmfd);

void observe_tables(void); /* linux-*-powernv*.txt */
void observe_htab_fd(void); /* linux-*-htab-fd.txt */

#endif
