/* SPDX-License-Identifier: MIT */
/* What a VMM does to set up a VM: memory slots, the MMU, and questions about
 * them */
#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Memory for slots. Nobody touches it, because whether the host has a page in
 * memory decides which entries the kernel accepts there (rule 3). */
enum { UNIT = 64 << 10, MEMORY = 64 * UNIT };

static uint64_t slot_memory(void)
{
	static void *memory;

	if (!memory) {
		memory = mmap(NULL, MEMORY + UNIT, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			      0);
		if (memory == MAP_FAILED)
			abort();
	}
	return ((uintptr_t)memory + UNIT - 1) & ~(uint64_t)(UNIT - 1);
}

static int set_region(const struct a_vm *vm, uint32_t slot, uint32_t flags,
		      uint64_t start, uint64_t size, uint64_t address)
{
	struct uapi_kvm_userspace_memory_region region = { slot, flags, start,
							   size, address };

	return host_ioctl(vm->fd, UAPI_KVM_SET_USER_MEMORY_REGION, &region);
}

static uint32_t draw_slot(void)
{
	static const uint32_t odd[] = { 0,     31,    32,    511,     512,
					32766, 32767, 65535, 0x10000, ~0u };

	return chance(15) ? DRAW_FROM(odd) : 1 + draw(4);
}

static uint64_t draw_start(void)
{
	/* In the memory of the vcpu, and where it ends */
	static const uint64_t odd[] = { 0, GUEST_RAM - UNIT, GUEST_RAM,
					~UINT64_C(0) - UNIT + 1 };

	return chance(15) ? DRAW_FROM(odd)
			  : SLOTS_START + (uint64_t)draw(12) * UNIT;
}

/* Large slots cost a real host time, and it has no memory for the largest. */
static uint64_t draw_size(void)
{
	return chance(25) ? 0 : (uint64_t)(1 + draw(4)) * UNIT;
}

static uint64_t draw_offset(uint32_t percent)
{
	static const uint64_t offsets[] = { 1, 0x800, 0x1000, 0x8000 };

	return chance(percent) ? DRAW_FROM(offsets) : 0;
}

void do_set_region(struct a_vm *vm)
{
	static const uint32_t odd[] = { 2, 3, 4, 1u << 31 };
	const uint32_t slot = draw_slot();
	const uint32_t flags = chance(5) ? DRAW_FROM(odd) : draw(2);
	const uint64_t start = draw_start() + draw_offset(4);
	const uint64_t size = draw_size() + draw_offset(8);
	const uint64_t offset = (uint64_t)draw(2) * UNIT + draw_offset(4);

	/* The vcpu needs slot 0. */
	if (slot == 0 && (size == 0 || size == GUEST_RAM)) {
		say("slot 0 stays");
		return;
	}
	say("SET_USER_MEMORY_REGION(%u, %#x, %#llx, %#llx, +%#llx)", slot,
	    flags, (unsigned long long)start, (unsigned long long)size,
	    (unsigned long long)offset);
	say_result(set_region(vm, slot, flags, start, size,
			      slot_memory() + offset));
}

/* Takes the memory of the vcpu away and gives it back. */
void do_replace_memory(struct a_vm *vm)
{
	const uint64_t address = vcpu_memory(vm->vcpu);

	if (vm->running) {
		say("slot 0 is in use");
		return;
	}
	say("slot 0 again");
	say_result(set_region(vm, 0, 0, 0, 0, address));
	say(",");
	say_result(set_region(vm, 0, 0, 0, 0, address));
	say(",");
	say_result(set_region(vm, 0, 0, 0, host.ram, address));
	say(",");
	say_result(set_region(vm, 0, 0, 0, host.ram, address));
}

void do_smmu_info(struct a_vm *vm)
{
	const bool null = chance(10);
	struct uapi_kvm_ppc_smmu_info info;

	memset(&info, 0, sizeof(info));
	say("GET_SMMU_INFO(%s)", null ? "NULL" : "");
	say_result(host_ioctl(vm->fd, UAPI_KVM_PPC_GET_SMMU_INFO,
			      null ? NULL : &info));
	say(" flags %llu slb %u keys %u %u", (unsigned long long)info.flags,
	    info.slb_size, info.data_keys, info.instr_keys);
	for (int i = 0; i < 8; i++) {
		if (!info.sps[i].page_shift)
			continue;
		say(", %u (%u)", info.sps[i].page_shift, info.sps[i].slb_enc);
		for (int j = 0; j < 8; j++)
			if (info.sps[i].enc[j].page_shift)
				say(" %u:%u", info.sps[i].enc[j].page_shift,
				    info.sps[i].enc[j].pte_enc);
	}
}

void do_configure_mmu(struct a_vm *vm)
{
	static const uint64_t tables[] = { 0,
					   24,
					   25,
					   31,
					   UINT64_C(1) << 63,
					   UINT64_C(1) << 63 | 24,
					   UINT64_C(1) << 63 | 25 };
	struct uapi_kvm_ppc_mmuv3_cfg how = { .flags = draw(4) };
	const bool radix = how.flags & UAPI_KVM_PPC_MMUV3_RADIX;
	const bool null = chance(3);
	int r;

	if (chance(60))
		how.process_table = radix ? UINT64_C(1) << 63 : 0;
	else
		how.process_table = DRAW_FROM(tables);
	if (chance(5))
		how.flags |= UINT64_C(1) << draw(64);
	/* A radix VM cannot cancel a resize, and closing it would lose the
	 * memory (docs/kernels.md, "Closed with a resize pending"). */
	if (vm->pending && radix) {
		do_cancel(vm);
		say(", ");
	}
	say("CONFIGURE_V3_MMU(%#llx, %#llx%s)", (unsigned long long)how.flags,
	    (unsigned long long)how.process_table, null ? ", NULL" : "");
	r = host_ioctl(vm->fd, UAPI_KVM_PPC_CONFIGURE_V3_MMU,
		       null ? NULL : &how);
	say_result(r);
	if (r == 0)
		note_mode(vm, how.flags & UAPI_KVM_PPC_MMUV3_RADIX);
}

void do_version(struct a_vm *vm)
{
	const bool of_vm = chance(20);
	const int fd = of_vm ? vm->fd : host.kvmfd;
	void *arg = chance(10) ? &host : NULL;

	say("GET_API_VERSION, GET_VCPU_MMAP_SIZE(%s%s)", of_vm ? "vm" : "kvm",
	    arg ? ", 1" : "");
	say_result(host_ioctl(fd, UAPI_KVM_GET_API_VERSION, arg));
	say(",");
	say_result(host_ioctl(fd, UAPI_KVM_GET_VCPU_MMAP_SIZE, arg));
}
