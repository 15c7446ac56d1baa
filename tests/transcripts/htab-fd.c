/* SPDX-License-Identifier: MIT */
/* The htab fd, on a table of order 18 */
#include "transcripts.h"

#include <stdio.h>

enum { ENTRIES = 1 << 14 };

#define VALID  UINT64_C(0x12340001)
#define BOLTED UINT64_C(0x12340011)
#define LARGE  UINT64_C(0x12340015)
#define ABSENT UINT64_C(0x12340010)
#define B_OF_3 UINT64_C(0xc000000012340011)

static void allocate_18(int vmfd)
{
	uint32_t order = 18;
	int r = host_allocate(vmfd, &order);

	printf("  ALLOC->%ld %s o=%u\n", returned(r), error_name(r), order);
}

/* Reads once. */
static void tell(const char *label, int htabfd)
{
	struct contents seen = { 0 };
	ssize_t n = host_read_htab(htabfd, 128 << 10, &seen);

	printf("  %s read=%zd  rec=%u valid=%llu invalid=%llu first=%llu "
	       "end=%llu\n",
	       label, n, seen.records, (unsigned long long)seen.valid,
	       (unsigned long long)seen.invalid, (unsigned long long)seen.first,
	       (unsigned long long)seen.end);
}

static void put(int vmfd, uint32_t index, bool valid, uint64_t v, uint64_t r)
{
	const ssize_t n = valid ? host_write_entry(vmfd, index, v, r)
				: host_write_invalid(vmfd, index, 1);

	printf("  write idx=%u valid=%d -> %ld %s\n", index, valid, returned(n),
	       n < 0 ? error_name(n) : "");
}

static void read_before_a_table(int vmfd)
{
	int htabfd = host_open_htab(vmfd, 0, 0);

	printf("A first pass burnt\n");
	tell("before table", htabfd);
	allocate_18(vmfd);
	tell("after alloc same fd", htabfd);
	tell("again", htabfd);
	host_close_fd(htabfd);
	htabfd = host_open_htab(vmfd, 0, ENTRIES);
	tell("start=npte", htabfd);
	tell("again", htabfd);
	host_close_fd(htabfd);
	htabfd = host_open_htab(vmfd, 0, ENTRIES - 4);
	tell("start=npte-4", htabfd);
	tell("again", htabfd);
	host_close_fd(htabfd);
}

static void dirty_marks(int vmfd)
{
	int htabfd, other;

	printf("B dirty marks\n");
	put(vmfd, 8, true, BOLTED, 0x190);
	htabfd = host_open_htab(vmfd, 0, 0);
	tell("first", htabfd);
	tell("second", htabfd);
	put(vmfd, 16, true, BOLTED, 0x190);
	tell("after write 16", htabfd);
	tell("again", htabfd);
	tell("again2", htabfd);
	put(vmfd, 8, false, 0, 0);
	tell("after invalidate 8", htabfd);
	tell("again", htabfd);
	printf("C clear with open fd\n");
	allocate_18(vmfd);
	tell("after clear", htabfd);
	tell("again", htabfd);
	put(vmfd, 24, true, BOLTED, 0x190);
	tell("after write 24", htabfd);
	host_close_fd(htabfd);
	printf("D two readers\n");
	htabfd = host_open_htab(vmfd, 0, 0);
	other = host_open_htab(vmfd, 0, 0);
	tell("f first", htabfd);
	tell("g first", other);
	put(vmfd, 32, true, BOLTED, 0x190);
	tell("f", htabfd);
	tell("g", other);
	tell("g2", other);
	host_close_fd(htabfd);
	host_close_fd(other);
	printf("E no reader open: marks?\n");
	put(vmfd, 40, true, BOLTED, 0x190);
	htabfd = host_open_htab(vmfd, 0, 0);
	tell("first", htabfd);
	tell("second", htabfd);
	host_close_fd(htabfd);
}

static void bolted_only(int vmfd)
{
	int htabfd;

	printf("F bolted only\n");
	put(vmfd, 48, true, VALID, 0x190);
	htabfd = host_open_htab(vmfd, UAPI_KVM_GET_HTAB_BOLTED_ONLY, 0);
	tell("bolted", htabfd);
	host_close_fd(htabfd);
	htabfd = host_open_htab(vmfd, 0, 0);
	tell("all", htabfd);
	host_close_fd(htabfd);
}

static void print_invalid(int vmfd, uint16_t count)
{
	const ssize_t n = host_write_invalid(vmfd, ENTRIES - 1, count);

	printf("  inv %d+%u %ld%s%s\n", ENTRIES - 1, count, returned(n),
	       n < 0 ? " " : "", n < 0 ? error_name(n) : "");
}

static void bad_entries(int vmfd)
{
	struct uapi_kvm_get_htab_fd how = { .flags = 3, .reserved = { 1, 1 } };
	const struct uapi_kvm_get_htab_header record = { .n_invalid = 1 };
	char buf[64];
	int htabfd;
	ssize_t n;

	printf("G bad entries\n");
	put(vmfd, 56, true, ABSENT, 0x190);
	put(vmfd, 56, true, B_OF_3, 0x190);
	put(vmfd, 56, true, LARGE, 0x190);
	put(vmfd, 56, true, LARGE, 0x1190);
	put(vmfd, ENTRIES - 1, true, BOLTED, 0x190);
	put(vmfd, ENTRIES, true, BOLTED, 0x190);
	print_invalid(vmfd, 2);
	print_invalid(vmfd, 1);
	htabfd = host_open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	n = host_read(htabfd, buf, sizeof(buf));
	printf("  read on W fd %ld %s\n", returned(n), error_name(n));
	host_close_fd(htabfd);
	printf("  fd %s\n", error_name(host_open_htab(vmfd, 4, 0)));
	htabfd = host_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	printf("  flags 3 reserved!=0 -> %s\n",
	       htabfd < 0 ? error_name(htabfd) : "ok");
	n = host_write(htabfd, NULL, sizeof(record));
	printf("  write bad ptr %ld %s\n", returned(n), error_name(n));
	host_close_fd(htabfd);
	htabfd = host_open_htab(vmfd, 0, 0);
	n = host_read(htabfd, NULL, 4096);
	printf("  read bad ptr %ld %s\n", returned(n), error_name(n));
	host_close_fd(htabfd);
}

static void buffer_sizes(int vmfd)
{
	static const size_t sizes[] = { 0,  8,	24, 25, 32, 40, 41,
					48, 56, 57, 64, 72, 73, 4096 };

	printf("H read buffer sizes\n");
	allocate_18(vmfd);
	for (uint32_t i = 0; i < 3; i++)
		put(vmfd, i, true, BOLTED, 0x190);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const int htabfd = host_open_htab(vmfd, 0, 0);
		struct uapi_kvm_get_htab_header record = { 0 };
		struct {
			struct uapi_kvm_get_htab_header record;
			char rest[4096];
		} buf = { record, { 0 } };
		const ssize_t n = host_read(htabfd, &buf, sizes[i]);

		printf("  size %zu -> %zd (idx %u v %u i %u)\n", sizes[i], n,
		       buf.record.index, buf.record.n_valid,
		       buf.record.n_invalid);
		host_close_fd(htabfd);
	}
}

void observe_htab_fd(void)
{
	int vmfd = new_vm();

	read_before_a_table(vmfd);
	dirty_marks(vmfd);
	bolted_only(vmfd);
	bad_entries(vmfd);
	buffer_sizes(vmfd);
	close_vm(vmfd);
}
