/* SPDX-License-Identifier: MIT */
#include "conformance.h"

#include <endian.h>

int open_htab(int vmfd, uint64_t flags)
{
	struct uapi_kvm_get_htab_fd how = { .flags = flags };
	int htabfd = host_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);

	assert_true(htabfd >= 0);
	return htabfd;
}

struct contents read_htab(int htabfd)
{
	static char buf[64 << 10];
	struct contents contents = { 0 };
	ssize_t n;

	while ((n = host_read(htabfd, buf, sizeof(buf))) > 0) {
		const char *at = buf;

		while (at < buf + n) {
			struct uapi_kvm_get_htab_header record;

			memcpy(&record, at, sizeof(record));
			contents.valid += record.n_valid;
			contents.entries = (uint64_t)record.index +
					   record.n_valid + record.n_invalid;
			if (record.n_valid)
				contents.last_valid =
					record.index + record.n_valid - 1;
			at += sizeof(record) + record.n_valid * UAPI_HPTE_SIZE;
		}
		assert_ptr_equal(at, buf + n);
	}
	assert_result((int)n, 0);
	return contents;
}

struct contents contents_of(int vmfd)
{
	int htabfd = open_htab(vmfd, 0);
	struct contents contents = read_htab(htabfd);

	assert_result(host_close_fd(htabfd), 0);
	return contents;
}

void write_entry(int vmfd, uint32_t index)
{
	struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[2];
	} record = {
		.header = { .index = index, .n_valid = 1 },
		/* Bolted and valid, some segment; 4K page 0, R and C set */
		.dword = { htobe64(0x0000000012340011), htobe64(0x190) },
	};
	int htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);

	assert_int_equal(host_write(htabfd, &record, sizeof(record)),
			 sizeof(record));
	assert_result(host_close_fd(htabfd), 0);
}
