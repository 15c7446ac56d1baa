/* SPDX-License-Identifier: MIT */
/* Functions and types that the files of libhtab share */
#ifndef HTAB_INTERNAL_H
#define HTAB_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "libhtab.h"
#include "shim.h"
#include "uapi.h"

#define HTAB_EXPORT __attribute__((visibility("default")))

/* qemu-user returns ENOSYS for an ioctl that it does not know, where a kernel
 * returns ENOTTY. The rest of the library tests for ENOTTY only. */
static inline int htab_ioctl(int fd, unsigned long request, void *arg)
{
	int r = htab_shim_ioctl(fd, request, arg);

	return r == -ENOSYS ? -ENOTTY : r;
}

/* A big-endian number of n bytes, at any address */
static inline uint64_t htab_get_be(const void *at, size_t n)
{
	const unsigned char *byte = at;
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | byte[i];
	return value;
}

static inline void htab_put_be(void *at, size_t n, uint64_t value)
{
	unsigned char *byte = at;

	for (size_t i = n; i-- > 0; value >>= 8)
		byte[i] = (unsigned char)value;
}

static inline bool htab_order_is_valid(uint32_t order)
{
	return order >= HTAB_ORDER_MIN && order <= HTAB_ORDER_MAX;
}

/* The bits of dword 0 that are the host's own: locked, and not mapped just now
 * (docs/kernels.md, "Entries") */
#define HTAB_V_HOST UINT64_C(0x60)

/* record.c: one entry between the bytes of a record and host byte order, without
 * the host's own bits */
void htab_entry_get(const void *entry, struct htab_hpte *hpte);
void htab_entry_put(void *entry, const struct htab_hpte *hpte);

/* Which guests the capabilities PPC_MMU_RADIX and PPC_MMU_HASH_V3 allow here
 * (docs/kernels.md, "Capabilities") */
enum htab_host {
	/* Hash guests only: POWER8 and older, or a host without radix */
	HTAB_HOST_HASH,
	/* Radix guests only: a nested host, an early POWER9, or a radix host
	 * before Linux 4.15 */
	HTAB_HOST_RADIX,
	/* Both */
	HTAB_HOST_BOTH,
};

/* record.c: have all of these entries the bit VALID? */
bool htab_entries_are_valid(const void *entries, size_t n);

/* record.c: checks as htab_records_check() does, for a valid order, and adds the
 * number of entries, valid or not, to n. */
int htab_records_count(const void *buf, size_t len, uint32_t order,
		       uint64_t *n);

/* record.c: clears the host's own bits of all entries. Returns 0, or -EBADMSG
 * if these are not whole records. */
int htab_records_clean(void *buf, size_t len);

/* record.c: converts the headers of whole records. */
void htab_records_convert(void *buf, size_t len, bool from_wire);

/* htabfd.c: opens an htab fd with close-on-exec, whether or not there is a
 * table. The flags are the kernel's. Returns a descriptor or a negative
 * errno. */
int htab_open_at(int vmfd, uint64_t flags, uint64_t start_index);

/*
 * htabfd.c: is there an entry at this index? The kernel compares a record's
 * index with the table's end, so a record without entries answers that and
 * changes nothing (docs/kernels.md, "Measuring a table"). Returns 1, 0 or a
 * negative errno.
 */
int htab_has_entry(int htabfd, uint32_t index);

/* htabfd.c: opens the htab fd of a VM that has a table, for writing. Returns a
 * descriptor, -ENOENT if there is no table, or another negative errno. */
int htab_open_table(int vmfd);

/* htabfd.c: returns 0, -EOPNOTSUPP if the host runs no hash guests, or another
 * negative errno. */
int htab_check_hash_host(int vmfd);

/* caps.c: calls KVM_CHECK_EXTENSION. */
int htab_check_extension(int fd, uintptr_t cap);

/* caps.c: returns an enum htab_host, or a negative errno. */
int htab_host_mmu(int fd);

/*
 * caps.c: does ALLOCATE_HTAB replace a table of another order (Linux 4.11 and
 * later), or only clear it? mmu is what htab_host_mmu() returned. Returns 1, 0
 * or a negative errno.
 */
int htab_alloc_replaces_table(int fd, int mmu);

/* alloc.c: calls KVM_PPC_ALLOCATE_HTAB once. Sets *granted on success only, to
 * the order that the kernel reports. */
int htab_allocate_once(int vmfd, uint32_t wanted, uint32_t *granted);

/* alloc.c: refuses the arguments that harm some kernel or its guest. Returns
 * the host's enum htab_host, or a negative errno. */
int htab_check_request(int vmfd, const uint32_t *order, uint32_t min_order);

/* alloc.c: allocates the largest order from *order down to min_order that the
 * kernel grants. Up to Linux 4.10 the kernel may grant another order. Sets
 * *order on success only. */
int htab_negotiate(int vmfd, uint32_t *order, uint32_t min_order, int mmu);

#endif
