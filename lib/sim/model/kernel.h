/* SPDX-License-Identifier: MIT */
/* A kernel that has booted: its configuration, its rules and its memory */
#ifndef HTAB_MODEL_KERNEL_H
#define HTAB_MODEL_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libhtab-sim.h"
#include "libhtab.h"

/* --- config.c: the description of a host --- */

#define LINUX(major, minor) ((major)*1000u + (minor))

enum kvm_kind { KVM_HV, KVM_PR, KVM_NESTED, KVM_NONE };
enum cpu { POWER7, POWER8, POWER9_DD20, POWER9, POWER10 };

struct config {
	unsigned int linux_version; /* LINUX() */
	enum kvm_kind kvm;
	enum cpu cpu;
	bool radix;
	bool accept_other;   /* requests that the simulator does not know */
	bool random_reverse; /* what is in a new reverse map */
	uint64_t page, cma, memory, block, pool, ram, polls;
};

/* Returns 0, -ENOMEM, or -EINVAL with a sentence in why if the text does not
 * describe a host. */
int htab_model_config_parse(struct config *config, const char *description,
			    char *why, size_t why_size);

/* --- rules.c: one name for each difference between kernels --- */

struct rules {
	bool has_htab_fd;	   /* 3.8 */
	bool has_vm_types;	   /* 3.13: HV and PR in one kernel */
	bool vm_has_check;	   /* 3.17: CHECK_EXTENSION on a VM */
	bool vm_has_enable_cap;	   /* 3.17: ENABLE_CAP on a VM */
	bool has_resize;	   /* 4.11 */
	bool pr_claims_allocate;   /* up to 4.10 */
	bool has_pool;		   /* up to 3.11 */
	bool cma_first;		   /* 3.16 */
	bool falls_back;	   /* up to 4.3: to smaller sizes */
	bool uses_pages;	   /* 4.11: the ioctl too, if CMA fails */
	bool changes_size;	   /* 4.11: another order replaces the table, or
				   * is EINVAL outside 18..46 */
	bool writes_back;	   /* up to 4.10: the order */
	bool dangles;		   /* up to 4.10: a freed table stays in use */
	bool keeps_reverse_map;	   /* 4.11-4.14: a freed one is freed again */
	bool names_vms;		   /* 4.7-4.18: by number; a VM whose number is
				   * in use cannot be made */
	bool packs_vcpu_ids;	   /* 4.19, POWER9: EINVAL if an id is in use */
	bool refuses_radix_vm;	   /* 4.11-4.14 */
	bool switches_radix_vm;	   /* 4.15 */
	bool readies_radix_vm;	   /* 4.15: mmu_ready covers radix guests */
	bool refuses_nested;	   /* 5.10 */
	bool refuses_hash_run;	   /* 4.15-5.11: on a radix POWER9 DD2.0 */
	bool default_goes_to_18;   /* 4.11: a first run falls back to 18 */
	bool commit_needs_pending; /* 4.11-4.13: nothing pending is an oops */
	bool cancel_races;	   /* 4.11-4.13: with the kernel's worker */
	bool rehashes;		   /* COMMIT works: not on POWER9 before 4.16 */
	bool bugs_on_misplaced;	   /* up to 4.15: COMMIT, of bolted entries */
	bool checks_page_size;	   /* 4.15: of entries written to the htab fd */
	bool has_immediate_exit;   /* 4.11: of struct kvm_run */
	bool exit_is_2;		   /* up to 5.17: KVM_RUN returns 2 then */
	bool checks_segment_size;  /* 5.16: of entries that are entered */
};

struct rules htab_model_rules(const struct config *config);
/* Returns the first kernel whose KVM runs on that CPU. */
unsigned int htab_model_first_linux(enum cpu cpu);
/* Returns true for a POWER9 that runs radix guests only. */
bool htab_model_cannot_mix(const struct config *config);

/* --- capability.c --- */

/* The number of CPUs for which Debian builds its kernels. Other builds have
 * fewer (docs/kernels.md, "Processes, descriptors and vcpu ids"). */
enum { VCPUS_MAX = 2048 };

/* KVM_CHECK_EXTENSION */
int htab_model_capability(const struct config *config, unsigned int cap);
/* KVM_GET_VCPU_MMAP_SIZE */
size_t htab_model_vcpu_mmap_size(const struct config *config);

/* --- memory.c: where tables come from --- */

enum source { NOWHERE, FROM_CMA, FROM_PAGES, FROM_POOL };

/* The memory of one table and of its reverse map */
struct memory {
	enum source source;
	uint64_t start; /* the first granule, if FROM_CMA */
	uint64_t bytes;
	uint64_t reverse_bytes;
};

struct extent; /* a part of the CMA area that is in use */

struct host_memory {
	struct extent *cma_used; /* sorted by start */
	uint64_t pages_free, pool_free;
	unsigned int failing_reverse_maps; /* how many of the next ones fail */
};

/* A kernel that has booted */
struct kernel {
	struct config config;
	struct rules rules;
	/* Protects what follows. The owner of the struct initialises it. */
	pthread_mutex_t lock;
	struct host_memory memory;
	struct vm *vms;
	uint64_t random; /* the state of reverse.c */
};

void htab_model_memory_init(struct kernel *kernel);
void htab_model_memory_destroy(struct kernel *kernel);
int htab_model_take_cma(struct kernel *kernel, uint32_t order,
			struct memory *memory);
int htab_model_take_pages(struct kernel *kernel, uint32_t order,
			  struct memory *memory);
int htab_model_take_pool(struct kernel *kernel, struct memory *memory);
int htab_model_take_reverse_map(struct kernel *kernel, struct memory *memory);
void htab_model_give_back(struct kernel *kernel, struct memory *memory);
uint64_t htab_model_free_memory(struct kernel *kernel,
				enum htab_sim_memory memory);
void htab_model_fail_reverse_maps(struct kernel *kernel, unsigned int count);

#endif
