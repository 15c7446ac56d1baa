/* SPDX-License-Identifier: MIT */
/* KVM_SET_USER_MEMORY_REGION: which guest addresses have memory
 * (docs/kernels.md, "Memory slots") */
#include "model.h"

#include <stdlib.h>

/* A process has no addresses from here on, whatever the size of its pages.
 * Kernels with 4K pages refuse addresses from 64T on as well, but a process of
 * another architecture, which the simulator runs in, has memory there. */
#define USER_END UINT64_C(0x0010000000000000)

/* Each slot has a number of pages that fits in 31 bits. */
enum { PAGES_MAX = INT32_MAX };

/* For each page KVM HV allocates a pointer into the reverse map. It has to fit
 * into the host's RAM, of which memory= is only what is left for tables. */
enum { BYTES_PER_PAGE = 8 };
#define HOST_RAM (UINT64_C(4) << 30)

unsigned int htab_model_slot_count(const struct config *config)
{
	if (config->linux_version >= LINUX(5, 12))
		return 32767;
	return config->linux_version >= LINUX(4, 5) ? 512 : 32;
}

static bool is_valid(const struct config *config,
		     const struct uapi_kvm_userspace_memory_region *region)
{
	const uint64_t size = region->memory_size;
	const uint64_t start = region->guest_phys_addr;
	const uint64_t address = region->userspace_addr;

	/* KVM_MEM_READONLY is not a flag of PowerPC. */
	if (region->flags & ~UAPI_KVM_MEM_LOG_DIRTY_PAGES)
		return false;
	if ((size | start | address) & (config->page - 1))
		return false;
	if (address > USER_END || size > USER_END - address)
		return false;
	/* The upper half of the number is an address space. There is one. */
	if (region->slot >= htab_model_slot_count(config))
		return false;
	/* An end of 2^64 is a wrap too. */
	if (size && start > UINT64_MAX - size)
		return false;
	return size / config->page <= PAGES_MAX;
}

/* Returns where the pointer to the slot of that number is, or the last pointer,
 * which is NULL. Caller holds slots->lock, here and below. */
static struct slot **find(struct slots *slots, uint32_t number)
{
	struct slot **at = &slots->first;

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static const struct slot *slot_at(const struct slots *slots, uint64_t address)
{
	const struct slot *slot = slots->first;

	while (slot &&
	       (address < slot->start || address - slot->start >= slot->size))
		slot = slot->next;
	return slot;
}

static bool overlaps(const struct slots *slots, uint32_t except, uint64_t start,
		     uint64_t size)
{
	for (const struct slot *at = slots->first; at; at = at->next)
		if (at->number != except && start < at->start + at->size &&
		    at->start < start + size)
			return true;
	return false;
}

/* Memory at address 0 that the VM gets by a slot replaces what the host's
 * description gives it. */
static void replace_ram(struct slots *slots, const struct slot *slot)
{
	if (slot->start == 0)
		slots->ram = 0;
}

static int add(struct vm *vm,
	       const struct uapi_kvm_userspace_memory_region *region)
{
	const struct config *config = &vm->kernel->config;
	struct slot *slot;

	if (overlaps(&vm->slots, region->slot, region->guest_phys_addr,
		     region->memory_size))
		return -EEXIST;
	if (region->memory_size / config->page > HOST_RAM / BYTES_PER_PAGE)
		return -ENOMEM;
	slot = malloc(sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = (struct slot){
		.next = vm->slots.first,
		.number = region->slot,
		.start = region->guest_phys_addr,
		.size = region->memory_size,
		.address = region->userspace_addr,
	};
	vm->slots.first = slot;
	replace_ram(&vm->slots, slot);
	return 0;
}

/* A slot can move in the guest, and its flags can change. It keeps its size and
 * its place in the process. */
static int change(struct slots *slots, struct slot *slot,
		  const struct uapi_kvm_userspace_memory_region *region)
{
	if (region->memory_size != slot->size ||
	    region->userspace_addr != slot->address)
		return -EINVAL;
	if (region->guest_phys_addr == slot->start)
		return 0;
	if (overlaps(slots, slot->number, region->guest_phys_addr, slot->size))
		return -EEXIST;
	slot->start = region->guest_phys_addr;
	replace_ram(slots, slot);
	return 0;
}

static int remove_slot(struct slot **at)
{
	struct slot *slot = *at;

	if (!slot)
		return -EINVAL;
	*at = slot->next;
	free(slot);
	return 0;
}

int htab_model_set_region(struct vm *vm,
			  const struct uapi_kvm_userspace_memory_region *region)
{
	struct slot **at;
	int r;

	if (!is_valid(&vm->kernel->config, region))
		return -EINVAL;
	pthread_mutex_lock(&vm->slots.lock);
	at = find(&vm->slots, region->slot);
	if (region->memory_size == 0)
		r = remove_slot(at);
	else if (*at)
		r = change(&vm->slots, *at, region);
	else
		r = add(vm, region);
	pthread_mutex_unlock(&vm->slots.lock);
	return r;
}

void htab_model_slots_init(struct slots *slots, uint64_t ram)
{
	*slots = (struct slots){ .ram = ram };
	pthread_mutex_init(&slots->lock, NULL);
}

void htab_model_slots_destroy(struct slots *slots)
{
	while (slots->first)
		remove_slot(&slots->first);
	pthread_mutex_destroy(&slots->lock);
}

bool htab_model_page_fits(struct vm *vm, uint64_t start, uint64_t size)
{
	const struct slot *slot;
	struct slot ram;
	bool fits;

	pthread_mutex_lock(&vm->slots.lock);
	ram = (struct slot){ .size = vm->slots.ram };
	slot = start < ram.size ? &ram : slot_at(&vm->slots, start);
	fits = !slot || size <= vm->kernel->config.page ||
	       ((slot->start | slot->size) & (size - 1)) == 0;
	pthread_mutex_unlock(&vm->slots.lock);
	return fits;
}

struct backing htab_model_real_mode(struct vm *vm)
{
	struct backing backing = { .page = vm->kernel->config.page };
	const struct slot *slot;

	pthread_mutex_lock(&vm->slots.lock);
	slot = slot_at(&vm->slots, 0);
	backing.size = slot ? slot->size : vm->slots.ram;
	if (slot) {
		backing.address = slot->address;
		backing.in_process = true;
	}
	pthread_mutex_unlock(&vm->slots.lock);
	return backing;
}
