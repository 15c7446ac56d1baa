/* SPDX-License-Identifier: MIT */
/* The stream, images, entries and resizes where there is no table, or none that
 * the kernel keeps: each function fails, and nothing changes. */
#include "conformance.h"

static void assert_stream_refused(int vmfd, int error)
{
	struct htab_hpte hpte = { .v = 1 };

	assert_result(htab_open(vmfd, 0), error);
	assert_result(htab_open(vmfd, HTAB_OPEN_BOLTED), error);
	assert_result(htab_open(vmfd, HTAB_OPEN_WRITE), error);
	assert_result(htab_get_hptes(vmfd, 0, &hpte, 1), error);
	assert_result(htab_put_hptes(vmfd, 0, &hpte, 1), error);
	assert_int_equal(hpte.v, 1);
}

static void assert_resize_refused(int vmfd, int error)
{
	unsigned int wait_ms = 1234;

	assert_result(htab_resize_prepare(vmfd, 21, &wait_ms), error);
	assert_result(htab_resize_commit(vmfd, 21), error);
	assert_result(htab_resize_cancel(vmfd, 21), error);
	assert_result(htab_resize(vmfd, 21, -1), error);
	/* The order is looked at first. */
	assert_result(htab_resize_prepare(vmfd, 17, &wait_ms), -ERANGE);
	assert_result(htab_resize_commit(vmfd, 47), -ERANGE);
	assert_result(htab_resize_cancel(vmfd, 0), -ERANGE);
	assert_result(htab_resize(vmfd, 47, -1), -ERANGE);
	assert_result(htab_resize(vmfd, 20, -2), -EINVAL);
	assert_int_equal(wait_ms, 1234);
}

static void vm_without_a_table_is_enoent(void)
{
	int vmfd = a_vm();

	assert_stream_refused(vmfd, -ENOENT);
	assert_result(htab_save(vmfd, a_file()), -ENOENT);
	assert_no_table(vmfd);
}

static void vm_without_a_table_is_not_resized(void)
{
	int vmfd = a_vm();

	assert_result(htab_resize(vmfd, 20, -1), -ENOENT);
	assert_result(htab_resize_commit(vmfd, 20), -ENOENT);
	assert_no_table(vmfd);
}

static void radix_guest_prepares_no_table(void)
{
	int vmfd = a_vm();
	unsigned int wait_ms = 1234;

	assert_result(htab_resize_prepare(vmfd, 20, &wait_ms), -EINVAL);
	assert_result(htab_resize_cancel(vmfd, 20), -EINVAL);
	assert_int_equal(wait_ms, 1234);
	assert_no_table(vmfd);
}

/* A VM can be asked for its capabilities since Linux 3.17. Before, the library
 * cannot tell HV from PR. */
static void host_that_does_not_resize_keeps_the_table(void)
{
	int vmfd = a_vm_with_table(20);

	write_entry(vmfd, 8);
	assert_resize_refused(
		vmfd, host.linux_version < V(3, 17) ? -ENOTTY : -EOPNOTSUPP);
	assert_table(vmfd, 20, 1);
}

static void host_without_hash_guests_is_eopnotsupp(void)
{
	int vmfd = a_vm();

	assert_stream_refused(vmfd, -EOPNOTSUPP);
	assert_resize_refused(vmfd, -EOPNOTSUPP);
	assert_result(htab_restore(vmfd, an_empty_image()), -EOPNOTSUPP);
	assert_result(htab_save(vmfd, a_file()), -ENOENT);
}

static void kernel_without_htab_fd_is_enotty(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_stream_refused(vmfd, -ENOTTY);
	assert_resize_refused(vmfd, -ENOTTY);
	assert_result(htab_save(vmfd, a_file()), -ENOTTY);
	assert_result(htab_restore(vmfd, an_empty_image()), -ENOTTY);
	/* It has the table of the image: it cannot get one of order 20. */
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, SMALL);
}

/* KVM PR of Linux 4.11 and later knows the request, and has no radix guests. */
static void kvm_without_hv_is_enotty(void)
{
	const bool knows = host.mmu == HOST_PR &&
			   host.linux_version >= V(4, 11);
	const uint64_t radix = UINT64_C(1) << 63;
	int vmfd = a_vm();

	assert_stream_refused(vmfd, -ENOTTY);
	assert_resize_refused(vmfd, -ENOTTY);
	assert_result(htab_save(vmfd, a_file()), -ENOTTY);
	assert_result(htab_restore(vmfd, an_empty_image()), -ENOTTY);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, radix),
		      knows ? -EINVAL : -ENOTTY);
	assert_result(htab_configure_mmu(vmfd, 0, 0),
		      knows ? -EINVAL : -ENOTTY);
}

CASES(refused,
      {
	      CASE(vm_without_a_table_is_enoent, HASH_GUESTS, V(3, 8), 0),
	      CASE(vm_without_a_table_is_not_resized, HASH_GUESTS | RESIZES, 0,
		   0),
	      CASE(radix_guest_prepares_no_table,
		   BEGINS_RADIX | HASH_GUESTS | RESIZES, V(4, 15), 0),
	      CASE(host_that_does_not_resize_keeps_the_table,
		   HASH_GUESTS | NO_RESIZE, V(3, 8), 0),
	      CASE(host_without_hash_guests_is_eopnotsupp, NO_HASH, 0, 0),
	      CASE(kernel_without_htab_fd_is_enotty, HASH_GUESTS, 0, V(3, 8)),
	      CASE(kvm_without_hv_is_enotty, NO_HV, 0, 0),
      });
