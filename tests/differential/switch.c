/* SPDX-License-Identifier: MIT */
/* Operations that make a VM a radix or a hash guest */
#include "differential.h"

void note_mode(struct a_vm *vm, bool radix)
{
	if (vm->radix == radix)
		return;
	vm->radix = radix;
	vm->ready = vm->has_table = vm->vcpu_unmapped = false;
}

void do_configure(struct a_vm *vm)
{
	static const uint64_t tables[] = { 0, 24, 25, UINT64_C(1) << 63,
					   UINT64_C(1) << 63 | 25 };
	const unsigned int flags = chance(5) ? 4 : draw(4);
	const bool radix = flags & HTAB_MMU_RADIX;
	uint64_t table = radix ? UINT64_C(1) << 63 : 0;
	int r;

	if (chance(30))
		table = DRAW_FROM(tables);
	/* A radix VM cannot cancel a resize, and closing it would lose the
	 * memory (docs/kernels.md, "Closed with a resize pending"). */
	if (vm->pending && radix) {
		do_cancel(vm);
		say(", ");
	}
	say("htab_configure_mmu(%u, %#llx)", flags, (unsigned long long)table);
	r = htab_configure_mmu(vm->fd, flags, table);
	say_result(r);
	if (r == 0)
		note_mode(vm, radix);
}

static int configure(struct a_vm *vm, bool radix)
{
	const int r = htab_configure_mmu(vm->fd, radix ? HTAB_MMU_RADIX : 0,
					 radix ? UINT64_C(1) << 63 : 0);

	say(" %s", radix ? "to radix" : "to hash");
	say_result(r);
	if (r == 0)
		note_mode(vm, radix);
	return r;
}

/* What the kernel and libhtab say of a resize while the VM is radix */
static void ask_while_radix(const struct a_vm *vm, uint32_t order)
{
	unsigned int wait_ms;

	say(", PREPARE");
	say_result(host_prepare(vm->fd, order, 0));
	say(", PREPARE(0)");
	say_result(host_prepare(vm->fd, 0, 0));
	say(", COMMIT");
	say_result(host_commit(vm->fd, order, 0));
	say(", htab_resize_prepare");
	say_result(htab_resize_prepare(vm->fd, order, &wait_ms));
	say(", htab_resize_commit");
	say_result(htab_resize_commit(vm->fd, order));
	say(", htab_resize_cancel");
	say_result(htab_resize_cancel(vm->fd, order));
	say(", htab_resize");
	say_result(htab_resize(vm->fd, order, 0));
	say(",");
}

/* Goes to radix and back with a resize pending, which survives that. The VM is
 * hash again at the end, so that the resize can be cancelled before the VM is
 * closed. */
void do_switch_with_pending(struct a_vm *vm)
{
	if (host.mmu != HOST_RADIX || BEFORE(4, 15) || vm->running) {
		say("no switch");
		return;
	}
	say("switch");
	if (vm->radix && configure(vm, false) < 0)
		return;
	if (!vm->pending) {
		say(", ");
		do_prepare(vm);
	}
	if (configure(vm, true) < 0)
		return;
	ask_while_radix(vm, vm->pending ? vm->pending : HTAB_ORDER_MIN);
	if (configure(vm, false) < 0 || !vm->pending)
		return;
	say(", PREPARE(%u)", vm->pending);
	say_result(host_prepare(vm->fd, vm->pending, 0));
}
