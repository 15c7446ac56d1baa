/* SPDX-License-Identifier: MIT */
/* What a VM should have, and what it has */
#include "soak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* The kernel and the hardware set and clear these at any time. */
#define HARVESTED (HTAB_R_CHANGED | HTAB_R_REFERENCED)

/* Larger tables take too long to be read each time. */
enum { LARGEST_READ = 20 };

void table_empty(struct table *table, uint32_t order)
{
	table->order = order;
	table->is_known = true;
	table->n = 0;
}

void table_set(struct table *table, uint32_t index,
	       const struct htab_hpte *hpte)
{
	unsigned int i = 0;

	while (i < table->n && table->entry[i].index < index)
		i++;
	if (i < table->n && table->entry[i].index == index) {
		table->n--;
		memmove(&table->entry[i], &table->entry[i + 1],
			(table->n - i) * sizeof(table->entry[0]));
	}
	if (!(hpte->v & HTAB_V_VALID))
		return;
	if (table->n == MOST_ENTRIES) {
		table->is_known = false;
		return;
	}
	memmove(&table->entry[i + 1], &table->entry[i],
		(table->n - i) * sizeof(table->entry[0]));
	table->entry[i] = (struct entry){ index, *hpte };
	table->n++;
}

static void add_record(struct table *table, const struct htab_record *record)
{
	struct htab_hpte hpte;

	for (uint32_t i = 0; i < record->n_valid; i++) {
		if (table->n == MOST_ENTRIES) {
			table->is_known = false;
			return;
		}
		if (htab_record_hpte(record, i, &hpte) == 0)
			table->entry[table->n++] =
				(struct entry){ record->index + i, hpte };
	}
}

static int read_entries(int htabfd, struct table *table)
{
	unsigned char buf[HTAB_READ_MIN * 4];
	struct htab_record record;
	ssize_t n;

	while ((n = htab_read(htabfd, buf, sizeof(buf))) > 0) {
		size_t at = 0;

		while (htab_record_next(buf, (size_t)n, &at, &record) == 1)
			add_record(table, &record);
	}
	return (int)n;
}

static int measure(const struct vm *vm, struct table *table, bool reads)
{
	uint32_t order;
	int htabfd, r;

	table_empty(table, 0);
	r = htab_order(vm->fd, &order);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	table_empty(table, order);
	table->is_known = reads && order <= LARGEST_READ;
	if (!table->is_known)
		return 0;
	htabfd = htab_open(vm->fd, 0);
	if (htabfd < 0)
		return htabfd;
	r = read_entries(htabfd, table);
	close(htabfd);
	return r;
}

static bool is_same(const struct table *a, const struct table *b)
{
	if (a->order != b->order)
		return false;
	if (!a->is_known || !b->is_known)
		return true;
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (a->entry[i].index != b->entry[i].index ||
		    a->entry[i].hpte.v != b->entry[i].hpte.v ||
		    (a->entry[i].hpte.r ^ b->entry[i].hpte.r) & ~HARVESTED)
			return false;
	return true;
}

/* Linux 3.6 and 3.7 have no htab fd, and others have no hash guests. */
bool vm_can_be_measured(const struct vm *vm)
{
	const int both = HTAB_CAP_ALLOC | HTAB_CAP_STREAM;

	return (vm->world->caps & both) == both;
}

static bool is_allowed(const struct vm *vm, const struct table *is,
		       unsigned int allowed, const struct table *given)
{
	struct table cleared = { .order = vm->table.order, .is_known = true };

	return allowed & WHATEVER || (allowed & NO_TABLE && !is->order) ||
	       (allowed & SAME && is_same(is, &vm->table)) ||
	       (allowed & CLEARED && is_same(is, &cleared)) ||
	       (allowed & GIVEN && is_same(is, given));
}

static bool is_one(unsigned int bits)
{
	return !(bits & (bits - 1));
}

void vm_settle(struct vm *vm, const char *name, int result,
	       unsigned int allowed, const struct table *given)
{
	struct life *life = vm->life;
	const bool reads = !is_one(allowed) || dice(life, 4) == 0;
	struct table is;
	int r;

	if (!vm_can_be_measured(vm))
		return;
	fault_begin(0, 0);
	r = measure(vm, &is, reads);
	fault_end(r);
	life->operations += 2;
	if (r < 0)
		wrong(life, vm->world,
		      "%s: %d; then the VM cannot be measured:"
		      " %d",
		      name, result, r);
	if (!is_allowed(vm, &is, allowed, given))
		wrong(life, vm->world,
		      "%s: %d; the VM had order %u with %u entries, and has "
		      "order %u with %u (%s)",
		      name, result, vm->table.order, vm->table.n, is.order,
		      is.n,
		      is.is_known ? "all were read" : "they were not read");
	if (is.is_known || !is.order)
		vm->table = is;
	else if (is_one(allowed) && allowed == CLEARED)
		table_empty(&vm->table, is.order);
	else if (is_one(allowed) && allowed == GIVEN)
		vm->table = *given;
	else if (!is_one(allowed) || allowed == WHATEVER)
		vm->table = is;
}

bool vm_new(struct vm *vm, struct life *life, const struct world *world)
{
	memset(vm, 0, offsetof(struct vm, table));
	table_empty(&vm->table, 0);
	vm->life = life;
	vm->world = world;
	fault_begin(0, 0);
	vm->fd = world_new_vm(world);
	/* htab_restore() wants the guest's memory before, and that of a kernel
	 * comes with the vcpu. */
	if (vm->fd >= 0 && world->can_run)
		vm->vcpu = world_new_vcpu(world, vm->fd);
	fault_end(vm->fd);
	if (vm->fd < 0 && vm->fd != -EINTR && vm->fd != -ENOMEM)
		wrong(life, world, "KVM_CREATE_VM: %d", vm->fd);
	life->vms += vm->fd >= 0;
	return vm->fd >= 0;
}

/* "Closing a VM" in libhtab.h */
static void give_table(struct vm *vm)
{
	const long began = now();

	while (vm->lost && !vm->dead) {
		uint32_t order = HTAB_ORDER_MIN;
		int r;

		fault_begin(0, 0);
		r = htab_alloc(vm->fd, &order);
		fault_end(r);
		vm->lost = r < 0;
		if (r < 0 && now() - began > 60)
			wrong(vm->life, vm->world, "no table to close with: %d",
			      r);
	}
}

void vm_close(struct vm *vm)
{
	vm->life->operation = "close";
	vm_cancel(vm);
	give_table(vm);
	if (vm->vcpu)
		world_free_vcpu(vm->vcpu);
	close(vm->fd);
}
