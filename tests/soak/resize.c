/* SPDX-License-Identifier: MIT */
/* Resizes, vcpus that run, and switches between radix and hash */
#include "soak.h"

#include <errno.h>
#include <string.h>

#include "host.h"

static bool can_resize(const struct vm *vm)
{
	return vm->world->caps & HTAB_CAP_RESIZE;
}

void vm_cancel(struct vm *vm)
{
	int r;

	if (!vm->prepared)
		return;
	fault_begin(0, 0);
	r = htab_resize_cancel(vm->fd, vm->prepared);
	fault_end(r);
	if (r < 0)
		wrong(vm->life, vm->world, "htab_resize_cancel: %d", r);
	vm->prepared = 0;
}

/* How many entries of a table are bolted. They may move. */
static unsigned int count_bolted(const struct table *table)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < table->n; i++)
		n += (table->entry[i].hpte.v & HTAB_V_BOLTED) != 0;
	return n;
}

/* A vcpu enters and leaves, and the kernel maps real mode, and makes the table
 * if there is none. Returns false if none can run. */
bool vm_run(struct vm *vm)
{
	static __thread struct table before;
	int r;

	if (!vm->world->can_run)
		return false;
	/* It may be a radix guest. */
	if (!vm->table.order && (vm->world->caps & HTAB_CAP_RADIX))
		return false;
	fault_begin(0, 0);
	r = world_enter(vm->vcpu);
	if (r >= 0)
		world_leave(vm->vcpu);
	fault_end(r);
	if (r < 0 && (r != -ENOMEM || vm->table.order))
		wrong(vm->life, vm->world, "KVM_RUN: %d", r);
	before = vm->table;
	vm_settle(vm, "KVM_RUN", r, WHATEVER | SAME, NULL);
	if (before.order && before.order != vm->table.order)
		wrong(vm->life, vm->world, "KVM_RUN: order %u, not %u",
		      vm->table.order, before.order);
	if (vm->table.is_known && before.is_known && before.n > vm->table.n)
		wrong(vm->life, vm->world, "KVM_RUN: lost entries");
	vm->has_run = r >= 0;
	vm->lost &= r < 0;
	return r >= 0;
}

static uint32_t an_order(struct vm *vm)
{
	return HTAB_ORDER_MIN + dice(vm->life, 3);
}

static void check_resize(const struct vm *vm, const char *name, int r)
{
	contract_check(vm, name, r);
	if (vm->life->fault_came || can_resize(vm))
		return;
	if (r != -EOPNOTSUPP && r != -ENOTTY)
		wrong(vm->life, vm->world, "%s: %d", name, r);
}

/* A fault may have come after the kernel began. What may be a radix guest has
 * nothing that could be cancelled. */
static bool is_perhaps_prepared(const struct vm *vm, int r)
{
	if (r == 0 || r == -EINPROGRESS)
		return true;
	if (!vm->life->fault_came || !can_resize(vm))
		return false;
	return vm->prepared || vm->table.order ||
	       !(vm->world->caps & HTAB_CAP_RADIX);
}

/* Another order must be cancelled before. */
void op_prepare(struct vm *vm)
{
	const uint32_t order = vm->prepared ? vm->prepared : an_order(vm);
	unsigned int wait_ms;
	int r;

	CALL(vm->life, r, htab_resize_prepare(vm->fd, order, &wait_ms));
	check_resize(vm, "htab_resize_prepare", r);
	if (!is_perhaps_prepared(vm, r))
		vm->prepared = 0;
	else
		vm->prepared = order;
	vm_settle(vm, "htab_resize_prepare", r, SAME, NULL);
	if (r < 0 && r != -EINPROGRESS)
		vm_cancel(vm);
}

static bool prepare(struct vm *vm, uint32_t order)
{
	unsigned int wait_ms;
	int r;

	fault_begin(0, 0);
	do {
		r = htab_resize_prepare(vm->fd, order, &wait_ms);
	} while (r == -EINPROGRESS);
	fault_end(r);
	if (r < 0 && r != -ENOMEM)
		wrong(vm->life, vm->world, "htab_resize_prepare: %d", r);
	vm->prepared = r < 0 ? 0 : order;
	return r == 0;
}

/* After a resize the VM has the table that it had, or one of the new order with
 * all bolted entries, wherever those are. */
static void settle_resize(struct vm *vm, const char *name, int r,
			  uint32_t order)
{
	static __thread struct table before;

	before = vm->table;
	if (r < 0) {
		vm_settle(vm, name, r, r == -EPROTO ? WHATEVER | SAME : SAME,
			  NULL);
		return;
	}
	vm_settle(vm, name, r, WHATEVER | SAME, NULL);
	if (vm->table.order != order)
		wrong(vm->life, vm->world, "%s: order %u, not %u", name,
		      vm->table.order, order);
	if (vm->table.is_known && before.is_known &&
	    count_bolted(&vm->table) != count_bolted(&before))
		wrong(vm->life, vm->world, "%s: bolted entries", name);
}

void op_commit(struct vm *vm)
{
	uint32_t order;
	int r;

	if (!can_resize(vm) || !vm_run(vm))
		return;
	order = vm->prepared ? vm->prepared : an_order(vm);
	if (!prepare(vm, order))
		return;
	CALL(vm->life, r, htab_resize_commit(vm->fd, order));
	check_resize(vm, "htab_resize_commit", r);
	if (r < 0 && !vm->life->fault_came)
		wrong(vm->life, vm->world, "htab_resize_commit: %d", r);
	if (r == 0)
		vm->prepared = 0;
	settle_resize(vm, "htab_resize_commit", r, order);
	vm_cancel(vm);
}

void op_cancel(struct vm *vm)
{
	int r;

	if (!vm->prepared)
		return;
	CALL(vm->life, r, htab_resize_cancel(vm->fd, vm->prepared));
	check_resize(vm, "htab_resize_cancel", r);
	if (r == 0)
		vm->prepared = 0;
	vm_settle(vm, "htab_resize_cancel", r, SAME, NULL);
	vm_cancel(vm);
}

void op_resize(struct vm *vm)
{
	const uint32_t order = an_order(vm);
	int r;

	if (can_resize(vm) && !vm_run(vm))
		return;
	vm_cancel(vm);
	CALL(vm->life, r,
	     htab_resize(vm->fd, order, dice(vm->life, 2) ? -1 : 0));
	check_resize(vm, "htab_resize", r);
	if (!vm->life->fault_came && can_resize(vm) && r != 0 && r != -ENOMEM &&
	    r != -ETIMEDOUT)
		wrong(vm->life, vm->world, "htab_resize: %d", r);
	/* If the call that cancels has failed, no other could help. */
	if (r < 0 && is_perhaps_prepared(vm, r))
		vm->prepared = order;
	settle_resize(vm, "htab_resize", r, order);
	vm_cancel(vm);
}

void op_configure(struct vm *vm)
{
	const bool radix = dice(vm->life, 2);
	const uint64_t process_table = radix ? UINT64_C(1) << 63 : 0;
	const unsigned int gtse = dice(vm->life, 2) ? HTAB_MMU_GTSE : 0;
	int r;

	vm_cancel(vm);
	CALL(vm->life, r,
	     htab_configure_mmu(vm->fd, radix ? HTAB_MMU_RADIX | gtse : gtse,
				process_table));
	contract_check(vm, "htab_configure_mmu", r);
	if (r == 0)
		vm->has_run = false;
	vm_settle(vm, "htab_configure_mmu", r,
		  r == -EPROTO	    ? WHATEVER
		  : r == 0 && radix ? NO_TABLE
				    : SAME,
		  NULL);
}
