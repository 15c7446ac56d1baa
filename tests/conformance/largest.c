/* SPDX-License-Identifier: MIT */
/* htab_largest(), and VMs that compete for the memory of the host */
#include "conformance.h"

static void largest_is_what_the_host_has(void)
{
	assert_int_equal(largest_order(HTAB_ORDER_MAX), largest_of_host());
}

/* Each VM in turn asks for more than the page allocator gives in one piece, and
 * gets the largest piece. */
static void without_an_area_vms_do_not_compete(void)
{
	const bool kernel_falls_back = host.linux_version < V(4, 4);

	for (int i = 0; i < 4; i++) {
		int vmfd = a_vm();
		uint32_t order = LARGEST_OF_PAGES + 1;

		assert_result(htab_alloc_at_least(vmfd, &order, order),
			      kernel_falls_back ? -ENOSPC : -ENOMEM);
		assert_int_equal(order, kernel_falls_back
						? LARGEST_OF_PAGES
						: LARGEST_OF_PAGES + 1);
		if (!kernel_falls_back)
			assert_no_table(vmfd);
		order = TOO_LARGE;
		assert_result(htab_alloc(vmfd, &order), 0);
		assert_int_equal(order, LARGEST_OF_PAGES);
		assert_int_equal(largest_order(HTAB_ORDER_MAX),
				 LARGEST_OF_PAGES);
	}
}

/* htab_largest() finds a larger table than the kernel's own fallback gives. */
static void largest_looks_on_below_what_the_kernel_falls_back_to(void)
{
	const uint32_t found = largest_order(HTAB_ORDER_MAX);
	int vmfd;

	assert_true(found > 24);
	vmfd = a_vm_with_table(found);
	assert_int_equal(contents_of(vmfd).end, UINT64_C(1) << (found - 4));
}

/* Each VM takes the largest table that is left, so the next VM gets a smaller
 * one. */
static void vms_compete_for_the_pool(void)
{
	const uint32_t first = largest_order(HTAB_ORDER_MAX);
	uint32_t before = first;
	int vms = 0;

	while (before > 24) {
		const uint32_t expected = largest_order(first);
		int vmfd = a_vm();
		uint32_t order = first;

		assert_result(htab_alloc(vmfd, &order), 0);
		print_message("VM %d: asked for %u, got %u\n", ++vms, first,
			      order);
		assert_int_equal(order, expected);
		assert_true(order <= before);
		assert_order(vmfd, order);
		before = order;

		/* With a floor above that, the call fails with ENOMEM and the
		 * VM has no table. */
		if (order < first) {
			int greedy = a_vm();

			order = first;
			assert_result(
				htab_alloc_at_least(greedy, &order, first),
				-ENOMEM);
			assert_int_equal(order, first);
			assert_no_table(greedy);
			close_now(greedy);
		}
	}
	assert_true(vms > 1);
}

/* Before Linux 4.4 the kernel itself gives the second VM a smaller table. */
static void vms_compete_and_the_kernel_falls_back(void)
{
	const uint32_t first = largest_order(HTAB_ORDER_MAX);
	uint32_t order = first;

	a_vm_with_table(first);
	assert_result(htab_alloc(a_vm(), &order), 0);
	assert_true(order < first);
}

static void closing_vms_gives_the_pool_back(void)
{
	const uint32_t first = largest_order(HTAB_ORDER_MAX);
	int vmfd = a_vm_with_table(first);

	assert_true(largest_order(HTAB_ORDER_MAX) < first);
	close_now(vmfd);
	assert_int_equal(largest_order(HTAB_ORDER_MAX), first);
}

static void largest_keeps_to_its_ceiling(void)
{
	assert_int_equal(largest_order(18), 18);
	assert_int_equal(largest_order(21), 21);
}

static void largest_takes_nothing(void)
{
	const uint32_t first = largest_order(HTAB_ORDER_MAX);

	for (int i = 0; i < 5; i++)
		assert_int_equal(largest_order(first), first);
}

CASES(largest,
      {
	      CASE(largest_looks_on_below_what_the_kernel_falls_back_to,
		   HASH_GUESTS | AREA, V(3, 12), V(4, 4)),
	      CASE(vms_compete_for_the_pool, HASH_GUESTS | AREA, V(4, 4), 0),
	      CASE(vms_compete_and_the_kernel_falls_back, HASH_GUESTS | AREA,
		   V(3, 12), V(4, 4)),
	      CASE(closing_vms_gives_the_pool_back, HASH_GUESTS | AREA,
		   V(3, 12), 0),
	      CASE(without_an_area_vms_do_not_compete, HASH_GUESTS | NO_AREA, 0,
		   0),
	      CASE(largest_is_what_the_host_has, HASH_GUESTS, 0, 0),
	      CASE(largest_keeps_to_its_ceiling, HASH_GUESTS, 0, 0),
	      CASE(largest_takes_nothing, HASH_GUESTS, 0, 0),
      });
