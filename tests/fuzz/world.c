/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "fuzz.h"

#include <string.h>

static const char *const descriptions[] = {
	"page=64K",
	"cma=4M memory=64M block=1M page=64K",
	"linux=4.10 page=64K",
	"linux=4.3 cma=16M memory=64M block=1M page=64K",
	"linux=3.8 pool=1 memory=48M page=64K",
	"linux=3.6 page=64K",
	"linux=4.14 cma=4M memory=64M block=1M page=64K",
	"linux=4.12 cpu=power9 mmu=hash polls=2 page=64K",
	"cpu=power9 mmu=radix polls=3 page=64K",
	"linux=4.16 cpu=power9 mmu=radix page=64K",
	"linux=5.4 cpu=power9-dd2.0 page=64K",
	"cpu=power10 mmu=hash page=64K reverse=random",
	"linux=5.4 kvm=nested",
	"kvm=nested",
	"kvm=pr",
};
enum { HOSTS = sizeof(descriptions) / sizeof(descriptions[0]) };

static struct bytes free_bytes(struct kernel *kernel)
{
	return (struct bytes){
		htab_model_free_memory(kernel, HTAB_SIM_CMA),
		htab_model_free_memory(kernel, HTAB_SIM_PAGES),
		htab_model_free_memory(kernel, HTAB_SIM_POOL),
	};
}

/* --- the rules --- */

static void add_memory(struct bytes *sum, const struct memory *memory)
{
	if (memory->source == FROM_CMA)
		sum->cma += memory->bytes;
	if (memory->source == FROM_PAGES)
		sum->pages += memory->bytes;
	if (memory->source == FROM_POOL)
		sum->pool++;
	sum->pages += memory->reverse_bytes;
}

/* All memory is free, or a table's, or lost. */
static void check_memory(struct world *world)
{
	struct bytes sum = free_bytes(&world->kernel);

	sum.cma += world->lost.cma;
	sum.pages += world->lost.pages;
	sum.pool += world->lost.pool;
	for (const struct vm *vm = world->kernel.vms; vm; vm = vm->next) {
		add_memory(&sum, &vm->table.memory);
		add_memory(&sum, &vm->pending.table.memory);
	}
	must(memcmp(&sum, &world->at_first, sizeof(sum)) == 0);
}

static void check_table(const struct vm *vm, const struct table *table)
{
	const struct hpte *last =
		htab_model_table_next(table, htab_model_table_entries(table));

	must(!last);
	must(table->order == 0 ||
	     (table->order >= 18 && table->order <= HTAB_ORDER_MAX + 1));
	if (!vm->dangling && table->order)
		must(table->memory.bytes == UINT64_C(1) << table->order);
	if (!vm->dangling)
		must(table->memory.reverse_bytes == table->memory.bytes);
}

void check_world(struct world *world)
{
	check_memory(world);
	for (const struct vm *vm = world->kernel.vms; vm; vm = vm->next) {
		check_table(vm, &vm->table);
		check_table(vm, &vm->pending.table);
		must(!atomic_load(&vm->gate.changing));
		must(!atomic_load(&vm->gate.held));
		must(!atomic_load(&vm->reading));
		must(atomic_load(&vm->gate.running) ==
		     atomic_load(&vm->gate.inside));
		/* A hash guest that runs has a table. */
		if (atomic_load(&vm->gate.inside) && !vm->radix &&
		    world->kernel.config.kvm == KVM_HV)
			must(vm->table.order && !vm->dangling);
	}
}

void check_hazards(uint32_t hazards)
{
	must(!(hazards & UINT32_C(1) << HTAB_SIM_HAZARD_UNDER_VCPU));
	/* One thread does not read while it writes. */
	must(!(hazards & UINT32_C(1) << HTAB_SIM_HAZARD_READ_RACE));
}

/* --- VMs --- */

void note_loss(struct world *world, const struct vm *vm)
{
	if (atomic_load(&vm->references) == 1 && vm->pending.active)
		add_memory(&world->lost, &vm->pending.table.memory);
}

static void put_vm(struct world *world, struct vm *vm)
{
	note_loss(world, vm);
	check_hazards(htab_model_vm_put(vm));
}

struct vm *vm_at(struct world *world, unsigned int i)
{
	if (!world->vms[i])
		must(htab_model_vm_make(&world->kernel, world->number++,
					&world->vms[i]) == 0);
	return world->vms[i];
}

void leave(struct world *world, unsigned int i)
{
	struct op op = { .vm = world->vms[i] };
	const int r = op.vm ? htab_model_leave(&op) : -EINVAL;

	must(r == (world->vcpus[i] ? 0 : -EINVAL));
	if (r < 0)
		return;
	check_hazards(op.hazards);
	world->vcpus[i]--;
	put_vm(world, op.vm);
}

void enter(struct world *world, unsigned int i)
{
	struct op op = { .vm = vm_at(world, i) };
	int r;

	/* The memory of the process is a part of the layers above. */
	while ((r = htab_model_enter(&op)) == -EAGAIN)
		op.backing = htab_model_real_mode(op.vm);
	check_hazards(op.hazards);
	must(r == 0 || r == -ENOMEM || r == -EINVAL || r == -EBUSY ||
	     r == -EIO);
	if (r < 0)
		return;
	htab_model_vm_get(op.vm);
	world->vcpus[i]++;
}

void close_vm(struct world *world, unsigned int i)
{
	while (world->vcpus[i])
		leave(world, i);
	if (world->vms[i])
		put_vm(world, world->vms[i]);
	world->vms[i] = NULL;
}

void begin_world(struct world *world, unsigned int host)
{
	char why[128];

	*world = (struct world){ .number = 3 };
	must(htab_model_config_parse(&world->kernel.config,
				     descriptions[host % HOSTS], why,
				     sizeof(why)) == 0);
	must(pthread_mutex_init(&world->kernel.lock, NULL) == 0);
	htab_model_boot(&world->kernel);
	world->at_first = free_bytes(&world->kernel);
}

void end_world(struct world *world)
{
	check_world(world);
	for (unsigned int i = 0; i < VMS; i++)
		close_vm(world, i);
	must(!world->kernel.vms);
	check_memory(world);
	htab_model_halt(&world->kernel);
	pthread_mutex_destroy(&world->kernel.lock);
}
