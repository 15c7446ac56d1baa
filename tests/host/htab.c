/* SPDX-License-Identifier: MIT */
#include "htab.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

int host_capability(int fd, uintptr_t cap)
{
	return host_ioctl(fd, UAPI_KVM_CHECK_EXTENSION, (void *)cap);
}

int host_allocate(int vmfd, uint32_t *order)
{
	return host_ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, order);
}

static int resize(int vmfd, unsigned long request, uint32_t order,
		  uint64_t flags)
{
	struct uapi_kvm_ppc_resize_hpt how = { .flags = flags, .shift = order };

	return host_ioctl(vmfd, request, &how);
}

int host_prepare(int vmfd, uint32_t order, uint64_t flags)
{
	return resize(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, order, flags);
}

int host_commit(int vmfd, uint32_t order, uint64_t flags)
{
	return resize(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, order, flags);
}

int host_open_htab(int vmfd, uint64_t flags, uint64_t start_index)
{
	struct uapi_kvm_get_htab_fd how = {
		.flags = flags,
		.start_index = start_index,
	};

	return host_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
}

static ssize_t write_record(int vmfd, const void *record, size_t len)
{
	const int htabfd = host_open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	ssize_t n;

	if (htabfd < 0)
		return htabfd;
	n = host_write(htabfd, record, len);
	host_close_fd(htabfd);
	return n;
}

ssize_t host_write_entry(int vmfd, uint32_t index, uint64_t v, uint64_t r)
{
	const struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[2];
	} record = {
		.header = { .index = index, .n_valid = 1 },
		.dword = { htobe64(v), htobe64(r) },
	};

	return write_record(vmfd, &record, sizeof(record));
}

ssize_t host_write_invalid(int vmfd, uint32_t index, uint16_t count)
{
	const struct uapi_kvm_get_htab_header record = {
		.index = index,
		.n_invalid = count,
	};

	return write_record(vmfd, &record, sizeof(record));
}

/* Returns the size of the record. */
static size_t add_record(struct contents *contents, const char *at)
{
	struct uapi_kvm_get_htab_header record;

	memcpy(&record, at, sizeof(record));
	if (!contents->records++)
		contents->first = record.index;
	contents->valid += record.n_valid;
	contents->invalid += record.n_invalid;
	contents->end =
		(uint64_t)record.index + record.n_valid + record.n_invalid;
	if (record.n_valid)
		contents->last_valid = record.index + record.n_valid - 1;
	return sizeof(record) + record.n_valid * (size_t)UAPI_HPTE_SIZE;
}

ssize_t host_read_htab(int htabfd, size_t size, struct contents *contents)
{
	static char buf[128 << 10];
	ssize_t n, at = 0;

	assert(size <= sizeof(buf));
	n = host_read(htabfd, buf, size);
	contents->bytes += n;
	while (at < n)
		at += (ssize_t)add_record(contents, buf + at);
	return n > 0 && at != n ? -EBADMSG : n;
}
