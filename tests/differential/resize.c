/* SPDX-License-Identifier: MIT */
/* RESIZE_HPT_PREPARE and RESIZE_HPT_COMMIT, as a VMM calls them for its
 * guest */
#include "differential.h"

#include <errno.h>

static uint32_t draw_shift(void)
{
	static const uint32_t bad[] = { 1, 17, 47, 64, UINT32_MAX };

	return chance(8) ? DRAW_FROM(bad) : draw_order();
}

static uint64_t draw_flags(void)
{
	return chance(4) ? UINT64_C(1) << draw(64) : 0;
}

/* An order and flags that the kernel accepts */
static bool is_good(uint32_t order, uint64_t flags)
{
	return flags == 0 && order >= HTAB_ORDER_MIN && order <= HTAB_ORDER_MAX;
}

static int prepare_with_null(const struct a_vm *vm)
{
	return host_ioctl(vm->fd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, NULL);
}

/* Repeats PREPARE up to its last answer (rule 2 of differential.h). */
static void prepare(struct a_vm *vm, uint32_t order, uint64_t flags, bool null)
{
	int first, last;

	say("PREPARE(%u, %#llx%s)", order, (unsigned long long)flags,
	    null ? ", NULL" : "");
	first = last = null ? prepare_with_null(vm)
			    : host_prepare(vm->fd, order, flags);
	while (last > 0)
		last = host_prepare(vm->fd, order, flags);
	say_result(first);
	say(" ..");
	say_result(last);
	/* A call that is wrong in itself leaves the pending resize as it is. */
	if (!null && is_good(order, flags) && (!vm->radix || BEFORE(4, 15)))
		vm->pending = last == 0 ? order : 0;
}

void do_prepare(struct a_vm *vm)
{
	uint32_t order = draw_shift();
	uint64_t flags = draw_flags();

	if (vm->pending && chance(20))
		order = vm->pending;
	prepare(vm, order, flags, chance(2));
}

/* The kernel would warn or crash (docs/kernels.md, "Commit before a run" and
 * docs/kernels.md, "Commit of nothing"). */
static bool commit_harms(const struct a_vm *vm, uint32_t order, uint64_t flags)
{
	const bool not_ready = !vm->ready && (!vm->radix || BEFORE(4, 15));
	const bool nothing_pending = !vm->pending && BEFORE(4, 14);

	return (not_ready || nothing_pending) &&
	       (is_good(order, flags) || !order);
}

static void commit(struct a_vm *vm)
{
	uint32_t order = vm->pending;
	uint64_t flags = draw_flags();
	int r;

	if (!vm->pending && chance(60)) {
		do_prepare(vm);
		say(", ");
		order = vm->pending;
	}
	if (!order || chance(15))
		order = chance(10) ? 0 : draw_shift();
	if (commit_harms(vm, order, flags))
		flags = 1;
	say("COMMIT(%u, %#llx)", order, (unsigned long long)flags);
	r = host_commit(vm->fd, order, flags);
	say_result(r);
	if (!flags && (is_good(order, flags) || !order))
		vm->pending = 0;
	if ((r == 0 || r == -ENOSPC) && chance(60))
		look(vm);
}

void do_commit(struct a_vm *vm)
{
	const uint32_t before = vm->pending;

	commit(vm);
	/* COMMIT ends the resize, also when it fails, so PREPARE begins
	 * anew. */
	if (before && chance(30)) {
		say(", ");
		prepare(vm, before, 0, false);
	}
}

void do_cancel(struct a_vm *vm)
{
	say("PREPARE(0)");
	say_result(host_prepare(vm->fd, 0, 0));
	vm->pending = 0;
}
