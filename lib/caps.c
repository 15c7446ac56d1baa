/* SPDX-License-Identifier: MIT */
/* Reports what the host can do. */
#include "internal.h"

int htab_check_extension(int fd, uintptr_t cap)
{
	return htab_ioctl(fd, UAPI_KVM_CHECK_EXTENSION, (void *)cap);
}

/* VM descriptors have CHECK_EXTENSION since Linux 3.17. The capabilities that
 * this function asks for are newer, so a kernel without it has none of them. */
static int check_newer_extension(int fd, uintptr_t cap)
{
	int r = htab_check_extension(fd, cap);

	return r == -ENOTTY ? 0 : r;
}

int htab_host_mmu(int fd)
{
	int r = check_newer_extension(fd, UAPI_KVM_CAP_PPC_MMU_RADIX);

	if (r < 0)
		return r;
	if (r == 0)
		return HTAB_HOST_HASH;
	r = check_newer_extension(fd, UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	if (r < 0)
		return r;
	return r ? HTAB_HOST_BOTH : HTAB_HOST_RADIX;
}

/*
 * Linux 4.11 introduced the new behaviour together with three capabilities, of
 * which every HV host of 4.11 and later has at least one: a POWER9 or later
 * host is radix or hash, and older processors can resize (docs/kernels.md,
 * "Capabilities").
 */
int htab_alloc_replaces_table(int fd, int mmu)
{
	int r;

	if (mmu != HTAB_HOST_HASH)
		return 1;
	r = check_newer_extension(fd, UAPI_KVM_CAP_SPAPR_RESIZE_HPT);
	if (r == 0)
		r = check_newer_extension(fd, UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	return r;
}

/*
 * A host without htab fds is HV of Linux 3.6 or 3.7, or it is not HV. Only PR
 * has GET_PVINFO. It is tested first, because PR reports ALLOC_HTAB up to Linux
 * 4.10 although the ioctl is ENOTTY there.
 */
static int caps_without_htab_fd(int fd, int alloc)
{
	int pr = htab_check_extension(fd, UAPI_KVM_CAP_PPC_GET_PVINFO);

	if (pr < 0)
		return pr;
	if (pr)
		return HTAB_CAP_PR;
	return alloc ? HTAB_CAP_ALLOC : 0;
}

HTAB_EXPORT int htab_caps(int fd)
{
	int alloc, stream = 0, mmu, resize;

	alloc = htab_check_extension(fd, UAPI_KVM_CAP_PPC_ALLOC_HTAB);
	if (alloc < 0)
		return alloc;
	if (alloc)
		stream = htab_check_extension(fd, UAPI_KVM_CAP_PPC_HTAB_FD);
	if (stream < 0)
		return stream;
	if (!stream)
		return caps_without_htab_fd(fd, alloc);
	mmu = htab_host_mmu(fd);
	if (mmu < 0)
		return mmu;
	if (mmu == HTAB_HOST_RADIX)
		return HTAB_CAP_RADIX;
	resize = htab_check_extension(fd, UAPI_KVM_CAP_SPAPR_RESIZE_HPT);
	if (resize < 0)
		return resize;
	return HTAB_CAP_ALLOC | HTAB_CAP_STREAM |
	       (resize ? HTAB_CAP_RESIZE : 0) |
	       (mmu == HTAB_HOST_BOTH ? HTAB_CAP_RADIX : 0);
}
