/* SPDX-License-Identifier: MIT */
/* The list of libhtab's functions, and a call of each */
#include "functions.h"

#include <endian.h>

enum { ORDER = TEST_VM_ORDER, OTHER = TEST_VM_OTHER_ORDER };
enum { ENTRIES = TEST_VM_ENTRIES };

/* The errors that are the same for most functions: "Errors" in libhtab.h */
#define COMMON	   EBADF, EINVAL, ENOTTY, EIO, EPROTO
#define DESCRIPTOR EMFILE, ENFILE, ENOMEM

/* Outputs that must not be written after an error have this value before. */
enum { UNTOUCHED = 77 };

static int call_order(struct test_vm *vm)
{
	uint32_t order = UNTOUCHED;
	const int r = htab_order(vm->fd, &order);

	assert_true(r == 0 || order == UNTOUCHED);
	return r;
}

static int call_reset(struct test_vm *vm)
{
	return htab_reset(vm->fd);
}

/* -ENOSPC sets the order too. */
static int call_alloc(struct test_vm *vm)
{
	uint32_t order = OTHER;
	const int r = htab_alloc_at_least(vm->fd, &order, ORDER);

	assert_true(r == 0 || r == -ENOSPC || order == OTHER);
	return r;
}

static int call_renew(struct test_vm *vm)
{
	uint32_t order = OTHER;
	const int r = htab_renew(vm->fd, &order, ORDER);

	assert_true(r == 0 || r == -ENOSPC || order == OTHER);
	return r;
}

static int call_largest(struct test_vm *vm)
{
	uint32_t order = 21;
	const int r = htab_largest(htab_sim_kvmfd(vm->host), &order);

	assert_true(r == 0 || order == 21);
	return r;
}

static int call_open(struct test_vm *vm)
{
	return htab_open(vm->fd, 0);
}

static int call_open_write(struct test_vm *vm)
{
	return htab_open(vm->fd, HTAB_OPEN_WRITE);
}

static int call_read(struct test_vm *vm)
{
	unsigned char buf[HTAB_READ_MIN];
	ssize_t n;

	do
		n = htab_read(vm->htabfd, buf, sizeof(buf));
	while (n > 0);
	return (int)n;
}

/* Records with one entry each, at indexes 8, 9 and so on */
static size_t records(unsigned char *buf, size_t room)
{
	const uint64_t dword[2] = { htobe64(A_HPTE_V), htobe64(A_HPTE_R) };
	struct htab_record record = { .n_valid = 1, .entries = dword };
	size_t len = 0;

	for (record.index = 8; record.index < 8 + ENTRIES; record.index++) {
		const ssize_t n =
			htab_record_put(buf + len, room - len, &record);

		assert_true(n > 0);
		len += (size_t)n;
	}
	return len;
}

static int call_write(struct test_vm *vm)
{
	unsigned char buf[ENTRIES * 24];
	const size_t len = records(buf, sizeof(buf));
	const int r = htab_write(vm->htabfd, buf, len, &vm->done);

	assert_int_equal(r == 0, vm->done == len);
	return r;
}

/* The records that htab_write() has counted are in the table, and no others. */
static void check_written(const struct test_vm *vm)
{
	assert_int_equal(vm->done % 24, 0);
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(entry_at(vm->fd, 8 + i).v != 0,
				 i < vm->done / 24);
}

static int call_write_record(struct test_vm *vm)
{
	static uint64_t dwords[600][2];
	const struct htab_record record = {
		.index = 8, .n_valid = 600, .n_invalid = 1, .entries = dwords
	};

	for (int i = 0; i < 600; i++) {
		dwords[i][0] = htobe64(A_HPTE_V);
		dwords[i][1] = htobe64(A_HPTE_R);
	}
	return htab_write_record(vm->htabfd, &record);
}

static int call_get(struct test_vm *vm)
{
	struct htab_hpte hptes[ENTRIES];

	return htab_get_hptes(vm->fd, 0, hptes, ENTRIES);
}

static int call_put(struct test_vm *vm)
{
	const struct htab_hpte valid = { A_HPTE_V, A_HPTE_R };
	const struct htab_hpte hptes[] = { valid, { 0, 0 }, valid, valid };

	return htab_put_hptes(vm->fd, 8, hptes, COUNT_OF(hptes));
}

static int call_save(struct test_vm *vm)
{
	return htab_save(vm->fd, vm->file);
}

static int call_restore(struct test_vm *vm)
{
	assert_int_equal(lseek(vm->file, 0, SEEK_SET), 0);
	return htab_restore(vm->fd, vm->file);
}

static int call_prepare(struct test_vm *vm)
{
	unsigned int wait_ms = UNTOUCHED;
	const int r = htab_resize_prepare(vm->fd, OTHER, &wait_ms);

	assert_true(r == -EINPROGRESS || wait_ms == UNTOUCHED);
	return r;
}

static int call_commit(struct test_vm *vm)
{
	return htab_resize_commit(vm->fd, OTHER);
}

static int call_cancel(struct test_vm *vm)
{
	return htab_resize_cancel(vm->fd, OTHER);
}

static int call_resize(struct test_vm *vm)
{
	return htab_resize(vm->fd, OTHER, -1);
}

static int call_resize_in_no_time(struct test_vm *vm)
{
	return htab_resize(vm->fd, OTHER, 0);
}

static int call_configure(struct test_vm *vm)
{
	return htab_configure_mmu(vm->fd, HTAB_MMU_RADIX, UINT64_C(1) << 63);
}

const struct function functions[] = {
	{ "htab_order", call_order,
	  .errors = { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR } },
	{ "htab_reset", call_reset,
	  .errors = { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR } },
	{ "htab_alloc_at_least", call_alloc,
	  .errors = { COMMON, ERANGE, EOPNOTSUPP, EBUSY, ENOMEM, ENOSPC,
		      ENOTRECOVERABLE } },
	{ "htab_renew", call_renew, UNCHANGED_OR_EMPTY,
	  .errors = { COMMON, ERANGE, EOPNOTSUPP, EBUSY, DESCRIPTOR, ENOSPC,
		      ENOTRECOVERABLE } },
	{ "htab_largest", call_largest,
	  .errors = { COMMON, ERANGE, EOPNOTSUPP, EINTR, DESCRIPTOR } },
	{ "htab_open", call_open, .opens = true,
	  .errors = { COMMON, ENOENT, EOPNOTSUPP, DESCRIPTOR } },
	{ "htab_open to write", call_open_write, .opens = true,
	  .errors = { COMMON, ENOENT, EOPNOTSUPP, DESCRIPTOR } },
	{ "htab_read", call_read, .has_htabfd = true,
	  .errors = { EINVAL, EFAULT, EBADF, EPROTO } },
	{ "htab_write", call_write, ANYTHING, check_written, .has_htabfd = true,
	  .flags = HTAB_OPEN_WRITE,
	  .errors = { EBADMSG, EINVAL, EBUSY, EIO, EFAULT, EBADF, EPROTO } },
	{ "htab_write_record", call_write_record, ANYTHING, .has_htabfd = true,
	  .flags = HTAB_OPEN_WRITE,
	  .errors = { EBADMSG, EINVAL, EBUSY, EIO, EFAULT, EBADF, EPROTO } },
	{ "htab_get_hptes", call_get,
	  .errors = { COMMON, ERANGE, ENOENT, EOPNOTSUPP, DESCRIPTOR } },
	{ "htab_put_hptes", call_put, ANYTHING,
	  .errors = { COMMON, ERANGE, EBUSY, ENOENT, EOPNOTSUPP, DESCRIPTOR } },
	{ "htab_save", call_save, .writes_image = true,
	  .errors = { COMMON, ENOENT, EBUSY, EOVERFLOW, DESCRIPTOR, ENOSPC } },
	{ "htab_restore", call_restore, UNCHANGED_OR_EMPTY, .reads_image = true,
	  .errors = { COMMON, EBADMSG, EPROTONOSUPPORT, EOPNOTSUPP, EBUSY,
		      DESCRIPTOR, ENOSPC, ENOTRECOVERABLE } },
	{ "htab_resize_prepare", call_prepare, .may_leave_prepared = true,
	  .errors = { EINPROGRESS, COMMON, EOPNOTSUPP, ERANGE, ENOMEM } },
	{ "htab_resize_commit", call_commit, .is_prepared = true,
	  .may_leave_prepared = true,
	  .errors = { COMMON, ERANGE, EOPNOTSUPP, ENOENT, EMFILE, ENFILE, ENXIO,
		      EBUSY, ENOSPC, ENOMEM } },
	{ "htab_resize_cancel", call_cancel, .is_prepared = true,
	  .may_leave_prepared = true,
	  .errors = { COMMON, EOPNOTSUPP, ERANGE } },
	{ "htab_resize", call_resize,
	  .errors = { COMMON, ENOENT, EOPNOTSUPP, ERANGE, DESCRIPTOR, ETIMEDOUT,
		      ENOSPC, ENXIO, EBUSY } },
	/* If the call that cancels fails, no other can help. */
	{ "htab_resize in no time", call_resize_in_no_time,
	  .may_leave_prepared = true,
	  .errors = { COMMON, ENOENT, EOPNOTSUPP, ERANGE, DESCRIPTOR, ETIMEDOUT,
		      ENOSPC, ENXIO, EBUSY } },
	{ "htab_configure_mmu", call_configure,
	  .errors = { COMMON, ENODEV, EOPNOTSUPP, EBUSY, ENOMEM } },
	{ .name = NULL },
};
