/* SPDX-License-Identifier: MIT */
#ifndef HTAB_TOOLS_SAVE_H
#define HTAB_TOOLS_SAVE_H

#include "source-open.h"

/* Reads the table of the choice, and writes it as an image, or in QEMU's form.
 * Returns an exit status. */
int save_table(const struct source_choice *choice, const char *path,
	       bool as_image);

/* A message, and false, if the order of the table is not known. In a table of
 * another order the guest would look for its entries elsewhere. */
bool save_order_is_known(const struct source *source,
			 const struct source_choice *choice);

#endif
