/* SPDX-License-Identifier: MIT */
#include "conformance.h"

#include <unistd.h>

void assert_table(int vmfd, uint32_t order, uint64_t valid)
{
	assert_order(vmfd, order);
	assert_int_equal(contents_of(vmfd).valid, valid);
}

void run_for_a_moment(struct vcpu *vcpu)
{
	vcpu_start(vcpu);
	vcpu_stop(vcpu);
}

uint64_t vrma_entries(void)
{
	return host.ram / host.page_size;
}

int a_filled_vm(void)
{
	static const uint32_t indices[FILLED_ENTRIES] = {
		0, 1, 2, 9, 700, SMALL_ENTRIES - 1
	};
	int vmfd = a_vm_with_table(SMALL);

	for (size_t i = 0; i < FILLED_ENTRIES; i++)
		write_entry_of(vmfd, indices[i], (enum guest_page)(i % 3));
	return vmfd;
}

const struct htab_hpte *all_of(int vmfd)
{
	static struct htab_hpte tables[2][SMALL_ENTRIES];
	static unsigned int calls;
	struct htab_hpte *hptes = tables[calls++ % 2];

	assert_result(htab_get_hptes(vmfd, 0, hptes, SMALL_ENTRIES), 0);
	return hptes;
}

void assert_equal_tables(int vmfd, int other)
{
	const struct htab_hpte *a = all_of(vmfd), *b = all_of(other);

	for (uint32_t i = 0; i < SMALL_ENTRIES; i++)
		if (memcmp(&a[i], &b[i], sizeof(a[i])) != 0)
			fail_msg("entry %u: %llx %llx, and %llx %llx", i,
				 (unsigned long long)a[i].v,
				 (unsigned long long)a[i].r,
				 (unsigned long long)b[i].v,
				 (unsigned long long)b[i].r);
}

void assert_empty_table(int vmfd)
{
	assert_table(vmfd, SMALL, 0);
}

int an_empty_image(void)
{
	static const char image[] =
		/* The header, with version 1 and order 18 */
		"libhtab\n"
		"\0\0\0\1"
		"\0\0\0\22"
		"\0\0\0\0\xe0\xca\xc4\x85"
		"\0\0\0\3\x0e\xc9\xaf\xd2"
		/* Block 0: one record with 16384 invalid entries */
		"\0\0\0\0"
		"\0\0\0\10"
		"\0\0\0\0\0\0\x40\10"
		"\0\0\0\0\0\0\x40\30"
		"\0\0\0\0"
		"\0\0"
		"\x40\0"
		/* Block 1: the end */
		"\0\0\0\1"
		"\0\0\0\0"
		"\0\0\0\0\0\0\0\1"
		"\0\0\0\0\0\0\0\2";
	const size_t len = sizeof(image) - 1;
	int fd = a_file();

	assert_int_equal(write(fd, image, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}
