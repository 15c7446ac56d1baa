/* SPDX-License-Identifier: MIT */
/* RESIZE_HPT_PREPARE and _COMMIT, as a VMM does for its guest */
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

static bool is_good(const struct uapi_kvm_ppc_resize_hpt *resize)
{
	return resize->flags == 0 && resize->shift >= HTAB_ORDER_MIN &&
	       resize->shift <= HTAB_ORDER_MAX;
}

/* Rule 2 */
static void do_prepare(struct a_vm *vm, struct uapi_kvm_ppc_resize_hpt *resize,
		       bool null)
{
	int first, last;

	say("PREPARE(%u, %#llx%s)", resize->shift,
	    (unsigned long long)resize->flags, null ? ", NULL" : "");
	first = last = host_ioctl(vm->fd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE,
				  null ? NULL : resize);
	while (last > 0)
		last = host_ioctl(vm->fd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE,
				  resize);
	say_result(first);
	say(" ..");
	say_result(last);
	/* Only what is wrong in itself leaves the one before. */
	if (!null && is_good(resize) && (!vm->radix || BEFORE(4, 15)))
		vm->pending = last == 0 ? resize->shift : 0;
}

void prepare(struct a_vm *vm)
{
	struct uapi_kvm_ppc_resize_hpt resize = { .shift = draw_shift() };

	resize.flags = draw_flags();
	/* That of before again */
	if (vm->pending && chance(20))
		resize.shift = vm->pending;
	do_prepare(vm, &resize, chance(2));
}

static void commit_once(struct a_vm *vm)
{
	struct uapi_kvm_ppc_resize_hpt resize = { .shift = vm->pending };
	int r;

	resize.flags = draw_flags();
	if (!vm->pending && chance(60)) {
		prepare(vm);
		say(", ");
		resize.shift = vm->pending;
	}
	if (!resize.shift || chance(15))
		resize.shift = chance(10) ? 0 : draw_shift();
	/* The kernel would warn, or crash. */
	if (((!vm->ready && (!vm->radix || BEFORE(4, 15))) ||
	     (!vm->pending && BEFORE(4, 14))) &&
	    (is_good(&resize) || !resize.shift))
		resize.flags = 1;
	say("COMMIT(%u, %#llx)", resize.shift,
	    (unsigned long long)resize.flags);
	r = host_ioctl(vm->fd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, &resize);
	say_result(r);
	if (!resize.flags && (is_good(&resize) || !resize.shift))
		vm->pending = 0;
	if ((r == 0 || r == -ENOSPC) && chance(60))
		look(vm);
}

void commit(struct a_vm *vm)
{
	const uint32_t before = vm->pending;

	commit_once(vm);
	/* It is gone, whatever came of it. */
	if (before && chance(30)) {
		struct uapi_kvm_ppc_resize_hpt again = { .shift = before };

		say(", ");
		do_prepare(vm, &again, false);
	}
}

void cancel(struct a_vm *vm)
{
	struct uapi_kvm_ppc_resize_hpt resize = { .shift = 0 };

	say("PREPARE(0)");
	say_result(host_ioctl(vm->fd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE,
			      &resize));
	vm->pending = 0;
}
