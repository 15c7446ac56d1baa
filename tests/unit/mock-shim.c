/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"
#include "unit.h"

enum kind {
	CHECK,
	ALLOCATE,
	CREATE_VM,
	OPEN_HTAB,
	CLOEXEC,
	CLOSE,
	READ,
	WRITE,
};

struct call {
	enum kind kind;
	int fd;
	ssize_t result;
	uint32_t number; /* the capability, the order, or the flags */
	uint32_t answer; /* the order written back, or that of the table */
	/* For OPEN_HTAB: the number of the write that fails (0 if none does),
	 * and its result */
	int failing_write;
	ssize_t failure;
	uint64_t start_index;
	/* What is read or written, and how much room the reader gives, or 0 */
	const void *bytes;
	size_t len;
};

/* As the number of the write that fails */
enum { EVERY_WRITE = -1 };

#define MAX_CALLS 400
static struct call script[MAX_CALLS];
static int scripted;
static int consumed;
static int writes;
static int writes_since_open;
static int open_descriptors;
/* The OPEN_HTAB call of HTABFD while that is open */
static const struct call *htab;

static void will(struct call call)
{
	assert_true(scripted < MAX_CALLS);
	script[scripted] = call;
	/* All calls go through one queue of CMocka, that of next(). It keeps
	 * their order, and the test fails if a call is missing or if there is
	 * one too many. */
	will_return(next, (uintptr_t)&script[scripted]);
	scripted++;
}

static const char *const kind_names[] = {
	[CHECK] = "KVM_CHECK_EXTENSION",
	[ALLOCATE] = "KVM_PPC_ALLOCATE_HTAB",
	[CREATE_VM] = "KVM_CREATE_VM",
	[OPEN_HTAB] = "KVM_PPC_GET_HTAB_FD",
	[CLOEXEC] = "FD_CLOEXEC",
	[CLOSE] = "close",
	[READ] = "read",
	[WRITE] = "write",
};

static const struct call *next(enum kind kind, int fd, uint32_t number)
{
	const struct call *call;

	if (consumed == scripted)
		fail_msg("unexpected %s(%d, %u)", kind_names[kind], fd, number);
	consumed++;
	call = mock_ptr_type(const struct call *);
	if (call->kind != kind || call->fd != fd || call->number != number)
		fail_msg("%s(%d, %u) instead of %s(%d, %u)", kind_names[kind],
			 fd, number, kind_names[call->kind], call->fd,
			 call->number);
	return call;
}

void will_check(int fd, unsigned int cap, int result)
{
	will((struct call){
		.kind = CHECK, .fd = fd, .result = result, .number = cap });
}

void will_allocate(uint32_t order, int result)
{
	will((struct call){ .kind = ALLOCATE,
			    .fd = VMFD,
			    .result = result,
			    .number = order,
			    .answer = order });
}

void will_answer(uint32_t order, uint32_t written_back)
{
	will((struct call){ .kind = ALLOCATE,
			    .fd = VMFD,
			    .number = order,
			    .answer = written_back });
}

void will_create_vm(int result)
{
	will((struct call){ .kind = CREATE_VM,
			    .fd = KVMFD,
			    .result = result ? result : VMFD });
}

void will_open_htab(uint32_t table, int failing_write, ssize_t failure)
{
	will((struct call){ .kind = OPEN_HTAB,
			    .fd = VMFD,
			    .result = HTABFD,
			    .number = UAPI_KVM_GET_HTAB_WRITE,
			    .answer = table,
			    .failing_write = failing_write,
			    .failure = failure });
	will((struct call){ .kind = CLOEXEC, .fd = HTABFD });
}

void will_measure(uint32_t table)
{
	will_measure_then_close(table, 0);
}

void will_measure_then_close(uint32_t table, int result)
{
	will_open_htab(table, 0, 0);
	will_close(HTABFD, result);
}

void will_measure_failing(uint32_t table, int n, ssize_t result)
{
	will_open_htab(table, n, result);
	will_close(HTABFD, 0);
}

void will_measure_busy(uint32_t table)
{
	will_open_htab(table, EVERY_WRITE, -EBUSY);
	will_close(HTABFD, 0);
}

void will_not_open_htab(int result)
{
	will((struct call){ .kind = OPEN_HTAB,
			    .fd = VMFD,
			    .number = UAPI_KVM_GET_HTAB_WRITE,
			    .result = result });
}

void will_open_to_read(uint64_t flags, uint64_t start_index, int result)
{
	will((struct call){ .kind = OPEN_HTAB,
			    .fd = VMFD,
			    .number = (uint32_t)flags,
			    .start_index = start_index,
			    .result = result });
	if (result >= 0)
		will((struct call){ .kind = CLOEXEC, .fd = result });
}

void will_read(int fd, size_t room, const void *bytes, ssize_t result)
{
	will((struct call){ .kind = READ,
			    .fd = fd,
			    .len = room,
			    .bytes = bytes,
			    .result = result });
}

void will_write(const void *bytes, size_t len, ssize_t result)
{
	will((struct call){ .kind = WRITE,
			    .fd = HTABFD,
			    .bytes = bytes,
			    .len = len,
			    .result = result });
}

void will_not_set_cloexec(int result)
{
	will((struct call){ .kind = OPEN_HTAB,
			    .fd = VMFD,
			    .number = UAPI_KVM_GET_HTAB_WRITE,
			    .result = HTABFD });
	will((struct call){ .kind = CLOEXEC, .fd = HTABFD, .result = result });
	will_close(HTABFD, 0);
}

void will_close(int fd, int result)
{
	will((struct call){ .kind = CLOSE, .fd = fd, .result = result });
}

void will_find_hash_host(void)
{
	will_check(VMFD, UAPI_KVM_CAP_PPC_MMU_RADIX, 0);
}

void will_find_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 1);
}

void will_find_older_than_4_11(void)
{
	will_check(VMFD, CAP_RESIZE, 0);
	will_check(VMFD, CAP_HASH, 0);
}

int mock_writes(void)
{
	return writes;
}

int htab_shim_ioctl(int fd, unsigned long request, void *arg)
{
	const struct call *call;

	switch (request) {
	case UAPI_KVM_CHECK_EXTENSION:
		call = next(CHECK, fd, (uint32_t)(uintptr_t)arg);
		break;
	case UAPI_KVM_PPC_ALLOCATE_HTAB: {
		uint32_t *order = arg;

		call = next(ALLOCATE, fd, *order);
		*order = call->answer;
		break;
	}
	case UAPI_KVM_CREATE_VM:
		assert_null(arg);
		call = next(CREATE_VM, fd, 0);
		open_descriptors += call->result >= 0;
		break;
	case UAPI_KVM_PPC_GET_HTAB_FD: {
		const struct uapi_kvm_get_htab_fd *how = arg;

		assert_int_equal(how->reserved[0], 0);
		assert_int_equal(how->reserved[1], 0);
		call = next(OPEN_HTAB, fd, (uint32_t)how->flags);
		assert_int_equal(how->start_index, call->start_index);
		open_descriptors += call->result >= 0;
		if (call->result == HTABFD) {
			assert_null(htab);
			htab = call;
			writes_since_open = 0;
		}
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
	const struct call *call = next(READ, fd, 0);

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
	const struct call *call = &script[consumed];

	return consumed < scripted && call->kind == WRITE && call->fd == fd &&
	       call->len == len && !memcmp(call->bytes, buf, len);
}

ssize_t htab_shim_write(int fd, const void *buf, size_t len)
{
	const struct uapi_kvm_get_htab_header *record = buf;

	if (is_scripted_write(fd, buf, len))
		return next(WRITE, fd, 0)->result;
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
	return (int)next(CLOEXEC, fd, 0)->result;
}

int htab_shim_close(int fd)
{
	const struct call *call = next(CLOSE, fd, 0);

	open_descriptors--;
	if (fd == HTABFD)
		htab = NULL;
	return (int)call->result;
}

int mock_setup(void **state)
{
	scripted = 0;
	consumed = 0;
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
