/* SPDX-License-Identifier: MIT */
/* Images for the tests of what htab_save() and htab_restore() do with a
 * descriptor */
#ifndef HTAB_TEST_SIM_IMAGE_H
#define HTAB_TEST_SIM_IMAGE_H

#include "model.h"

enum { FULL_ORDER = 18, FULL_ENTRIES = 1 << (FULL_ORDER - 4) };

/* A host, and a VM on it whose table is full, so that its image does not fit
 * into a pipe */
int a_full_vm(struct htab_sim_host **host);

/* An empty file without a name */
int a_file(void);

struct image {
	unsigned char *bytes; /* for free() */
	size_t size;
};

/* What htab_save() writes */
struct image image_of(int vmfd);

#endif
