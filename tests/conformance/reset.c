/* SPDX-License-Identifier: MIT */
/* htab_reset() and htab_order() without vcpus */
#include "conformance.h"

static void vm_without_table_is_enoent(void)
{
	int vmfd = a_vm();

	assert_no_table(vmfd);
	assert_result(htab_reset(vmfd), -ENOENT);
	assert_no_table(vmfd);
}

static void reset_keeps_each_size_and_empties_the_table(void)
{
	uint32_t most = 25;

	assert_result(htab_largest(host.kvmfd, &most), 0);
	for (uint32_t order = 18; order <= most; order++) {
		int vmfd = a_vm_with_table(order);
		uint32_t last = (uint32_t)((UINT64_C(1) << (order - 4)) - 1);

		write_entry(vmfd, 0);
		write_entry(vmfd, last);
		assert_int_equal(contents_of(vmfd).valid, 2);
		assert_int_equal(contents_of(vmfd).last_valid, last);
		assert_result(htab_reset(vmfd), 0);
		assert_order(vmfd, order);
		assert_int_equal(contents_of(vmfd).valid, 0);
		assert_int_equal(contents_of(vmfd).end, (uint64_t)last + 1);
		close_now(vmfd);
	}
}

/* A guest has pages of 4K on a host of 64K pages, and the other way round. */
static void entries_of_each_page_size_are_cleared(void)
{
	int vmfd = a_vm_with_table(20);
	const uint32_t last = (1 << 16) - 1;

	for (enum guest_page page = PAGE_4K; page < GUEST_PAGES; page++) {
		uint32_t order = 20;

		write_entry_of(vmfd, 0, page);
		write_entry_of(vmfd, last, page);
		assert_order(vmfd, 20);
		assert_int_equal(contents_of(vmfd).valid, 2);
		assert_int_equal(contents_of(vmfd).last_valid, last);
		assert_result(htab_reset(vmfd), 0);
		assert_int_equal(contents_of(vmfd).valid, 0);

		write_entry_of(vmfd, last, page);
		assert_result(htab_renew(vmfd, &order, 20), 0);
		assert_int_equal(contents_of(vmfd).valid, 0);

		write_entry_of(vmfd, last, page);
		assert_result(htab_alloc(vmfd, &order), 0);
		assert_int_equal(contents_of(vmfd).valid, 0);
	}
}

/* htab_order() changes neither the entries nor their marks for readers. */
static void order_changes_nothing(void)
{
	int vmfd = a_vm_with_table(20);
	int reader = an_htab(vmfd, 0);
	struct contents changed;

	assert_int_equal(read_htab(reader).end, 1 << 16);
	write_entry(vmfd, 77);
	for (int i = 0; i < 10; i++)
		assert_order(vmfd, 20);
	changed = read_htab(reader);
	assert_int_equal(changed.valid, 1);
	assert_int_equal(changed.last_valid, 77);
	assert_int_equal(contents_of(vmfd).valid, 1);
}

/* htab_order() uses this to tell order 36 from larger ones; here the tables are
 * small enough for any host. The record claims two entries that cannot be read.
 * If they lie beyond the end of the table, the kernel returns EINVAL. Otherwise
 * it returns EFAULT and changes nothing. */
static void torn_record_tells_the_end_and_changes_nothing(void)
{
	const struct uapi_kvm_get_htab_header record = {
		.index = (1 << 14) - 1,
		.n_valid = 2,
	};
	int vms[] = { a_vm_with_table(18), a_vm_with_table(19) };
	const int expected[] = { -EINVAL, -EFAULT };

	for (int i = 0; i < 2; i++) {
		int htabfd;

		write_entry(vms[i], record.index);
		htabfd = an_htab(vms[i], UAPI_KVM_GET_HTAB_WRITE);
		assert_result((int)host_write_torn(htabfd, &record,
						   sizeof(record),
						   2 * UAPI_HPTE_SIZE),
			      expected[i]);
		close_now(htabfd);
		assert_int_equal(contents_of(vms[i]).valid, 1);
		assert_int_equal(contents_of(vms[i]).last_valid, record.index);
	}
}

CASES(reset, {
		     CASE(vm_without_table_is_enoent, HV, V(3, 8), 0),
		     CASE(reset_keeps_each_size_and_empties_the_table,
			  HASH_GUESTS, V(3, 8), 0),
		     CASE(entries_of_each_page_size_are_cleared, HASH_GUESTS,
			  V(3, 8), 0),
		     CASE(order_changes_nothing, HASH_GUESTS, V(3, 8), 0),
		     CASE(torn_record_tells_the_end_and_changes_nothing,
			  HASH_GUESTS, V(3, 8), 0),
	     });
