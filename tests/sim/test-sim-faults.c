/* SPDX-License-Identifier: MIT */
/* Calls that a test makes fail */
#include "model.h"

static struct htab_sim_host *host;
static int vmfd;

static int set_up(void **state)
{
	host = a_host("page=64K");
	vmfd = a_vm_with_table(host, 20);
	assert_result(run(vmfd), 0);
	return 0;
}

static int tear_down(void **state)
{
	close(vmfd);
	close_host(host);
	return 0;
}

static long call_of_kind(enum htab_sim_call call)
{
	static uintptr_t vcpu_id;
	int htabfd = -1;
	long result = -EPROTO;
	char byte = 0;

	if (call == HTAB_SIM_READ || call == HTAB_SIM_WRITE)
		htabfd = open_htab(vmfd, call == HTAB_SIM_WRITE
						 ? UAPI_KVM_GET_HTAB_WRITE
						 : 0);
	switch (call) {
	case HTAB_SIM_CREATE_VM:
		result = htabfd = htab_sim_vm_new(host);
		break;
	case HTAB_SIM_CREATE_VCPU:
		result = htabfd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU,
						 (void *)vcpu_id++);
		break;
	case HTAB_SIM_CHECK_EXTENSION:
		result = capability(vmfd, 0);
		break;
	case HTAB_SIM_ALLOCATE_HTAB:
		result = allocate_order(vmfd, 20);
		break;
	case HTAB_SIM_GET_HTAB_FD:
		result = htabfd = open_htab_from(vmfd, 0, 0);
		break;
	case HTAB_SIM_RESIZE_PREPARE:
		result = prepare(vmfd, 0);
		break;
	case HTAB_SIM_RESIZE_COMMIT:
		result = commit(vmfd, 0) == -ENXIO ? 0 : commit(vmfd, 0);
		break;
	case HTAB_SIM_OTHER_IOCTL:
		result = htab_sim_ioctl(vmfd, 0xae99, NULL);
		result = result == -ENOTTY ? 0 : result;
		break;
	case HTAB_SIM_READ:
		result = htab_sim_read(htabfd, &byte, 1);
		break;
	case HTAB_SIM_WRITE:
		result = htab_sim_write(htabfd, &byte, 1, 1);
		break;
	case HTAB_SIM_CLOSE:
		break;
	case HTAB_SIM_RUN:
		result = run(vmfd);
		break;
	}
	if (htabfd >= 0)
		close(htabfd);
	return result;
}

static void each_kind_fails_as_often_as_it_was_told(void **state)
{
	for (int call = HTAB_SIM_CREATE_VM; call <= HTAB_SIM_RUN; call++) {
		if (call == HTAB_SIM_CLOSE)
			continue;
		assert_result(run(vmfd), 0);
		assert_true(call_of_kind((enum htab_sim_call)call) >= 0);
		assert_result(run(vmfd), 0);
		htab_sim_fail_next(host, (enum htab_sim_call)call, 4, -EPERM);
		/* call_of_kind() repeats a COMMIT that fails. */
		for (int i = 0; i < (call == HTAB_SIM_RESIZE_COMMIT ? 2 : 4);
		     i++)
			assert_int_equal(call_of_kind((enum htab_sim_call)call),
					 -EPERM);
		assert_true(call_of_kind((enum htab_sim_call)call) >= 0);
	}
}

static void a_failed_call_has_no_other_effect(void **state)
{
	htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1, -ENOMEM);
	assert_result(allocate_order(vmfd, 22), -ENOMEM);
	assert_order(vmfd, 20);
	assert_int_equal(valid_entries(vmfd), 256);
	htab_sim_fail_next(host, HTAB_SIM_RUN, 1, -EINTR);
	assert_result(htab_sim_vcpu_enter(vmfd), -EINTR);
	assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
}

static void other_kinds_do_not_fail(void **state)
{
	htab_sim_fail_next(host, HTAB_SIM_RESIZE_COMMIT, 1, -EPERM);
	assert_result(htab_reset(vmfd), 0);
	assert_result(run(vmfd), 0);
	htab_sim_fail_next(host, HTAB_SIM_RESIZE_COMMIT, 0, 0);
	assert_result(commit(vmfd, 20), -ENXIO);
}

static void a_close_that_fails_has_closed(void **state)
{
	int before = open_descriptors();
	uint32_t order;

	htab_sim_fail_next(host, HTAB_SIM_CLOSE, 1, -EINTR);
	assert_result(htab_order(vmfd, &order), 0);
	assert_int_equal(open_descriptors(), before);
	assert_non_null(strstr(htab_sim_journal(host), "close() = -EINTR\n"));
}

/* The calls of htab_reset() are the one that opens the descriptor, five writes,
 * close(), and the ioctl that clears. It ignores the result of close(). */
enum { RESET_CALLS = 8, RESET_CLOSE = 7 };

static void
whichever_call_of_a_reset_fails_nothing_changes_or_leaks(void **state)
{
	int before = open_descriptors();

	for (unsigned int n = 1; n <= RESET_CALLS + 1; n++) {
		int expected = n == RESET_CLOSE || n > RESET_CALLS ? 0 : -EINTR;
		struct free_memory memory = free_memory(host), now;

		assert_result(run(vmfd), 0);
		htab_sim_fail_nth(host, n, -EINTR);
		assert_result(htab_reset(vmfd), expected);
		htab_sim_fail_nth(host, 0, 0);
		assert_int_equal(open_descriptors(), before);
		assert_order(vmfd, 20);
		assert_int_equal(valid_entries(vmfd), expected ? 256 : 0);
		now = free_memory(host);
		assert_memory_equal(&now, &memory, sizeof(now));
	}
}

static void the_nth_call_fails_and_only_that(void **state)
{
	htab_sim_fail_nth(host, 3, -EPERM);
	assert_result(capability(vmfd, 0), 0);
	assert_result(run(vmfd), 0);
	assert_result(allocate_order(vmfd, 20), -EPERM);
	assert_result(allocate_order(vmfd, 20), 0);
	htab_sim_fail_nth(host, 1, -EPERM);
	htab_sim_fail_nth(host, 0, -EPERM);
	assert_result(allocate_order(vmfd, 20), 0);
}

static void a_reverse_map_that_fails_is_enomem(void **state)
{
	uint32_t order = 22;

	htab_sim_fail_reverse_map(host, 2);
	assert_result(allocate_order(vmfd, 22), -ENOMEM);
	assert_no_table(vmfd);
	/* On Linux 4.11 and later this ENOMEM is like any other, so
	 * htab_alloc() tries the next smaller order. */
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_int_equal(order, 21);
	htab_sim_fail_reverse_map(host, 1);
	htab_sim_fail_reverse_map(host, 0);
	assert_result(allocate_order(vmfd, 22), 0);
}

static void
before_4_11_a_reverse_map_that_fails_is_not_recoverable(void **state)
{
	static const char *const hosts[] = { "linux=3.8", "linux=4.3",
					     "linux=4.4", "linux=4.10" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *old = htab_sim_host_new(hosts[i]);
		uint64_t before = htab_sim_free_memory(old, HTAB_SIM_PAGES);
		int old_vm = a_vm(old);
		uint32_t order = 22;

		htab_sim_fail_reverse_map(old, 1);
		assert_result(htab_alloc(old_vm, &order), -ENOTRECOVERABLE);
		assert_int_equal(order, 22);
		/* The kernel has freed the memory, but still knows a size. */
		assert_order(old_vm, 22);
		assert_int_equal(htab_sim_free_memory(old, HTAB_SIM_PAGES),
				 before);
		close(old_vm);
		assert_int_equal(free_host(old), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_fails_as_often_as_it_was_told),
		TEST(a_failed_call_has_no_other_effect),
		TEST(other_kinds_do_not_fail),
		TEST(a_close_that_fails_has_closed),
		TEST(whichever_call_of_a_reset_fails_nothing_changes_or_leaks),
		TEST(the_nth_call_fails_and_only_that),
		TEST(a_reverse_map_that_fails_is_enomem),
		TEST(before_4_11_a_reverse_map_that_fails_is_not_recoverable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
