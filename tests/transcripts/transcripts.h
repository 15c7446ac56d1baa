/* SPDX-License-Identifier: MIT */
/*
 * The *.txt files are transcripts of experiments on real kernels. This program
 * makes the same calls again and prints them in the same format.
 */
#ifndef HTAB_TEST_TRANSCRIPTS_H
#define HTAB_TEST_TRANSCRIPTS_H

#include "host.h"
#include "htab.h"

extern struct host host;

/* A name such as "ENOMEM", or "-" if the result is not an error */
const char *error_name(long result);
/* What the system call itself returns: -1 for each error */
long returned(long result);

int new_vm(void);
void close_vm(int vmfd);

void observe_tables(void);  /* linux-*-powernv*.txt */
void observe_htab_fd(void); /* linux-*-htab-fd.txt */

#endif
