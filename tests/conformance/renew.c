/* SPDX-License-Identifier: MIT */
/* htab_renew */
#include "conformance.h"

static void renew_to(int vmfd, uint32_t wanted)
{
	uint32_t order = wanted;

	assert_result(htab_renew(vmfd, &order, wanted), 0);
	assert_int_equal(order, wanted);
	assert_order(vmfd, wanted);
	assert_int_equal(contents_of(vmfd).valid, 0);
	assert_int_equal(contents_of(vmfd).end, UINT64_C(1) << (wanted - 4));
}

static void renew_of_the_same_order_clears(void)
{
	int vmfd = a_vm_with_table(20);

	write_entry(vmfd, 8);
	assert_int_equal(contents_of(vmfd).valid, 1);
	renew_to(vmfd, 20);
}

/* The guest runs before each change, as it does before a VMM resets it. */
static void renew_changes_the_size(void)
{
	static const uint32_t sizes[] = { 22, 22, 19, 23, 21 };
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		vcpu_start(vcpu);
		vcpu_stop(vcpu);
		assert_true(contents_of(vmfd).valid > 0);
		renew_to(vmfd, sizes[i]);
	}
	vcpu_start(vcpu);
	vcpu_stop(vcpu);
	assert_order(vmfd, 21);
}

/* The host has no table of the wanted order. The kernel has freed the old table
 * by then, so its memory can be used again. */
static void renew_meets_the_old_order_again(void)
{
	uint32_t largest = HTAB_ORDER_MAX, order = TOO_LARGE;
	int vmfd;

	assert_result(htab_largest(host.kvmfd, &largest), 0);
	vmfd = a_vm_with_table(largest);
	assert_result(htab_renew(vmfd, &order, HTAB_ORDER_MIN), 0);
	assert_int_equal(order, largest);
	assert_order(vmfd, largest);
}

static void renew_of_too_much_is_enomem_and_loses_the_table(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = TOO_LARGE;

	assert_result(htab_renew(vmfd, &order, TOO_LARGE - 1), -ENOMEM);
	assert_int_equal(order, TOO_LARGE);
	assert_no_table(vmfd);
	renew_to(vmfd, 20);
}

static void renew_keeps_the_size_and_says_it(void)
{
	int vmfd = a_vm_with_table(20);
	uint32_t order = 22;

	write_entry(vmfd, 8);
	assert_result(htab_renew(vmfd, &order, 18), 0);
	assert_int_equal(order, 20);
	assert_int_equal(contents_of(vmfd).valid, 0);

	write_entry(vmfd, 8);
	order = 22;
	assert_result(htab_renew(vmfd, &order, 21), -ENOSPC);
	assert_int_equal(order, 20);
	assert_int_equal(contents_of(vmfd).valid, 0);
	assert_order(vmfd, 20);
	order = 19;
	assert_result(htab_renew(vmfd, &order, 18), 0);
	assert_int_equal(order, 20);
}

static void renew_without_a_table_allocates(void)
{
	renew_to(a_vm(), 21);
}

static void renew_under_a_running_vcpu_changes_nothing(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order = 22;
	uint64_t before;

	vcpu_start(vcpu);
	assert_result(htab_renew(vmfd, &order, 18), -EBUSY);
	assert_int_equal(order, 22);
	order = 20;
	assert_result(htab_renew(vmfd, &order, 20), -EBUSY);
	vcpu_stop(vcpu);
	assert_order(vmfd, 20);
	before = contents_of(vmfd).valid;
	assert_true(before > 0);
	renew_to(vmfd, 20);
}

static void renew_without_hash_guests_is_eopnotsupp(void)
{
	uint32_t order = 20;

	assert_result(htab_renew(a_vm(), &order, 20), -EOPNOTSUPP);
	assert_int_equal(order, 20);
}

/* On Linux 3.6 and 3.7 the first call makes a table of order 20, and the next
 * ones clear it. */
static void renew_without_htab_fd_allocates_and_clears(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_result(htab_renew(vmfd, &order, 18), 0);
	assert_int_equal(order, 20);
	order = 22;
	assert_result(htab_renew(vmfd, &order, 18), 0);
	assert_int_equal(order, 20);
	order = 22;
	assert_result(htab_renew(vmfd, &order, 21), -ENOSPC);
	assert_int_equal(order, 20);
}

CASES(renew,
      {
	      CASE(renew_of_the_same_order_clears, HASH_GUESTS, V(3, 8), 0),
	      CASE(renew_changes_the_size, HASH_RUNS, V(4, 11), 0),
	      CASE(renew_meets_the_old_order_again, HASH_GUESTS, V(4, 11), 0),
	      CASE(renew_of_too_much_is_enomem_and_loses_the_table, HASH_GUESTS,
		   V(4, 11), 0),
	      CASE(renew_keeps_the_size_and_says_it, HASH_GUESTS, V(3, 8),
		   V(4, 11)),
	      CASE(renew_without_a_table_allocates, HASH_GUESTS, V(3, 8), 0),
	      CASE(renew_under_a_running_vcpu_changes_nothing, HASH_RUNS,
		   V(3, 8), 0),
	      CASE(renew_without_hash_guests_is_eopnotsupp, NO_HASH, 0, 0),
	      CASE(renew_without_htab_fd_allocates_and_clears, HASH_GUESTS, 0,
		   V(3, 8)),
      });
