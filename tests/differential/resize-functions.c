/* SPDX-License-Identifier: MIT */
/* Operations with libhtab's functions that resize */
#include "differential.h"

#include <errno.h>

static uint32_t draw_shift(const struct a_vm *vm)
{
	if (vm->pending && chance(60))
		return vm->pending;
	return chance(5) ? 47 : draw_order();
}

/* Notes the result of a call that prepares. Other errors change nothing. */
static void note_prepared(struct a_vm *vm, uint32_t order, int r)
{
	if (r == 0)
		vm->pending = order;
	else if (r == -ENOMEM)
		vm->pending = 0;
}

void do_resize_prepare(struct a_vm *vm)
{
	const uint32_t order = draw_shift(vm);
	unsigned int wait_ms = 77;
	int r;

	say("htab_resize_prepare(%u)", order);
	r = htab_resize_prepare(vm->fd, order, &wait_ms);
	say_result(r);
	say(" %u ..", wait_ms);
	while (r == -EINPROGRESS)
		r = htab_resize_prepare(vm->fd, order, &wait_ms);
	say_result(r);
	note_prepared(vm, order, r);
}

/* The kernel would warn (docs/kernels.md, "Commit before a run"), or vcpus
 * could use the table meanwhile. libhtab.h asks for both. */
static bool may_commit(const struct a_vm *vm)
{
	return vm->ready && !(vm->running && BEFORE(4, 15));
}

/* Returns whether the kernel has dropped what was prepared. */
static bool is_dropped(int r)
{
	return r == 0 || r == -ENXIO || r == -EBUSY || r == -ENOSPC ||
	       r == -EIO || r == -ENOMEM;
}

void do_resize_commit(struct a_vm *vm)
{
	const uint32_t order = draw_shift(vm);
	int r;

	/* Without a table libhtab does not ask the kernel. */
	if (!may_commit(vm) && vm->has_table) {
		say("no commit");
		return;
	}
	say("htab_resize_commit(%u)", order);
	r = htab_resize_commit(vm->fd, order);
	say_result(r);
	if (is_dropped(r))
		vm->pending = 0;
	if ((r == 0 || r == -ENOSPC) && chance(60))
		look(vm);
}

void do_resize_cancel(struct a_vm *vm)
{
	const uint32_t order = draw_shift(vm);
	int r;

	say("htab_resize_cancel(%u)", order);
	r = htab_resize_cancel(vm->fd, order);
	say_result(r);
	if (r == 0)
		vm->pending = 0;
}

/* Notes what htab_resize() has left. present is the order of the table, or 0 if
 * it cannot be known. */
static void note_resize(struct a_vm *vm, uint32_t order, uint32_t present,
			int r)
{
	/* The function leaves a VM alone that has the order already. */
	if (r == 0 && present == order)
		return;
	if (is_dropped(r) || r == -ETIMEDOUT)
		vm->pending = 0;
}

void do_resize_whole(struct a_vm *vm)
{
	const uint32_t order = draw_shift(vm);
	const uint32_t present = peek_order(vm);
	/* No time at all, or enough */
	int timeout = chance(40) ? 0 : -1;
	int r;

	/* In no time there is a commit only of what is prepared already. */
	if (!may_commit(vm) && vm->has_table) {
		if (vm->pending == order) {
			say("no resize");
			return;
		}
		timeout = 0;
	}
	say("htab_resize(%u, %d)", order, timeout);
	r = htab_resize(vm->fd, order, timeout);
	say_result(r);
	note_resize(vm, order, present, r);
	if ((r == 0 || r == -ENOSPC) && chance(60))
		look(vm);
}
