/* SPDX-License-Identifier: MIT */
/*
 * A file that is there as a whole or not at all. It is written beside its place
 * and renamed when it is complete. An error and the signals that end a program
 * (Ctrl-C) remove it, and what was in its place before stays there.
 */
#ifndef HTAB_TOOLS_TABLE_FILE_H
#define HTAB_TOOLS_TABLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct out_file {
	const char *path;
	char *temporary; /* NULL: written in place, to a pipe or a device */
	FILE *stream;
};

/* Begins the file. "-" is standard output, which may not be a terminal. Returns
 * false after a message. */
bool out_file_open(struct out_file *file, const char *path);

/* Puts the file in its place. Returns false after a message, without a file. */
bool out_file_commit(struct out_file *file);

/* Removes what was written. */
void out_file_abort(struct out_file *file);

#endif
