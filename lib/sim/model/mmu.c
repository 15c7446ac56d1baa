/* SPDX-License-Identifier: MIT */
/* KVM_PPC_CONFIGURE_V3_MMU and KVM_PPC_GET_SMMU_INFO (docs/kernels.md, "Radix
 * and hash" and "Page sizes of the guest") */
#include "model.h"

/* Bits of kvm_ppc_mmuv3_cfg.process_table */
#define GUEST_RADIX UINT64_C(0x8000000000000000)
#define TABLE_SIZE  UINT64_C(0x1f)

/* The root of a radix tree is allocated in one piece. */
enum { RADIX_ROOT = 64 << 10 };

static int check(const struct vm *vm, const struct uapi_kvm_ppc_mmuv3_cfg *how)
{
	const struct kernel *kernel = vm->kernel;
	const bool radix = how->flags & UAPI_KVM_PPC_MMUV3_RADIX;

	if (how->flags &
	    ~(uint64_t)(UAPI_KVM_PPC_MMUV3_RADIX | UAPI_KVM_PPC_MMUV3_GTSE))
		return -EINVAL;
	if (!(how->process_table & GUEST_RADIX) == radix)
		return -EINVAL;
	if ((how->process_table & TABLE_SIZE) > 24)
		return -EINVAL;
	if (!kernel->rules.switches_radix_vm)
		return radix == atomic_load(&vm->radix) ? 0 : -EINVAL;
	if (radix && !kernel->config.radix)
		return -EINVAL;
	return kernel->config.kvm == KVM_NESTED && !radix ? -EINVAL : 0;
}

/* KVM PR has one mode, and takes a call that asks for nothing. */
static int configure_pr(const struct config *config,
			const struct uapi_kvm_ppc_mmuv3_cfg *how)
{
	if (config->linux_version < LINUX(4, 18))
		return -EINVAL;
	if (config->cpu < POWER9_DD20)
		return -ENODEV;
	return how->flags || how->process_table ? -EINVAL : 0;
}

/* A pending resize stays as it is, and open htab fds find no table. */
static int switch_to_radix(struct op *op)
{
	struct vm *vm = op->vm;

	if (htab_model_free_memory(vm->kernel, HTAB_SIM_PAGES) < RADIX_ROOT ||
	    vm->kernel->config.block < RADIX_ROOT)
		return -ENOMEM;
	htab_model_free_table(op);
	atomic_store(&vm->radix, true);
	return 0;
}

static long apply(struct change *change, void *arg)
{
	struct vm *vm = change->op->vm;
	const bool radix = *(const bool *)arg;

	/* The mode may have changed before this call had the lock, and then
	 * there is nothing to do. The kernel does not close the gate then. */
	if (radix == atomic_load(&vm->radix)) {
		change->reopen = change->was_ready;
		return 0;
	}
	if (radix)
		return switch_to_radix(change->op);
	atomic_store(&vm->radix, false);
	return 0;
}

struct change htab_model_mode_change(struct op *op, bool *radix)
{
	return (struct change){ .op = op, .apply = apply, .arg = radix };
}

int htab_model_configure_mmu(struct op *op,
			     const struct uapi_kvm_ppc_mmuv3_cfg *how)
{
	const struct config *config = &op->vm->kernel->config;
	bool radix = how->flags & UAPI_KVM_PPC_MMUV3_RADIX;
	struct change change;
	int r;

	if (config->kvm == KVM_PR)
		return configure_pr(config, how);
	if (config->cpu < POWER9_DD20)
		return -ENODEV;
	r = check(op->vm, how);
	/* A call that does not change the mode is never -EBUSY. */
	if (r < 0 || radix == atomic_load(&op->vm->radix))
		return r;
	change = htab_model_mode_change(op, &radix);
	return (int)htab_model_change(&change);
}

/* --- KVM_PPC_GET_SMMU_INFO --- */

/* The encoding of a 16M page in segments of 4K, 64K and 16M pages */
enum { IN_4K = 0x38, IN_64K = 8, IN_16M = 0 };

static void add_size(struct uapi_kvm_ppc_one_seg_page_size *segment,
		     uint32_t shift, uint32_t slb, uint32_t encoding)
{
	segment->page_shift = segment->enc[0].page_shift = shift;
	segment->slb_enc = slb;
	segment->enc[0].pte_enc = encoding;
}

static void add_16m(struct uapi_kvm_ppc_one_seg_page_size *segment,
		    uint32_t encoding)
{
	segment->enc[1].page_shift = 24;
	segment->enc[1].pte_enc = encoding;
}

static void hv_info(const struct config *config,
		    struct uapi_kvm_ppc_smmu_info *info)
{
	info->flags = UAPI_KVM_PPC_PAGE_SIZES_REAL | UAPI_KVM_PPC_1T_SEGMENTS;
	if (config->kvm == KVM_NESTED)
		info->flags |= UAPI_KVM_PPC_NO_HASH;
	info->slb_size = 32;
	if (config->linux_version >= LINUX(4, 14)) {
		info->data_keys = 32;
		info->instr_keys = config->cpu == POWER7 ? 0 : 32;
	}
	add_size(&info->sps[0], 12, 0, 0);
	add_size(&info->sps[1], 16, 0x110, 1);
	add_size(&info->sps[2], 24, 0x100, IN_16M);
	if (config->linux_version >= LINUX(3, 16)) {
		add_16m(&info->sps[0], IN_4K);
		add_16m(&info->sps[1], IN_64K);
	}
}

/* KVM PR asks the first vcpu which sizes its CPU has, and expects little of a
 * VM without vcpus. */
static void pr_info(const struct vm *vm, struct uapi_kvm_ppc_smmu_info *info)
{
	struct uapi_kvm_ppc_one_seg_page_size *next = info->sps;

	info->slb_size = 64;
	add_size(next++, 12, 0, 0);
	if (vm->vcpus) {
		info->flags = UAPI_KVM_PPC_1T_SEGMENTS;
		add_size(next++, 16, 0x110, 1);
	}
	add_size(next, 24, 0x100, IN_16M);
}

void htab_model_smmu_info(struct vm *vm, struct uapi_kvm_ppc_smmu_info *info)
{
	*info = (struct uapi_kvm_ppc_smmu_info){ .flags = 0 };
	if (vm->kernel->config.kvm != KVM_PR) {
		hv_info(&vm->kernel->config, info);
		return;
	}
	pthread_mutex_lock(&vm->gate.lock);
	pr_info(vm, info);
	pthread_mutex_unlock(&vm->gate.lock);
}
