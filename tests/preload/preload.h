/* SPDX-License-Identifier: MIT */
/*
 * For programs that run under libhtab-sim-preload.so and are not linked with
 * any library of the project. They see a kernel with /dev/kvm.
 */
#ifndef HTAB_TEST_PRELOAD_H
#define HTAB_TEST_PRELOAD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/uapi-sim.h"

int a_kvm(void);
int a_vm(void);
int a_vcpu(int vmfd);
/* An htab fd of a VM that has a table */
int an_htabfd(int vmfd, uint64_t flags);
/* Closes it. */
void is_kvm_and_close(int fd);
bool is_vm(int fd);

/* Checks that a call fails with that errno. */
#define assert_fails(call, expected)                                           \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal(call, -1);                                    \
		assert_int_equal(errno, expected);                             \
	} while (0)

#endif
