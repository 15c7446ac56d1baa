/* SPDX-License-Identifier: MIT */
/*
 * Calls that harm a real host: the hazards of docs/kernels.md. Except for
 * hazard 5 (test-sim-stale.c), 12 and 13 (test-sim-misplaced.c) and 24
 * (test-sim-pointers.c) they are all in this file, so that a missing one is
 * easy to see. Therefore the file is long.
 */
#include "model.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static struct hazards hazards;

static struct htab_sim_host *watched(const char *description)
{
	struct htab_sim_host *host = a_host(description);

	watch_hazards(host, &hazards);
	return host;
}

static void hazard_1_is_order_0_without_a_table(void **state)
{
	static const char *const hosts[] = { "linux=4.11", "linux=7.2",
					     "linux=7.2 cpu=power9" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i]);
		int vmfd = a_vm(host);

		assert_result(allocate_order(vmfd, 0), -EIO);
		assert_hazard(&hazards, 1);
		/* If the VM has a table, order 0 is only refused. (Before Linux
		 * 4.11 it becomes 18.) */
		assert_result(allocate_order(vmfd, 20), 0);
		assert_result(allocate_order(vmfd, 0), -EINVAL);
		assert_hazard(&hazards, 0);
		close(vmfd);
		close_host(host);
	}
}

static void hazard_6_is_a_retry_over_a_dangling_table(void **state)
{
	static const char *const hosts[] = { "linux=3.6", "linux=4.3",
					     "linux=4.10" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i]);
		int vmfd = a_vm(host);

		htab_sim_fail_reverse_map(host, 1);
		assert_result(allocate_order(vmfd, 22), -ENOMEM);
		assert_hazard(&hazards, 0);
		assert_result(allocate_order(vmfd, 20), -EIO);
		assert_hazard(&hazards, 6);
		assert_result(run(vmfd), -EIO);
		assert_hazard(&hazards, 6);
		close(vmfd);
		close_host(host);
	}
}

static void a_first_run_can_leave_a_dangling_table_too(void **state)
{
	struct htab_sim_host *host = watched("linux=4.10");
	int vmfd = a_vm(host);

	htab_sim_fail_reverse_map(host, 1);
	assert_result(run(vmfd), -ENOMEM);
	assert_hazard(&hazards, 0);
	assert_result(run(vmfd), -EIO);
	assert_hazard(&hazards, 6);
	close(vmfd);
	close_host(host);
}

static void from_4_11_on_a_retry_is_no_hazard(void **state)
{
	struct htab_sim_host *host = watched("linux=4.11");
	int vmfd = a_vm(host);

	htab_sim_fail_reverse_map(host, 1);
	assert_result(allocate_order(vmfd, 22), -ENOMEM);
	assert_result(allocate_order(vmfd, 22), 0);
	htab_sim_fail_reverse_map(host, 1);
	assert_result(allocate_order(vmfd, 20), -ENOMEM);
	assert_result(run(vmfd), 0);
	assert_hazard(&hazards, 0);
	close(vmfd);
	close_host(host);
}

/* Real kernels crashed with orders from 48 on. Order 47 only fails. */
static void hazard_7_is_an_order_that_nobody_checks(void **state)
{
	static const char *const hosts[] = { "linux=3.6", "linux=4.3",
					     "linux=4.4", "linux=4.10" };
	static const uint32_t huge[] = { 48, 64, 146, UINT32_MAX };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i]);
		int vmfd = a_vm(host);

		for (size_t j = 0; j < COUNT_OF(huge); j++) {
			assert_result(allocate_order(vmfd, huge[j]), -ENOMEM);
			assert_hazard(&hazards, 7);
		}
		allocate_order(vmfd, 47);
		assert_hazard(&hazards, 0);
		close(vmfd);
		close_host(host);
	}
}

static void hazard_8_is_a_commit_before_a_run(void **state)
{
	static const char *const hosts[] = { "linux=4.11", "linux=7.2" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i]);
		int vmfd = a_vm_with_table(host, 24);

		assert_result(resize(vmfd, 20), -EIO);
		assert_hazard(&hazards, 8);
		assert_result(run(vmfd), 0);
		assert_result(resize(vmfd, 20), 0);
		assert_hazard(&hazards, 0);
		/* After ALLOCATE_HTAB a vcpu must run again before COMMIT. */
		assert_result(htab_reset(vmfd), 0);
		assert_result(prepare(vmfd, 24), 100);
		assert_result(commit(vmfd, 24), -EIO);
		assert_hazard(&hazards, 8);
		/* The failed COMMIT discarded the prepared table, so closing
		 * the VM is no hazard. */
		close(vmfd);
		close_host(host);
		assert_hazard(&hazards, 0);
	}
}

static void hazard_9_is_a_commit_of_nothing(void **state)
{
	static const struct {
		const char *host;
		int result, hazard;
	} hosts[] = {
		{ "linux=4.11", -EIO, 9 },
		{ "linux=4.13", -EIO, 9 },
		{ "linux=4.14", -ENXIO, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i].host);
		int vmfd = a_vm_with_table(host, 20);

		assert_result(run(vmfd), 0);
		assert_result(commit(vmfd, 20), hosts[i].result);
		assert_hazard(&hazards, hosts[i].hazard);
		/* If another shift is pending, COMMIT returns ENXIO, which is
		 * no hazard. */
		assert_result(prepare(vmfd, 22), 100);
		assert_result(prepare(vmfd, 22), 0);
		assert_result(commit(vmfd, 20), -ENXIO);
		assert_hazard(&hazards, 0);
		close(vmfd);
		close_host(host);
	}
}

static void hazard_10_is_a_prepare_replaced_while_it_works(void **state)
{
	static const struct {
		const char *host;
		int hazard;
	} hosts[] = { { "linux=4.11", 10 },
		      { "linux=4.13", 10 },
		      { "linux=4.14", 0 } };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i].host);
		int vmfd = a_vm(host);

		assert_result(prepare(vmfd, 20), 100);
		assert_result(prepare(vmfd, 22), 100);
		assert_hazard(&hazards, hosts[i].hazard);
		assert_result(prepare(vmfd, 0), 0);
		assert_hazard(&hazards, hosts[i].hazard);
		/* After the worker is done, the prepared table can be
		 * discarded. */
		assert_result(prepare(vmfd, 20), 100);
		assert_result(prepare(vmfd, 20), 0);
		assert_result(prepare(vmfd, 0), 0);
		assert_hazard(&hazards, 0);
		close(vmfd);
		close_host(host);
	}
}

static void hazard_11_is_a_vm_closed_with_a_resize_pending(void **state)
{
	struct htab_sim_host *host = watched("cma=64M memory=1G");
	int vmfd = a_vm(host);

	assert_result(prepare(vmfd, 25), 100);
	assert_result(prepare(vmfd, 25), 0);
	close(vmfd);
	/* The memory of the prepared table is lost. */
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_CMA), 32 << 20);
	assert_hazard(&hazards, 11);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES),
			 (1 << 30) - (32 << 20));
	vmfd = a_vm(host);
	assert_result(allocate_order(vmfd, 26), -ENOMEM);
	close(vmfd);
	assert_int_equal(free_host(host), 0);
	assert_hazard(&hazards, 0);
}

/* --- 14: a table is replaced while it is read --- */

static atomic_bool stop;

/* Makes first passes over a table that is so large that each pass takes some
 * time. */
static void *read_on(void *arg)
{
	static unsigned char buf[1 << 20];
	const int vmfd = *(const int *)arg;

	while (!atomic_load(&stop)) {
		int htabfd = open_htab_from(vmfd, 0, 0);

		htab_sim_read(htabfd, buf, sizeof(buf));
		close(htabfd);
	}
	return NULL;
}

static void until_hazard(int vmfd, int (*change)(int, uint32_t))
{
	const time_t end = time(NULL) + 5;
	uint32_t order = 40;
	pthread_t reader;

	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &vmfd), 0);
	while (hazards.count == 0 && time(NULL) < end) {
		order ^= 1;
		change(vmfd, order);
	}
	atomic_store(&stop, true);
	pthread_join(reader, NULL);
	assert_true(hazards.count > 0);
	assert_int_equal(hazards.last, 14);
	hazards = (struct hazards){ 0 };
}

static void hazard_14_is_a_table_replaced_under_a_reader(void **state)
{
	struct htab_sim_host *host = watched("cma=128T memory=128T ram=64K");
	int vmfd = a_vm_with_table(host, 40);

	until_hazard(vmfd, allocate_order);
	assert_result(run(vmfd), 0);
	until_hazard(vmfd, resize);
	close(vmfd);
	close_host(host);
}

static int same_order(int vmfd, uint32_t order)
{
	(void)order;
	return allocate_order(vmfd, 40);
}

static void a_table_cleared_under_a_reader_is_none(void **state)
{
	struct htab_sim_host *host = watched("cma=128T memory=128T ram=64K");
	int vmfd = a_vm_with_table(host, 40);
	pthread_t reader;

	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &vmfd), 0);
	for (int i = 0; i < 50; i++)
		assert_result(same_order(vmfd, 0), 0);
	atomic_store(&stop, true);
	pthread_join(reader, NULL);
	assert_hazard(&hazards, 0);
	close(vmfd);
	close_host(host);
}

static void hazard_20_is_a_hash_guest_run_on_a_nested_hypervisor(void **state)
{
	struct htab_sim_host *host = watched("kvm=nested linux=5.9");
	int vmfd = a_vm(host);

	assert_result(run(vmfd), 0);
	assert_result(allocate_order(vmfd, 20), 0);
	assert_hazard(&hazards, 0);
	assert_result(htab_sim_vcpu_enter(vmfd), -EIO);
	assert_hazard(&hazards, 20);
	assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
	close(vmfd);
	close_host(host);
}

/* --- without a handler --- */

/* Returns what a child prints when it meets hazard 1 and aborts. */
static const char *last_words(const char *description, bool with_handler)
{
	static char text[512];
	FILE *file = tmpfile();
	pid_t child;
	int status;
	size_t n;

	assert_non_null(file);
	child = fork();
	if (child == 0) {
		const struct rlimit no_core = { 0, 0 };
		struct htab_sim_host *host = htab_sim_host_new(description);
		int vmfd = a_vm(host);

		setrlimit(RLIMIT_CORE, &no_core);
		/* CMocka's handler of SIGABRT would print into the file,
		 * too. */
		signal(SIGABRT, SIG_DFL);
		dup2(fileno(file), STDERR_FILENO);
		if (with_handler)
			watch_hazards(host, &hazards);
		htab_sim_on_hazard(host, NULL, NULL);
		allocate_order(vmfd, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void without_a_handler_it_prints_the_calls_and_aborts(void **state)
{
	static const char words[] =
		"KVM_CREATE_VM() = fd\n"
		"KVM_PPC_ALLOCATE_HTAB(order=0) = -EIO\n"
		"libhtab-sim: hazard 1: ALLOCATE_HTAB of order 0 without a "
		"table (the kernel writes to address 0)\n";

	/* qemu-user prints a message of its own after these lines. */
	assert_memory_equal(last_words(NULL, false), words, strlen(words));
	assert_memory_equal(last_words("linux=4.11", true), words,
			    strlen(words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(hazard_1_is_order_0_without_a_table),
		SIM_TEST(hazard_6_is_a_retry_over_a_dangling_table),
		SIM_TEST(a_first_run_can_leave_a_dangling_table_too),
		SIM_TEST(from_4_11_on_a_retry_is_no_hazard),
		SIM_TEST(hazard_7_is_an_order_that_nobody_checks),
		SIM_TEST(hazard_8_is_a_commit_before_a_run),
		SIM_TEST(hazard_9_is_a_commit_of_nothing),
		SIM_TEST(hazard_10_is_a_prepare_replaced_while_it_works),
		SIM_TEST(hazard_11_is_a_vm_closed_with_a_resize_pending),
		SIM_TEST(hazard_14_is_a_table_replaced_under_a_reader),
		SIM_TEST(a_table_cleared_under_a_reader_is_none),
		SIM_TEST(hazard_20_is_a_hash_guest_run_on_a_nested_hypervisor),
		SIM_TEST(without_a_handler_it_prints_the_calls_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
