/* SPDX-License-Identifier: MIT */
/* Makes a VM a radix or a hash guest, and says where its process table is. */
#include "internal.h"

/* The process table: bit 63 says radix, as flags do, and the low 5 bits say the
 * size of the table, which is 2^(12 + size) bytes */
#define PROCESS_TABLE_RADIX UINT64_C(0x8000000000000000)
#define PROCESS_TABLE_SIZE  UINT64_C(0x1f)
enum { LARGEST_SIZE = 24 };

_Static_assert(HTAB_MMU_RADIX == UAPI_KVM_PPC_MMUV3_RADIX &&
		       HTAB_MMU_GTSE == UAPI_KVM_PPC_MMUV3_GTSE,
	       "the kernel has the same flags");

/*
 * Refuses a guest that cannot run here. Linux 5.12 and later know an early
 * POWER9 that cannot run hash guests, and would make the VM one all the same,
 * which frees what it has (docs/kernels.md, "Radix and hash").
 */
static int check_host(int vmfd, bool radix)
{
	int mmu = htab_host_mmu(vmfd);
	int hash;

	if (mmu < 0)
		return mmu;
	if (mmu == HTAB_HOST_BOTH)
		return 0;
	if (mmu == HTAB_HOST_RADIX)
		return radix ? 0 : -EOPNOTSUPP;
	if (!radix)
		return 0;
	/* A host without radix: POWER9 and later have the other capability.
	 * Before them, the kernel returns -ENODEV. */
	hash = htab_check_extension(vmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	if (hash == -ENOTTY)
		return 0;
	if (hash < 0)
		return hash;
	return hash ? -EOPNOTSUPP : 0;
}

HTAB_EXPORT int htab_configure_mmu(int vmfd, unsigned int flags,
				   uint64_t process_table)
{
	struct uapi_kvm_ppc_mmuv3_cfg config = {
		.flags = flags,
		.process_table = process_table,
	};
	const bool radix = flags & HTAB_MMU_RADIX;
	int r;

	if (flags & ~(unsigned int)(HTAB_MMU_RADIX | HTAB_MMU_GTSE))
		return -EINVAL;
	if (radix != !!(process_table & PROCESS_TABLE_RADIX) ||
	    (process_table & PROCESS_TABLE_SIZE) > LARGEST_SIZE)
		return -EINVAL;
	r = check_host(vmfd, radix);
	if (r < 0)
		return r;
	r = htab_ioctl(vmfd, UAPI_KVM_PPC_CONFIGURE_V3_MMU, &config);
	return r > 0 ? -EPROTO : r;
}
