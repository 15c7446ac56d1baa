/* SPDX-License-Identifier: MIT */
/* VMs compete for the memory of a host, and return it when they are closed. */
#include "model.h"

static void a_table_costs_twice_its_size(void **state)
{
	struct htab_sim_host *host = a_host("cma=208M memory=3G");
	struct free_memory before = free_memory(host), now;
	int vmfd = a_vm_with_table(host, 25);

	now = free_memory(host);
	assert_int_equal(before.cma, 208 << 20);
	assert_int_equal(before.pages, UINT64_C(3) << 30);
	assert_int_equal(before.cma - now.cma, 32 << 20);
	assert_int_equal(before.pages - now.pages, 32 << 20);
	close(vmfd);
	close_host(host);
}

/* This was seen on a real host with a CMA area of 5 % of 4G
 * (docs/kernels.md, "Where the memory comes from"). */
static void vms_compete_for_cma_until_it_is_exhausted(void **state)
{
	struct htab_sim_host *host = a_host("cma=208M");
	int vmfd[4];
	uint32_t order = 26;

	for (int i = 0; i < 3; i++)
		vmfd[i] = a_vm_with_table(host, 26);
	vmfd[3] = a_vm(host);
	assert_result(htab_alloc(vmfd[3], &order), 0);
	assert_int_equal(order, 24);
	/* A VM that is closed makes room for another. */
	close(vmfd[0]);
	assert_result(allocate_order(vmfd[3], 26), 0);
	for (int i = 1; i < 4; i++)
		close(vmfd[i]);
	close_host(host);
}

static void vms_compete_for_pages_until_they_are_exhausted(void **state)
{
	struct htab_sim_host *host = a_host("cma=0 memory=4M");
	int first = a_vm_with_table(host, 20);
	int second = a_vm(host);

	assert_result(allocate_order(second, 21), -ENOMEM);
	assert_result(allocate_order(second, 20), 0);
	close(first);
	close(second);
	close_host(host);
}

static void vms_compete_for_the_boot_pool(void **state)
{
	struct htab_sim_host *host = a_host("linux=3.6 pool=2 memory=64M");
	int vmfd[3];

	for (int i = 0; i < 3; i++)
		vmfd[i] = a_vm_with_table(host, 24);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_POOL), 0);
	/* The pages hold two reverse maps, and the last table with its own. */
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES), 0);
	for (int i = 0; i < 3; i++)
		close(vmfd[i]);
	close_host(host);
}

static void
vms_that_are_closed_are_noticed_by_a_first_run_and_a_prepare(void **state)
{
	struct htab_sim_host *host = a_host("cma=16M block=0");
	int first = a_vm_with_table(host, 24);
	int second = a_vm(host);

	close(first);
	assert_result(run(second), 0);
	assert_order(second, 24);
	assert_result(allocate_order(second, 18), 0);
	first = a_vm_with_table(host, 23);
	close(first);
	assert_result(prepare(second, 23), 100);
	assert_result(prepare(second, 23), 0);
	assert_result(prepare(second, 0), 0);
	close(second);
	close_host(host);
}

static void without_a_reverse_map_the_table_is_given_back(void **state)
{
	struct htab_sim_host *host = a_host("cma=32M memory=8M");
	struct free_memory before = free_memory(host), now;
	int vmfd = a_vm(host);

	assert_result(allocate_order(vmfd, 24), -ENOMEM);
	now = free_memory(host);
	assert_memory_equal(&now, &before, sizeof(now));
	assert_result(allocate_order(vmfd, 23), 0);
	close(vmfd);
	close_host(host);
}

static void a_piece_is_at_most_a_block(void **state)
{
	struct htab_sim_host *host = a_host("cma=0 block=4M");
	int vmfd = a_vm(host);

	assert_result(allocate_order(vmfd, 23), -ENOMEM);
	assert_result(allocate_order(vmfd, 22), 0);
	close(vmfd);
	close_host(host);
}

/* Of four granules in use, the first and the last two are freed. The first
 * table that follows takes the first hole, and leaves room for one of two
 * granules in the other hole. */
static void cma_is_taken_where_it_fits_first(void **state)
{
	struct htab_sim_host *host = a_host("cma=1M block=0");
	int vmfd[4], single, pair;

	for (int i = 0; i < 4; i++)
		vmfd[i] = a_vm_with_table(host, 18);
	close(vmfd[0]);
	close(vmfd[2]);
	close(vmfd[3]);
	single = a_vm_with_table(host, 18);
	pair = a_vm_with_table(host, 19);
	close(single);
	close(pair);
	close(vmfd[1]);
	close_host(host);
}

static void cma_must_be_in_one_piece(void **state)
{
	struct htab_sim_host *host = a_host("cma=1M block=0");
	int vmfd[4], pair = a_vm(host);

	for (int i = 0; i < 4; i++)
		vmfd[i] = a_vm_with_table(host, 18);
	close(vmfd[1]);
	close(vmfd[3]);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), 512 << 10);
	assert_result(allocate_order(pair, 19), -ENOMEM);
	close(vmfd[2]);
	assert_result(allocate_order(pair, 19), 0);
	close(pair);
	close(vmfd[0]);
	close_host(host);
}

/* The CMA area is allocated in granules of 256K, and a table is not aligned to
 * its own size. */
static void cma_is_had_in_granules_of_256k(void **state)
{
	struct htab_sim_host *host = a_host("cma=1000K block=0");
	int single = a_vm_with_table(host, 18);
	int pair = a_vm_with_table(host, 19);
	int more = a_vm(host);

	/* Only 232K are left, less than a granule. */
	assert_result(allocate_order(more, 18), -ENOMEM);
	close(single);
	close(pair);
	close(more);
	close_host(host);
}

static void order_46_costs_what_is_in_it(void **state)
{
	struct htab_sim_host *host = a_host("cma=128T memory=128T");
	struct free_memory before = free_memory(host), now;
	int vmfd = a_vm_with_table(host, 46);
	int second = a_vm_with_table(host, 46);
	struct entry entry;
	uint32_t order;

	assert_result(htab_order(vmfd, &order), -EOVERFLOW);
	assert_result(put_entry(vmfd, UINT32_MAX), 0);
	entry = entry_at(vmfd, UINT32_MAX);
	assert_int_equal(entry.v, A_HPTE_V | HPTE_LOCKED);
	assert_result(run(vmfd), 0);
	now = free_memory(host);
	assert_int_equal(before.cma - now.cma, UINT64_C(1) << 47);
	assert_int_equal(before.pages - now.pages, UINT64_C(1) << 47);
	assert_int_equal(now.cma, 0);
	assert_result(allocate_order(second, 46), 0);
	close(vmfd);
	close(second);
	close_host(host);
}

static void memory_is_returned_with_the_last_copy_of_a_vm(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	uint64_t before = htab_sim_free_memory(host, HTAB_SIM_CMA);
	int vmfd = a_vm_with_table(host, 24);
	int copy = dup(vmfd);

	close(vmfd);
	assert_int_equal(before - htab_sim_free_memory(host, HTAB_SIM_CMA),
			 16 << 20);
	assert_order(copy, 24);
	close(copy);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), before);
	close_host(host);
}

static void memory_is_returned_with_the_last_htab_fd_or_vcpu(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	uint64_t before = htab_sim_free_memory(host, HTAB_SIM_CMA);
	int vmfd = a_vm_with_table(host, 24);
	int htabfd = open_htab(vmfd, 0);
	int vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);

	assert_true(vcpufd >= 0);
	assert_result(put_entry(vmfd, 3), 0);
	close(vmfd);
	assert_true(htab_sim_free_memory(host, HTAB_SIM_CMA) < before);
	assert_int_equal(count_valid(htabfd), 1);
	close(htabfd);
	assert_true(htab_sim_free_memory(host, HTAB_SIM_CMA) < before);
	close(vcpufd);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), before);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_table_costs_twice_its_size),
		SIM_TEST(vms_compete_for_cma_until_it_is_exhausted),
		SIM_TEST(vms_compete_for_pages_until_they_are_exhausted),
		SIM_TEST(vms_compete_for_the_boot_pool),
		SIM_TEST(
			vms_that_are_closed_are_noticed_by_a_first_run_and_a_prepare),
		SIM_TEST(without_a_reverse_map_the_table_is_given_back),
		SIM_TEST(a_piece_is_at_most_a_block),
		SIM_TEST(cma_is_taken_where_it_fits_first),
		SIM_TEST(cma_must_be_in_one_piece),
		SIM_TEST(cma_is_had_in_granules_of_256k),
		SIM_TEST(order_46_costs_what_is_in_it),
		SIM_TEST(memory_is_returned_with_the_last_copy_of_a_vm),
		SIM_TEST(memory_is_returned_with_the_last_htab_fd_or_vcpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
