/* SPDX-License-Identifier: MIT */
/* KVM_PPC_RESIZE_HPT_PREPARE and _COMMIT
 * (docs/kernels.md, "Resizing") */
#include "model.h"

enum { WAIT = 100 };

static struct htab_sim_host *host;
static int vmfd;

static void begin(const char *description, uint32_t order)
{
	host = a_host(description);
	vmfd = a_vm_with_table(host, order);
	assert_result(run(vmfd), 0);
}

static void end(void)
{
	close(vmfd);
	close_host(host);
}

static uint64_t cma_free(void)
{
	return htab_sim_free_memory(host, HTAB_SIM_CMA);
}

static void prepare_says_wait_as_often_as_polls(void **state)
{
	static const struct {
		const char *host;
		int waits;
	} hosts[] = { { NULL, 1 },
		      { "polls=1", 1 },
		      { "polls=2", 2 },
		      { "polls=5 linux=4.11", 5 } };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		begin(hosts[i].host, 24);
		for (int j = 0; j < hosts[i].waits; j++)
			assert_result(prepare(vmfd, 25), WAIT);
		/* The table is ready and stays so. */
		assert_result(prepare(vmfd, 25), 0);
		assert_result(prepare(vmfd, 25), 0);
		assert_result(prepare(vmfd, 0), 0);
		end();
	}
}

static void commit_gives_the_new_order_and_frees_the_old_table(void **state)
{
	static const uint32_t orders[] = { 20, 25, 25, 24, 19 };
	uint64_t total;

	begin("page=64K", 24);
	total = cma_free() + (16 << 20);
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		assert_result(resize(vmfd, orders[i]), 0);
		assert_order(vmfd, orders[i]);
		assert_int_equal(total - cma_free(), 1 << orders[i]);
		assert_int_equal(valid_entries(vmfd), 256);
	}
	end();
}

static void both_tables_need_memory(void **state)
{
	begin("cma=20M block=0", 23);
	assert_result(prepare(vmfd, 23), WAIT);
	assert_result(prepare(vmfd, 23), 0);
	assert_int_equal(cma_free(), 4 << 20);
	assert_result(prepare(vmfd, 0), 0);
	assert_int_equal(cma_free(), 12 << 20);
	assert_result(prepare(vmfd, 24), WAIT);
	assert_result(prepare(vmfd, 24), -ENOMEM);
	end();
}

static void cancel_is_idempotent(void **state)
{
	begin("polls=3", 24);
	assert_result(prepare(vmfd, 0), 0);
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(prepare(vmfd, 0), 0);
	assert_result(prepare(vmfd, 0), 0);
	assert_result(commit(vmfd, 25), -ENXIO);
	end();
}

static void another_shift_discards_what_was_pending(void **state)
{
	uint64_t before;

	begin(NULL, 24);
	before = cma_free();
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(prepare(vmfd, 20), WAIT);
	assert_int_equal(before - cma_free(), 1 << 20);
	assert_result(prepare(vmfd, 20), 0);
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(prepare(vmfd, 0), 0);
	assert_int_equal(cma_free(), before);
	end();
}

static void enomem_comes_after_a_wait_and_discards(void **state)
{
	begin(NULL, 24);
	for (int i = 0; i < 2; i++) {
		assert_result(prepare(vmfd, 34), WAIT);
		assert_result(prepare(vmfd, 34), -ENOMEM);
	}
	assert_result(commit(vmfd, 34), -ENXIO);
	/* The reverse map of a prepared table can fail like any other. */
	htab_sim_fail_reverse_map(host, 1);
	assert_result(prepare(vmfd, 20), WAIT);
	assert_result(prepare(vmfd, 20), -ENOMEM);
	assert_order(vmfd, 24);
	end();
}

static void commit_of_what_failed_is_enomem(void **state)
{
	begin("polls=3", 24);
	assert_result(prepare(vmfd, 34), WAIT);
	assert_result(commit(vmfd, 34), -ENOMEM);
	assert_order(vmfd, 24);
	end();
}

static void commit_while_it_works_is_ebusy_and_discards(void **state)
{
	uint64_t before;

	begin(NULL, 24);
	before = cma_free();
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(commit(vmfd, 25), -EBUSY);
	assert_int_equal(cma_free(), before);
	assert_result(commit(vmfd, 25), -ENXIO);
	assert_order(vmfd, 24);
	end();
}

static void
commit_of_nothing_or_of_another_shift_is_enxio_and_discards(void **state)
{
	uint64_t before;

	begin(NULL, 24);
	before = cma_free();
	assert_result(commit(vmfd, 25), -ENXIO);
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(prepare(vmfd, 25), 0);
	assert_result(commit(vmfd, 20), -ENXIO);
	assert_int_equal(cma_free(), before);
	/* COMMIT of shift 0 is one of another shift, too. */
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(commit(vmfd, 0), -ENXIO);
	assert_int_equal(cma_free(), before);
	end();
}

static int with_flags(unsigned long request, uint64_t flags, uint32_t shift)
{
	/* The kernel does not check the pad, which is 1 here. */
	struct uapi_kvm_ppc_resize_hpt how = { flags, shift, 1 };

	return htab_sim_ioctl(vmfd, request, &how);
}

static void arguments_are_checked_and_discard_nothing(void **state)
{
	static const uint32_t bad[] = { 1, 17, 47, UINT32_MAX };

	begin(NULL, 24);
	assert_result(prepare(vmfd, 25), WAIT);
	assert_result(prepare(vmfd, 25), 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_result(prepare(vmfd, bad[i]), -EINVAL);
		assert_result(commit(vmfd, bad[i]), -EINVAL);
	}
	assert_result(with_flags(UAPI_KVM_PPC_RESIZE_HPT_PREPARE, 1, 25),
		      -EINVAL);
	assert_result(with_flags(UAPI_KVM_PPC_RESIZE_HPT_COMMIT, 1, 25),
		      -EINVAL);
	assert_result(
		htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, NULL),
		-EFAULT);
	assert_result(
		htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, NULL),
		-EFAULT);
	assert_result(with_flags(UAPI_KVM_PPC_RESIZE_HPT_PREPARE, 0, 25), 0);
	assert_result(with_flags(UAPI_KVM_PPC_RESIZE_HPT_COMMIT, 0, 25), 0);
	assert_order(vmfd, 25);
	end();
}

static void the_smallest_and_the_largest_shift_are_allowed(void **state)
{
	begin("cma=128T memory=128T page=64K", 24);
	assert_result(resize(vmfd, 18), 0);
	assert_order(vmfd, 18);
	assert_result(resize(vmfd, 46), 0);
	assert_result(htab_order(vmfd, &(uint32_t){ 0 }), -EOVERFLOW);
	end();
}

static void before_4_11_there_is_no_resizing(void **state)
{
	begin("linux=4.10", 24);
	assert_result(prepare(vmfd, 25), -ENOTTY);
	assert_result(commit(vmfd, 25), -ENOTTY);
	assert_result(
		htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, NULL),
		-ENOTTY);
	end();
}

static void vcpus_need_not_stop(void **state)
{
	begin("page=64K", 24);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(resize(vmfd, 20), 0);
	assert_int_equal(valid_entries(vmfd), 256);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	assert_order(vmfd, 20);
	end();
}

static void prepare_needs_no_run_and_no_table(void **state)
{
	int fresh;

	begin(NULL, 24);
	fresh = a_vm(host);
	assert_result(prepare(fresh, 20), WAIT);
	assert_result(prepare(fresh, 20), 0);
	assert_result(run(fresh), 0);
	assert_result(commit(fresh, 20), 0);
	assert_order(fresh, 20);
	close(fresh);
	end();
}

static void what_is_pending_survives_an_allocate(void **state)
{
	begin("page=64K", 24);
	assert_result(prepare(vmfd, 22), WAIT);
	assert_result(prepare(vmfd, 22), 0);
	assert_result(allocate_order(vmfd, 20), 0);
	assert_result(prepare(vmfd, 22), 0);
	assert_result(run(vmfd), 0);
	assert_result(commit(vmfd, 22), 0);
	assert_order(vmfd, 22);
	assert_int_equal(valid_entries(vmfd), 256);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(prepare_says_wait_as_often_as_polls),
		SIM_TEST(commit_gives_the_new_order_and_frees_the_old_table),
		SIM_TEST(both_tables_need_memory),
		SIM_TEST(cancel_is_idempotent),
		SIM_TEST(another_shift_discards_what_was_pending),
		SIM_TEST(enomem_comes_after_a_wait_and_discards),
		SIM_TEST(commit_of_what_failed_is_enomem),
		SIM_TEST(commit_while_it_works_is_ebusy_and_discards),
		SIM_TEST(
			commit_of_nothing_or_of_another_shift_is_enxio_and_discards),
		SIM_TEST(arguments_are_checked_and_discard_nothing),
		SIM_TEST(the_smallest_and_the_largest_shift_are_allowed),
		SIM_TEST(before_4_11_there_is_no_resizing),
		SIM_TEST(vcpus_need_not_stop),
		SIM_TEST(prepare_needs_no_run_and_no_table),
		SIM_TEST(what_is_pending_survives_an_allocate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
