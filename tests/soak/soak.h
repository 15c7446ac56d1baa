/* SPDX-License-Identifier: MIT */
/*
 * Soak: many threads make VMs, call libhtab on them at random while system calls
 * fail, and compare each VM with what libhtab.h says that it has then.
 *
 * main.c counts, and looks for what is left at the end. life.c is a thread,
 * vm.c knows what a VM should have and what it has, ops.c and image.c are the
 * functions of libhtab, contract.c has their errors. world-sim.c has many
 * simulated hosts, and world-kernel.c the kernel that runs the program.
 */
#ifndef HTAB_TEST_SOAK_H
#define HTAB_TEST_SOAK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libhtab.h"

/* --- hosts --- */

struct world {
	const char *name;
	unsigned int linux_version; /* as LINUX_VERSION() of host.h */
	int kvmfd;
	int caps;
	bool can_run;	  /* a vcpu of a hash guest */
	uint32_t largest; /* the largest order that is worth trying */
};

unsigned int worlds_open(void);
struct world *world_at(unsigned int i);
/* Closes them. Returns how many descriptors were left; *pages is how many bytes
 * of the memory for tables were not given back. */
int worlds_close(uint64_t *pages);
/* Prints the last system calls, where they are known, as comments of TAP. */
void world_print_calls(const struct world *world);
int world_new_vm(const struct world *world);

/* What lets a vcpu of a VM run */
struct vcpu;
struct vcpu *world_new_vcpu(const struct world *world, int vmfd);
int world_enter(struct vcpu *vcpu);
void world_leave(struct vcpu *vcpu);
void world_free_vcpu(struct vcpu *vcpu);

/* The errors with which system calls can fail here, or FAULT_SHORT. Ends with a
 * 0. */
enum { FAULT_SHORT = -1 };
extern const int world_faults[];

/* Around each call of the library. The n-th system call of this thread fails
 * from then on; 0: none does. Returns whether it did, or would have. */
void fault_begin(unsigned int n, int error);
bool fault_end(int result);

/* --- a thread --- */

/* C99 has no _Atomic, and -Wpedantic says so without __extension__. */
struct life {
	uint64_t random;
	unsigned int number;
	__extension__ _Atomic(const char *) operation; /* what it does now */
	__extension__ _Atomic(const struct world *) world;
	atomic_long since; /* when that began, in seconds */
	unsigned long operations, faults, vms;
	/* The fault of the call that is being made */
	unsigned int fault_at;
	int fault_error;
	bool fault_came;
};

extern atomic_bool soak_stops;
/* The life of this thread, or NULL */
extern __thread const struct life *this_life;
uint32_t dice(struct life *life, uint32_t sides);
void live(struct life *life);
long now(void);
/* Prints what is wrong and where, and ends the program. */
void wrong(const struct life *life, const struct world *world,
	   const char *format, ...) __attribute__((noreturn))
__attribute__((format(printf, 3, 4)));

/* Calls the library, with the fault of this operation. */
#define CALL(life, result, call)                                               \
	do {                                                                   \
		fault_begin((life)->fault_at, (life)->fault_error);            \
		(result) = (int)(call);                                        \
		count_call(life, fault_end(result));                           \
	} while (0)

static inline void count_call(struct life *life, bool fault_came)
{
	life->operations++;
	life->faults += fault_came;
	life->fault_came |= fault_came;
}

/* --- a VM --- */

struct entry {
	uint32_t index;
	struct htab_hpte hpte;
};

/* More than the entries for real mode and those of the soak */
enum { MOST_ENTRIES = 1024 };

struct table {
	uint32_t order; /* 0: there is none */
	bool is_known;	/* whether the entries are */
	unsigned int n;
	struct entry entry[MOST_ENTRIES]; /* in the order of their index */
};

struct vm {
	struct life *life;
	const struct world *world;
	int fd;
	struct vcpu *vcpu;
	bool has_run;	   /* since the table was made or cleared */
	bool lost;	   /* it had a table, and an allocation took it */
	bool dead;	   /* -ENOTRECOVERABLE */
	uint32_t prepared; /* the order that may be prepared, or 0 */
	struct table table;
};

/* What a VM may have after a call */
enum {
	SAME = 1,
	CLEARED = 2, /* the same table without entries */
	NO_TABLE = 4,
	GIVEN = 8,     /* the table that the caller gives */
	WHATEVER = 16, /* a table or none */
};

bool vm_new(struct vm *vm, struct life *life, const struct world *world);
void vm_close(struct vm *vm);
/* Compares the VM with what it may have, and goes on with what it has. */
void vm_settle(struct vm *vm, const char *name, int result,
	       unsigned int allowed, const struct table *given);
bool vm_can_be_measured(const struct vm *vm);
void table_empty(struct table *table, uint32_t order);
void table_set(struct table *table, uint32_t index,
	       const struct htab_hpte *hpte);

/* Ends the program if no error of this function is so, and no fault was. */
void contract_check(const struct vm *vm, const char *function, int result);
/* Whether a fault came that the library has to take for an answer of the
 * kernel: see contract.c. */
bool fault_misleads(const struct life *life);

/* --- operations --- */

struct operation {
	const char *name;
	void (*call)(struct vm *vm);
};

extern const struct operation operations[];
unsigned int operations_count(void);
void vm_cancel(struct vm *vm);
bool vm_run(struct vm *vm);

void op_save(struct vm *vm);
void op_restore(struct vm *vm);
void op_prepare(struct vm *vm);
void op_commit(struct vm *vm);
void op_cancel(struct vm *vm);
void op_resize(struct vm *vm);
void op_configure(struct vm *vm);
void images_free(void);

#endif
