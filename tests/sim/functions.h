/* SPDX-License-Identifier: MIT */
/* The functions of libhtab as a list, each with arguments that work and with
 * the errors that libhtab.h lists, for tests that let its system calls fail */
#ifndef HTAB_TEST_SIM_FUNCTIONS_H
#define HTAB_TEST_SIM_FUNCTIONS_H

#include "model.h"

/* What a VM has after an error */
enum after { UNCHANGED, UNCHANGED_OR_EMPTY, ANYTHING };

/* The order of the table, another one, and how many entries are valid */
enum { TEST_VM_ORDER = 18, TEST_VM_OTHER_ORDER = 20, TEST_VM_ENTRIES = 3 };

/* A VM with a table whose first entries are valid, and a vcpu that has run. On
 * a host without hash guests it has no table. */
struct test_vm {
	struct htab_sim_host *host;
	int fd, htabfd, file;
	size_t done; /* what htab_write() has set */
};

struct function {
	const char *name;
	int (*call)(struct test_vm *vm);
	enum after after;
	/* Checks more of what the VM has, or NULL */
	void (*check)(const struct test_vm *vm);
	bool opens; /* it returns a descriptor */
	/* An error may leave a prepared table, whose memory is taken. */
	bool may_leave_prepared;
	/* Whether it needs an htab fd, with these flags of htab_open() */
	bool has_htabfd;
	unsigned int flags;
	bool is_prepared; /* it needs a table of the other order prepared */
	bool reads_image, writes_image;
	int errors[24]; /* positive, and then a 0 */
};

/* Ends with one that has no name */
extern const struct function functions[];

/* The arguments that a function needs */
void set_up_function(struct test_vm *vm, const struct function *function,
		     struct htab_sim_host *host);
void tear_down_function(struct test_vm *vm);

/* What the VM has: the result and the order of htab_order(), the number of
 * valid entries, and a sum of them */
struct contents {
	int64_t result;
	uint64_t order, valid, sum;
};
struct contents contents_of(int vmfd);

#endif
