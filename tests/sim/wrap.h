/* SPDX-License-Identifier: MIT */
/* Functions of the C library that fail when a test asks for it. The linker's
 * --wrap puts them in the place of the real ones for the simulator's
 * objects. */
#ifndef HTAB_TEST_SIM_WRAP_H
#define HTAB_TEST_SIM_WRAP_H

#include <stdbool.h>

enum wrap_kind {
	WRAP_NOTHING,
	WRAP_MEMORY,
	WRAP_SOCKET, /* and the other calls that open a descriptor */
	WRAP_EPOLL,  /* epoll_create1() and epoll_ctl() */
	WRAP_EPOLL_WAIT,
	WRAP_FSTAT,
};

extern struct wrap_plan {
	enum wrap_kind kind;
	unsigned int n; /* which call of the kind fails, from 1 on */
	bool all;	/* all later calls fail, too */
	bool waits;	/* the kind is WRAP_EPOLL_WAIT */
} wrap_plan;

void wrap_nothing_fails(void);
void wrap_fail(enum wrap_kind kind, unsigned int n, bool all);
/* Returns whether a call has failed since wrap_fail(). */
bool wrap_has_failed(void);
/* Returns whether libhtab-sim.h documents this error for the kind that
 * fails. */
bool wrap_is_documented(int error);
/* Returns how many allocations of the simulator have not been freed. */
long wrap_live_pointers(void);
/* Makes fstat() of fd return the inode number of as_that_of, on another
 * device. */
void wrap_same_inode(int fd, int as_that_of);

#endif
