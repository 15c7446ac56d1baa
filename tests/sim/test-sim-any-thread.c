/* SPDX-License-Identifier: MIT */
/* The test tools can be called from several threads at once. */
#include "model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 50, CALLS = 250 };

static struct htab_sim_host *host;
static pthread_barrier_t barrier;
static atomic_bool wrong;

/* Threads cannot use CMocka's asserts. */
#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (!(condition) && !atomic_exchange(&wrong, true))            \
			print_error("line %d: %s\n", __LINE__, #condition);    \
	} while (0)

static int set_up(void **state)
{
	host = a_host(NULL);
	atomic_store(&wrong, false);
	assert_result(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	return 0;
}

static int tear_down(void **state)
{
	pthread_barrier_destroy(&barrier);
	close_host(host);
	return 0;
}

static void run_threads(void *(*function)(void *))
{
	pthread_t thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		assert_result(
			pthread_create(&thread[i], NULL, function, (void *)i),
			0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_false(wrong);
}

static unsigned int lines(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* A round makes 1000 calls, and the journal keeps 1024. */
static void *call_and_count(void *arg)
{
	const uintptr_t self = (uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		for (uintptr_t j = 0; j < CALLS; j++)
			capability(htab_sim_kvmfd(host), 1000 + self);
		pthread_barrier_wait(&barrier);
		if (self == 0) {
			EXPECT(lines(htab_sim_journal(host)) ==
			       THREADS * CALLS);
			htab_sim_journal_clear(host);
		}
	}
	return NULL;
}

static void no_entry_of_the_journal_is_lost(void **state)
{
	run_threads(call_and_count);
}

/* One thread reads the text that it got, while the others ask for theirs. */
static void *ask_and_compare(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		const char *text = htab_sim_journal(host);
		char *copy = strdup(text);

		pthread_barrier_wait(&barrier);
		for (int j = 0; j < 20 && arg; j++) {
			capability(htab_sim_kvmfd(host), 0);
			htab_sim_journal(host);
		}
		EXPECT(copy && (arg || strcmp(text, copy) == 0));
		pthread_barrier_wait(&barrier);
		EXPECT(copy && (arg || strcmp(text, copy) == 0));
		free(copy);
	}
	return NULL;
}

static void a_text_stays_until_its_thread_asks_again(void **state)
{
	run_threads(ask_and_compare);
}

/* --- faults --- */

static atomic_uint failures;

static void *call_and_fail(void *arg)
{
	const bool sets = arg == NULL;

	for (int i = 0; i < ROUNDS; i++) {
		if (sets)
			htab_sim_fail_next(host, HTAB_SIM_OTHER_IOCTL, CALLS,
					   -EPERM);
		pthread_barrier_wait(&barrier);
		for (int j = 0; j < CALLS; j++) {
			const int r = htab_sim_ioctl(htab_sim_kvmfd(host),
						     0xae99, NULL);

			EXPECT(r == -EPERM || r == -EINVAL);
			if (r == -EPERM)
				atomic_fetch_add(&failures, 1);
			/* The test makes no call of this kind. */
			htab_sim_fail_next(host, HTAB_SIM_READ,
					   (unsigned int)j % 2, -EIO);
		}
		pthread_barrier_wait(&barrier);
		if (sets)
			EXPECT(atomic_exchange(&failures, 0) == CALLS);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void as_many_calls_fail_as_were_told(void **state)
{
	atomic_store(&failures, 0);
	run_threads(call_and_fail);
}

/* --- hazards --- */

static atomic_uint hazards;
static int one, other;

static void expect_one(void *data, enum htab_sim_hazard hazard,
		       const char *sentence)
{
	EXPECT(data == &one && sentence);
	EXPECT(hazard == HTAB_SIM_HAZARD_ORDER_0);
	atomic_fetch_add(&hazards, 1);
}

static void expect_other(void *data, enum htab_sim_hazard hazard,
			 const char *sentence)
{
	EXPECT(data == &other && sentence);
	EXPECT(hazard == HTAB_SIM_HAZARD_ORDER_0);
	atomic_fetch_add(&hazards, 1);
}

static void *step_on_it(void *arg)
{
	int vmfd = htab_sim_vm_new(host);

	(void)arg;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS * 10; i++) {
		EXPECT(allocate_order(vmfd, 0) == -EIO);
		if (i % 2)
			htab_sim_on_hazard(host, expect_one, &one);
		else
			htab_sim_on_hazard(host, expect_other, &other);
	}
	pthread_barrier_wait(&barrier);
	close(vmfd);
	return NULL;
}

static void a_hazard_reaches_a_handler_with_its_own_data(void **state)
{
	atomic_store(&hazards, 0);
	htab_sim_on_hazard(host, expect_one, &one);
	run_threads(step_on_it);
	assert_int_equal(hazards, THREADS * ROUNDS * 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_entry_of_the_journal_is_lost),
		TEST(a_text_stays_until_its_thread_asks_again),
		TEST(as_many_calls_fail_as_were_told),
		TEST(a_hazard_reaches_a_handler_with_its_own_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
