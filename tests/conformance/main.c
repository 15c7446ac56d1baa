/* SPDX-License-Identifier: MIT */
#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>

struct host host;

enum { MAX_CASES = 160 };

int a_vm_with_table(uint32_t wanted)
{
	int vmfd = a_vm();
	uint32_t order = wanted;

	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, wanted);
	return vmfd;
}

uint32_t largest_order(uint32_t ceiling)
{
	uint32_t order = ceiling;

	assert_result(htab_largest(host.kvmfd, &order), 0);
	assert_in_range(order, HTAB_ORDER_MIN, ceiling);
	return order;
}

uint32_t largest_of_host(void)
{
	uint32_t order = LARGEST_OF_PAGES;

	while (host.cma >> (order + 1))
		order++;
	return order;
}

void assert_order(int vmfd, uint32_t expected)
{
	uint32_t order = 0;

	assert_result(htab_order(vmfd, &order), 0);
	assert_int_equal(order, expected);
}

void assert_no_table(int vmfd)
{
	uint32_t order = 1234;

	assert_result(htab_order(vmfd, &order), -ENOENT);
	assert_int_equal(order, 1234);
}

bool host_changes_size(void)
{
	return host.linux_version >= V(4, 11);
}

/* A POWER8 can resize a table since Linux 4.11, a POWER9 since 4.16. Between
 * those two the test asks the kernel, because it does not know the CPU. */
bool host_resizes(void)
{
	if (host.linux_version < V(4, 11))
		return false;
	return host.linux_version >= V(4, 16) ||
	       host_capability(host.kvmfd, UAPI_KVM_CAP_SPAPR_RESIZE_HPT) > 0;
}

/* Linux 4.14 does not run the guest on a POWER9 (docs/kernels.md, "Writing an
 * htab fd"). The capability says POWER9, whose hosts of these kernels are
 * hash. */
static bool host_runs_written_tables(void)
{
	return host.linux_version < V(4, 11) ||
	       host.linux_version >= V(4, 15) ||
	       host_capability(host.kvmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3) <= 0;
}

static const char *why_not_this_host(unsigned int needs)
{
	const bool hv = host.mmu != HOST_NO_HV && host.mmu != HOST_PR;
	const bool radix = host.mmu == HOST_RADIX ||
			   host.mmu == HOST_RADIX_NO_HASH ||
			   host.mmu == HOST_RADIX_NO_RUN;

	if ((needs & ~(unsigned int)(NO_HV | ANY_RAM)) && !hv)
		return "no KVM HV on this host";
	if ((needs & NO_HV) && hv)
		return "KVM HV on this host";
	if ((needs & HASH_GUESTS) && host.mmu == HOST_RADIX_NO_HASH)
		return "no hash guests on this host";
	if ((needs & NO_HASH) && host.mmu != HOST_RADIX_NO_HASH)
		return "this host runs hash guests";
	if ((needs & HASH_RUNS) &&
	    (host.mmu == HOST_RADIX_NO_HASH || host.mmu == HOST_RADIX_NO_RUN))
		return "a hash guest does not run on this host";
	if ((needs & HASH_NO_RUN) && host.mmu != HOST_RADIX_NO_RUN)
		return "a hash guest can run on this host, or there is none";
	if ((needs & RESIZES) && !host_resizes())
		return "this host cannot resize a table";
	if ((needs & NO_RESIZE) && host_resizes())
		return "this host can resize a table";
	if ((needs & SMALL_PAGES) && host.page_size != 4 << 10)
		return "this host has larger pages than 4K";
	if ((needs & WRITTEN_RUNS) && !host_runs_written_tables())
		return "a guest does not run on a written table on this host";
	if ((needs & BEGINS_RADIX) && !radix)
		return "VMs of this host begin hash";
	if ((needs & BEGINS_HASH) && radix)
		return "VMs of this host begin radix";
	if ((needs & AREA) && largest_of_host() == LARGEST_OF_PAGES)
		return "this host has no area for larger tables";
	if ((needs & NO_AREA) && largest_of_host() > LARGEST_OF_PAGES)
		return "this host has an area for larger tables";
	if ((needs & ANY_RAM) && host.ram_is_fixed)
		return "the host's description says how much RAM a VM has";
	return NULL;
}

static const char *why_not_this_kernel(const struct test_case *test)
{
	static char why[64];

	if (host.linux_version < test->since)
		snprintf(why, sizeof(why), "holds since Linux %u.%u",
			 test->since / 1000, test->since % 1000);
	else if (test->until && host.linux_version >= test->until)
		snprintf(why, sizeof(why), "holds before Linux %u.%u",
			 test->until / 1000, test->until % 1000);
	else
		return NULL;
	return why;
}

static void run(void **state)
{
	const struct test_case *test = *state;

	test->run();
}

/* Adds the cases that are for this host and kernel. For each other case it
 * prints the reason. */
static void add(struct CMUnitTest *tests, size_t *count,
		const struct test_case *cases, size_t cases_count)
{
	for (size_t i = 0; i < cases_count; i++) {
		const char *why = why_not_this_host(cases[i].needs);

		if (!why)
			why = why_not_this_kernel(&cases[i]);
		if (why) {
			printf("not here: %s (%s)\n", cases[i].name, why);
			continue;
		}
		assert_true(*count < MAX_CASES);
		tests[(*count)++] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = run,
			.setup_func = begin_case,
			.teardown_func = end_case,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	}
}

int main(void)
{
	struct CMUnitTest tests[MAX_CASES];
	const char *why;
	size_t count = 0;
	int failed;

	/* If a kernel kills this program, the lines printed so far are
	 * needed. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (host_open(&host, &why) < 0) {
		/* HTAB_HOST says that there is a host. */
		const bool optional = !getenv("HTAB_HOST");

		printf(optional ? "SKIP: %s\n" : "%s\n", why);
		return optional ? 77 : EXIT_FAILURE;
	}
	if (host.mmu == HOST_UNKNOWN) {
		printf("HTAB_HOST does not say what this host's MMU is\n");
		return EXIT_FAILURE;
	}
	add(tests, &count, host_cases, host_cases_count);
	add(tests, &count, alloc_cases, alloc_cases_count);
	add(tests, &count, largest_cases, largest_cases_count);
	add(tests, &count, reset_cases, reset_cases_count);
	add(tests, &count, run_cases, run_cases_count);
	add(tests, &count, renew_cases, renew_cases_count);
	add(tests, &count, vcpu_cases, vcpu_cases_count);
	add(tests, &count, entries_cases, entries_cases_count);
	add(tests, &count, image_cases, image_cases_count);
	add(tests, &count, damage_cases, damage_cases_count);
	add(tests, &count, stream_cases, stream_cases_count);
	add(tests, &count, resize_cases, resize_cases_count);
	add(tests, &count, resize_steps_cases, resize_steps_cases_count);
	add(tests, &count, mmu_cases, mmu_cases_count);
	add(tests, &count, refused_cases, refused_cases_count);
	failed = _cmocka_run_group_tests("conformance", tests, count, NULL,
					 NULL);
	host_close(&host);
	return failed;
}
