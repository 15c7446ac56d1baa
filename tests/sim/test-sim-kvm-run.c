/* SPDX-License-Identifier: MIT */
/* KVM_RUN: what refuses it, what ends it, and what struct kvm_run says then */
#include "model.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* No exit reason of the kernel's */
enum { UNTOUCHED = 0xdead };

static struct htab_sim_host *host;
static int vmfd, vcpufd;
static struct uapi_kvm_run *kvm_run;

static volatile sig_atomic_t handled;

static void count_signal(int signal)
{
	handled++;
}

static int set_up_on(const char *description)
{
	const struct sigaction action = { .sa_handler = count_signal };

	/* A KVM_RUN that waits forever must not hang the tests. */
	alarm(60);
	handled = 0;
	sigaction(SIGUSR1, &action, NULL);
	host = a_host(description);
	vmfd = a_vm(host);
	vcpufd = a_vcpu(vmfd);
	kvm_run = map_run(vcpufd);
	kvm_run->exit_reason = UNTOUCHED;
	return 0;
}

static int set_up(void **state)
{
	return set_up_on(NULL);
}

static int set_up_old(void **state)
{
	return set_up_on("linux=4.10");
}

static int tear_down(void **state)
{
	unmap_run(kvm_run);
	close(vcpufd);
	close(vmfd);
	close_host(host);
	alarm(0);
	return free_left_hosts(state);
}

#define RUN_TEST(function)                                                     \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static int run_vcpu(void)
{
	return htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, NULL);
}

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
}

static void unblock(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
}

static bool is_pending(int signal)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signal) == 1;
}

/* Lets KVM_RUN block all signals but one. */
static void allow_only(int signal)
{
	struct {
		uint32_t len;
		unsigned char sigset[8];
	} mask = { .len = 8 };
	unsigned long words[8 / sizeof(unsigned long)];
	const unsigned int bits = 8 * sizeof(unsigned long);
	const unsigned int bit = (unsigned int)signal - 1;

	memset(words, 0xff, sizeof(words));
	if (signal)
		words[bit / bits] &= ~(1ul << bit % bits);
	memcpy(mask.sigset, words, sizeof(words));
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      0);
}

/* --- what refuses it --- */

static void without_papr_it_fails(void **state)
{
	int other = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, (void *)2047);
	struct uapi_kvm_run *run = map_run(other);

	assert_result(htab_sim_ioctl(other, UAPI_KVM_RUN, NULL), -EINVAL);
	assert_int_equal(run->exit_reason, UAPI_KVM_EXIT_INTERNAL_ERROR);
	assert_no_table(vmfd);
	run->exit_reason = UNTOUCHED;
	run->immediate_exit = 1;
	assert_result(htab_sim_ioctl(other, UAPI_KVM_RUN, NULL), -EINTR);
	assert_int_equal(run->exit_reason, UNTOUCHED);
	unmap_run(run);
	close(other);
}

static void pr_runs_without_papr(void **state)
{
	struct htab_sim_host *pr = htab_sim_host_new("kvm=pr");
	int vm = a_vm(pr);
	int vcpu = htab_sim_ioctl(vm, UAPI_KVM_CREATE_VCPU, NULL);

	assert_result(htab_sim_vcpu_exit(vcpu, 3, NULL, 0), 0);
	assert_result(htab_sim_ioctl(vcpu, UAPI_KVM_RUN, NULL), 0);
	close(vcpu);
	close(vm);
	assert_int_equal(free_host(pr), 0);
}

static void it_takes_no_argument(void **state)
{
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_RUN, (void *)8), -EINVAL);
	assert_int_equal(kvm_run->exit_reason, UNTOUCHED);
	assert_no_table(vmfd);
}

static void immediate_exit_is_no_first_run(void **state)
{
	kvm_run->immediate_exit = 1;
	assert_result(run_vcpu(), -EINTR);
	assert_int_equal(kvm_run->exit_reason, UNTOUCHED);
	assert_no_table(vmfd);
	kvm_run->immediate_exit = 0;
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(run_vcpu(), 0);
	assert_order(vmfd, 24);
}

static void old_kernels_ignore_immediate_exit(void **state)
{
	kvm_run->immediate_exit = 1;
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(run_vcpu(), 2);
	assert_int_equal(kvm_run->exit_reason, 3);
	assert_order(vmfd, 24);
}

static void before_5_18_it_returns_2_after_an_exit(void **state)
{
	static const struct {
		const char *host;
		int result;
	} hosts[] = { { "linux=4.3", 2 },
		      { "linux=5.17", 2 },
		      { "linux=5.18", 0 },
		      { "linux=7.2", 0 } };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *other = a_host(hosts[i].host);
		int vm = a_vm(other), vcpu = a_vcpu(vm);

		assert_result(htab_sim_vcpu_exit(vcpu, 3, NULL, 0), 0);
		assert_result(htab_sim_ioctl(vcpu, UAPI_KVM_RUN, NULL),
			      hosts[i].result);
		close(vcpu);
		close(vm);
		close_host(other);
	}
}

/* --- signals --- */

static void a_signal_is_the_exit_reason(void **state)
{
	struct runner runner = { .vcpufd = vcpufd };

	start_run(&runner, host);
	assert_result(stop_run(&runner), -EINTR);
	assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTR);
	assert_order(vmfd, 24);
}

/* Only KVM_RUN lets the signal through, so it stays pending. */
static void a_pending_signal_is_no_first_run(void **state)
{
	block(SIGUSR1);
	allow_only(SIGUSR1);
	raise(SIGUSR1);
	assert_result(run_vcpu(), -EINTR);
	assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTR);
	assert_no_table(vmfd);
	assert_true(is_pending(SIGUSR1));
	assert_int_equal(handled, 0);
	assert_result(run_vcpu(), -EINTR);
	unblock(SIGUSR1);
	assert_int_equal(handled, 1);
}

static void a_signal_that_the_mask_blocks_waits(void **state)
{
	block(SIGUSR1);
	raise(SIGUSR1);
	allow_only(0);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(run_vcpu(), 0);
	assert_true(is_pending(SIGUSR1));
	/* Without a mask the thread's own counts, which blocks it, too. */
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, NULL),
		      0);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(run_vcpu(), 0);
	allow_only(SIGUSR1);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(run_vcpu(), -EINTR);
	unblock(SIGUSR1);
	assert_int_equal(handled, 1);
	/* The exit is still planned. */
	assert_result(run_vcpu(), 0);
}

static void *run_blocked(void *arg)
{
	struct runner *runner = arg;

	block(SIGUSR1);
	runner->result = htab_sim_ioctl(runner->vcpufd, UAPI_KVM_RUN, NULL);
	if (!is_pending(SIGUSR1))
		runner->result = 1;
	return NULL;
}

static void wait_until_inside(void)
{
	int patience = 10000;

	while (!strstr(htab_sim_journal(host), "KVM_RUN() = 0") && --patience)
		usleep(1000);
	assert_true(patience);
}

/* As a VMM does that kicks its vcpus with a signal which they else block */
static void a_signal_that_the_mask_lets_through_ends_it(void **state)
{
	struct runner runner = { .vcpufd = vcpufd };

	allow_only(SIGUSR1);
	for (int i = 0; i < 20; i++) {
		htab_sim_journal_clear(host);
		assert_int_equal(pthread_create(&runner.thread, NULL,
						run_blocked, &runner),
				 0);
		wait_until_inside();
		pthread_kill(runner.thread, SIGUSR1);
		pthread_join(runner.thread, NULL);
		assert_result(runner.result, -EINTR);
		assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTR);
	}
	assert_int_equal(handled, 0);
}

static void an_ignored_signal_does_not_end_it(void **state)
{
	struct runner runner = { .vcpufd = vcpufd };
	const int before = open_descriptors();

	/* The default action of SIGCHLD is nothing. */
	block(SIGCHLD);
	allow_only(SIGCHLD);
	start_run(&runner, host);
	pthread_kill(runner.thread, SIGCHLD);
	usleep(20000);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	pthread_join(runner.thread, NULL);
	assert_result(runner.result, 0);
	assert_int_equal(open_descriptors(), before);
	unblock(SIGCHLD);
}

/* --- two threads --- */

static atomic_bool may_leave;

static void *get_registers(void *arg)
{
	struct {
		char bytes[8];
	} regs;
	struct runner *runner = arg;

	runner->result = htab_sim_ioctl(runner->vcpufd,
					_IOR(UAPI_KVM_TYPE, 0x81, regs), &regs);
	if (!atomic_load(&may_leave))
		runner->result = 1;
	return NULL;
}

/* A request on a vcpu waits until the vcpu has left KVM_RUN. */
static void one_thread_at_a_time_has_the_vcpu(void **state)
{
	struct runner first = { .vcpufd = vcpufd };
	struct runner second = { .vcpufd = vcpufd };

	atomic_store(&may_leave, false);
	start_run(&first, host);
	assert_int_equal(
		pthread_create(&second.thread, NULL, get_registers, &second),
		0);
	usleep(20000);
	atomic_store(&may_leave, true);
	assert_result(stop_run(&first), -EINTR);
	pthread_join(second.thread, NULL);
	assert_result(second.result, 0);
}

static void *run_it(void *arg)
{
	struct runner *runner = arg;

	runner->result = htab_sim_ioctl(runner->vcpufd, UAPI_KVM_RUN, NULL);
	return NULL;
}

/* The second KVM_RUN is not inside when the signal comes, so the signal must
 * end it when its turn comes. */
static void a_signal_for_a_run_that_waits_its_turn_is_kept(void **state)
{
	struct runner first = { .vcpufd = vcpufd };
	struct runner second = { .vcpufd = vcpufd };

	start_run(&first, host);
	htab_sim_journal_clear(host);
	assert_int_equal(pthread_create(&second.thread, NULL, run_it, &second),
			 0);
	usleep(20000);
	pthread_kill(second.thread, SIGUSR1);
	usleep(20000);
	assert_result(stop_run(&first), -EINTR);
	pthread_join(second.thread, NULL);
	assert_result(second.result, -EINTR);
	assert_string_equal(htab_sim_journal(host), "KVM_RUN() = -EINTR\n");
}

/* The thread does not block the signal. The second thread gets the signal
 * before its turn. */
static void a_signal_that_only_the_mask_blocks_waits(void **state)
{
	struct runner first = { .vcpufd = vcpufd };
	struct runner second = { .vcpufd = vcpufd };

	allow_only(0);
	start_run(&first, host);
	assert_int_equal(pthread_create(&second.thread, NULL, run_it, &second),
			 0);
	usleep(20000);
	pthread_kill(first.thread, SIGUSR1);
	pthread_kill(second.thread, SIGUSR1);
	usleep(20000);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	assert_result(htab_sim_vcpu_exit(vcpufd, 3, NULL, 0), 0);
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	assert_result(first.result, 0);
	assert_result(second.result, 0);
}

/* The second one waits for its turn when the host is switched off. */
static void runs_of_a_host_that_is_off_are_eio(void **state)
{
	struct htab_sim_host *other = htab_sim_host_new(NULL);
	int vm = a_vm(other), vcpu = a_vcpu(vm);
	struct runner first = { .vcpufd = vcpu };
	struct runner second = { .vcpufd = vcpu };

	start_run(&first, other);
	assert_int_equal(pthread_create(&second.thread, NULL, run_it, &second),
			 0);
	usleep(20000);
	/* The VM, the vcpu, and one that is inside */
	assert_int_equal(free_host(other), 3);
	assert_result(stop_run(&first), -EIO);
	pthread_join(second.thread, NULL);
	assert_result(second.result, -EIO);
	close(vcpu);
	close(vm);
}

/* --- its handler --- */

static int in_handler;

static void enable_again(int signal)
{
	in_handler = enable_papr(vcpufd);
}

/* A kernel runs the handler when the vcpu is outside, so this works there. */
static void a_handler_may_use_the_vcpu(void **state)
{
	const struct sigaction action = { .sa_handler = enable_again };
	const struct itimerspec soon = { .it_value.tv_nsec = 20000000 };
	timer_t timer;

	in_handler = -1;
	sigaction(SIGALRM, &action, NULL);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &soon, NULL), 0);
	assert_result(run_vcpu(), -EINTR);
	assert_result(in_handler, 0);
	timer_delete(timer);
	signal(SIGALRM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(without_papr_it_fails),
		SIM_TEST(pr_runs_without_papr),
		RUN_TEST(it_takes_no_argument),
		RUN_TEST(immediate_exit_is_no_first_run),
		cmocka_unit_test_setup_teardown(
			old_kernels_ignore_immediate_exit, set_up_old,
			tear_down),
		SIM_TEST(before_5_18_it_returns_2_after_an_exit),
		RUN_TEST(a_signal_is_the_exit_reason),
		RUN_TEST(a_pending_signal_is_no_first_run),
		RUN_TEST(a_signal_that_the_mask_blocks_waits),
		RUN_TEST(a_signal_that_the_mask_lets_through_ends_it),
		RUN_TEST(an_ignored_signal_does_not_end_it),
		RUN_TEST(one_thread_at_a_time_has_the_vcpu),
		RUN_TEST(a_signal_for_a_run_that_waits_its_turn_is_kept),
		RUN_TEST(a_signal_that_only_the_mask_blocks_waits),
		SIM_TEST(runs_of_a_host_that_is_off_are_eio),
		RUN_TEST(a_handler_may_use_the_vcpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
