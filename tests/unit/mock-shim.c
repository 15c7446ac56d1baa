/* SPDX-License-Identifier: MIT */
#include "mock-call.h"
#include "mock-shim.h"
#include "unit.h"

static int writes;
static int writes_since_open;
static int open_descriptors;
static int64_t now;
/* The OPEN_HTAB call of HTABFD while that is open */
static const struct mock_call *htab;

int mock_writes(void)
{
	return writes;
}

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	const struct mock_call *call;

	switch (request) {
	case UAPI_KVM_CHECK_EXTENSION:
		call = mock_next(CHECK, fd, (uint32_t)(uintptr_t)arg);
		break;
	case UAPI_KVM_PPC_ALLOCATE_HTAB: {
		uint32_t *order = arg;

		call = mock_next(ALLOCATE, fd, *order);
		*order = call->answer;
		break;
	}
	case UAPI_KVM_CREATE_VM:
		assert_null(arg);
		call = mock_next(CREATE_VM, fd, 0);
		open_descriptors += call->result >= 0;
		break;
	case UAPI_KVM_PPC_GET_HTAB_FD: {
		const struct uapi_kvm_get_htab_fd *how = arg;

		assert_int_equal(how->reserved[0], 0);
		assert_int_equal(how->reserved[1], 0);
		call = mock_next(OPEN_HTAB, fd, (uint32_t)how->flags);
		assert_int_equal(how->start_index, call->start_index);
		open_descriptors += call->result >= 0;
		if (call->result == HTABFD) {
			assert_null(htab);
			htab = call;
			writes_since_open = 0;
		}
		break;
	}
	case UAPI_KVM_PPC_RESIZE_HPT_PREPARE:
	case UAPI_KVM_PPC_RESIZE_HPT_COMMIT: {
		const struct uapi_kvm_ppc_resize_hpt *how = arg;

		assert_int_equal(how->flags, 0);
		assert_int_equal(how->pad, 0);
		call = mock_next(request == UAPI_KVM_PPC_RESIZE_HPT_PREPARE
					 ? PREPARE
					 : COMMIT,
				 fd, how->shift);
		break;
	}
	case UAPI_KVM_PPC_CONFIGURE_V3_MMU: {
		const struct uapi_kvm_ppc_mmuv3_cfg *how = arg;

		call = mock_next(CONFIGURE, fd, (uint32_t)how->flags);
		assert_true(how->flags == call->number);
		assert_true(how->process_table == call->process_table);
		break;
	}
	default:
		fail_msg("unknown ioctl %#lx", request);
		return -ENOTTY;
	}
	return (int)call->result;
}

ssize_t htab_shim_read(int fd, void *buf, size_t len)
{
	const struct mock_call *call;

	if (fd == FILEFD)
		return mock_file_read(buf, len);
	call = mock_next(READ, fd, 0);
	if (call->len)
		assert_int_equal(len, call->len);
	/* A result that is too long is only said to be. */
	if (call->bytes && call->result > 0)
		memcpy(buf, call->bytes,
		       (size_t)call->result < len ? (size_t)call->result : len);
	return call->result;
}

/* Counts the write. Returns true if it is the one that fails, after which there
 * must be no other. */
static bool is_failing_write(int fd)
{
	assert_int_equal(fd, HTABFD);
	assert_non_null(htab);
	writes++;
	writes_since_open++;
	if (htab->failing_write == EVERY_WRITE)
		return true;
	if (htab->failing_write)
		assert_true(writes_since_open <= htab->failing_write);
	return writes_since_open == htab->failing_write;
}

/* The kernel checks this before anything else: do the entries of the record end
 * inside the table? */
static bool is_in_table(const struct uapi_kvm_get_htab_header *record)
{
	uint64_t entries = htab->answer ? UINT64_C(1) << (htab->answer - 4) : 0;
	uint64_t end =
		(uint64_t)record->index + record->n_valid + record->n_invalid;

	return record->index < entries && end <= entries;
}

/* The writes that measure a table are not in the script. */
static bool is_scripted_write(int fd, const void *buf, size_t len)
{
	const struct mock_call *call = mock_peek();

	return call && call->kind == WRITE && call->fd == fd &&
	       call->len == len && !memcmp(call->bytes, buf, len);
}

ssize_t htab_shim_write(int fd, const void *buf, size_t len)
{
	const struct uapi_kvm_get_htab_header *record = buf;

	if (fd == FILEFD)
		return mock_file_write(buf, len);
	if (is_scripted_write(fd, buf, len))
		return mock_next(WRITE, fd, 0)->result;
	if (is_failing_write(fd))
		return htab->failure;
	/* A record with entries would change the table. */
	if (len != sizeof(*record))
		fail_msg("unexpected write of %zu bytes", len);
	assert_int_equal(record->n_valid, 0);
	assert_int_equal(record->n_invalid, 0);
	return is_in_table(record) ? (ssize_t)sizeof(*record) : -EINVAL;
}

ssize_t htab_shim_write_torn(int fd, const void *buf, size_t len,
			     size_t missing)
{
	const struct uapi_kvm_get_htab_header *record = buf;

	if (is_failing_write(fd))
		return htab->failure;
	assert_int_equal(len, sizeof(*record));
	/* The length has to include the entries, or the kernel would return
	 * before it looks at the index. None of them may be readable. */
	assert_true(record->n_valid > 0);
	assert_int_equal(missing, record->n_valid * UAPI_HPTE_SIZE);
	return is_in_table(record) ? -EFAULT : -EINVAL;
}

int htab_shim_cloexec(int fd)
{
	return (int)mock_next(CLOEXEC, fd, 0)->result;
}

int htab_shim_close(int fd)
{
	const struct mock_call *call = mock_next(CLOSE, fd, 0);

	open_descriptors--;
	if (fd == HTABFD)
		htab = NULL;
	return (int)call->result;
}

int htab_shim_sleep(unsigned int ms)
{
	now += mock_next(SLEEP, 0, ms)->answer;
	return 0;
}

int64_t htab_shim_clock(void)
{
	return now;
}

int mock_setup(void **state)
{
	mock_clear_script();
	memset(mock_file(), 0, sizeof(*mock_file()));
	writes = 0;
	open_descriptors = 0;
	htab = NULL;
	return 0;
}

int mock_teardown(void **state)
{
	if (open_descriptors)
		print_error("%d descriptors left open\n", open_descriptors);
	return open_descriptors;
}
