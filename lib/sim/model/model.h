/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of a guest's page table, and nothing else: this directory
 * knows no descriptor of the process, no journal, no callback and no thread
 * but the one that calls. What stands above it calls down into it.
 *
 * Functions return >= 0 or a negative errno.
 */
#ifndef HTAB_MODEL_H
#define HTAB_MODEL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "kernel.h"
#include "sim/uapi-sim.h"

/* --- table.c: entries, sparse --- */

/* dword 0 as the kernel keeps it; dword 1 as the guest sees it */
#define HPTE_VALID    UINT64_C(0x01)
#define HPTE_LARGE    UINT64_C(0x04)
#define HPTE_BOLTED   UINT64_C(0x10)
#define HPTE_ABSENT   UINT64_C(0x20)
#define HPTE_HVLOCK   UINT64_C(0x40)
#define HPTE_1TB      UINT64_C(0x4000000000000000)
#define HPTE_B	      UINT64_C(0xc000000000000000)
/* What POWER9 keeps of the rest, its own layout having no room for more */
#define HPTE_COMMON   UINT64_C(0x000fffffffffffff)
#define HPTE_MODIFIED UINT64_C(0x4000000000000000) /* in dword 1 */

struct hpte {
	uint64_t index;
	uint64_t v, r; /* v == 0: not valid, kept for its dirty mark */
	bool dirty;
};

struct table {
	uint32_t order; /* 0: there is none */
	struct memory memory;
	void *entries; /* of tsearch() */
};

uint64_t htab_model_table_entries(const struct table *table);
struct hpte *htab_model_table_find(const struct table *table, uint64_t index);
/* The first entry at index or after */
struct hpte *htab_model_table_next(const struct table *table, uint64_t index);
/* Finds or makes it; NULL without memory */
struct hpte *htab_model_table_make(struct table *table, uint64_t index);
void htab_model_table_drop(struct table *table, struct hpte *entry);
/* Makes all entries invalid; their dirty marks stay. */
void htab_model_table_clear(struct table *table);
void htab_model_table_forget(struct table *table);

/* --- vm.c --- */

/* A resize that PREPARE has begun */
struct pending {
	bool active;
	uint32_t order;
	uint64_t polls_left;
	int result; /* when the polls are over */
	struct table table;
};

/* What keeps vcpus out while the table changes: see gate.c. Everything but the
 * lock is read and written without it, in the order of the kernel's barriers. */
struct gate {
	/* The kernel's kvm->lock, mmu_setup_lock from 5.2 on */
	pthread_mutex_t lock;
	atomic_bool ready;  /* the kernel's mmu_ready */
	atomic_int running; /* the kernel's vcpus_running */
	/* The rest is how the model watches itself. */
	atomic_int inside;    /* vcpus that have passed the gate */
	atomic_bool held;     /* COMMIT keeps them out of the guest */
	atomic_bool changing; /* the table is being changed */
};

struct vcpu {
	struct vcpu *next;
	uint32_t id;
};

struct vm {
	struct vm *next; /* kernel->lock */
	struct kernel *kernel;
	int number; /* of the descriptor that it was made with */
	atomic_uint references;
	uint64_t ram;

	struct gate gate;
	/* Protects what the kernel reads without a lock: the table */
	pthread_mutex_t data;
	atomic_int readers; /* open htab fds for reading */
	atomic_int reading; /* reads of them that are under way */
	atomic_bool radix;  /* read without the lock, too */

	/* Protected by gate.lock; the table by data as well */
	bool dangling; /* the order of a freed table is still in table */
	bool stale_reverse_map; /* a freed one will be freed again */
	struct table table;
	struct pending pending;
	struct vcpu *vcpus;
};

/* A call on a VM, and a set of bits (1 << enum htab_sim_hazard): the hazards
 * that it met. The caller reports them when it holds no lock. */
struct op {
	struct vm *vm;
	uint32_t hazards;
};

void htab_model_hazard(struct op *op, enum htab_sim_hazard hazard);

/* Returns 0 and a VM that the caller holds a reference of. */
int htab_model_vm_make(struct kernel *kernel, int number, struct vm **vm);
void htab_model_vm_get(struct vm *vm);
/* The last one destroys the VM. Returns the hazards of that. */
uint32_t htab_model_vm_put(struct vm *vm);

/* The kernel's config is there, and its lock is initialised. */
void htab_model_boot(struct kernel *kernel);
void htab_model_halt(struct kernel *kernel);
unsigned int htab_model_vcpus_inside(struct kernel *kernel);
/* Destroys the VMs that only vcpus inside refer to. Returns their hazards. */
uint32_t htab_model_drop_parked(struct kernel *kernel);

/* --- gate.c: a vcpu on its way into KVM_RUN and out, step by step --- */

/* Each step touches what others see once, so that a test can try all orders
 * of the steps of several calls. */
enum run_step {
	RUN_COUNT,
	RUN_LOOK,
	RUN_LOCK,
	RUN_LOOK_AGAIN,
	RUN_SET_UP,
	RUN_UNLOCK,
	RUN_GO_INSIDE,
	RUN_CHECK,
	RUN_INSIDE,
	RUN_GO_OUT,
	RUN_UNCOUNT,
	RUN_END,
};

struct run {
	struct op op;
	enum run_step next;
	int result;
};

void htab_model_run_step(struct run *run);
/* All steps up to RUN_INSIDE: 0, or why the vcpu is not inside */
int htab_model_enter(struct op *op);
/* The steps after it: 0, or -EINVAL if no vcpu is inside */
int htab_model_leave(struct op *op);

/* --- gate.c: a change of the table, step by step --- */

enum change_step {
	CHANGE_LOCK,
	CHANGE_CLOSE,
	CHANGE_COUNT,
	CHANGE_HOLD,
	CHANGE_BEGIN,
	CHANGE_APPLY,
	CHANGE_REOPEN,
	CHANGE_UNLOCK,
	CHANGE_END,
};

struct change {
	struct op *op;
	/* What is done while no vcpu is in the guest; the result is its own */
	long (*apply)(struct change *change, void *arg);
	void *arg;
	bool hold;	/* vcpus are held up, and not a reason to refuse */
	bool was_ready; /* the gate was open */
	bool reopen;	/* open it at the end */
	enum change_step next;
	long result;
};

void htab_model_change_step(struct change *change);
/* All steps. Returns what apply returned, or -EBUSY. */
long htab_model_change(struct change *change);

/* --- vcpu.c --- */

/* KVM_CREATE_VCPU */
int htab_model_vcpu_make(struct vm *vm, uint32_t id);
/* As if it had not been made: no descriptor could be given for it. */
void htab_model_vcpu_drop(struct vm *vm, uint32_t id);
/* What the first run does, with the lock: a table if there is none, and the
 * entries that map real mode (the VRMA) */
int htab_model_set_up_mmu(struct op *op);
/* How many pages a table of so many groups maps */
uint64_t htab_model_vrma_pages(uint64_t ram, uint64_t page, uint64_t groups);

/* --- allocate.c --- */

/* KVM_PPC_ALLOCATE_HTAB; *order becomes what the kernel writes back. */
int htab_model_allocate_htab(struct op *op, uint32_t *order);
/* The same as a change that has not begun */
struct change htab_model_allocation(struct op *op, uint32_t *order);
/* The table of a first run */
int htab_model_allocate_default(struct op *op);
int htab_model_allocate_exact(struct kernel *kernel, uint32_t order,
			      struct table *table);

/* --- hpte.c --- */

/* The shift of the base page, 0 if the encoding is none */
unsigned int htab_model_page_shift(uint64_t v, uint64_t r);
/* Both with vm->data. Puts an entry in, as H_ENTER with H_EXACT: 0, -EIO,
 * -ENOMEM. Takes one out, if it is there; NULL is allowed. */
int htab_model_enter_hpte(struct vm *vm, uint64_t index, uint64_t v,
			  uint64_t r);
void htab_model_remove_hpte(struct vm *vm, struct hpte *entry);

/* --- htabfd-read.c, htabfd-write.c --- */

struct htabfd {
	struct vm *vm; /* a reference */
	uint64_t flags;
	uint64_t index;
	bool first_pass;
};

struct htabfd *htab_model_htabfd_make(struct vm *vm, uint64_t flags,
				      uint64_t start_index);
/* Returns the hazards of what the reference kept. */
uint32_t htab_model_htabfd_destroy(struct htabfd *htabfd);
/* Of the buffer only the first bytes can be written to, or be read: what comes
 * after them is EFAULT when the kernel gets there. */
ssize_t htab_model_htabfd_read(struct htabfd *htabfd, void *buf, size_t len,
			       size_t writable);
ssize_t htab_model_htabfd_write(struct op *op, const struct htabfd *htabfd,
				const void *buf, size_t len, size_t readable);

/* --- resize.c --- */

int htab_model_resize_prepare(struct op *op,
			      const struct uapi_kvm_ppc_resize_hpt *how);
int htab_model_resize_commit(struct op *op,
			     const struct uapi_kvm_ppc_resize_hpt *how);
/* The same as a change that has not begun, its arguments checked */
struct change htab_model_commit(struct op *op, uint32_t *shift);
void htab_model_resize_discard(struct vm *vm);

#endif
