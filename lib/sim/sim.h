/* SPDX-License-Identifier: MIT */
/* What the files of the simulator share. */
#ifndef HTAB_SIM_SIM_H
#define HTAB_SIM_SIM_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libhtab.h"
#include "libhtab-sim.h"
#include "uapi.h"

#define HTAB_EXPORT __attribute__((visibility("default")))

/* --- config.c: the description of a host, as numbers --- */

#define LINUX(major, minor) ((major) * 1000u + (minor))

enum kvm_kind { KVM_HV, KVM_PR, KVM_NESTED, KVM_NONE };
enum cpu { POWER7, POWER8, POWER9_DD20, POWER9, POWER10 };

struct config {
	unsigned int linux_version; /* LINUX() */
	enum kvm_kind kvm;
	enum cpu cpu;
	bool radix;
	uint64_t page, cma, memory, block, pool, ram, polls;
};

int htab_model_config_parse(struct config *config, const char *description);

/* --- rules.c: what kernels do differently, one name for each difference --- */

struct rules {
	bool has_htab_fd;	  /* 3.8 */
	bool has_vm_types;	  /* 3.13: HV and PR in one kernel */
	bool vm_has_check;	  /* 3.17: CHECK_EXTENSION on a VM */
	bool has_resize;	  /* 4.11 */
	bool pr_claims_allocate;  /* up to 4.10 */
	bool has_pool;		  /* up to 3.11 */
	bool has_cma;		  /* 3.12 */
	bool cma_first;		  /* 3.16 */
	bool falls_back;	  /* up to 4.3: to smaller sizes */
	bool uses_pages;	  /* 4.11: the ioctl, where CMA fails */
	bool changes_size;	  /* 4.11: another order replaces the table, or
				   * is EINVAL outside 18..46 */
	bool writes_back;	  /* up to 4.10: the order */
	bool dangles;		  /* up to 4.10: hazard 6 */
	bool refuses_radix_vm;	  /* 4.11-4.14 */
	bool switches_radix_vm;	  /* 4.15 */
	bool refuses_nested;	  /* 5.10 */
	bool default_goes_to_18;  /* 4.11: what the first run may fall back to */
	bool commit_needs_pending; /* 4.11-4.13: hazard 9 */
	bool cancel_races;	  /* 4.11-4.13: hazard 10 */
	bool rehashes;		  /* but for POWER9 before 4.16 */
	bool checks_page_size;	  /* 4.15: of entries written to the htab fd */
};

struct rules htab_model_rules(const struct config *config);
int htab_model_capability(const struct config *config, unsigned int cap);

/* --- memory.c: what tables are made of --- */

enum source { NOWHERE, FROM_CMA, FROM_PAGES, FROM_POOL };

/* Memory of one table, and of its reverse map */
struct memory {
	enum source source;
	uint64_t start; /* of FROM_CMA: the first granule */
	uint64_t bytes;
	uint64_t reverse_bytes;
};

struct extent; /* of CMA that is in use */

struct host_memory {
	struct extent *cma_used; /* sorted by start */
	uint64_t pages_free, pool_free;
};

int htab_model_take_cma(struct htab_sim_host *host, uint32_t order,
		      struct memory *memory);
int htab_model_take_pages(struct htab_sim_host *host, uint32_t order,
			struct memory *memory);
int htab_model_take_pool(struct htab_sim_host *host, struct memory *memory);
int htab_model_take_reverse_map(struct htab_sim_host *host,
			      struct memory *memory);
void htab_model_give_back(struct htab_sim_host *host, struct memory *memory);
void htab_model_memory_destroy(struct host_memory *memory);

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
/* Invalid, all of it; dirty marks stay */
void htab_model_table_clear(struct table *table);
void htab_model_table_forget(struct table *table);

/* --- vm.c --- */

struct pending {
	bool active;
	uint32_t order;
	uint64_t polls_left;
	int result; /* when the polls are over */
	struct table table;
};

struct vm {
	struct htab_sim_host *host;
	unsigned int references; /* under the registry's lock */
	unsigned int forks; /* of the process before it was made */
	uint64_t ram;

	/* The kernel's kvm->lock, mmu_setup_lock from 5.2 on */
	pthread_mutex_t lock;
	/* Protects what the kernel reads without a lock: the table */
	pthread_mutex_t data;
	/* Written and read without the lock, in the order of the kernel's
	 * barriers: see vm.c */
	atomic_bool mmu_ready;
	atomic_int vcpus_running;
	/* Those that have passed the gate, for the model to watch itself */
	atomic_int vcpus_inside;
	atomic_bool changing; /* the table is being cleared or freed */
	atomic_int readers;  /* open htab fds for reading */
	atomic_int reading;  /* in a read() just now */

	atomic_bool radix; /* looked at without the lock, too */
	bool dangling; /* hazard 6: the order of the freed table is in table */
	struct table table;
	struct pending pending;
};

struct vm *htab_model_vm_make(struct htab_sim_host *host);
/* False in a child of the process that made it */
bool htab_model_vm_is_ours(const struct vm *vm);
/* When the last descriptor is gone */
void htab_model_vm_destroy(struct vm *vm);
/* With vm->lock: 0 and mmu_ready cleared, or -EBUSY */
int htab_model_stop_vcpus(struct vm *vm);
/* Around each change that no vcpu may see: HAZARD_UNDER_VCPU if one does */
void htab_model_begin_change(struct vm *vm);
void htab_model_end_change(struct vm *vm);
int htab_model_run_enter(struct vm *vm);
int htab_model_run_leave(struct vm *vm);

/* --- allocate.c --- */

/* A table of that order or as the kernel falls back; *order: what it became.
 * by_user: asked for by the ioctl, not by a first run */
int htab_model_allocate_table(struct vm *vm, uint32_t *order, bool by_user);
int htab_model_allocate_exact(struct htab_sim_host *host, uint32_t order,
			    struct table *table);
void htab_model_free_table(struct vm *vm);
int htab_model_allocate_htab(struct vm *vm, uint32_t *order);

/* --- hpte.c --- */

/* The shift of the base page, 0 if the encoding is none */
unsigned int htab_model_page_shift(uint64_t v, uint64_t r);
/* Both with vm->data. Puts an entry in, as H_ENTER with H_EXACT: 0, -EIO,
 * -ENOMEM. Takes one out, if it is there; NULL is allowed. */
int htab_model_enter_hpte(struct vm *vm, uint64_t index, uint64_t v, uint64_t r);
void htab_model_remove_hpte(struct vm *vm, struct hpte *entry);

/* --- htabfd-read.c, htabfd-write.c --- */

struct htabfd {
	struct vm *vm;
	uint64_t flags;
	uint64_t index;
	bool first_pass;
};

struct htabfd *htab_model_htabfd_make(struct vm *vm, uint64_t flags,
				    uint64_t start_index);
void htab_model_htabfd_destroy(struct htabfd *htabfd);
/* Before entries change, and without locks: those who still read */
void htab_model_htabfd_count_readers(struct vm *vm);
ssize_t htab_model_htabfd_read(struct htabfd *htabfd, void *buf, size_t len);
ssize_t htab_model_htabfd_write(struct htabfd *htabfd, const void *buf,
			      size_t len, size_t readable);

/* --- resize.c --- */

int htab_model_resize_prepare(struct vm *vm, uint64_t flags, uint32_t shift);
int htab_model_resize_commit(struct vm *vm, uint64_t flags, uint32_t shift);
void htab_model_resize_discard(struct vm *vm);

/* --- fd.c: descriptors, and what is behind them --- */

enum fd_kind { FD_KVM, FD_VM, FD_VCPU, FD_HTAB };

struct descriptor {
	struct descriptor *next;
	dev_t dev;
	ino_t ino;
	enum fd_kind kind;
	struct htab_sim_host *host; /* NULL: switched off */
	struct vm *vm;		    /* but for FD_KVM; holds a reference */
	struct htabfd *htabfd;	    /* of FD_HTAB */
	atomic_uint users;	    /* calls that work on it */
	bool watched;		    /* by epoll; but for a host's spare */
	bool seen;
};

/* Gives the objects to a new descriptor, or on failure to nobody. */
int htab_sim_fd_make(struct htab_sim_host *host, enum fd_kind kind,
		     struct vm *vm, struct htabfd *htabfd);
/*
 * An htab fd for the library, which opens one each time it asks for a size,
 * and always closes it with the shim: a copy of the host's spare, if that is
 * free, since a socket costs more than all else.
 */
int htab_sim_fd_make_spare(struct htab_sim_host *host);
void htab_sim_fd_close_spare(struct htab_sim_host *host);
int htab_sim_fd_lend(struct htab_sim_host *host, struct vm *vm,
		     struct htabfd *htabfd);
/* The library has closed it; nothing if it is not the spare. */
void htab_sim_fd_take_back(struct descriptor *descriptor);
/* Whose descriptor is it? NULL with 0: not the simulator's; or -EBADF */
int htab_sim_fd_find(int fd, struct descriptor **descriptor);
void htab_sim_fd_release(struct descriptor *descriptor);
/* Its VM, after a wait: NULL if the host was switched off meanwhile */
struct vm *htab_sim_fd_vm(const struct descriptor *descriptor);
/* Finishes what was closed since; how many are open, with /dev/kvm */
int htab_sim_fd_reap(struct htab_sim_host *host);
/* The host goes; its descriptors stay, as those of a dead VM. */
void htab_sim_fd_disown(struct htab_sim_host *host);

/* --- dispatch.c --- */

enum htab_sim_call htab_sim_call_of(unsigned long request);
int htab_sim_dispatch(const struct descriptor *descriptor,
		      enum htab_sim_call call, void *arg, bool by_library);

/* --- journal.c --- */

struct journal_entry {
	enum htab_sim_call call;
	unsigned long request;
	uint64_t a, b; /* arguments, as the kind has them */
	struct uapi_kvm_get_htab_header header;
	uint32_t order_after;
	long result;
};

enum { JOURNAL_SIZE = 1024 };

struct journal {
	pthread_mutex_t lock;
	struct journal_entry entries[JOURNAL_SIZE];
	uint64_t count;
	char *text;
};

void htab_sim_journal_add(struct htab_sim_host *host,
			  const struct journal_entry *entry);

/* --- fault.c --- */

enum { CALL_KINDS = HTAB_SIM_RUN + 1 };

struct faults {
	pthread_mutex_t lock;
	atomic_bool armed; /* anything below is set */
	struct {
		unsigned int count;
		int error;
	} next[CALL_KINDS];
	unsigned int nth;
	int nth_error;
	unsigned int reverse_maps;
	htab_sim_interceptor interceptor;
	void *interceptor_data;
};

/* True if the call is answered: by a fault or by the interceptor */
bool htab_sim_faults_answer(struct htab_sim_host *host,
			    const struct htab_sim_event *event, long *result);
bool htab_sim_faults_reverse_map(struct htab_sim_host *host);

/* --- hazard.c --- */

enum hazard {
	HAZARD_ORDER_0 = 1,
	HAZARD_DANGLING = 6,
	HAZARD_HUGE_ORDER = 7,
	HAZARD_COMMIT_NOT_READY = 8,
	HAZARD_COMMIT_NOTHING = 9,
	HAZARD_CANCEL_RACE = 10,
	HAZARD_CLOSED_PENDING = 11,
	HAZARD_READ_RACE = 14,
	HAZARD_NESTED_RUN = 20,
	/* None of the kernel's: the model's own rule is broken */
	HAZARD_UNDER_VCPU = 100,
};

void htab_sim_hazard(struct htab_sim_host *host, enum hazard hazard);

/* --- host.c --- */

struct htab_sim_host {
	struct config config;
	struct rules rules;
	int kvmfd;
	int epollfd;
	pthread_mutex_t lock; /* memory */
	struct host_memory memory;
	struct journal journal;
	struct faults faults;
	htab_sim_hazard_handler hazard_handler;
	void *hazard_data;
	struct descriptor *spare; /* see htab_sim_fd_lend() */
	int sparefd;
	unsigned int descriptors; /* that are watched; registry's lock */
	atomic_uint made;	  /* since the last reap */
};

/* --- the real kernel, for foreign descriptors: lib/shim.c, renamed --- */

int htab_kernel_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_kernel_write(int fd, const void *buf, size_t len);
ssize_t htab_kernel_write_torn(int fd, const void *buf, size_t len,
			       size_t missing);
int htab_kernel_close(int fd);

#endif
