/* SPDX-License-Identifier: MIT */
/* Requests that the simulator does not know, and the journal in a file */
#include "model.h"

#include <stdio.h>
#include <sys/ioctl.h>

#define CREATE_IRQCHIP _IO(UAPI_KVM_TYPE, 0x60)
#define GET_FPU	       _IOR(UAPI_KVM_TYPE, 0x8c, char[416])
#define GET_CPUID      _IOWR(UAPI_KVM_TYPE, 0x05, char[8])
#define NO_REQUEST     _IO(UAPI_KVM_TYPE, 0xfe)
/* powerpc has another number for a request without an argument. */
#ifdef __powerpc__
#define NO_REQUEST_TEXT "0x2000aefe"
#else
#define NO_REQUEST_TEXT "0xaefe"
#endif

static struct htab_sim_host *host;
static int vmfd, vcpufd, htabfd;

struct seen {
	unsigned int count;
	struct htab_sim_event event;
	char name[64];
	long result;
	jmp_buf *leave;
};
static struct seen seen;

static void see(void *data, const struct htab_sim_event *event,
		const char *name, long result)
{
	struct seen *to = data;

	to->count++;
	to->event = *event;
	snprintf(to->name, sizeof(to->name), "%s", name ? name : "(none)");
	to->result = result;
	/* No lock is held. */
	htab_sim_journal(host);
	assert_result(
		capability(event->fd == vmfd ? vmfd : htab_sim_kvmfd(host), 1),
		0);
	if (to->leave)
		longjmp(*to->leave, 1);
}

static int set_up_on(const char *description)
{
	host = a_host(description);
	vmfd = a_vm_with_table(host, 20);
	vcpufd = a_vcpu(vmfd);
	htabfd = open_htab(vmfd, 0);
	seen = (struct seen){ .count = 0 };
	htab_sim_on_unknown(host, see, &seen);
	htab_sim_journal_clear(host);
	return 0;
}

static int set_up(void **state)
{
	return set_up_on(NULL);
}

static int set_up_accepting(void **state)
{
	return set_up_on("other=accept");
}

static int tear_down(void **state)
{
	close(htabfd);
	close(vcpufd);
	close(vmfd);
	close_host(host);
	return free_left_hosts(state);
}

#define assert_seen(result, name) assert_seen_at(result, name, __LINE__)
static void assert_seen_at(int result, const char *name, int line)
{
	if (seen.count != 1 || seen.result != result ||
	    strcmp(seen.name, name) != 0)
		fail_msg("line %d: %u, %ld, %s", line, seen.count, seen.result,
			 seen.name);
	seen.count = 0;
}

static void each_descriptor_refuses_them_as_a_kernel_does(void **state)
{
	int kvmfd = htab_sim_kvmfd(host);

	assert_result(htab_sim_ioctl(kvmfd, GET_CPUID, &seen), -EINVAL);
	assert_seen(-EINVAL, "KVM_GET_SUPPORTED_CPUID");
	assert_int_equal(seen.event.fd, kvmfd);
	assert_int_equal(seen.event.call, HTAB_SIM_OTHER_IOCTL);
	assert_true(seen.event.request == GET_CPUID);
	assert_ptr_equal(seen.event.arg, &seen);
	assert_result(htab_sim_ioctl(vmfd, CREATE_IRQCHIP, NULL), -ENOTTY);
	assert_seen(-ENOTTY, "KVM_CREATE_IRQCHIP");
	assert_result(htab_sim_ioctl(vcpufd, GET_FPU, NULL), -EINVAL);
	assert_seen(-EINVAL, "KVM_GET_FPU");
	assert_result(htab_sim_ioctl(htabfd, NO_REQUEST, NULL), -ENOTTY);
	assert_seen(-ENOTTY, "(none)");
	assert_string_equal(htab_sim_journal(host),
			    "KVM_GET_SUPPORTED_CPUID() = -EINVAL\n"
			    "KVM_CHECK_EXTENSION(1) = 0\n"
			    "KVM_CREATE_IRQCHIP() = -ENOTTY\n"
			    "KVM_CHECK_EXTENSION(1) = 0\n"
			    "KVM_GET_FPU() = -EINVAL\n"
			    "KVM_CHECK_EXTENSION(1) = 0\n"
			    "ioctl(" NO_REQUEST_TEXT ") = -ENOTTY\n"
			    "KVM_CHECK_EXTENSION(1) = 0\n");
}

static void a_host_may_accept_them(void **state)
{
	int fds[] = { htab_sim_kvmfd(host), vmfd, vcpufd, htabfd };
	unsigned int untouched = 77;

	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		assert_result(htab_sim_ioctl(fds[i], GET_FPU, &untouched), 0);
		assert_seen(0, "KVM_GET_FPU");
		/* What it knows of another descriptor it does not accept. */
		if (fds[i] != vcpufd)
			assert_true(htab_sim_ioctl(fds[i], UAPI_KVM_RUN, NULL) <
				    0);
	}
	assert_int_equal(untouched, 77);
	/* Nor what is no request of KVM */
	assert_result(htab_sim_ioctl(vmfd, FIONREAD, &untouched), -ENOTTY);
	assert_result(htab_sim_ioctl(vcpufd, FIONREAD, &untouched), -EINVAL);
	assert_int_equal(seen.count, 0);
}

static void what_is_known_is_not_reported(void **state)
{
	uint32_t order = 20;

	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_RUN, NULL), -ENOTTY);
	assert_result(enable_papr(vmfd), -EINVAL);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_CREATE_VCPU, NULL),
		      -EINVAL);
	assert_result(htab_sim_ioctl(htab_sim_kvmfd(host),
				     UAPI_KVM_PPC_ALLOCATE_HTAB, &order),
		      -EINVAL);
	assert_result(
		htab_sim_ioctl(htabfd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order),
		-ENOTTY);
	assert_int_equal(seen.count, 0);
}

/* Its number and direction are those of KVM_SET_ONE_REG. */
static void a_request_may_differ_from_a_known_one_in_its_size(void **state)
{
	char arguments[128] = "";

	assert_result(htab_sim_ioctl(vmfd, _IOW(UAPI_KVM_TYPE, 0xac, char[128]),
				     arguments),
		      -ENOTTY);
	assert_seen(-ENOTTY, "KVM_PPC_RTAS_DEFINE_TOKEN");
	assert_result(htab_sim_ioctl(vmfd, _IOW(UAPI_KVM_TYPE, 0xa8, char[32]),
				     arguments),
		      -ENOTTY);
	assert_seen(-ENOTTY, "KVM_CREATE_SPAPR_TCE_64");
	assert_result(htab_sim_ioctl(vmfd, _IOW(UAPI_KVM_TYPE, 0xa8, char[16]),
				     arguments),
		      -ENOTTY);
	assert_seen(-ENOTTY, "KVM_CREATE_SPAPR_TCE");
}

static void pr_has_known_requests_that_fail(void **state)
{
	struct htab_sim_host *pr = htab_sim_host_new("kvm=pr");
	int vm = a_vm(pr);

	htab_sim_on_unknown(pr, see, &seen);
	assert_result(allocate_order(vm, 20), -ENOTTY);
	assert_int_equal(seen.count, 0);
	assert_result(htab_sim_ioctl(vm, CREATE_IRQCHIP, NULL), -ENOTTY);
	assert_seen(-ENOTTY, "KVM_CREATE_IRQCHIP");
	close(vm);
	assert_int_equal(free_host(pr), 0);
}

static void a_handler_may_leave(void **state)
{
	jmp_buf leave;

	seen.leave = &leave;
	if (setjmp(leave) == 0) {
		htab_sim_ioctl(vmfd, CREATE_IRQCHIP, NULL);
		fail_msg("the handler did not leave");
	}
	assert_seen(-ENOTTY, "KVM_CREATE_IRQCHIP");
	assert_result(htab_reset(vmfd), 0);
}

static void a_handler_can_be_taken_away(void **state)
{
	htab_sim_on_unknown(host, NULL, NULL);
	assert_result(htab_sim_ioctl(vmfd, CREATE_IRQCHIP, NULL), -ENOTTY);
	assert_int_equal(seen.count, 0);
}

static bool answer_all(void *data, const struct htab_sim_event *event,
		       long *result)
{
	*result = 5;
	return true;
}

static void what_an_interceptor_answers_is_not_reported(void **state)
{
	htab_sim_intercept(host, answer_all, NULL);
	assert_result(htab_sim_ioctl(vmfd, CREATE_IRQCHIP, NULL), 5);
	htab_sim_intercept(host, NULL, NULL);
	assert_int_equal(seen.count, 0);
}

/* --- the journal in a file --- */

static void the_journal_can_go_to_a_file(void **state)
{
	char text[256] = "";
	int pipes[2];
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	assert_result(allocate_order(vmfd, 20), 0);
	htab_sim_journal_to(host, pipes[1]);
	assert_result(allocate_order(vmfd, 21), 0);
	assert_result(htab_sim_ioctl(vmfd, NO_REQUEST, NULL), -ENOTTY);
	htab_sim_journal_to(host, -1);
	assert_result(allocate_order(vmfd, 22), 0);
	n = read(pipes[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "KVM_PPC_ALLOCATE_HTAB(order=21) = 0\n"
				  "ioctl(" NO_REQUEST_TEXT ") = -ENOTTY\n"
				  "KVM_CHECK_EXTENSION(1) = 0\n");
	/* A line that cannot be written is lost, and the call is not. */
	close(pipes[0]);
	close(pipes[1]);
	htab_sim_journal_to(host, pipes[1]);
	assert_result(allocate_order(vmfd, 20), 0);
}

int main(void)
{
#define UNKNOWN_TEST(function)                                                 \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		UNKNOWN_TEST(each_descriptor_refuses_them_as_a_kernel_does),
		cmocka_unit_test_setup_teardown(a_host_may_accept_them,
						set_up_accepting, tear_down),
		UNKNOWN_TEST(what_is_known_is_not_reported),
		UNKNOWN_TEST(a_request_may_differ_from_a_known_one_in_its_size),
		UNKNOWN_TEST(pr_has_known_requests_that_fail),
		UNKNOWN_TEST(a_handler_may_leave),
		UNKNOWN_TEST(a_handler_can_be_taken_away),
		UNKNOWN_TEST(what_an_interceptor_answers_is_not_reported),
		UNKNOWN_TEST(the_journal_can_go_to_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
