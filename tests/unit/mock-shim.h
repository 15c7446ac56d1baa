/* SPDX-License-Identifier: MIT */
/*
 * A shim without a kernel. A test first lists the calls that the library will
 * make, in their order, with the answer to each. The test fails if the library
 * makes another call, passes another argument, leaves out a call, or leaves a
 * descriptor open.
 */
#ifndef HTAB_TEST_MOCK_SHIM_H
#define HTAB_TEST_MOCK_SHIM_H

#include <stdint.h>
#include <sys/types.h>

#include "shim.h"
#include "uapi.h"

/* HTABFD is open for writing and READFD for reading. FILEFD is a file. */
enum { KVMFD = 100, VMFD = 200, HTABFD = 300, READFD = 301, FILEFD = 400 };

enum {
	CAP_RESIZE = UAPI_KVM_CAP_SPAPR_RESIZE_HPT,
	CAP_RADIX = UAPI_KVM_CAP_PPC_MMU_RADIX,
	CAP_HASH = UAPI_KVM_CAP_PPC_MMU_HASH_V3
};

/* Expects KVM_CHECK_EXTENSION of a capability. */
void will_check(int fd, unsigned int cap, int result);

/* Expects KVM_PPC_ALLOCATE_HTAB. The kernel does not change the order. */
void will_allocate(uint32_t order, int result);
/* Expects it too. It succeeds, and the kernel writes back the order of the
 * table. / */
void will_answer(uint32_t order, uint32_t written_back);

/* Expects KVM_CREATE_VM. It returns VMFD if result is 0. */
void will_create_vm(int result);

/*
 * Expects that the library measures the table of a VM: KVM_PPC_GET_HTAB_FD for
 * writing, close-on-exec, writes, and close. The table has that order, or there
 * is none if it is 0. The writes are answered as the kernel answers them.
 */
void will_measure(uint32_t table);
/* As will_measure(), but close() returns result. */
void will_measure_then_close(uint32_t table, int result);
/* As will_measure(), but the n-th write (from 1) returns result and is the last
 * one. */
void will_measure_failing(uint32_t table, int n, ssize_t result);
/* As will_measure(), but a vcpu runs, so that each write returns -EBUSY. */
void will_measure_busy(uint32_t table);
/* Expects KVM_PPC_GET_HTAB_FD, which fails. */
void will_not_open_htab(int result);
/* Expects KVM_PPC_GET_HTAB_FD, then a failure to set close-on-exec, then close,
 * and no write. */
void will_not_set_cloexec(int result);

void will_close(int fd, int result);

/* Expects that the library opens the htab fd of a VM for writing. The table has
 * that order, or there is none if it is 0. Until the descriptor is closed, the
 * library may write records without entries to measure the table; the n-th of
 * these writes, if n is not 0, returns result and is the last one. */
void will_open_htab(uint32_t table, int n, ssize_t result);
/* Expects KVM_PPC_GET_HTAB_FD with these arguments, which returns result, and
 * close-on-exec if that is a descriptor. */
void will_open_to_read(uint64_t flags, uint64_t start_index, int result);
/* Expects a read with so much room, or with any if it is 0. It returns result,
 * and the bytes. */
void will_read(int fd, size_t room, const void *bytes, ssize_t result);
/* Expects a write of exactly these bytes to HTABFD. */
void will_write(const void *bytes, size_t len, ssize_t result);

/* Expect a step of a resize. */
void will_prepare(uint32_t order, int result);
void will_commit(uint32_t order, int result);
/* Expects a sleep. It sets the clock forward, and nothing else does. */
void will_sleep(unsigned int ms);
/* The same, and it takes another time than wanted. */
void will_oversleep(unsigned int ms, unsigned int slept);

/* Expects KVM_PPC_CONFIGURE_V3_MMU. */
void will_configure(unsigned int flags, uint64_t process_table, int result);

/* Expects the questions about capabilities that htab_alloc() asks on a host
 * that is not radix: a POWER8 or a hash POWER9. */
void will_find_hash_host(void);

/* Expects the questions with which the library then learns the generation of
 * the kernel: on a POWER8 with Linux 4.11 or later, and on a kernel before
 * 4.11. */
void will_find_4_11(void);
void will_find_older_than_4_11(void);

/* What FILEFD is. write() appends to it, and read() goes on at pos. */
struct mock_file {
	unsigned char bytes[100000];
	size_t len, pos;
	/* A call moves so many bytes at most, or all if it is 0. */
	size_t chunk;
	/* The n-th call from 1 returns this, and moves nothing. */
	int calls, failing_call;
	ssize_t failure;
};
struct mock_file *mock_file(void);
ssize_t mock_file_read(void *buf, size_t len);
ssize_t mock_file_write(const void *buf, size_t len);

/* The number of writes since the test began */
int mock_writes(void);

int mock_setup(void **state);
int mock_teardown(void **state);

#define mocked_test(test)                                                      \
	cmocka_unit_test_setup_teardown(test, mock_setup, mock_teardown)
#define mocked_test_of(test, row)                                              \
	{                                                                      \
		.name = #test " " #row, .test_func = (test),                   \
		.setup_func = mock_setup, .teardown_func = mock_teardown,      \
		.initial_state = (void *)(uintptr_t)(row),                     \
	}

/* The row of mocked_test_of() as a result of a call */
static inline int errno_row(void **state)
{
	return (int)(intptr_t)*state;
}

#endif
