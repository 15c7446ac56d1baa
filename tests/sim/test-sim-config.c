/* SPDX-License-Identifier: MIT */
/* The description of a host: which settings exist, what is refused, and with
 * which message */
#include "model.h"

#include <stdio.h>

/* Returns the message on stderr for a description that is refused. */
static const char *complaint(const char *description)
{
	static char text[256];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t n;
	struct htab_sim_host *host;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	errno = 0;
	host = htab_sim_host_new(description);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_null(host);
	assert_int_equal(errno, EINVAL);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void nothing_said_is_a_current_power8_with_room(void **state)
{
	static const char *const nothing[] = { NULL, "", " , \t\n" };

	for (size_t i = 0; i < COUNT_OF(nothing); i++) {
		struct htab_sim_host *host = a_host(nothing[i]);
		struct free_memory memory = free_memory(host);
		int vmfd = a_vm_with_table(host, 27);

		assert_int_equal(memory.cma, 208 << 20);
		assert_int_equal(memory.pages, UINT64_C(3) << 30);
		assert_int_equal(memory.pool, 0);
		/* These answers are those of Linux 4.11 or later with HV, on a
		 * hash host before POWER9. */
		assert_result(htab_caps(vmfd), HTAB_CAP_ALLOC |
						       HTAB_CAP_STREAM |
						       HTAB_CAP_RESIZE);
		assert_result(capability(vmfd, UAPI_KVM_CAP_PPC_MMU_RADIX), 0);
		assert_result(capability(vmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3),
			      0);
		assert_result(run(vmfd), 0);
		assert_int_equal(valid_entries(vmfd), 4096);
		close(vmfd);
		close_host(host);
	}
}

static void radix_is_the_default_from_power9_on(void **state)
{
	static const struct {
		const char *host;
		int radix;
	} hosts[] = {
		{ "cpu=power8", 0 },
		{ "cpu=power9-dd2.0", 1 },
		{ "cpu=power9 linux=4.11", 1 },
		{ "cpu=power10", 1 },
		{ "cpu=power10 mmu=hash", 0 },
		{ "mmu=hash cpu=power10", 0 },
		{ "mmu=radix cpu=power10", 1 },
		/* A nested host needs POWER9, which is its default. */
		{ "kvm=nested", 1 },
		{ "kvm=nested cpu=power9-dd2.0", 1 },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);

		print_message("# %s\n", hosts[i].host);
		assert_result(capability(htab_sim_kvmfd(host),
					 UAPI_KVM_CAP_PPC_MMU_RADIX),
			      hosts[i].radix);
		close_host(host);
	}
}

static void sizes_have_units_and_separators_are_free(void **state)
{
	struct htab_sim_host *host =
		a_host("memory=3K\tlinux=3.6.11\nblock=1M, pool=2,ram=524288");

	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES), 3 << 10);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_POOL), 2);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), 0);
	close_host(host);
	host = a_host("cma=2T memory=16777215T");
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA),
			 UINT64_C(2) << 40);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES),
			 UINT64_C(16777215) << 40);
	close_host(host);
}

/* Linux up to 3.19 rounds 5 % of 4 GiB up to a multiple of 128 MiB. */
static void the_usual_area_depends_on_the_kernel(void **state)
{
	static const struct {
		const char *host;
		uint64_t mib;
	} hosts[] = { { "linux=3.11", 0 },   { "linux=3.12", 256 },
		      { "linux=3.19", 256 }, { "linux=4.0", 208 },
		      { NULL, 208 },	     { "linux=3.12 cma=1M", 1 } };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);

		assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA),
				 hosts[i].mib << 20);
		close_host(host);
	}
}

static void what_is_no_setting_is_einval_and_named(void **state)
{
	static const char *const bad[] = {
		"linux",	 "linux=",
		"linux=6",	 "linux=3.5",
		"linux=2.6",	 "linux=6.",
		"linux=6.x",	 "linux=6.1.",
		"linux=6.1.x",	 "linux=6.1.2.3",
		"linux=v6.1",	 "linux=-4.3",
		"linux=100.0",	 "linux=6.1000",
		"kvm=xen",	 "kvm=",
		"cpu=power6",	 "cpu=POWER8",
		"mmu=both",	 "page=8K",
		"page=0",	 "page=64",
		"cma=",		 "cma=x",
		"cma=-1",	 "cma=1X",
		"cma=1MM",	 "cma=1k",
		"cma=16777216T", "memory=18446744073709551616",
		"block=+1",	 "pool=1.5",
		"ram=16M.",	 "polls=many",
		"polls=1K",	 "pool=1K",
		"reverse=one",	 "reverse=",
		"colour=blue",	 "=1",
		"linux=6.1=2",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char expected[80], description[80];

		snprintf(expected, sizeof(expected),
			 "libhtab-sim: not a setting: %s\n", bad[i]);
		snprintf(description, sizeof(description), "cma=1G %s", bad[i]);
		assert_string_equal(complaint(description), expected);
	}
}

static void what_no_machine_is_is_einval(void **state)
{
	static const char *const too_old[] = {
		"cpu=power8 linux=3.13",       "cpu=power9 linux=4.10",
		"cpu=power9-dd2.0 linux=4.10", "cpu=power10 linux=5.9",
		"cpu=power10 linux=3.6",
	};

	assert_string_equal(complaint("mmu=radix"),
			    "libhtab-sim: this cpu has no radix MMU\n");
	for (size_t i = 0; i < COUNT_OF(too_old); i++)
		assert_string_equal(complaint(too_old[i]),
				    "libhtab-sim: this cpu needs a later Linux "
				    "(power8: 3.14, power9: 4.11, power10: "
				    "5.10)\n");
	assert_string_equal(complaint("kvm=nested linux=4.19"),
			    "libhtab-sim: kvm=nested needs Linux 4.20\n");
	assert_string_equal(complaint("kvm=nested mmu=hash"),
			    "libhtab-sim: kvm=nested needs mmu=radix\n");
	assert_string_equal(complaint("linux=3.12 pool=0"),
			    "libhtab-sim: pool= ended with Linux 3.11; later "
			    "kernels have cma=\n");
	assert_string_equal(complaint("cma=0 linux=3.11"),
			    "libhtab-sim: cma= needs Linux 3.12; earlier "
			    "kernels have pool=\n");
	assert_string_equal(complaint("polls=0"),
			    "libhtab-sim: polls=0: no kernel has a resize "
			    "ready at once\n");
}

static void what_is_said_twice_is_einval(void **state)
{
	assert_string_equal(complaint("linux=4.3 cma=1G linux=4.3"),
			    "libhtab-sim: linux= is there twice\n");
	assert_string_equal(complaint("mmu=hash mmu=radix"),
			    "libhtab-sim: mmu= is there twice\n");
}

static void each_cpu_runs_from_its_first_kernel_on(void **state)
{
	static const char *const first[] = {
		"cpu=power7 linux=3.6",
		"cpu=power8 linux=3.14",
		"cpu=power9 linux=4.11",
		"cpu=power9-dd2.0 linux=4.11",
		"cpu=power10 linux=5.10",
		"linux=3.6",
		"linux=3.14",
	};

	for (size_t i = 0; i < COUNT_OF(first); i++)
		close_host(a_host(first[i]));
}

static void ram_and_page_decide_the_vrma(void **state)
{
	struct htab_sim_host *host = a_host("ram=1M page=64K");
	int vmfd = a_vm(host);

	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 16);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(nothing_said_is_a_current_power8_with_room),
		SIM_TEST(radix_is_the_default_from_power9_on),
		SIM_TEST(sizes_have_units_and_separators_are_free),
		SIM_TEST(the_usual_area_depends_on_the_kernel),
		SIM_TEST(what_is_no_setting_is_einval_and_named),
		SIM_TEST(what_no_machine_is_is_einval),
		SIM_TEST(what_is_said_twice_is_einval),
		SIM_TEST(each_cpu_runs_from_its_first_kernel_on),
		SIM_TEST(ram_and_page_decide_the_vrma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
