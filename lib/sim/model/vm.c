/* SPDX-License-Identifier: MIT */
/* VMs, and how their vcpus are kept out while the table changes */
#include "sim.h"

#include <stdlib.h>

/* How often this process was forked on the way from the first one. (getpid()
 * would do, and cost as much as the rest of a call.) */
static atomic_uint forks;
static pthread_once_t watch_forks_once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

bool htab_model_vm_is_ours(const struct vm *vm)
{
	return vm->forks == atomic_load(&forks);
}

struct vm *htab_model_vm_make(struct htab_sim_host *host)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	vm->host = host;
	pthread_once(&watch_forks_once, watch_forks);
	vm->forks = atomic_load(&forks);
	vm->ram = host->config.ram;
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->data, NULL);
	/* A guest of a radix host begins radix, and needs no table; those of PR
	 * and of other architectures never do. */
	atomic_init(&vm->radix, host->config.radix);
	atomic_init(&vm->mmu_ready,
		    host->config.radix || host->config.kvm == KVM_PR ||
			    host->config.kvm == KVM_NONE);
	return vm;
}

void htab_model_vm_destroy(struct vm *vm)
{
	if (vm->pending.active) {
		/* Its memory is gone until the host is. */
		htab_sim_hazard(vm->host, HAZARD_CLOSED_PENDING);
		htab_model_table_forget(&vm->pending.table);
	}
	htab_model_table_forget(&vm->table);
	htab_model_give_back(vm->host, &vm->table.memory);
	pthread_mutex_destroy(&vm->data);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

/*
 * The protocol of the kernel's patch. Here the flag is cleared and then the
 * count is read; a vcpu counts itself and then reads the flag. With a full
 * barrier between the two on both sides (sequentially consistent atomics) at
 * least one of them sees the other.
 */
int htab_model_stop_vcpus(struct vm *vm)
{
	if (!atomic_load(&vm->mmu_ready))
		return 0;
	atomic_store(&vm->mmu_ready, false);
	if (atomic_load(&vm->vcpus_running)) {
		atomic_store(&vm->mmu_ready, true);
		return -EBUSY;
	}
	return 0;
}

/* The model watches itself: by the same protocol, whoever comes second sees the
 * other. */
void htab_model_begin_change(struct vm *vm)
{
	atomic_store(&vm->changing, true);
	if (atomic_load(&vm->vcpus_inside))
		htab_sim_hazard(vm->host, HAZARD_UNDER_VCPU);
}

void htab_model_end_change(struct vm *vm)
{
	atomic_store(&vm->changing, false);
}

static void go_inside(struct vm *vm)
{
	atomic_fetch_add(&vm->vcpus_inside, 1);
	if (atomic_load(&vm->changing))
		htab_sim_hazard(vm->host, HAZARD_UNDER_VCPU);
}

/* One bolted entry for each page, in slot 7 of its group */
static void map_vrma(struct vm *vm)
{
	const uint64_t vsid = 0x1ffffff;
	const uint64_t groups = htab_model_table_entries(&vm->table) / 8;
	const uint64_t page = vm->host->config.page;
	uint64_t pages = vm->ram / page;
	/* 4K, or 64K and large */
	const bool large = page != 4 << 10;
	const uint64_t v0 = HPTE_1TB | vsid << 24 | HPTE_BOLTED | HPTE_VALID |
			    (large ? HPTE_LARGE : 0);
	/* R, C, M */
	const uint64_t r0 = 0x190 | (large ? 0x1000 : 0);

	if (pages > (UINT64_C(1) << 40) / page)
		pages = (UINT64_C(1) << 40) / page;
	if (pages > groups)
		pages = groups;
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t address = i * page;
		uint64_t group = (i ^ vsid ^ vsid << 25) & (groups - 1);

		if (htab_model_enter_hpte(vm, group * 8 + 7,
					v0 | (address >> 16 & ~UINT64_C(0x7f)),
					r0 | address) < 0)
			return;
	}
}

/* The first run: a table if there is none, and the VRMA */
static int set_up_mmu(struct vm *vm)
{
	uint32_t order = HTAB_ORDER_DEFAULT;
	int r;

	/* Another vcpu was faster. */
	if (atomic_load(&vm->mmu_ready))
		return 0;
	if (vm->dangling) {
		htab_sim_hazard(vm->host, HAZARD_DANGLING);
		return -EIO;
	}
	if (!vm->table.order) {
		r = htab_model_allocate_table(vm, &order, false);
		if (r < 0)
			return r;
	}
	if (vm->ram == 0)
		return -EINVAL;
	pthread_mutex_lock(&vm->data);
	map_vrma(vm);
	pthread_mutex_unlock(&vm->data);
	atomic_store(&vm->mmu_ready, true);
	return 0;
}

static int wait_until_ready(struct vm *vm)
{
	int r;

	if (vm->host->config.kvm == KVM_NESTED &&
	    !atomic_load(&vm->radix)) {
		htab_sim_hazard(vm->host, HAZARD_NESTED_RUN);
		return -EIO;
	}
	htab_model_htabfd_count_readers(vm);
	pthread_mutex_lock(&vm->lock);
	r = set_up_mmu(vm);
	pthread_mutex_unlock(&vm->lock);
	return r;
}

int htab_model_run_enter(struct vm *vm)
{
	int r = 0;

	atomic_fetch_add(&vm->vcpus_running, 1);
	if (!atomic_load(&vm->mmu_ready))
		r = wait_until_ready(vm);
	if (r < 0)
		atomic_fetch_sub(&vm->vcpus_running, 1);
	else
		go_inside(vm);
	return r;
}

int htab_model_run_leave(struct vm *vm)
{
	int inside = atomic_load(&vm->vcpus_inside);

	do {
		if (inside == 0)
			return -EINVAL;
	} while (!atomic_compare_exchange_weak(&vm->vcpus_inside, &inside,
					       inside - 1));
	atomic_fetch_sub(&vm->vcpus_running, 1);
	return 0;
}
