/* SPDX-License-Identifier: MIT */
/*
 * What the tests of fork() share: a parent with a host, a VM that has run, and
 * a child that takes turns with it, so that both are alive while either of them
 * calls the simulator.
 */
#ifndef HTAB_TEST_SIM_FORKED_H
#define HTAB_TEST_SIM_FORKED_H

#include "model.h"

#include <stdio.h>
#include <sys/wait.h>

/* A child cannot use CMocka's asserts: they would go on with the tests. */
#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d, in the child: %s\n",         \
				__LINE__, #condition);                         \
			_exit(1);                                              \
		}                                                              \
	} while (0)

/* The parent's. vmfd has a table of order 22 and a VRMA of 256 entries, vcpufd
 * is a vcpu of it, htabfd and writefd are htab fds of it. */
extern struct htab_sim_host *host;
extern int vmfd, vcpufd, htabfd, writefd;
extern uint64_t free_cma, free_pages;

int set_up_parent(void **state);
int tear_down_parent(void **state);
/* Opens, closes, and uses: all that a child's VMs could disturb */
void assert_parent_is_well(void);

/* A VM with a table that has run, in the child */
int childs_vm(uint32_t order);

/* --- turns --- */

extern int turns; /* this process's end of a socket between them */

pid_t start_child(void (*child)(void));
/* Waits for it: it must have exited with 0. */
void end_child(pid_t pid);
void give_turn(void);
void wait_for_turn(void);

#endif
