/* SPDX-License-Identifier: MIT */
/*
 * What the tests of fork() share: a parent with a host and a VM that has run,
 * and a child that takes turns with the parent. So both are alive while one of
 * them calls the simulator.
 */
#ifndef HTAB_TEST_SIM_FORKED_H
#define HTAB_TEST_SIM_FORKED_H

#include "model.h"

#include <stdio.h>
#include <sys/wait.h>

/* A child cannot use CMocka's assertions: after a failed one the child would go
 * on with the parent's other tests. */
#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d, in the child: %s\n",         \
				__LINE__, #condition);                         \
			_exit(1);                                              \
		}                                                              \
	} while (0)

/* These belong to the parent. vmfd has a table of order 22 and a VRMA of 256
 * entries, vcpufd is one of its vcpus, htabfd and writefd are its htab fds. */
extern struct htab_sim_host *host;
extern int vmfd, vcpufd, htabfd, writefd;
extern uint64_t free_cma, free_pages;

int set_up_parent(void **state);
int tear_down_parent(void **state);
/* Uses everything of the parent that a child's VMs could disturb. */
void assert_parent_is_well(void);

/* Makes a VM in the child. The VM has a table and has run. */
int childs_vm(uint32_t order);

/* --- turns --- */

extern int turns; /* this process's end of a socket pair */

pid_t start_child(void (*child)(void));
/* Waits for the child to exit, which must be with status 0. */
void end_child(pid_t pid);
void give_turn(void);
void wait_for_turn(void);

#endif
