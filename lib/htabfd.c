/* SPDX-License-Identifier: MIT */
/* The htab fd: opens it when it can be used, and reads and writes it in the way
 * that the kernel understands. */
#include "internal.h"

int htab_open_at(int vmfd, uint64_t flags, uint64_t start_index)
{
	struct uapi_kvm_get_htab_fd how = {
		.flags = flags,
		.start_index = start_index,
	};
	int htabfd = htab_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	int r;

	if (htabfd < 0)
		return htabfd;
	/* Linux before 3.12 does not set close-on-exec. Without it, a program
	 * that another thread starts would inherit access to the guest's
	 * table. */
	r = htab_shim_cloexec(htabfd);
	if (r < 0) {
		htab_shim_close(htabfd);
		return r;
	}
	return htabfd;
}

int htab_has_entry(int htabfd, uint32_t index)
{
	const struct uapi_kvm_get_htab_header record = { .index = index };
	ssize_t n = htab_shim_write(htabfd, &record, sizeof(record));

	if (n == -EINVAL)
		return 0;
	if (n < 0)
		return (int)n;
	return n == sizeof(record) ? 1 : -EPROTO;
}

int htab_check_hash_host(int vmfd)
{
	int mmu = htab_host_mmu(vmfd);

	if (mmu < 0)
		return mmu;
	return mmu == HTAB_HOST_RADIX ? -EOPNOTSUPP : 0;
}

int htab_open_table(int vmfd)
{
	int r, htabfd = htab_open_at(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);

	if (htabfd < 0)
		return htabfd;
	/* A vcpu runs (EBUSY) only in a VM that has a table: if there was none,
	 * its first run has made one. A radix VM is EINVAL all the same. */
	r = htab_has_entry(htabfd, 0);
	if (r > 0 || r == -EBUSY)
		return htabfd;
	htab_shim_close(htabfd);
	return r < 0 ? r : -ENOENT;
}

_Static_assert(HTAB_OPEN_BOLTED == UAPI_KVM_GET_HTAB_BOLTED_ONLY &&
		       HTAB_OPEN_WRITE == UAPI_KVM_GET_HTAB_WRITE,
	       "the kernel has the same flags");

HTAB_EXPORT int htab_open(int vmfd, unsigned int flags)
{
	int r, htabfd;

	if (flags != 0 && flags != HTAB_OPEN_BOLTED && flags != HTAB_OPEN_WRITE)
		return -EINVAL;
	r = htab_check_hash_host(vmfd);
	if (r < 0)
		return r;
	/* Also for a reader: the first read of a VM without a table would count
	 * as the first pass (docs/kernels.md, "Lost first pass"). */
	htabfd = htab_open_table(vmfd);
	if (htabfd < 0 || flags == HTAB_OPEN_WRITE)
		return htabfd;
	htab_shim_close(htabfd);
	return htab_open_at(vmfd, flags, 0);
}

HTAB_EXPORT ssize_t htab_read(int htabfd, void *buf, size_t len)
{
	ssize_t n;

	/* With 24 bytes or fewer the kernel returns 0, which looks like the
	 * end. */
	if (!buf || len < HTAB_READ_MIN)
		return -EINVAL;
	n = htab_shim_read(htabfd, buf, len);
	/* The first 0 says that there is nothing more up to the table's end,
	 * and the second one speaks of all of it. */
	if (n == 0)
		n = htab_shim_read(htabfd, buf, len);
	if (n <= 0)
		return n;
	if ((size_t)n > len || htab_records_clean(buf, (size_t)n) < 0)
		return -EPROTO;
	return n;
}

/*
 * Writes one whole record. The kernel misreads a second one in the same write()
 * and accepts one that is cut (docs/kernels.md, "Misparsed records").
 */
static int write_one(int htabfd, const void *record, size_t size)
{
	ssize_t n = htab_shim_write(htabfd, record, size);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EPROTO;
}

HTAB_EXPORT int htab_write(int htabfd, const void *records, size_t len,
			   size_t *done)
{
	struct htab_record record;
	size_t start = 0, end = 0;
	int r;

	if (done)
		*done = 0;
	/* Which table it is, and where it ends, the kernel knows better. */
	r = htab_records_check(records, len, HTAB_ORDER_MAX);
	if (r < 0)
		return r;
	while (htab_record_next(records, len, &end, &record) > 0) {
		r = write_one(htabfd, (const char *)records + start,
			      end - start);
		if (r < 0)
			return r;
		start = end;
		if (done)
			*done = end;
	}
	return 0;
}

/* How many entries a piece of a record has at most: 4 KiB on the stack instead
 * of the 1 MiB of the largest record */
enum { PIECE = 255 };

HTAB_EXPORT int htab_write_record(int htabfd, const struct htab_record *record)
{
	unsigned char buf[sizeof(struct uapi_kvm_get_htab_header) +
			  (size_t)PIECE * UAPI_HPTE_SIZE];
	struct htab_record piece;
	uint32_t left;

	if (!record || (record->n_valid && !record->entries))
		return -EINVAL;
	if (!htab_entries_are_valid(record->entries, record->n_valid))
		return -EBADMSG;
	/* The index of the last piece must fit into its 32 bits. */
	left = record->n_valid;
	if (left && record->index > UINT32_MAX - (left - 1))
		return -EINVAL;

	piece = *record;
	for (;;) {
		ssize_t size;
		int r;

		piece.n_valid = (uint16_t)(left < PIECE ? left : PIECE);
		left -= piece.n_valid;
		piece.n_invalid = left ? 0 : record->n_invalid;
		size = htab_record_put(buf, sizeof(buf), &piece);
		r = write_one(htabfd, buf, (size_t)size);
		if (r < 0 || !left)
			return r;
		piece.index += piece.n_valid;
		piece.entries = (const char *)piece.entries +
				(size_t)piece.n_valid * UAPI_HPTE_SIZE;
	}
}
