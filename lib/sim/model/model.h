/* SPDX-License-Identifier: MIT */
/*
 * The model of the kernel's side of a guest's page table.
 *
 * This directory must not use descriptors of the process, the journal,
 * callbacks or threads of its own. The layers above call it, and it never calls
 * them, so that a test can step the model through every interleaving with one
 * thread.
 *
 * Functions return >= 0 or a negative errno.
 */
#ifndef HTAB_MODEL_H
#define HTAB_MODEL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "kernel.h"
#include "vcpu-state.h"
#include "sim/uapi-sim.h"

/* --- table.c: the sparse table of entries --- */

/* Bits of dword 0 as the kernel keeps it. Dword 1 is kept as the guest sees
 * it. */
#define HPTE_VALID     UINT64_C(0x01)
#define HPTE_SECONDARY UINT64_C(0x02)
#define HPTE_LARGE     UINT64_C(0x04)
#define HPTE_BOLTED    UINT64_C(0x10)
#define HPTE_ABSENT    UINT64_C(0x20)
#define HPTE_HVLOCK    UINT64_C(0x40)
#define HPTE_1TB       UINT64_C(0x4000000000000000)
#define HPTE_B	       UINT64_C(0xc000000000000000)
/* The bits other than B that POWER9 keeps. Its own layout has no room for the
 * rest. */
#define HPTE_COMMON    UINT64_C(0x000fffffffffffff)
#define HPTE_MODIFIED  UINT64_C(0x4000000000000000) /* in dword 1 */

struct hpte {
	uint64_t index;
	/* dword 0 and dword 1. v is 0 if the entry is invalid and exists only
	 * for its dirty mark. */
	uint64_t v, r;
	bool dirty;
};

struct table {
	uint32_t order; /* 0 if there is no table */
	struct memory memory;
	void *entries; /* the tree of tsearch() */
};

uint64_t htab_model_table_entries(const struct table *table);
struct hpte *htab_model_table_find(const struct table *table, uint64_t index);
/* Returns the first entry at index or after it, or NULL. */
struct hpte *htab_model_table_next(const struct table *table, uint64_t index);
/* Finds or makes an entry. Returns NULL if memory runs out. */
struct hpte *htab_model_table_make(struct table *table, uint64_t index);
void htab_model_table_drop(struct table *table, struct hpte *entry);
/* Makes all entries invalid, and keeps their dirty marks. */
void htab_model_table_clear(struct table *table);
void htab_model_table_forget(struct table *table);

/* --- vm.c --- */

/* A resize that PREPARE has started */
struct pending {
	bool active;
	uint32_t order;
	uint64_t polls_left;
	int result; /* what PREPARE returns when the polls are used up */
	struct table table;
};

/* Keeps vcpus out while the table changes: see gate.c. All members but the lock
 * are read and written without holding it, in the order that the kernel's
 * barriers enforce. */
struct gate {
	/* The kernel's kvm->lock; mmu_setup_lock in Linux 5.2 and later */
	pthread_mutex_t lock;
	atomic_bool ready;  /* the kernel's mmu_ready */
	atomic_int running; /* the kernel's vcpus_running */
	/* With the rest the model checks itself: HTAB_SIM_HAZARD_UNDER_VCPU. */
	atomic_int inside;    /* vcpus that have passed the gate */
	atomic_bool held;     /* COMMIT keeps them out of the guest */
	atomic_bool changing; /* the table is being changed */
};

/* A memory slot */
struct slot {
	struct slot *next;
	uint32_t number;
	uint64_t start, size; /* in the guest */
	uint64_t address;     /* in the process */
};

struct slots {
	/* Protects what follows. Taken after all other locks of the VM */
	pthread_mutex_t lock;
	struct slot *first;
	/* What the host's description gives the VM at guest address 0, until a
	 * slot has been there */
	uint64_t ram;
};

/* The memory at guest address 0 */
struct backing {
	uint64_t size;	  /* 0 if there is none */
	bool in_process;  /* it is a slot's, at this address of the process: */
	uint64_t address; /* */
	/* The size of the pages of the process there, or 0 if nothing is mapped
	 * that a guest can run in. The model cannot know that. */
	uint64_t page;
};

struct vm {
	struct vm *next; /* protected by kernel->lock */
	struct kernel *kernel;
	int number; /* its descriptor when it was made */
	atomic_uint references;
	struct slots slots;

	struct gate gate;
	/* Protects the table, which the kernel reads without a lock. */
	pthread_mutex_t data;
	atomic_int readers; /* open htab fds for reading */
	atomic_int reading; /* reads that are in progress */
	atomic_bool radix;  /* also read without gate.lock */

	/* Protected by gate.lock. To change the table, hold data as well. */
	bool dangling; /* the table was freed, and table.order still has its
			* order */
	bool stale_reverse_map; /* closing the VM frees a freed one again */
	struct table table;
	struct pending pending;
	struct vcpu *vcpus;
};

/* A call on a VM, and the set of hazards that it met, as bits (1 << enum
 * htab_sim_hazard). The caller reports them when it holds no lock. */
struct op {
	struct vm *vm;
	uint32_t hazards;
	/* What the caller has found out about the memory at guest address 0,
	 * for a first run */
	struct backing backing;
};

void htab_model_hazard(struct op *op, enum htab_sim_hazard hazard);

/* Returns 0, and sets *vm to a VM with one reference, which the caller owns. */
int htab_model_vm_make(struct kernel *kernel, int number, struct vm **vm);
void htab_model_vm_get(struct vm *vm);
/* Drops a reference. Dropping the last one destroys the VM. Returns the hazards
 * of that. */
uint32_t htab_model_vm_put(struct vm *vm);

/* The caller has set kernel->config and initialised kernel->lock. */
void htab_model_boot(struct kernel *kernel);
void htab_model_halt(struct kernel *kernel);
unsigned int htab_model_vcpus_inside(struct kernel *kernel);
/* Destroys the VMs to which only vcpus inside hold references. Returns their
 * hazards. */
uint32_t htab_model_drop_parked(struct kernel *kernel);

/* --- gate.c: the steps of a vcpu into KVM_RUN and out --- */

/* Each step accesses shared state once, so a test that tries every order of the
 * steps of several calls tries every interleaving. */
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
/* Takes all steps up to RUN_INSIDE. Returns 0, or a negative errno if the vcpu
 * is not inside. -EAGAIN, which no kernel returns, says that this is a first
 * run, and that op->backing does not describe the memory at guest address 0. */
int htab_model_enter(struct op *op);
/* Takes the steps after RUN_INSIDE. Returns 0, or -EINVAL if no vcpu is
 * inside. */
int htab_model_leave(struct op *op);

/* --- gate.c: the steps of a change of the table --- */

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
	/* Called while no vcpu is in the guest. Its result is the change's. */
	long (*apply)(struct change *change, void *arg);
	void *arg;
	bool hold;	/* hold running vcpus up instead of returning -EBUSY */
	bool was_ready; /* the gate was open */
	bool reopen;	/* open it at the end */
	enum change_step next;
	long result;
};

void htab_model_change_step(struct change *change);
/* Takes all steps. Returns what apply returned, or -EBUSY. */
long htab_model_change(struct change *change);

/* --- vcpu.c --- */

/* KVM_CREATE_VCPU. Sets *made to a vcpu that belongs to the VM. */
int htab_model_vcpu_make(struct vm *vm, uint32_t id, struct vcpu **made);
/* Undoes htab_model_vcpu_make(), when no descriptor could be made. */
void htab_model_vcpu_drop(struct vm *vm, uint32_t id);
/* Does the work of a first run: allocates a table if there is none, and enters
 * the entries that map real mode (the VRMA). Caller holds gate.lock. */
int htab_model_set_up_mmu(struct op *op);
/* Returns the size of the pages that map real mode, where the memory at guest
 * address 0 has pages of that size. */
uint64_t htab_model_vrma_page(uint64_t page);
/* Returns how many pages of real mode a table with that many groups maps. */
uint64_t htab_model_vrma_pages(uint64_t ram, uint64_t page, uint64_t groups);

/* --- slots.c --- */

/* KVM_SET_USER_MEMORY_REGION */
int htab_model_set_region(
	struct vm *vm, const struct uapi_kvm_userspace_memory_region *region);
/* Returns how many slots a VM can have. Their numbers begin at 0. */
unsigned int htab_model_slot_count(const struct config *config);
void htab_model_slots_init(struct slots *slots, uint64_t ram);
void htab_model_slots_destroy(struct slots *slots);
/* Returns true if the table can have an entry for a page of that size, a power
 * of two, at a guest address: the slot there, if there is one, begins and ends
 * where such pages do. */
bool htab_model_page_fits(struct vm *vm, uint64_t start, uint64_t size);
/* Returns the memory at guest address 0, whose page is that of the host. */
struct backing htab_model_real_mode(struct vm *vm);

/* --- mmu.c --- */

/* KVM_PPC_CONFIGURE_V3_MMU */
int htab_model_configure_mmu(struct op *op,
			     const struct uapi_kvm_ppc_mmuv3_cfg *how);
/* Returns the same as a change whose steps have not been taken. The caller has
 * checked the arguments. */
struct change htab_model_mode_change(struct op *op, bool *radix);
/* KVM_PPC_GET_SMMU_INFO */
void htab_model_smmu_info(struct vm *vm, struct uapi_kvm_ppc_smmu_info *info);

/* --- allocate.c --- */

/* KVM_PPC_ALLOCATE_HTAB. Sets *order to what the kernel writes back. */
int htab_model_allocate_htab(struct op *op, uint32_t *order);
/* Returns the same as a change whose steps have not been taken. */
struct change htab_model_allocation(struct op *op, uint32_t *order);
/* Allocates the table of a first run. */
int htab_model_allocate_default(struct op *op);
int htab_model_allocate_exact(struct kernel *kernel, uint32_t order,
			      struct table *table);
/* Frees the table, if there is one. Caller holds gate.lock. */
void htab_model_free_table(struct op *op);

/* --- reverse.c --- */

/* Gives a new table the marks that are left in the memory of its reverse map,
 * as far as the host's description wants them. */
void htab_model_leave_old_marks(struct kernel *kernel, struct table *table);

/* --- hpte.c --- */

/* Returns the shift of the base page, or 0 if the encoding is unknown. */
unsigned int htab_model_page_shift(uint64_t v, uint64_t r);
/* Enters an entry, as H_ENTER with H_EXACT does. Returns 0, -EIO or -ENOMEM.
 * Caller holds vm->data, here and in htab_model_remove_hpte(). */
int htab_model_enter_hpte(struct vm *vm, uint64_t index, uint64_t v,
			  uint64_t r);
/* Removes an entry, if it is valid. NULL is allowed. */
void htab_model_remove_hpte(struct vm *vm, struct hpte *entry);

/* --- htabfd-read.c, htabfd-write.c --- */

struct htabfd {
	struct vm *vm; /* holds a reference */
	uint64_t flags;
	uint64_t index;
	bool first_pass;
};

struct htabfd *htab_model_htabfd_make(struct vm *vm, uint64_t flags,
				      uint64_t start_index);
/* Drops the reference to the VM. Returns the hazards of that. */
uint32_t htab_model_htabfd_destroy(struct htabfd *htabfd);
/* Only the first `writable` or `readable` bytes of the buffer are accessible.
 * An access after them is EFAULT. */
ssize_t htab_model_htabfd_read(struct htabfd *htabfd, void *buf, size_t len,
			       size_t writable);
ssize_t htab_model_htabfd_write(struct op *op, const struct htabfd *htabfd,
				const void *buf, size_t len, size_t readable);

/* --- resize.c --- */

int htab_model_resize_prepare(struct op *op,
			      const struct uapi_kvm_ppc_resize_hpt *how);
int htab_model_resize_commit(struct op *op,
			     const struct uapi_kvm_ppc_resize_hpt *how);
/* Returns COMMIT as a change whose steps have not been taken. The caller has
 * checked the arguments. */
struct change htab_model_commit(struct op *op, uint32_t *shift);
void htab_model_resize_discard(struct vm *vm);

#endif
