/* SPDX-License-Identifier: MIT */
#include "conformance.h"

struct contents read_htab(int htabfd)
{
	struct contents contents = { 0 };
	ssize_t n;

	do {
		n = host_read_htab(htabfd, 64 << 10, &contents);
	} while (n > 0);
	assert_result((int)n, 0);
	return contents;
}

struct contents contents_of(int vmfd)
{
	int htabfd = an_htab(vmfd, 0);
	struct contents contents = read_htab(htabfd);

	close_now(htabfd);
	return contents;
}

static void write_dwords(int vmfd, uint32_t index, uint64_t v, uint64_t r)
{
	const ssize_t n = host_write_entry(vmfd, index, v, r);

	assert_int_equal(n, sizeof(struct uapi_kvm_get_htab_header) +
				    UAPI_HPTE_SIZE);
}

void write_entry(int vmfd, uint32_t index)
{
	/* A valid and bolted entry: a 4K page at guest address 0, R and C
	 * set */
	write_dwords(vmfd, index, 0x12340011, 0x190);
}

void write_entry_of(int vmfd, uint32_t index, enum guest_page page)
{
	/* The LARGE bit of dword 0, and the encoding of the size in dword 1 */
	static const uint64_t large[] = { 0, 4, 4 };
	static const uint64_t size[] = { 0, 0x1000, 0 };

	write_dwords(vmfd, index, 0x12340011 | large[page],
		     UINT64_C(1) << 36 | size[page] | 0x190);
}
