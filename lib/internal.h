/* SPDX-License-Identifier: MIT */
/* What the files of libhtab share among themselves. */
#ifndef HTAB_INTERNAL_H
#define HTAB_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "libhtab.h"
#include "shim.h"
#include "uapi.h"

#define HTAB_EXPORT __attribute__((visibility("default")))

/* qemu-user says ENOSYS where a kernel says ENOTTY; both mean "unknown". */
static inline int htab_ioctl(int fd, unsigned long request, void *arg)
{
	int r = htab_shim_ioctl(fd, request, arg);

	return r == -ENOSYS ? -ENOTTY : r;
}

static inline bool htab_order_is_valid(uint32_t order)
{
	return order >= HTAB_ORDER_MIN && order <= HTAB_ORDER_MAX;
}

/* caps.c: which guests can run here, as far as capabilities 134 and 135 say;
 * an enum htab_mmu, or -errno. */
enum htab_mmu {
	HTAB_MMU_HASH,	     /* no radix host: POWER8 and before, or hash */
	HTAB_MMU_RADIX,	     /* no hash guest: nested, early POWER9, < 4.15 */
	HTAB_MMU_RADIX_HASH, /* either */
};
int htab_host_mmu(int fd);

/* caps.c: given the above, > 0 if ALLOCATE_HTAB has the semantics of 4.11 and
 * later (another order replaces the table), 0 if not, or -errno. */
int htab_is_4_11(int fd, int mmu);

/* alloc.c: one KVM_PPC_ALLOCATE_HTAB; *order becomes what the kernel says. */
int htab_allocate_once(int vmfd, uint32_t *order);

/* alloc.c: refuses what no kernel must see. The host's enum htab_mmu, or
 * -errno. */
int htab_check_request(int vmfd, const uint32_t *order, uint32_t min_order);

/* alloc.c: the largest order from *order down to min_order that the kernel
 * grants; up to Linux 4.10 it may answer with another one. */
int htab_negotiate(int vmfd, uint32_t *order, uint32_t min_order, int mmu);

#endif
