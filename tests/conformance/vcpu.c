/* SPDX-License-Identifier: MIT */
/* VMs whose vcpu runs or has run */
#include "conformance.h"

static void running_vcpu_is_ebusy_and_nothing_changes(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order = 20;

	vcpu_start(vcpu);
	assert_result(htab_alloc(vmfd, &order), -EBUSY);
	order = 22;
	assert_result(htab_alloc(vmfd, &order), -EBUSY);
	assert_result(htab_alloc_at_least(vmfd, &order, 22), -EBUSY);
	assert_result(htab_reset(vmfd), -EBUSY);
	assert_result(htab_order(vmfd, &order), -EBUSY);
	assert_int_equal(order, 22);
	vcpu_stop(vcpu);

	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

/* A refused reset leaves the marks for readers of the htab fd in place. */
static void refused_reset_keeps_dirty_marks(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);
	struct contents changed;
	int reader;

	run_for_a_moment(vcpu);
	reader = an_htab(vmfd, 0);
	read_htab(reader);
	write_entry(vmfd, 77);
	vcpu_start(vcpu);
	assert_result(htab_reset(vmfd), -EBUSY);
	vcpu_stop(vcpu);
	changed = read_htab(reader);
	assert_true(changed.valid >= 1);
	assert_true(changed.last_valid >= 77);
}

/* The VM is radix and has no table, and the answer is the same. */
static void running_radix_vcpu_is_ebusy_and_stays_radix(void)
{
	int vmfd = a_vm();
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order = 20;

	vcpu_start(vcpu);
	assert_result(htab_alloc(vmfd, &order), -EBUSY);
	assert_int_equal(order, 20);
	assert_no_table(vmfd);
	assert_result(htab_reset(vmfd), -ENOENT);
	vcpu_stop(vcpu);
	assert_no_table(vmfd);
	run_for_a_moment(vcpu);
}

/* Neither a capability nor ALLOCATE_HTAB shows that hash guests do not run. The
 * refused KVM_RUN has made the VRMA entries, and the table can be reset. */
static void hash_vcpu_does_not_run(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);

	assert_result(vcpu_try(vcpu), -EBUSY);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

static void stopped_vcpu_does_not_matter(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order = 21;

	for (int i = 0; i < 5; i++) {
		run_for_a_moment(vcpu);
		assert_result(htab_reset(vmfd), 0);
	}
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, host_changes_size() ? 21 : 20);
	assert_order(vmfd, order);
	run_for_a_moment(vcpu);
}

/* If the VM has no table at its first run, the kernel makes one. */
static void first_run_makes_the_default_table(void)
{
	int vmfd = a_vm();

	run_for_a_moment(a_vcpu(vmfd));
	assert_order(vmfd, HTAB_ORDER_DEFAULT);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
	assert_result(htab_reset(vmfd), 0);
	assert_order(vmfd, HTAB_ORDER_DEFAULT);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

static void first_run_keeps_the_table_that_was_allocated(void)
{
	int vmfd = a_vm_with_table(21);

	run_for_a_moment(a_vcpu(vmfd));
	assert_order(vmfd, 21);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
}

static void vrma_is_there_again_after_a_reset_and_a_run(void)
{
	int vmfd = a_vm_with_table(21);
	struct vcpu *vcpu = a_vcpu(vmfd);

	run_for_a_moment(vcpu);
	write_entry(vmfd, 3);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries() + 1);
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(contents_of(vmfd).valid, 0);
	run_for_a_moment(vcpu);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
}

static unsigned int page_shift(void)
{
	unsigned int shift = 0;

	while (1u << shift < host.page_size)
		shift++;
	return shift;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first run maps real mode up to the end of the guest's memory, or up to
 * htab_vrma_limit(), which is one page for each group of the table. */
static void first_run_maps_what_the_formula_says(uint64_t ram)
{
	host.ram = ram;
	for (uint32_t order = 18; order <= 24; order++) {
		int vmfd = a_vm_with_table(order);
		struct vcpu *vcpu = a_vcpu(vmfd);
		uint64_t limit = htab_vrma_limit(order, page_shift());
		uint64_t mapped;

		run_for_a_moment(vcpu);
		mapped = contents_of(vmfd).valid * host.page_size;
		print_message("RAM %u MiB, pages of %u KiB, order %u: "
			      "%u MiB are mapped, %u MiB is the limit\n",
			      (unsigned int)(ram >> 20), host.page_size >> 10,
			      order, (unsigned int)(mapped >> 20),
			      (unsigned int)(limit >> 20));
		assert_true(mapped == smaller(ram, limit));
	}
}

static void vrma_is_a_page_for_each_group(void)
{
	first_run_maps_what_the_formula_says(host.ram);
}

/* 256 MiB is more than the smallest table covers with 64K pages. */
static void vrma_of_more_memory_is_a_page_for_each_group(void)
{
	first_run_maps_what_the_formula_says(UINT64_C(256) << 20);
}

/* With immediate_exit a VMM completes what the last exit left pending, before
 * htab_reset() or after it. Such a KVM_RUN is not a first run and makes no
 * entries. */
static void immediate_exit_after_a_reset_leaves_the_table_empty(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);

	run_for_a_moment(vcpu);
	assert_result(vcpu_run_with_immediate_exit(vcpu), -EINTR);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
	assert_result(htab_reset(vmfd), 0);
	assert_result(vcpu_run_with_immediate_exit(vcpu), -EINTR);
	assert_int_equal(contents_of(vmfd).valid, 0);
	assert_order(vmfd, 20);
	/* The kernel does not count the vcpu as running. */
	assert_result(htab_reset(vmfd), 0);
	run_for_a_moment(vcpu);
	assert_int_equal(contents_of(vmfd).valid, vrma_entries());
}

static void immediate_exit_makes_no_table(void)
{
	int vmfd = a_vm();

	assert_result(vcpu_run_with_immediate_exit(a_vcpu(vmfd)), -EINTR);
	assert_no_table(vmfd);
}

static void resize(int vmfd, uint32_t order)
{
	int r;

	do {
		r = host_prepare(vmfd, order, 0);
	} while (r > 0);
	assert_result(r, 0);
	assert_result(host_commit(vmfd, order, 0), 0);
}

/* htab_reset() asks for the size each time, so it sees the new one. */
static void reset_after_a_resize_by_somebody_else(void)
{
	/* Not 18: it has fewer groups than a VRMA of 4K pages has entries, and
	 * COMMIT would fail. */
	static const uint32_t wanted[] = { 20, 25, 19 };
	int vmfd = a_vm();
	struct vcpu *vcpu = a_vcpu(vmfd);

	run_for_a_moment(vcpu);
	assert_order(vmfd, HTAB_ORDER_DEFAULT);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		/* The host may have less beside the present table. */
		const uint32_t order = largest_order(wanted[i]);

		resize(vmfd, order);
		assert_order(vmfd, order);
		assert_true(contents_of(vmfd).valid > 0);
		assert_result(htab_reset(vmfd), 0);
		assert_order(vmfd, order);
		assert_int_equal(contents_of(vmfd).valid, 0);
		run_for_a_moment(vcpu);
	}
}

/* COMMIT is allowed while the vcpu runs. */
static void order_after_a_resize_under_a_running_vcpu(void)
{
	int vmfd = a_vm_with_table(20);
	struct vcpu *vcpu = a_vcpu(vmfd);
	uint32_t order;

	vcpu_start(vcpu);
	resize(vmfd, 22);
	assert_result(htab_order(vmfd, &order), -EBUSY);
	vcpu_stop(vcpu);
	assert_order(vmfd, 22);
}

CASES(vcpu,
      {
	      CASE(running_vcpu_is_ebusy_and_nothing_changes, HASH_RUNS,
		   V(3, 8), 0),
	      CASE(refused_reset_keeps_dirty_marks, HASH_RUNS, V(3, 8), 0),
	      CASE(running_radix_vcpu_is_ebusy_and_stays_radix,
		   BEGINS_RADIX | HASH_GUESTS, V(4, 15), 0),
	      CASE(hash_vcpu_does_not_run, HASH_NO_RUN, 0, 0),
	      CASE(stopped_vcpu_does_not_matter, HASH_RUNS, V(3, 8), 0),
	      CASE(first_run_makes_the_default_table, BEGINS_HASH, V(3, 8), 0),
	      CASE(first_run_keeps_the_table_that_was_allocated, HASH_RUNS,
		   V(3, 8), 0),
	      CASE(vrma_is_there_again_after_a_reset_and_a_run, HASH_RUNS,
		   V(3, 8), 0),
	      CASE(vrma_is_a_page_for_each_group, HASH_RUNS, V(3, 8), 0),
	      CASE(vrma_of_more_memory_is_a_page_for_each_group,
		   HASH_RUNS | ANY_RAM, V(3, 8), 0),
	      CASE(immediate_exit_after_a_reset_leaves_the_table_empty,
		   HASH_RUNS, V(4, 11), 0),
	      CASE(immediate_exit_makes_no_table, BEGINS_HASH, V(4, 11), 0),
	      CASE(reset_after_a_resize_by_somebody_else, BEGINS_HASH | RESIZES,
		   0, 0),
	      CASE(order_after_a_resize_under_a_running_vcpu,
		   HASH_RUNS | RESIZES, 0, 0),
      });
