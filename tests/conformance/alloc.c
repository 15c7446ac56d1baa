/* SPDX-License-Identifier: MIT */
/* htab_alloc() and htab_alloc_at_least() */
#include "conformance.h"

static void alloc_gives_each_order_that_was_asked_for(void)
{
	const uint32_t last = largest_order(25);

	for (uint32_t order = 18; order <= last; order++) {
		int vmfd = a_vm_with_table(order);
		struct contents contents = contents_of(vmfd);

		assert_order(vmfd, order);
		assert_int_equal(contents.end, UINT64_C(1) << (order - 4));
		assert_int_equal(contents.valid, 0);
		close_now(vmfd);
	}
}

static void alloc_of_the_same_order_clears(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = 20;

	write_entry(vmfd, 8);
	assert_int_equal(contents_of(vmfd).valid, 1);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 20);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

static void alloc_of_another_order_changes_the_size(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = 22;

	write_entry(vmfd, 8);
	assert_result(htab_reset(vmfd), 0);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 22);
	assert_order(vmfd, 22);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

static void alloc_of_another_order_keeps_the_size(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = 22;

	write_entry(vmfd, 8);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 20);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 0);

	/* The table is smaller than the floor, and the call says so. */
	order = 22;
	assert_result(htab_alloc_at_least(vmfd, &order, 21), -ENOSPC);
	assert_int_equal(order, 20);
	order = 18;
	assert_result(htab_alloc_at_least(vmfd, &order, 18), 0);
	assert_int_equal(order, 20);
}

/* On some of these orders the kernel oopses or frees the table
 * (docs/kernels.md, "Order 0" and docs/kernels.md, "Order out of range"). */
static void bad_arguments_never_reach_the_kernel(void)
{
	static const uint32_t bad[] = { 0, 1, 17, 47, 64, UINT32_MAX };
	int vmfd = a_vm_with_table(20);

	write_entry(vmfd, 8);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t order = bad[i];

		assert_result(htab_alloc(vmfd, &order), -ERANGE);
		assert_result(htab_alloc_at_least(vmfd, &order, 18), -ERANGE);
		assert_result(htab_largest(host.kvmfd, &order), -ERANGE);
		assert_int_equal(order, bad[i]);
		order = 20;
		assert_result(htab_alloc_at_least(vmfd, &order, bad[i]),
			      -ERANGE);
	}
	assert_result(htab_alloc(vmfd, NULL), -EINVAL);
	assert_result(htab_alloc_at_least(vmfd, NULL, 18), -EINVAL);
	assert_result(htab_order(vmfd, NULL), -EINVAL);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 1);
}

/* Order 0 crashes hosts if the VM has no table (docs/kernels.md, "Order 0"). */
static void bad_orders_do_not_reach_a_vm_without_table(void)
{
	int vmfd = a_vm();
	uint32_t order = 0;

	assert_result(htab_alloc(vmfd, &order), -ERANGE);
	assert_no_table(vmfd);
}

static void alloc_of_too_much_gives_the_largest(void)
{
	const uint32_t expected = largest_order(HTAB_ORDER_MAX);
	int vmfd = a_vm();
	uint32_t order = TOO_LARGE;

	assert_true(expected < TOO_LARGE);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, expected);
	assert_order(vmfd, expected);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

/* Before Linux 4.4 the kernel itself falls back to the page allocator, which
 * has at most order 24. */
static void alloc_of_too_much_gives_what_the_kernel_falls_back_to(void)
{
	int vmfd = a_vm();
	uint32_t order = TOO_LARGE;

	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 24);
	order = TOO_LARGE;
	vmfd = a_vm();
	assert_result(htab_alloc_at_least(vmfd, &order, 25), -ENOSPC);
	assert_int_equal(order, 24);
}

static void alloc_at_least_of_too_much_is_enomem(void)
{
	int vmfd = a_vm();
	uint32_t order = TOO_LARGE;

	assert_result(htab_alloc_at_least(vmfd, &order, TOO_LARGE - 1),
		      -ENOMEM);
	assert_int_equal(order, TOO_LARGE);
	assert_no_table(vmfd);

	/* The VM can still have a table. */
	order = 20;
	assert_result(htab_alloc_at_least(vmfd, &order, 20), 0);
	assert_int_equal(order, 20);
	assert_order(vmfd, 20);
}

/* From Linux 4.11 on, the kernel frees the old table before it allocates the
 * new one. libhtab.h says so. */
static void failed_alloc_of_more_loses_the_table(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = TOO_LARGE;

	assert_result(htab_alloc_at_least(vmfd, &order, TOO_LARGE), -ENOMEM);
	assert_no_table(vmfd);
	assert_result(htab_reset(vmfd), -ENOENT);

	/* Linux 4.11 to 4.14 free the reverse map again if the VM is closed
	 * without a table (docs/kernels.md, "Stale reverse map"). */
	order = 18;
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_order(vmfd, 18);
}

/* A VM that begins as radix has no table until htab_alloc() makes it hash. */
static void radix_vm_is_switched_to_hash(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_no_table(vmfd);
	assert_result(htab_reset(vmfd), -ENOENT);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_order(vmfd, 20);
	assert_result(htab_reset(vmfd), 0);
	assert_order(vmfd, 20);
}

/* On a POWER9 DD2.0 the ioctl would succeed, but the guest would not run. */
static void host_without_hash_guests_is_eopnotsupp(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_result(htab_alloc(vmfd, &order), -EOPNOTSUPP);
	assert_result(htab_alloc_at_least(vmfd, &order, 20), -EOPNOTSUPP);
	assert_result(htab_largest(host.kvmfd, &order), -EOPNOTSUPP);
	assert_int_equal(order, 20);
	assert_no_table(vmfd);
	assert_result(htab_reset(vmfd), -ENOENT);

	/* The VM is still radix, and its vcpu runs. */
	vcpu_start(a_vcpu(vmfd));
}

/* Linux 3.6 and 3.7 have no htab fd, with which the other cases look at the
 * table. */
static void alloc_and_reset_without_htab_fd(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 20);
	assert_result(htab_reset(vmfd), 0);
	assert_result(htab_order(vmfd, &order), -ENOTTY);
	/* The table is still there, and it has kept its size. */
	order = 22;
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 20);
}

CASES(alloc,
      {
	      CASE(alloc_gives_each_order_that_was_asked_for, HASH_GUESTS,
		   V(3, 8), 0),
	      CASE(alloc_of_the_same_order_clears, HASH_GUESTS, V(3, 8), 0),
	      CASE(alloc_of_another_order_changes_the_size, HASH_GUESTS,
		   V(4, 11), 0),
	      CASE(alloc_of_another_order_keeps_the_size, HASH_GUESTS, V(3, 8),
		   V(4, 11)),
	      CASE(bad_arguments_never_reach_the_kernel, HASH_GUESTS, V(3, 8),
		   0),
	      CASE(bad_orders_do_not_reach_a_vm_without_table, HV, V(3, 8), 0),
	      CASE(alloc_of_too_much_gives_the_largest, HASH_GUESTS, V(4, 4),
		   0),
	      CASE(alloc_of_too_much_gives_what_the_kernel_falls_back_to,
		   HASH_GUESTS, 0, V(4, 4)),
	      CASE(alloc_at_least_of_too_much_is_enomem, HASH_GUESTS, V(4, 4),
		   0),
	      CASE(failed_alloc_of_more_loses_the_table, HASH_GUESTS, V(4, 11),
		   0),
	      CASE(radix_vm_is_switched_to_hash, BEGINS_RADIX | HASH_GUESTS,
		   V(4, 15), 0),
	      CASE(host_without_hash_guests_is_eopnotsupp, NO_HASH, 0, 0),
	      CASE(alloc_and_reset_without_htab_fd, HASH_GUESTS, 0, V(3, 8)),
      });
