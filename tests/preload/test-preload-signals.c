/* SPDX-License-Identifier: MIT */
/* A signal handler that uses descriptors does not wait for the locks that the
 * interrupted thread holds. */
#include "preload.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static int to_pipe, a_vmfd;
static volatile sig_atomic_t handled;

static void handler(int number)
{
	const int saved = errno;

	handled += write(to_pipe, "k", 1) == 1;
	/* If the simulator holds a lock just now, this must not wait for it. */
	is_vm(a_vmfd);
	errno = saved;
}

/* The signal arrives anywhere, in the simulator as well. */
static void a_signal_handler_does_not_wait(void **state)
{
	const int vmfd = a_vmfd = a_vm();
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_RESTART };
	const struct timespec pause = { .tv_nsec = 20000 };
	int ends[2], before;
	pid_t child;
	char bytes[64];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	to_pipe = ends[1];
	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 2000; i++) {
			kill(getppid(), SIGUSR1);
			nanosleep(&pause, NULL);
		}
		_exit(0);
	}
	before = handled;
	while (waitpid(child, NULL, WNOHANG) == 0) {
		errno = 7;
		assert_true(is_vm(vmfd));
		assert_int_equal(errno, 7);
		while (read(ends[0], bytes, sizeof(bytes)) > 0)
			;
	}
	assert_true(handled > before);
	signal(SIGUSR1, SIG_DFL);
	close(ends[0]);
	close(ends[1]);
	close(vmfd);
}

static bool raise_in_fork;

/* Registered first, this is called while the simulator's locks are held. */
static void before_fork(void)
{
	if (raise_in_fork)
		raise(SIGUSR1);
}

static void a_signal_handler_during_fork(void **state)
{
	const int before = handled;
	int ends[2];
	pid_t child;

	a_vmfd = a_vm();
	assert_int_equal(pipe(ends), 0);
	to_pipe = ends[1];
	signal(SIGUSR1, handler);
	raise_in_fork = true;
	child = fork();
	if (child == 0)
		_exit(0);
	raise_in_fork = false;
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(handled, before + 1);
	assert_true(is_vm(a_vmfd));
	close(ends[0]);
	close(ends[1]);
	close(a_vmfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_handler_does_not_wait),
		cmocka_unit_test(a_signal_handler_during_fork),
	};

	pthread_atfork(before_fork, NULL, NULL);
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
