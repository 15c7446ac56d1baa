/* SPDX-License-Identifier: MIT */
/* transcripts tables|htab-fd: prints what the host answers. */
#include "transcripts.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host host;

const char *error_name(long result)
{
	return result < 0 ? strerrorname_np((int)-result) : "-";
}

long returned(long result)
{
	return result < 0 ? -1 : result;
}

int new_vm(void)
{
	int vmfd = host_new_vm(&host);

	if (vmfd < 0) {
		fprintf(stderr, "KVM_CREATE_VM: %s\n", error_name(vmfd));
		exit(EXIT_FAILURE);
	}
	return vmfd;
}

void close_vm(int vmfd)
{
	host_close_fd(vmfd);
}

int allocate(int vmfd, uint32_t *order)
{
	return host_ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, order);
}

int open_htab(int vmfd, uint64_t flags, uint64_t start_index)
{
	struct uapi_kvm_get_htab_fd how = { flags, start_index, { 0 } };

	return host_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
}

ssize_t write_record(int vmfd, uint32_t index, bool valid, uint16_t count,
		     uint64_t v, uint64_t r)
{
	struct {
		struct uapi_kvm_get_htab_header header;
		uint64_t dword[2];
	} record = {
		.header = { .index = index },
		.dword = { htobe64(v), htobe64(r) },
	};
	const int htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	ssize_t n;

	*(valid ? &record.header.n_valid : &record.header.n_invalid) = count;
	n = host_write(htabfd, &record,
		       valid ? sizeof(record) : sizeof(record.header));
	host_close_fd(htabfd);
	return n;
}

ssize_t read_once(int htabfd, size_t size, struct seen *seen)
{
	static char buf[128 << 10];
	ssize_t n = host_read(htabfd, buf, size);
	const char *at = buf;

	while (at < buf + n) {
		struct uapi_kvm_get_htab_header record;

		memcpy(&record, at, sizeof(record));
		at += sizeof(record) + record.n_valid * UAPI_HPTE_SIZE;
		if (!seen->records++)
			seen->first = record.index;
		seen->valid += record.n_valid;
		seen->invalid += record.n_invalid;
		seen->end = (uint64_t)record.index + record.n_valid +
			    record.n_invalid;
	}
	seen->bytes += n;
	return n;
}

int main(int argc, char **argv)
{
	const char *why;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 || host_open(&host, &why) < 0) {
		fprintf(stderr, "%s\n",
			argc != 2 ? "usage: transcripts tables|htab-fd" : why);
		return EXIT_FAILURE;
	}
	if (strcmp(argv[1], "htab-fd") == 0)
		observe_htab_fd();
	else
		observe_tables();
	host_close(&host);
	return 0;
}
