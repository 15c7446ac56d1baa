/* SPDX-License-Identifier: MIT */
/* Calls that a test lets fail, or answers itself */
#include "model.h"

#include <dirent.h>

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

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
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
		/* COMMIT is asked twice where it fails. */
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

/* The calls of an htab_reset(): the descriptor, five writes, close, and the
 * ioctl that clears. What close() says does not matter. */
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
	/* From 4.11 on it is like any other, so the next size down is tried. */
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
		/* Nothing is there but its size. */
		assert_order(old_vm, 22);
		assert_int_equal(htab_sim_free_memory(old, HTAB_SIM_PAGES),
				 before);
		close(old_vm);
		assert_int_equal(free_host(old), 0);
	}
}

struct interception {
	struct htab_sim_event last;
	unsigned int count;
	bool answers;
	int inner_vm; /* it may call the simulator */
};

static bool intercept(void *data, const struct htab_sim_event *event,
		      long *result)
{
	struct interception *seen = data;

	if (event->fd == seen->inner_vm)
		return false;
	seen->count++;
	seen->last = *event;
	if (seen->inner_vm >= 0)
		assert_result(allocate_order(seen->inner_vm, 20), 0);
	if (event->call == HTAB_SIM_ALLOCATE_HTAB && seen->answers)
		*(uint32_t *)event->arg = 19;
	*result = seen->answers ? 0 : -EPERM;
	return seen->answers;
}

static void an_interceptor_sees_each_call_and_may_answer(void **state)
{
	struct interception seen = { .inner_vm = -1 };
	uint32_t order = 20;
	int htabfd, vcpufd;

	vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	htab_sim_intercept(host, intercept, &seen);
	htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	assert_int_equal(seen.last.call, HTAB_SIM_GET_HTAB_FD);
	assert_int_equal(write_hpte(htabfd, 8, A_HPTE_V, A_HPTE_R), 24);
	assert_int_equal(seen.last.call, HTAB_SIM_WRITE);
	assert_int_equal(seen.last.fd, htabfd);
	assert_int_equal(seen.last.len, 24);
	assert_non_null(seen.last.buf);
	close(htabfd);
	/* It did not answer, so the model did. */
	assert_result(allocate(vmfd, &order), 0);
	assert_int_equal(seen.last.call, HTAB_SIM_ALLOCATE_HTAB);
	assert_int_equal(seen.last.fd, vmfd);
	assert_int_equal(seen.last.request, UAPI_KVM_PPC_ALLOCATE_HTAB);
	assert_ptr_equal(seen.last.arg, &order);
	assert_int_equal(seen.count, 3);

	seen.answers = true;
	order = 22;
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_int_equal(seen.last.call, HTAB_SIM_RUN);
	assert_int_equal(seen.last.fd, vmfd);
	assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
	/* Nor does one wait inside that was not let in. */
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL), 0);
	assert_result(allocate(vmfd, &order), 0);
	assert_int_equal(order, 19);

	htab_sim_intercept(host, NULL, NULL);
	assert_order(vmfd, 20);
	assert_int_equal(seen.count, 6);
	close(vcpufd);
}

static void an_interceptor_may_call_the_simulator(void **state)
{
	struct interception seen = { .inner_vm = a_vm(host) };

	htab_sim_intercept(host, intercept, &seen);
	assert_result(allocate_order(vmfd, 22), 0);
	htab_sim_intercept(host, NULL, NULL);
	assert_order(seen.inner_vm, 20);
	close(seen.inner_vm);
}

static bool close_it(void *data, const struct htab_sim_event *event,
		     long *result)
{
	(void)data;
	(void)result;
	close(event->fd);
	return false;
}

static void an_interceptor_that_closes_the_descriptor_comes_first(void **state)
{
	int closed = a_vm_with_table(host, 22);
	uint64_t before = htab_sim_free_memory(host, HTAB_SIM_PAGES);

	htab_sim_intercept(host, close_it, NULL);
	assert_result(allocate_order(closed, 22), -EBADF);
	htab_sim_intercept(host, NULL, NULL);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES),
			 before + (4 << 20));
}

static jmp_buf back;

static bool jump_away(void *data, const struct htab_sim_event *event,
		      long *result)
{
	(void)data;
	(void)event;
	(void)result;
	longjmp(back, 1);
}

static void jump_from_hazard(void *data, enum htab_sim_hazard hazard,
			     const char *sentence)
{
	(void)sentence;
	*(enum htab_sim_hazard *)data = hazard;
	longjmp(back, 1);
}

/* As CMocka's fail() does: nothing stays locked, or held. */
static void callbacks_may_leave_by_longjmp(void **state)
{
	static enum htab_sim_hazard seen;
	static int lost;

	lost = a_vm(host);
	htab_sim_on_hazard(host, jump_from_hazard, &seen);
	if (setjmp(back) == 0)
		allocate_order(lost, 0);
	assert_int_equal(seen, HTAB_SIM_HAZARD_ORDER_0);
	htab_sim_on_hazard(host, NULL, NULL);
	htab_sim_intercept(host, jump_away, NULL);
	if (setjmp(back) == 0)
		allocate_order(lost, 20);
	if (setjmp(back) == 0)
		htab_sim_vcpu_enter(lost);
	htab_sim_intercept(host, NULL, NULL);
	assert_result(allocate_order(lost, 20), 0);
	close(lost);
}

struct question {
	int vmfd;
	uint32_t order;
};

static void ask(void *data, enum htab_sim_hazard hazard, const char *sentence)
{
	struct question *question = data;

	(void)sentence;
	assert_int_equal(hazard, HTAB_SIM_HAZARD_CLOSED_PENDING);
	assert_result(htab_order(question->vmfd, &question->order), 0);
}

/* It hung once: the call held the lock of the VM that the handler asks about. */
static void a_hazard_handler_may_call_the_simulator(void **state)
{
	struct htab_sim_host *other = htab_sim_host_new(NULL);
	int pending = a_vm(other), asked = a_vm(other);
	struct question question = { .vmfd = asked };

	alarm(10);
	assert_result(prepare(pending, 20), 100);
	htab_sim_on_hazard(other, ask, &question);
	close(pending);
	assert_result(allocate_order(asked, 22), 0);
	assert_int_equal(question.order, 22);
	alarm(0);
	close(asked);
	/* What was pending is lost. */
	assert_int_equal(free_host(other), 0);
}

static void a_fault_comes_before_the_interceptor(void **state)
{
	struct interception seen = { .inner_vm = -1, .answers = true };

	htab_sim_intercept(host, intercept, &seen);
	htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1, -EPERM);
	assert_result(allocate_order(vmfd, 20), -EPERM);
	assert_int_equal(seen.count, 0);
	htab_sim_intercept(host, NULL, NULL);
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
		TEST(an_interceptor_sees_each_call_and_may_answer),
		TEST(an_interceptor_may_call_the_simulator),
		TEST(an_interceptor_that_closes_the_descriptor_comes_first),
		TEST(callbacks_may_leave_by_longjmp),
		TEST(a_hazard_handler_may_call_the_simulator),
		TEST(a_fault_comes_before_the_interceptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
