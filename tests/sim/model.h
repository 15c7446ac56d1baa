/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the simulated kernel share: hosts that must be left as they
 * were found, VMs, raw ioctls, and the stream of the htab fd. A function that
 * returns int returns >= 0 or -errno; the others fail the test.
 */
#ifndef HTAB_TEST_SIM_MODEL_H
#define HTAB_TEST_SIM_MODEL_H

#include "../unit/unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "libhtab-sim.h"
#include "sim/uapi-sim.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- hosts --- */

struct htab_sim_host *a_host(const char *description);
/* Switches the host off. Returns how many descriptors and vcpus were left. */
int free_host(struct htab_sim_host *host);
/* Switches the host off, and checks that nothing is open and all memory is free
 * again. A test can use it for one host at a time. */
void close_host(struct htab_sim_host *host);
/* Frees, after each test, the hosts that a failed assertion has left. */
int free_left_hosts(void **state);
#define SIM_TEST(function)                                                     \
	cmocka_unit_test_setup_teardown(function, NULL, free_left_hosts)

/* How many descriptors this process has open */
int open_descriptors(void);

struct free_memory {
	uint64_t cma, pages, pool;
};
struct free_memory free_memory(struct htab_sim_host *host);

/* Counts the hazards of a watched host, which does not abort() then. */
struct hazards {
	unsigned int count;
	int last;
};
void watch_hazards(struct htab_sim_host *host, struct hazards *hazards);
/* Checks that exactly this hazard was met since the last check; 0: none */
void assert_hazard_at(struct hazards *hazards, int number, const char *file,
		      int line);
#define assert_hazard(hazards, number)                                         \
	assert_hazard_at(hazards, number, __FILE__, __LINE__)

/* --- VMs --- */

int a_vm(struct htab_sim_host *host);
int a_vm_with_table(struct htab_sim_host *host, uint32_t order);
/* A vcpu enters and leaves at once. */
int run(int vmfd);

/* KVM_PPC_ALLOCATE_HTAB */
int allocate(int vmfd, uint32_t *order);
/* The same for an order, without the order that the kernel returns */
int allocate_order(int vmfd, uint32_t order);
int prepare(int vmfd, uint32_t shift);
int commit(int vmfd, uint32_t shift);
/* Repeats PREPARE until it is done, then calls COMMIT. */
int resize(int vmfd, uint32_t shift);
int capability(int fd, uintptr_t cap);

#define assert_order(vmfd, expected)                                           \
	assert_order_at(vmfd, expected, __FILE__, __LINE__)
void assert_order_at(int vmfd, uint32_t expected, const char *file, int line);
void assert_no_table(int vmfd);

/* --- the htab fd --- */

/* A valid and bolted entry for a 4K page at guest address 0 */
#define A_HPTE_V       UINT64_C(0x0000000012340011)
#define A_HPTE_R       UINT64_C(0x0000000000000190)
#define HPTE_LOCKED    UINT64_C(0x40)
#define HPTE_IS_BOLTED UINT64_C(0x10)

int open_htab_from(int vmfd, uint64_t flags, uint64_t start_index);
int open_htab(int vmfd, uint64_t flags);

/* Write one record with one entry, to an open htab fd or to one that is opened
 * and closed for it. */
ssize_t write_hpte(int htabfd, uint32_t index, uint64_t v, uint64_t r);
int put_hpte(int vmfd, uint32_t index, uint64_t v, uint64_t r);
int put_entry(int vmfd, uint32_t index);
/* Writes a record that has invalid entries only. */
int put_invalid(int vmfd, uint32_t index, uint16_t count);

/* The only record that a read returned */
struct record {
	struct uapi_kvm_get_htab_header header;
	uint64_t dword[64]; /* in host byte order */
};
/* Reads exactly one record. Returns its size, 0, or -errno. */
ssize_t read_record(int htabfd, struct record *record, size_t len);
#define assert_record(record, index, valid, invalid)                           \
	assert_record_at(record, index, valid, invalid, __FILE__, __LINE__)
void assert_record_at(const struct record *record, uint32_t index,
		      uint16_t n_valid, uint16_t n_invalid, const char *file,
		      int line);

/* Return the number of valid entries: in n bytes that were read, or in what an
 * htab fd returns up to the first 0. */
uint64_t count_valid_in(const unsigned char *buf, ssize_t n);
uint64_t count_valid(int htabfd);
/* The same for an htab fd that is opened and closed for it */
uint64_t valid_entries(int vmfd);
/* The entry at an index; all zero if the entry is not valid */
struct entry {
	uint64_t v, r;
};
struct entry entry_at(int vmfd, uint32_t index);

/* --- vcpus --- */

/* KVM_CAP_PPC_PAPR, without which KVM_RUN fails */
int enable_papr(int vcpufd);
/* A vcpu with an id of its own, and with PAPR */
int a_vcpu(int vmfd);
/* The struct kvm_run of a vcpu */
struct uapi_kvm_run *map_run(int vcpufd);
void unmap_run(struct uapi_kvm_run *run);

/* --- KVM_RUN in a thread of its own --- */

struct runner {
	pthread_t thread;
	int vcpufd;
	int result;
};
/* Returns when the thread is inside KVM_RUN. (-EBUSY of another call would show
 * this a moment too early.) */
void start_run(struct runner *runner, struct htab_sim_host *host);
/* Ends KVM_RUN by a signal, and returns what it returned. */
int stop_run(struct runner *runner);

#endif
