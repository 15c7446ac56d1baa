/* SPDX-License-Identifier: MIT */
#ifndef HTAB_OUTPUT_H
#define HTAB_OUTPUT_H

/* Call this first: it makes sure that no file that the program opens gets the
 * number of a standard stream that the caller has closed. */
void output_open(void);

/* For atexit(). If not all output could be written, it says so, unless the
 * reader has gone, and ends the program with status 1. */
void output_check(void);

#endif
