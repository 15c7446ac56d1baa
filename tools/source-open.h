/* SPDX-License-Identifier: MIT */
/* The options that all commands with a SOURCE have, and the reading of it, with
 * messages */
#ifndef HTAB_TOOLS_SOURCE_OPEN_H
#define HTAB_TOOLS_SOURCE_OPEN_H

#include <argp.h>

#include "source.h"

struct source_choice {
	/* A file, or "-" for standard input, unless it is a running guest */
	const char *path;
	const char *vm;
	int pid;
	uint32_t order;
	bool is_guest; /* pid, which is that of vm if this is not NULL */
};

/* The children of a command's parser. The input of the only one is a struct
 * source_choice. */
extern const struct argp_child source_children[];

/* The text for a command's --help */
#define SOURCE_DOC                                                             \
	"SOURCE is an image of htab_save(), a migration stream of QEMU, a "    \
	"file of \"virsh save\", records of KVM's htab descriptor, or the "    \
	"text of KVM's debugfs file \"htab\"; \"-\" is standard input."

/* Takes an argument of the command, or ends with a usage message. */
void source_take(struct source_choice *choice, struct argp_state *state,
		 const char *arg);

/* Ends with a usage message unless there is exactly one source. */
void source_check(const struct source_choice *choice, struct argp_state *state);

/* What the choice is, for messages; in memory that the next call replaces */
const char *source_name(const struct source_choice *choice);

/* Reads the table. Returns false after a message. Free the source in any case. */
bool source_load(struct source *source, const struct source_choice *choice);

/* "16 MiB (order 24)", and a remark if the order is only the smallest possible;
 * for printf() with two "%s" */
const char *source_order_remark(const struct source *source);

#endif
