/* SPDX-License-Identifier: MIT */
#ifndef HTAB_SIM_ERRNAME_H
#define HTAB_SIM_ERRNAME_H

/* Returns the name of a positive errno, such as "EBUSY", or NULL if it is not
 * in the list. */
const char *htab_sim_error_name(int error);

#endif
