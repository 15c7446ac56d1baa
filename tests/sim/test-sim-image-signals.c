/* SPDX-License-Identifier: MIT */
/* Signals that interrupt htab_save() and htab_restore() while they wait for the
 * other end of a pipe do not change the result. */
#include "image.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>

static struct htab_sim_host *host;

static void assert_image(int vmfd, const struct image *expected)
{
	struct image image = image_of(vmfd);

	assert_int_equal(image.size, expected->size);
	assert_memory_equal(image.bytes, expected->bytes, image.size);
	free(image.bytes);
}

static atomic_int interrupts;

static void interrupted(int number)
{
	interrupts++;
}

/* Interrupts this thread every half of a millisecond. Threads that it has
 * started before with SIGALRM blocked are left alone. */
static void start_interrupts(void)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } };
	const struct sigaction action = { .sa_handler = interrupted };
	sigset_t alarms;

	interrupts = 0;
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_interrupts(void)
{
	const struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
}

static void wait_for_interrupts(int count)
{
	while (interrupts < count)
		usleep(100);
}

/* The other end of the pipe. It moves the bytes in odd pieces, and waits before
 * some of them until the function under test was interrupted while it waits. */
struct other_end {
	pthread_t thread;
	int fd;
	bool writes;
	struct image image;
};

static void *move_slowly(void *arg)
{
	struct other_end *end = arg;
	size_t at = 0;

	while (at < end->image.size) {
		const size_t left = end->image.size - at;
		const size_t piece = left < 30011 ? left : 30011;
		ssize_t n;

		wait_for_interrupts((int)(at / 30011) + 1);
		n = end->writes ? write(end->fd, end->image.bytes + at, piece)
				: read(end->fd, end->image.bytes + at, piece);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	end->image.size = at;
	close(end->fd);
	return NULL;
}

static void start_other_end(struct other_end *end)
{
	sigset_t alarms;

	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	assert_int_equal(pthread_create(&end->thread, NULL, move_slowly, end),
			 0);
}

static void signals_do_not_change_a_save(void **state)
{
	int vmfd = a_full_vm(&host), end[2];
	struct image expected = image_of(vmfd);
	struct other_end reader = { .image = { calloc(2, expected.size),
					       2 * expected.size } };

	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	reader.fd = end[0];
	start_other_end(&reader);
	start_interrupts();
	assert_result(htab_save(vmfd, end[1]), 0);
	/* The reader still waits for interrupts, and then for the end. */
	close(end[1]);
	pthread_join(reader.thread, NULL);
	stop_interrupts();

	assert_int_equal(reader.image.size, expected.size);
	assert_memory_equal(reader.image.bytes, expected.bytes, expected.size);
	free(reader.image.bytes);
	free(expected.bytes);
	close(vmfd);
	close_host(host);
}

static void signals_do_not_change_a_restore(void **state)
{
	int vmfd = a_full_vm(&host), other = a_vm(host), end[2];
	struct other_end writer = { .writes = true, .image = image_of(vmfd) };

	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	writer.fd = end[1];
	start_other_end(&writer);
	start_interrupts();
	assert_result(htab_restore(other, end[0]), 0);
	pthread_join(writer.thread, NULL);
	stop_interrupts();
	close(end[0]);

	assert_image(other, &writer.image);
	free(writer.image.bytes);
	close(other);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(signals_do_not_change_a_save),
		SIM_TEST(signals_do_not_change_a_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
