/* SPDX-License-Identifier: MIT */
/* Where a table comes from, and of which order: for the ioctl
 * (docs/kernels.md, "Where the memory comes from"), then for a first run
 * (docs/kernels.md, "The first run and real mode"). Most of it is tables. */
#include "model.h"

enum source { CMA, PAGES, POOL };

/* A fresh VM of a fresh host asks for wanted, is told, and has, granted. */
struct grant {
	const char *host;
	uint32_t wanted, granted;
	enum source source;
};

/* The reverse map takes as much again, always of pages. */
static void assert_took(struct htab_sim_host *host, struct free_memory before,
			uint32_t order, enum source source)
{
	const uint64_t bytes = UINT64_C(1) << order;
	struct free_memory now = free_memory(host);

	assert_int_equal(before.cma - now.cma, source == CMA ? bytes : 0);
	assert_int_equal(before.pool - now.pool, source == POOL ? 1 : 0);
	assert_int_equal(before.pages - now.pages,
			 source == PAGES ? 2 * bytes : bytes);
}

static void check_grants(const struct grant *grants, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct htab_sim_host *host = a_host(grants[i].host);
		struct free_memory before = free_memory(host);
		uint32_t order = grants[i].wanted;
		int vmfd = a_vm(host);

		print_message("# %s: %u\n", grants[i].host, order);
		assert_result(allocate(vmfd, &order), 0);
		assert_int_equal(order, grants[i].granted);
		assert_took(host, before, order, grants[i].source);
		close(vmfd);
		close_host(host);
	}
}

/* A fresh VM is refused with that error, and has no table. */
struct refusal {
	const char *host;
	uint32_t wanted;
	int error;
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct htab_sim_host *host = a_host(refusals[i].host);
		struct free_memory before = free_memory(host);
		uint32_t order = refusals[i].wanted;
		int vmfd = a_vm(host);
		struct free_memory now;

		print_message("# %s: %u\n", refusals[i].host, order);
		assert_result(allocate(vmfd, &order), refusals[i].error);
		assert_int_equal(order, refusals[i].wanted);
		now = free_memory(host);
		assert_memory_equal(&now, &before, sizeof(now));
		close(vmfd);
		close_host(host);
	}
}

static void from_3_6_to_3_11_pages_then_boot_pool_then_less_pages(void **state)
{
	static const struct grant grants[] = {
		{ "linux=3.6", 22, 22, PAGES },
		{ "linux=3.11", 23, 23, PAGES },
		/* Another order than the pool's is tried before the pool. */
		{ "linux=3.6 pool=1", 22, 22, PAGES },
		{ "linux=3.6 pool=1", 24, 24, POOL },
		{ "linux=3.11 pool=1", 24, 24, POOL },
		{ "linux=3.6 pool=1", 25, 24, POOL },
		{ "linux=3.11 pool=1", 40, 24, POOL },
		/* The pool may give more than was asked for. */
		{ "linux=3.6 pool=1 block=512K", 20, 24, POOL },
		{ "linux=3.6 pool=1 block=128K", 18, 24, POOL },
		{ "linux=3.6", 24, 24, PAGES },
		{ "linux=3.6", 25, 24, PAGES },
		{ "linux=3.6 block=1M", 24, 20, PAGES },
		{ "linux=3.11 block=512K", 24, 19, PAGES },
		/* It has no CMA yet. */
		{ "linux=3.11", 26, 24, PAGES },
		{ "linux=3.6 block=256K", 18, 18, PAGES },
	};

	check_grants(grants, COUNT_OF(grants));
}

static void from_3_12_to_3_15_pages_then_cma_then_less_pages(void **state)
{
	static const struct grant grants[] = {
		{ "linux=3.12", 22, 22, PAGES },
		{ "linux=3.15", 24, 24, PAGES },
		{ "linux=3.12", 26, 26, CMA },
		{ "linux=3.15 block=1M", 24, 24, CMA },
		{ "linux=3.12 block=128K", 18, 18, CMA },
		{ "linux=3.12 cma=0", 26, 24, PAGES },
		/* What CMA has below the wanted order is not used. */
		{ "linux=3.15 cma=64M", 27, 24, PAGES },
		{ "linux=3.12 cma=0 block=512K", 24, 19, PAGES },
		/* The pool is no more. */
		{ "linux=3.12 cma=0 block=1M", 24, 20, PAGES },
	};

	check_grants(grants, COUNT_OF(grants));
}

static void from_3_16_to_4_3_cma_then_pages_downwards(void **state)
{
	static const struct grant grants[] = {
		{ "linux=3.16", 18, 18, CMA },
		{ "linux=3.16", 22, 22, CMA },
		{ "linux=4.3", 27, 27, CMA },
		{ "linux=4.3", 28, 24, PAGES },
		{ "linux=3.16 cma=64M", 27, 24, PAGES },
		{ "linux=4.3 cma=0", 22, 22, PAGES },
		{ "linux=4.3 cma=0", 19, 19, PAGES },
		{ "linux=4.3 cma=0 block=1M", 24, 20, PAGES },
		{ "linux=4.3", 47, 24, PAGES },
	};

	check_grants(grants, COUNT_OF(grants));
}

static void from_4_4_to_4_10_cma_of_that_order_only(void **state)
{
	static const struct grant grants[] = {
		{ "linux=4.4", 18, 18, CMA },
		{ "linux=4.10", 27, 27, CMA },
	};
	static const struct refusal refusals[] = {
		{ "linux=4.4", 28, -ENOMEM },
		{ "linux=4.10", 47, -ENOMEM },
		/* 16, of which the table would be of 18: left as it was */
		{ "linux=4.9 cma=0", 16, -ENOMEM },
		{ "linux=4.4 cma=0", 24, -ENOMEM },
		{ "linux=4.10 cma=0", 20, -ENOMEM },
	};

	check_grants(grants, COUNT_OF(grants));
	check_refusals(refusals, COUNT_OF(refusals));
}

static void from_4_11_on_cma_or_pages_of_that_order_only(void **state)
{
	static const struct grant grants[] = {
		{ "linux=4.11", 18, 18, CMA },
		{ "linux=4.14", 27, 27, CMA },
		{ "linux=4.11 cma=0", 24, 24, PAGES },
		{ "linux=6.12 cma=0", 18, 18, PAGES },
		{ "linux=7.2 cma=8M", 24, 24, PAGES },
		{ "linux=4.15 cma=128T memory=128T", 46, 46, CMA },
	};
	static const struct refusal refusals[] = {
		{ "linux=4.11", 28, -ENOMEM },
		{ "linux=4.11 cma=0", 25, -ENOMEM },
		{ "linux=6.12 cma=8M block=8M", 24, -ENOMEM },
		{ "linux=7.2 cma=0 block=0", 18, -ENOMEM },
	};

	check_grants(grants, COUNT_OF(grants));
	check_refusals(refusals, COUNT_OF(refusals));
}

static void up_to_4_10_small_orders_are_raised_to_18(void **state)
{
	static const struct grant grants[] = {
		{ "linux=3.6", 0, 18, PAGES }, { "linux=3.15", 16, 18, PAGES },
		{ "linux=3.16", 17, 18, CMA }, { "linux=4.3", 0, 18, CMA },
		{ "linux=4.4", 17, 18, CMA },  { "linux=4.10", 0, 18, CMA },
	};

	check_grants(grants, COUNT_OF(grants));
}

static void from_4_11_on_the_range_is_checked(void **state)
{
	static const struct refusal refusals[] = {
		{ "linux=4.11", 17, -EINVAL },
		{ "linux=4.11", 1, -EINVAL },
		{ "linux=4.11", 47, -EINVAL },
		{ "linux=4.15", 64, -EINVAL },
		{ "linux=6.12", UINT32_MAX, -EINVAL },
		{ "linux=7.2", 17, -EINVAL },
		/* 47 would fit. */
		{ "linux=7.2 cma=1024T memory=1024T", 47, -EINVAL },
	};

	check_refusals(refusals, COUNT_OF(refusals));
}

/* The loops of 3.6 to 4.3 end above it. */
static void order_18_is_never_what_a_kernel_falls_back_to(void **state)
{
	static const struct refusal refusals[] = {
		{ "linux=3.6 block=256K", 24, -ENOMEM },
		{ "linux=3.11 block=256K", 19, -ENOMEM },
		{ "linux=3.12 block=256K cma=0", 19, -ENOMEM },
		{ "linux=3.15 block=256K cma=256K", 24, -ENOMEM },
		{ "linux=3.16 cma=0", 18, -ENOMEM },
		{ "linux=4.3 cma=0", 0, -ENOMEM },
		{ "linux=4.3 cma=0 block=256K", 24, -ENOMEM },
		{ "linux=3.6 block=128K", 18, -ENOMEM },
		{ "linux=3.12 block=128K cma=0", 18, -ENOMEM },
	};

	check_refusals(refusals, COUNT_OF(refusals));
}

static void a_first_run_makes_a_table_of_24_or_falls_back(void **state)
{
	static const struct {
		const char *host;
		uint32_t order;
		enum source source;
	} runs[] = {
		{ "linux=3.6 pool=1", 24, POOL },
		{ "linux=3.6", 24, PAGES },
		{ "linux=3.11 block=1M", 20, PAGES },
		{ "linux=3.12", 24, PAGES },
		{ "linux=3.15 block=8M", 24, CMA },
		{ "linux=3.16", 24, CMA },
		{ "linux=4.3 cma=8M", 24, PAGES },
		{ "linux=4.4", 24, CMA },
		/* The run may use pages where the ioctl may not. */
		{ "linux=4.4 cma=0", 24, PAGES },
		/* What is left of CMA is of no use below 24... */
		{ "linux=4.10 cma=8M block=1M", 20, PAGES },
		{ "linux=4.10 cma=0 block=512K", 19, PAGES },
		{ "linux=4.11", 24, CMA },
		{ "linux=4.11 cma=0", 24, PAGES },
		/* ... but is from 4.11 on, where 18 is allowed, too. */
		{ "linux=4.11 cma=8M block=1M", 23, CMA },
		{ "linux=4.14 cma=0 block=256K", 18, PAGES },
		{ "linux=6.12 cma=256K block=0", 18, CMA },
		{ "linux=7.2", 24, CMA },
	};

	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		struct htab_sim_host *host = a_host(runs[i].host);
		struct free_memory before = free_memory(host);
		int vmfd = a_vm(host);

		print_message("# %s\n", runs[i].host);
		assert_result(run(vmfd), 0);
		assert_took(host, before, runs[i].order, runs[i].source);
		close(vmfd);
		close_host(host);
	}
}

static void a_first_run_without_memory_is_enomem(void **state)
{
	static const char *const hosts[] = {
		"linux=3.6 block=256K",
		"linux=3.15 block=256K cma=0",
		"linux=4.3 block=256K cma=0",
		"linux=4.4 block=256K cma=0",
		"linux=4.10 block=256K cma=8M",
		"linux=4.11 block=128K cma=128K",
		"linux=7.2 block=0 cma=0",
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i]);
		int vmfd = a_vm(host);

		print_message("# %s\n", hosts[i]);
		assert_result(htab_sim_vcpu_enter(vmfd), -ENOMEM);
		/* It is outside: nobody is in the way of an ALLOCATE. */
		assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
		assert_result(allocate_order(vmfd, 24), -ENOMEM);
		close(vmfd);
		close_host(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(from_3_6_to_3_11_pages_then_boot_pool_then_less_pages),
		SIM_TEST(from_3_12_to_3_15_pages_then_cma_then_less_pages),
		SIM_TEST(from_3_16_to_4_3_cma_then_pages_downwards),
		SIM_TEST(from_4_4_to_4_10_cma_of_that_order_only),
		SIM_TEST(from_4_11_on_cma_or_pages_of_that_order_only),
		SIM_TEST(up_to_4_10_small_orders_are_raised_to_18),
		SIM_TEST(from_4_11_on_the_range_is_checked),
		SIM_TEST(order_18_is_never_what_a_kernel_falls_back_to),
		SIM_TEST(a_first_run_makes_a_table_of_24_or_falls_back),
		SIM_TEST(a_first_run_without_memory_is_enomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
