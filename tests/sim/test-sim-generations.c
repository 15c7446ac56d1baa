/* SPDX-License-Identifier: MIT */
/* The order of a table and the memory that it comes from: for the ioctl
 * (docs/kernels.md, "Where the memory comes from"), then for a first run
 * (docs/kernels.md, "The first run and real mode"). Most of the file is
 * tables. */
#include "model.h"

enum source { CMA, PAGES, POOL };

/* A new VM on a new host asks for the order `wanted` and gets a table of the
 * order `granted`, from `source`. */
struct grant {
	const char *host;
	uint32_t wanted, granted;
	enum source source;
};

/* Checks that a table of that order was taken from `source`. Its reverse map
 * takes as much memory again, always from pages. */
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

/* A new VM on a new host asks for the order `wanted`. It gets the error and no
 * table. */
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
		/* The tables of the boot pool have order 24. For another order
		 * the kernel tries pages first. */
		{ "linux=3.6 pool=1", 22, 22, PAGES },
		{ "linux=3.6 pool=1", 24, 24, POOL },
		{ "linux=3.11 pool=1", 24, 24, POOL },
		{ "linux=3.6 pool=1", 25, 24, POOL },
		{ "linux=3.11 pool=1", 40, 24, POOL },
		/* The pool gives order 24 also if the program asked for
		 * less. */
		{ "linux=3.6 pool=1 block=512K", 20, 24, POOL },
		{ "linux=3.6 pool=1 block=128K", 18, 24, POOL },
		{ "linux=3.6", 24, 24, PAGES },
		{ "linux=3.6", 25, 24, PAGES },
		{ "linux=3.6 block=1M", 24, 20, PAGES },
		{ "linux=3.11 block=512K", 24, 19, PAGES },
		/* Linux 3.11 has no CMA area. */
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
		/* For smaller orders than the wanted one the kernel does not
		 * try CMA. */
		{ "linux=3.15 cma=64M", 27, 24, PAGES },
		{ "linux=3.12 cma=0 block=512K", 24, 19, PAGES },
		/* Linux 3.12 and later have no boot pool. */
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
		/* The kernel would raise 16 to 18. If it fails, it leaves the
		 * 16 in the argument. */
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
		/* The host has enough memory for order 47, but the order is out
		 * of range. */
		{ "linux=7.2 cma=1024T memory=1024T", 47, -EINVAL },
	};

	check_refusals(refusals, COUNT_OF(refusals));
}

/* The loops of Linux 3.6 to 4.3 that try smaller orders stop at 19. */
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
		/* On Linux 4.4 to 4.10 a first run can use pages, which the
		 * ioctl cannot. */
		{ "linux=4.4 cma=0", 24, PAGES },
		/* Linux 4.10 does not try CMA for orders below 24. */
		{ "linux=4.10 cma=8M block=1M", 20, PAGES },
		{ "linux=4.10 cma=0 block=512K", 19, PAGES },
		{ "linux=4.11", 24, CMA },
		{ "linux=4.11 cma=0", 24, PAGES },
		/* Linux 4.11 and later try CMA for each order down to 18. */
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
		/* The vcpu did not enter, so ALLOCATE_HTAB is not EBUSY. */
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
