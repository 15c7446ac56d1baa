/* SPDX-License-Identifier: MIT */
/* Operations with libhtab's functions, and with ALLOCATE_HTAB itself */
#include "differential.h"

#include <errno.h>

/* Most orders are small, because large tables cost a real host time. */
uint32_t draw_order(void)
{
	const uint32_t kind = draw(100);

	if (kind < 75)
		return 18 + draw(5);
	if (kind < 88)
		return 23 + draw(2);
	if (kind < 97)
		return 25 + draw(3);
	return 28 + draw(19);
}

void note_allocation(struct a_vm *vm, int result)
{
	const bool gone = result == -EINVAL || result == -ENOMEM;

	/* With -ENOSPC the kernel has made another table, or has cleared the
	 * present one. */
	if (result < 0 && !gone && result != -ENOSPC)
		return;
	/* The kernel has refused the call without an effect. */
	if (vm->radix && BEFORE(4, 15))
		return;
	vm->radix = vm->ready = vm->vcpu_unmapped = false;
	vm->has_table = !gone;
	vm->lost_table = gone;
}

void do_alloc(struct a_vm *vm)
{
	uint32_t wanted = draw_order();
	int r;

	if (chance(5))
		wanted = draw(2) ? 17 - draw(18) : 47 + draw(100);
	say("htab_alloc(%u)", wanted);
	r = htab_alloc(vm->fd, &wanted);
	say_result(r);
	say(" order %u", wanted);
	note_allocation(vm, r);
}

void do_alloc_at_least(struct a_vm *vm)
{
	uint32_t wanted = draw_order();
	uint32_t least = wanted - draw(4);
	int r;

	say("htab_alloc_at_least(%u, %u)", wanted, least);
	r = htab_alloc_at_least(vm->fd, &wanted, least);
	say_result(r);
	say(" order %u", wanted);
	note_allocation(vm, r);
}

void do_renew(struct a_vm *vm)
{
	uint32_t wanted = draw_order();
	uint32_t least = chance(70) ? wanted - draw(4) : HTAB_ORDER_MIN;
	int r;

	say("htab_renew(%u, %u)", wanted, least);
	r = htab_renew(vm->fd, &wanted, least);
	say_result(r);
	say(" order %u", wanted);
	note_allocation(vm, r);
}

void do_largest(struct a_vm *vm)
{
	uint32_t found = draw_order();
	int r;

	(void)vm;
	say("htab_largest(%u)", found);
	r = htab_largest(host.kvmfd, &found);
	say_result(r);
	say(" order %u", found);
}

void do_caps(struct a_vm *vm)
{
	const bool of_vm = draw(2);

	say("htab_caps(%s)", of_vm ? "vm" : "kvm");
	say_result(htab_caps(of_vm ? vm->fd : host.kvmfd));
}

void do_order(struct a_vm *vm)
{
	uint32_t found = 99;

	say("htab_order()");
	say_result(htab_order(vm->fd, &found));
	say(" order %u", found);
}

void do_reset(struct a_vm *vm)
{
	int r = htab_reset(vm->fd);

	say("htab_reset()");
	say_result(r);
	note_allocation(vm, r);
}

void do_raw_allocate(struct a_vm *vm)
{
	static const uint32_t odd[] = {
		0, 1, 16, 17, 47, 48, 64, 255, 274, 280, UINT32_MAX, 1u << 31
	};
	const bool null = chance(3);
	uint32_t wanted = chance(15) ? DRAW_FROM(odd) : draw_order();
	int r;

	/* The kernel would oops (docs/kernels.md, "Order 0"). */
	if (wanted == 0 && !vm->has_table)
		wanted = 1;
	if (wanted > 47 && !vm->has_table && BEFORE(4, 11))
		wanted = 47;
	say("ALLOCATE_HTAB(%u%s)", wanted, null ? ", NULL" : "");
	r = host_allocate(vm->fd, null ? NULL : &wanted);
	say_result(r);
	say(" order %u", wanted);
	note_allocation(vm, r);
}

void do_check_extension(struct a_vm *vm)
{
	static const uint32_t known[] = {
		UAPI_KVM_CAP_PPC_GET_PVINFO,
		UAPI_KVM_CAP_PPC_ALLOC_HTAB,
		UAPI_KVM_CAP_PPC_HTAB_FD,
		UAPI_KVM_CAP_SPAPR_RESIZE_HPT,
		UAPI_KVM_CAP_PPC_MMU_RADIX,
		UAPI_KVM_CAP_PPC_MMU_HASH_V3,
		UAPI_KVM_CAP_USER_MEMORY,
		UAPI_KVM_CAP_NR_MEMSLOTS,
		UAPI_KVM_CAP_SYNC_MMU,
		UAPI_KVM_CAP_ENABLE_CAP,
		UAPI_KVM_CAP_PPC_SMT,
		UAPI_KVM_CAP_PPC_PAPR,
		UAPI_KVM_CAP_ONE_REG,
		UAPI_KVM_CAP_PPC_GET_SMMU_INFO,
		UAPI_KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
		UAPI_KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,
		UAPI_KVM_CAP_CHECK_EXTENSION_VM,
		UAPI_KVM_CAP_IMMEDIATE_EXIT,
		1000000 /* none */,
	};
	const uintptr_t cap = DRAW_FROM(known);
	const bool of_vm = draw(2);

	say("CHECK_EXTENSION(%s, %u)", of_vm ? "vm" : "kvm", (unsigned int)cap);
	say_result(host_capability(of_vm ? vm->fd : host.kvmfd, cap));
}
