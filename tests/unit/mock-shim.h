/* SPDX-License-Identifier: MIT */
/*
 * A shim without a kernel. A test says beforehand, in order, which calls will
 * come and what each answers; another call, another argument, one too few or
 * a descriptor left open fails the test.
 */
#ifndef HTAB_TEST_MOCK_SHIM_H
#define HTAB_TEST_MOCK_SHIM_H

#include <stdint.h>
#include <sys/types.h>

#include "uapi.h"

enum { KVMFD = 100, VMFD = 200, HTABFD = 300 };

enum { CAP_RESIZE = UAPI_KVM_CAP_SPAPR_RESIZE_HPT,
       CAP_RADIX = UAPI_KVM_CAP_PPC_MMU_RADIX,
       CAP_HASH = UAPI_KVM_CAP_PPC_MMU_HASH_V3 };

/* KVM_CHECK_EXTENSION of a capability */
void will_check(int fd, unsigned int cap, int result);

/* KVM_PPC_ALLOCATE_HTAB; the kernel leaves the order alone */
void will_allocate(uint32_t order, int result);
/* ... or says which order the table has, and succeeds */
void will_answer(uint32_t order, uint32_t written_back);

/* KVM_CREATE_VM, giving VMFD if it succeeds with 0 */
void will_create_vm(int result);

/*
 * KVM_PPC_GET_HTAB_FD for writing, close-on-exec, writes and close, of a VM that
 * has a table of that order or none (0): what is written is answered as the
 * kernel does.
 */
void will_measure(uint32_t table);
/* ... close answering result */
void will_measure_then_close(uint32_t table, int result);
/* ... the n-th write (from 1) answering result instead, and no more coming */
void will_measure_failing(uint32_t table, int n, ssize_t result);
/* ... KVM_PPC_GET_HTAB_FD failing */
void will_not_open_htab(int result);

/* ... setting close-on-exec failing, before any write */
void will_not_set_cloexec(int result);

void will_close(int fd, int result);

/* The capabilities that htab_alloc() asks for, on a host that is not radix:
 * POWER8, or hash POWER9 */
void will_find_hash_host(void);

/* What the library asks after ENOMEM to learn the generation of a kernel on such
 * a host: on a POWER8 from Linux 4.11 on, and before 4.11 */
void will_find_4_11(void);
void will_find_older_than_4_11(void);

/* How many writes the mock has seen since the test began */
int mock_writes(void);

int mock_setup(void **state);
int mock_teardown(void **state);

#define mocked_test(test) \
	cmocka_unit_test_setup_teardown(test, mock_setup, mock_teardown)
#define mocked_test_of(test, row)                                     \
	{                                                             \
		.name = #test " " #row, .test_func = (test),          \
		.setup_func = mock_setup,                             \
		.teardown_func = mock_teardown,                       \
		.initial_state = (void *)(uintptr_t)(row),            \
	}

/* The errno that mocked_test_of() gave the test */
static inline int errno_row(void **state)
{
	return (int)(intptr_t)*state;
}

#endif
