/* SPDX-License-Identifier: MIT */
/* Interceptors and hazard handlers, which the simulator calls */
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

struct interception {
	struct htab_sim_event last;
	unsigned int count;
	bool answers;
	int inner_vm; /* the interceptor allocates here; -1: none */
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
	/* The interceptor did not answer, so the simulated kernel did. */
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
	/* The interceptor answers KVM_RUN with 0. So no vcpu enters, and the
	 * call does not wait for a signal. */
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

/* CMocka's fail() leaves a callback by longjmp(). The simulator must not keep a
 * lock or a reference to the VM then. */
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

/* This hung once, because the simulator called the handler while it held the
 * lock of the VM that the handler asks about. */
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
	/* The memory of the pending table is lost, so close_host() would
	 * fail. */
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
		TEST(an_interceptor_sees_each_call_and_may_answer),
		TEST(an_interceptor_may_call_the_simulator),
		TEST(an_interceptor_that_closes_the_descriptor_comes_first),
		TEST(callbacks_may_leave_by_longjmp),
		TEST(a_hazard_handler_may_call_the_simulator),
		TEST(a_fault_comes_before_the_interceptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
