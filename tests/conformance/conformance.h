/* SPDX-License-Identifier: MIT */
/* One list of cases for every kernel, real or simulated */
#ifndef HTAB_TEST_CONFORMANCE_H
#define HTAB_TEST_CONFORMANCE_H

#include "host.h"
#include "htab.h"
#include "../unit/unit.h"

/* What a case needs of the host. On other hosts the case is left out. */
enum {
	HV = 1,		    /* The host has KVM HV, or nested KVM HV. */
	HASH_GUESTS = 2,    /* Its guests can have a table. */
	BEGINS_RADIX = 4,   /* Its VMs begin as radix. */
	BEGINS_HASH = 8,    /* Its VMs begin as hash. */
	NO_HASH = 16,	    /* It refuses hash guests. */
	NO_HV = 32,	    /* It has PR KVM or another architecture's KVM. */
	HASH_RUNS = 64,	    /* A vcpu of a hash guest runs. */
	HASH_NO_RUN = 128,  /* KVM_RUN refuses a vcpu of a hash guest. */
	RESIZES = 256,	    /* COMMIT can change the size of a table. */
	ANY_RAM = 512,	    /* A case can choose the RAM of its VMs. */
	AREA = 1024,	    /* The area for tables has the largest ones. */
	NO_AREA = 2048,	    /* All tables come from the page allocator. */
	NO_RESIZE = 4096,   /* COMMIT cannot change the size of a table. */
	SMALL_PAGES = 8192, /* Its pages have 4K. */
	/* A guest runs on a table that was written, and not made by its own
	 * first run. */
	WRITTEN_RUNS = 16384,
};

/* The case holds on the kernels from since on, and before until. A bound that
 * is 0 does not exist. */
struct test_case {
	const char *name;
	void (*run)(void);
	unsigned int needs;
	unsigned int since, until;
};

#define V(major, minor) LINUX_VERSION(major, minor)

#define CASE(function, needs, since, until)                                    \
	{                                                                      \
#function, function, needs, since, until                       \
	}

extern const struct test_case alloc_cases[], damage_cases[], entries_cases[],
	host_cases[], image_cases[], largest_cases[], mmu_cases[],
	refused_cases[], renew_cases[], reset_cases[], resize_cases[],
	resize_steps_cases[], run_cases[], stream_cases[], vcpu_cases[];
extern const size_t alloc_cases_count, damage_cases_count, entries_cases_count,
	host_cases_count, image_cases_count, largest_cases_count,
	mmu_cases_count, refused_cases_count, resize_steps_cases_count,
	renew_cases_count, reset_cases_count, resize_cases_count,
	run_cases_count, stream_cases_count, vcpu_cases_count;

#define CASES(group, ...)                                                      \
	const struct test_case group##_cases[] = __VA_ARGS__;                  \
	const size_t group##_cases_count =                                     \
		sizeof(group##_cases) / sizeof(group##_cases[0])

extern struct host host;

/* From Linux 4.11 on, allocating another order replaces the table. Before, a
 * table keeps its order. */
bool host_changes_size(void);

/* COMMIT can change the size of a table. */
bool host_resizes(void);

/* A VM, an htab fd and a vcpu of it. The end of the case closes them, also if
 * an assertion has failed. */
int a_vm(void);
int an_htab(int vmfd, uint64_t flags);
struct vcpu *a_vcpu(int vmfd);
/* An htab fd of htab_open(), and an empty file without a name */
int an_open_table(int vmfd, unsigned int flags);
int a_file(void);
/* Closes one of these descriptors earlier. */
void close_now(int fd);

/* What comes before each case and after it: a case that leaves a descriptor open
 * fails. */
int begin_case(void **state);
int end_case(void **state);

/* A VM with a table of that order */
int a_vm_with_table(uint32_t order);

/* What htab_largest() says, which is at most the ceiling */
uint32_t largest_order(uint32_t ceiling);

/* The largest table that the page allocator of these hosts gives */
enum { LARGEST_OF_PAGES = 24 };
/* The largest table of the host when no VM has one. This is what the size of
 * the area says, and not the library. */
uint32_t largest_of_host(void);
/* More than any host has */
enum { TOO_LARGE = 40 };

void assert_order(int vmfd, uint32_t order);
void assert_no_table(int vmfd);
/* The order, and how many entries are valid */
void assert_table(int vmfd, uint32_t order, uint64_t valid);

void run_for_a_moment(struct vcpu *vcpu);
/* What a first run maps for real mode: one entry for each of the host's pages
 * in the guest's memory */
uint64_t vrma_entries(void);

/* --- htab-fd.c: the table, read and written without libhtab --- */

/* Reads up to the first 0. */
struct contents read_htab(int htabfd);
/* Does the same with an htab fd of its own. */
struct contents contents_of(int vmfd);

/* Writes one valid entry, of a 4K page. */
void write_entry(int vmfd, uint32_t index);
/* Writes one of a page size that the guest may have on any host, at an address
 * where the guest has no memory. */
enum guest_page { PAGE_4K, PAGE_64K, PAGE_16M, GUEST_PAGES };
void write_entry_of(int vmfd, uint32_t index, enum guest_page page);

/* --- table.c: small tables, and all that is in them --- */

enum { SMALL = HTAB_ORDER_MIN, SMALL_ENTRIES = 1 << (SMALL - 4) };

/* A VM with entries at the ends of its table, side by side, and apart */
int a_filled_vm(void);
enum { FILLED_ENTRIES = 6 };

/* All entries of a small table, as htab_get_hptes() reads them. They stay as
 * they are until the second next call. */
const struct htab_hpte *all_of(int vmfd);
void assert_equal_tables(int vmfd, int other);
/* The VM has a small table, in which nothing is valid. */
void assert_empty_table(int vmfd);
/* A file with an image of an empty small table, which was not made by
 * htab_save() but by hand, from docs/image-format.md */
int an_empty_image(void);

/* --- resize-steps.c --- */

/* A VM whose vcpu has run on a table of order 21, which has one entry besides
 * those of real mode, and that is not bolted */
int a_vm_that_has_run(struct vcpu **vcpu);
void write_weak_entry(int vmfd);
/* Ends with nothing prepared, too. */
void assert_nothing_prepared(int vmfd, uint32_t order);

#endif
