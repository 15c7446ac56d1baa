/* SPDX-License-Identifier: MIT */
/*
 * The experiments of which *.txt are the transcripts, as real kernels answered
 * them: the same calls again, printed in the same way.
 */
#ifndef HTAB_TEST_TRANSCRIPTS_H
#define HTAB_TEST_TRANSCRIPTS_H

#include "host.h"
#include "htab.h"

extern struct host host;

/* "ENOMEM"; "-" for what is no error */
const char *error_name(long result);
/* The value that a system call returns: the errors are all -1 there. */
long returned(long result);

int new_vm(void);
void close_vm(int vmfd);

void observe_tables(void); /* linux-*-powernv*.txt */
void observe_htab_fd(void); /* linux-*-htab-fd.txt */

#endif
