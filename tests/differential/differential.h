/* SPDX-License-Identifier: MIT */
/*
 * This program draws operations from a seed, does them and prints the results.
 * On a real kernel, and on the simulator that is configured as the same host,
 * the output has to be the same.
 *
 * These rules leave out what may differ:
 *
 * 1. The program prints no numbers of descriptors and no times.
 * 2. It repeats PREPARE up to the last answer, and prints the first and the
 *    last one. How often the kernel says "not yet" is not printed.
 * 3. A large page lies outside of the guest's memory, or it covers all of that
 *    memory, or it is in memory that nobody has touched. Whether KVM accepts a
 *    large page inside depends on which of the guest's pages the host has in
 *    memory at that moment.
 * 4. The program does not look at the kernel's log (boot.py judges that) or at
 *    the registers of the vcpu.
 * 5. The kernel does not clear the reverse map, so that later passes over an
 *    htab fd report old memory. compare.py boots with init_on_alloc=1. That
 *    makes this memory zero, as it is in the simulator, and nothing has to be
 *    left out.
 * 6. Where the firmware has written into a line on the console, compare.py
 *    ignores the rest of that line.
 * 7. From Linux 4.7 to 4.18 KVM_CREATE_VM fails for a descriptor number whose
 *    older VM lives on through an htab fd. Rule 1 leaves the numbers out, so
 *    no htab fd outlives its VM there.
 * 8. How many vcpus there can be is a matter of the machine and of the build of
 *    the kernel.
 *
 * The program never does what would harm a host. It decides that from what the
 * answers so far say about the VM. Each hazard below is a section of
 * docs/kernels.md:
 *
 * - ALLOCATE of order 0 without a table (docs/kernels.md, "Order 0").
 * - COMMIT on a VM that is not ready (docs/kernels.md, "Commit before a run").
 *   From 4.11 to 4.14 a radix VM is never ready.
 * - Closing a VM with a resize pending
 *   (docs/kernels.md, "Closed with a resize pending").
 * - Running a vcpu that has run before, after an ALLOCATE that failed
 *   (docs/kernels.md, "Stale translations").
 * - COMMIT with a bolted entry in a wrong group, and before 4.16 also in its
 *   secondary group (docs/kernels.md, "Misplaced bolted entries"). The program
 *   writes bolted entries only where they belong.
 * - Before 4.11, an order above 47 for a VM without a table, because the page
 *   allocator can oops (docs/kernels.md, "Huge order").
 * - From 4.11 to 4.13, COMMIT with nothing prepared
 *   (docs/kernels.md, "Commit of nothing").
 * - From 4.11 to 4.14, closing a VM that lost its table, because the kernel
 *   frees the reverse map again (docs/kernels.md, "Stale reverse map").
 *
 * A vcpu whose first pages are not mapped would not count, so the program does
 * not start one until the VM has a new table. On a POWER9 hash host of Linux
 * 4.11 to 4.14 a vcpu does not count after entries of the VRMA were written
 * through an htab fd, even if they map the right pages.
 */
#ifndef HTAB_TEST_DIFFERENTIAL_H
#define HTAB_TEST_DIFFERENTIAL_H

#include "host.h"
#include "htab.h"
#include "libhtab.h"

enum { MAX_VMS = 5, MAX_HTABS = 3, MAX_RUNNING = 2 };

struct a_vm {
	int fd; /* negative: none */
	struct vcpu *vcpu;
	int htabs[MAX_HTABS]; /* negative: none */
	bool running;
	bool ran;
	uint32_t pending; /* the last order that PREPARE had ready, or 0 */

	/* What the answers so far say about the VM */
	bool radix;
	bool ready;
	bool has_table;
	bool lost_table;    /* ALLOCATE failed, and has not succeeded since */
	bool vcpu_unmapped; /* The table does not map the pages of the vcpu. */
};

extern struct host host;
#define BEFORE(major, minor) (host.linux_version < LINUX_VERSION(major, minor))
extern struct a_vm vms[MAX_VMS];

/* --- main.c --- */

/* A random number below n */
uint32_t draw(uint32_t n);
bool chance(uint32_t percent);
#define DRAW_FROM(array) (array)[draw(sizeof(array) / sizeof((array)[0]))]

/* Prints a part of the operation's line. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints " = 0" or " = -ENOMEM". */
void say_result(long result);

/* --- vm.c --- */

void do_new_vm(struct a_vm *vm);
void do_close_vm(struct a_vm *vm);
void do_vcpu_of(struct a_vm *vm);
/* Does something with an htab fd that has outlived its VM. Returns false if
 * there is none. */
bool orphan(void);
/* The order of the table, or 0 if htab_order() fails */
uint32_t peek_order(const struct a_vm *vm);

/* --- allocate.c --- */

void do_alloc(struct a_vm *vm);
void do_alloc_at_least(struct a_vm *vm);
void do_renew(struct a_vm *vm);
void do_largest(struct a_vm *vm);
void do_caps(struct a_vm *vm);
void do_order(struct a_vm *vm);
void do_reset(struct a_vm *vm);
void do_raw_allocate(struct a_vm *vm);
void do_check_extension(struct a_vm *vm);
uint32_t draw_order(void);
/* Notes what the result of a call that may allocate says about the VM. */
void note_allocation(struct a_vm *vm, int result);

/* --- records.c --- */

/* Adds a value to a sum that depends on the order of the values. */
uint64_t mix(uint64_t sum, uint64_t value);
/* Prints the first of the records, and a sum of all. n may be an error. */
void say_records(const char *records, ssize_t n);

/* What records do to the VM that gets them */
struct burden {
	bool touches_vital; /* covers_vital() */
	bool has_vrma;
};
/* Looks at the valid entries of records for a table of that order. */
void note_records(struct burden *burden, uint32_t table_order,
		  const void *records, size_t len);
/* Notes that the VM has got them. */
void note_burden(struct a_vm *vm, const struct burden *burden);

/* --- htab.c --- */

void do_open_htab(struct a_vm *vm);
void do_close_htab(struct a_vm *vm);
void do_read_htab(struct a_vm *vm);
void read_from(int htabfd);
/* Reads the whole table with an htab fd of its own, which clears the marks for
 * other readers. */
void look(const struct a_vm *vm);
void do_write_unwatched(struct a_vm *vm);

/* --- write.c --- */

void do_write_htab(struct a_vm *vm);
void do_load_vrma(struct a_vm *vm);

/* --- boot.c --- */

/* Where the slots are that the program adds and removes */
#define SLOTS_START (UINT64_C(1) << 30)

void do_set_region(struct a_vm *vm);
void do_replace_memory(struct a_vm *vm);
void do_smmu_info(struct a_vm *vm);
void do_configure_mmu(struct a_vm *vm);
void do_version(struct a_vm *vm);

/* --- entry.c: random entries --- */

struct entry {
	uint64_t v, r;
	uint32_t index;
	bool is_vrma;
};

enum { SLOTS = 8, VITAL_GROUPS = 16 };

/* A random entry for a table of that order */
struct entry draw_entry(uint32_t table_order);
/* The entry with which the kernel itself maps a page of the guest's memory */
struct entry vrma_entry(uint32_t table_order, uint32_t page);
/* The entries of the last groups map the pages of the vcpu. Returns true if
 * these entries are among them. */
bool covers_vital(uint32_t table_order, uint64_t index, uint64_t count);

/* --- stream.c, hptes.c, image.c, migrate.c: the functions of libhtab --- */

void do_stream_open(struct a_vm *vm);
void do_stream_read(struct a_vm *vm);
void do_stream_write(struct a_vm *vm);
void do_write_record(struct a_vm *vm);
void do_get_hptes(struct a_vm *vm);
void do_put_hptes(struct a_vm *vm);
void do_save(struct a_vm *vm);
void do_migrate(struct a_vm *vm);

/* --- switch.c --- */

/* Notes that the VM has this mode now. */
void note_mode(struct a_vm *vm, bool radix);
void do_configure(struct a_vm *vm);
void do_switch_with_pending(struct a_vm *vm);

/* --- resize-functions.c --- */

void do_resize_prepare(struct a_vm *vm);
void do_resize_commit(struct a_vm *vm);
void do_resize_cancel(struct a_vm *vm);
void do_resize_whole(struct a_vm *vm);

/* --- resize.c --- */

void do_prepare(struct a_vm *vm);
void do_commit(struct a_vm *vm);
void do_cancel(struct a_vm *vm);

#endif
