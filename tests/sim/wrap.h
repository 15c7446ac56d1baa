/* SPDX-License-Identifier: MIT */
/* Functions of the C library that fail when a test wants it: what the linker's
 * --wrap puts in their place for the simulator's objects */
#ifndef HTAB_TEST_SIM_WRAP_H
#define HTAB_TEST_SIM_WRAP_H

#include <stdbool.h>

enum wrap_kind {
	WRAP_NOTHING,
	WRAP_MEMORY,
	WRAP_SOCKET,
	WRAP_EPOLL, /* making one, and adding to one */
	WRAP_EPOLL_WAIT,
	WRAP_FSTAT,
};

extern struct wrap_plan {
	enum wrap_kind kind;
	unsigned int n; /* which of the kind fails, from 1 on */
	bool all;	/* and all that follow */
	bool waits;	/* of kind WRAP_EPOLL_WAIT */
} wrap_plan;

void wrap_nothing_fails(void);
void wrap_fail(enum wrap_kind kind, unsigned int n, bool all);
/* Whether any has, since then */
bool wrap_has_failed(void);
/* Whether libhtab-sim.h has that error for a failure of the kind */
bool wrap_is_documented(int error);
/* What the objects have allocated and not freed */
long wrap_live_pointers(void);
/* fstat() of one descriptor tells the inode number of the other, on another
 * device. */
void wrap_same_inode(int fd, int as_that_of);

#endif
