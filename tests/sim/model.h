/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the simulated kernel share: hosts that must be left as they
 * were found, VMs, raw ioctls, and the stream of the htab fd. An int function
 * returns >= 0 or -errno; the others fail the test.
 */
#ifndef HTAB_TEST_SIM_MODEL_H
#define HTAB_TEST_SIM_MODEL_H

#include "../unit/unit.h"

#include <stdbool.h>
#include <unistd.h>

#include "libhtab-sim.h"
#include "sim/uapi-sim.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- hosts --- */

struct htab_sim_host *a_host(const char *description);
/* Switches it off, and returns what was left open. */
int free_host(struct htab_sim_host *host);
/* Switches it off: nothing is open, all memory is free again. For one host at a
 * time. */
void close_host(struct htab_sim_host *host);
/* After each test: an assertion that failed has left its hosts. */
int free_left_hosts(void **state);
#define SIM_TEST(function)                                                     \
	cmocka_unit_test_setup_teardown(function, NULL, free_left_hosts)

struct free_memory {
	uint64_t cma, pages, pool;
};
struct free_memory free_memory(struct htab_sim_host *host);

/* The hazards of a host that were met, instead of abort() */
struct hazards {
	unsigned int count;
	int last;
};
void watch_hazards(struct htab_sim_host *host, struct hazards *hazards);
/* Exactly that one since the last time; 0: none */
void assert_hazard_at(struct hazards *hazards, int number, const char *file,
		      int line);
#define assert_hazard(hazards, number)                                         \
	assert_hazard_at(hazards, number, __FILE__, __LINE__)

/* --- VMs --- */

int a_vm(struct htab_sim_host *host);
int a_vm_with_table(struct htab_sim_host *host, uint32_t order);
/* A run that ends at once */
int run(int vmfd);

/* KVM_PPC_ALLOCATE_HTAB */
int allocate(int vmfd, uint32_t *order);
/* ... of that order, the answer of which is not of interest */
int allocate_order(int vmfd, uint32_t order);
int prepare(int vmfd, uint32_t shift);
int commit(int vmfd, uint32_t shift);
/* PREPARE to its end, and COMMIT */
int resize(int vmfd, uint32_t shift);
int capability(int fd, uintptr_t cap);

#define assert_order(vmfd, expected)                                           \
	assert_order_at(vmfd, expected, __FILE__, __LINE__)
void assert_order_at(int vmfd, uint32_t expected, const char *file, int line);
void assert_no_table(int vmfd);

/* --- the htab fd --- */

/* Something valid and bolted, of a 4K page at guest address 0 */
#define A_HPTE_V       UINT64_C(0x0000000012340011)
#define A_HPTE_R       UINT64_C(0x0000000000000190)
#define HPTE_LOCKED    UINT64_C(0x40)
#define HPTE_IS_BOLTED UINT64_C(0x10)

int open_htab_from(int vmfd, uint64_t flags, uint64_t start_index);
int open_htab(int vmfd, uint64_t flags);

/* One record of one entry; an open one, or one opened for it */
ssize_t write_hpte(int htabfd, uint32_t index, uint64_t v, uint64_t r);
int put_hpte(int vmfd, uint32_t index, uint64_t v, uint64_t r);
int put_entry(int vmfd, uint32_t index);
/* A record of invalid ones */
int put_invalid(int vmfd, uint32_t index, uint16_t count);

/* One record that a read() returned alone */
struct record {
	struct uapi_kvm_get_htab_header header;
	uint64_t dword[64]; /* in host byte order */
};
/* Reads just one; its size, 0, or -errno */
ssize_t read_record(int htabfd, struct record *record, size_t len);
#define assert_record(record, index, valid, invalid)                           \
	assert_record_at(record, index, valid, invalid, __FILE__, __LINE__)
void assert_record_at(const struct record *record, uint32_t index,
		      uint16_t n_valid, uint16_t n_invalid, const char *file,
		      int line);

/* How many are valid: in n bytes that were read, or by reading an htab fd up to
 * the first 0 */
uint64_t count_valid_in(const unsigned char *buf, ssize_t n);
uint64_t count_valid(int htabfd);
/* ... of its own */
uint64_t valid_entries(int vmfd);
/* The entry at an index; all zero if it is not valid */
struct entry {
	uint64_t v, r;
};
struct entry entry_at(int vmfd, uint32_t index);

#endif
