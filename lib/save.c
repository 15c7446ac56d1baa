/* SPDX-License-Identifier: MIT */
/* Writes a whole table to a descriptor, and reads it back. */
#include "image.h"
#include "internal.h"

/*
 * How often each entry of the table may be reported. The first pass reports
 * each once. After it the kernel may report entries again that have not
 * changed, because its marks are in memory that it does not clear. If it goes
 * on, a vcpu runs.
 */
enum { PASSES = 4 };

static uint64_t entries_of(uint32_t order)
{
	return UINT64_C(1) << (order - 4);
}

/* Reads records, and checks and counts their entries. Returns the length in
 * bytes, 0 if there are no more, or a negative errno. */
static ssize_t read_block(int htabfd, struct htab_block *block, uint32_t order,
			  uint64_t *reported)
{
	ssize_t len = htab_read(htabfd, block->records, sizeof(block->records));

	if (len <= 0)
		return len;
	if (htab_records_count(block->records, (size_t)len, order, reported) <
	    0)
		return -EPROTO;
	return len;
}

static int save_records(int htabfd, int fd, uint32_t order)
{
	const uint64_t most = PASSES * entries_of(order);
	struct htab_block block;
	uint64_t reported = 0;
	uint32_t number = 0;
	ssize_t len;
	int r;

	do {
		len = read_block(htabfd, &block, order, &reported);
		if (len < 0)
			return (int)len;
		if (reported > most)
			return -EBUSY;
		htab_records_convert(block.records, (size_t)len, false);
		r = htab_image_put_block(fd, &block, number++, (size_t)len);
	} while (r == 0 && len > 0);
	return r;
}

HTAB_EXPORT int htab_save(int vmfd, int fd)
{
	uint32_t order;
	int htabfd, r;

	r = htab_order(vmfd, &order);
	if (r < 0)
		return r;
	htabfd = htab_open_at(vmfd, 0, 0);
	if (htabfd < 0)
		return htabfd;
	r = htab_image_put_header(fd, order);
	if (r == 0)
		r = save_records(htabfd, fd, order);
	htab_shim_close(htabfd);
	return r;
}

static int restore_records(int htabfd, int fd, uint32_t order)
{
	struct htab_block block;
	uint32_t number = 0;
	int len;

	for (;;) {
		int r;

		len = htab_image_get_block(fd, &block, number++);
		if (len <= 0)
			return len;
		r = htab_records_from_wire(block.records, (size_t)len);
		if (r == 0)
			r = htab_records_check(block.records, (size_t)len,
					       order);
		if (r < 0)
			return -EBADMSG;
		r = htab_write(htabfd, block.records, (size_t)len, NULL);
		if (r < 0)
			return r;
	}
}

/* The table is empty, and has this order. */
static int restore_table(int vmfd, int fd, uint32_t order)
{
	int r, cleared, htabfd;

	htabfd = htab_open_at(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	if (htabfd < 0)
		return htabfd;
	r = restore_records(htabfd, fd, order);
	htab_shim_close(htabfd);
	if (r == 0)
		return 0;
	/* A guest must not run on half of its table. */
	cleared = htab_allocate_once(vmfd, order, &order);
	return cleared < 0 ? cleared : r;
}

HTAB_EXPORT int htab_restore(int vmfd, int fd)
{
	uint32_t order, granted;
	int r;

	r = htab_image_get_header(fd, &order);
	if (r < 0)
		return r;
	granted = order;
	r = htab_alloc_at_least(vmfd, &granted, order);
	if (r < 0)
		return r;
	/* Up to Linux 4.10 a table keeps its size. In a larger one the guest
	 * would look for its entries elsewhere. */
	return granted == order ? restore_table(vmfd, fd, order) : -ENOSPC;
}
