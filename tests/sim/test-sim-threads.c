/* SPDX-License-Identifier: MIT */
/*
 * Vcpus enter and leave on threads of their own, while other threads allocate
 * and reset.
 *
 * The simulator reports hazard 100 if the table changes while a vcpu is inside.
 * A change must not be EBUSY while no vcpu is inside or entering. A vcpu that
 * is inside must find the VRMA.
 *
 * HTAB_TEST_SECONDS sets the duration, for builds that are slow.
 */
#include "model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 4, ROUNDS = 8, SECONDS = 10 };

static struct htab_sim_host *host;
static int vmfd;
static bool changes_size;
static uint64_t vrma_pages;
static pthread_barrier_t barrier;
static atomic_bool stop, wrong;
static atomic_ulong entries, changes, refusals, checks, hazards;

/* Threads cannot use CMocka's asserts. */
#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (!(condition)) {                                            \
			if (!atomic_exchange(&wrong, true))                    \
				print_error("line %d: %s\n", __LINE__,         \
					    #condition);                       \
		}                                                              \
	} while (0)

static void count_hazard(void *data, enum htab_sim_hazard hazard,
			 const char *sentence)
{
	(void)data;
	if (atomic_fetch_add(&hazards, 1) == 0)
		print_error("hazard %d: %s\n", (int)hazard, sentence);
}

static bool vrma_is_there(void)
{
	struct uapi_kvm_get_htab_fd how = { 0 };
	int htabfd = htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	uint64_t valid = 0;
	static __thread __attribute__((aligned(8))) unsigned char buf[4096];
	ssize_t n;

	while ((n = htab_sim_read(htabfd, buf, sizeof(buf))) > 0)
		valid += count_valid_in(buf, n);
	close(htabfd);
	return n == 0 && valid == vrma_pages;
}

static void enter_and_leave(void)
{
	unsigned long count = 0;

	while (!atomic_load(&stop)) {
		EXPECT(htab_sim_vcpu_enter(vmfd) == 0);
		if (++count % 256 == 0) {
			EXPECT(vrma_is_there());
			atomic_fetch_add(&checks, 1);
		}
		EXPECT(htab_sim_vcpu_leave(vmfd) == 0);
		/* Stay outside for about as long. Otherwise the other threads
		 * never find the VM without a vcpu. */
		for (volatile unsigned long i = 0; i < count % 256; i++)
			;
	}
	atomic_fetch_add(&entries, count);
}

/* Makes one change. It may be refused only while vcpus may be inside. */
static void change(unsigned int seed, bool vcpus_may_run)
{
	unsigned long done = 0, refused = 0;
	int r;

	if (seed % 16 == 0) {
		r = htab_reset(vmfd);
	} else {
		uint32_t order = changes_size && seed % 4 == 0 ? 19 : 20;

		r = allocate(vmfd, &order);
	}
	if (r == -EBUSY && vcpus_may_run)
		refused++;
	else if (r == 0)
		done++;
	else
		/* No other error is expected. */
		EXPECT(r == 0);
	atomic_fetch_add(&changes, done);
	atomic_fetch_add(&refusals, refused);
}

static void *vcpu(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		enter_and_leave();
		/* All vcpus are outside now, so no change may be refused. */
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void *changer(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		while (!atomic_load(&stop))
			change(++seed, true);
		pthread_barrier_wait(&barrier);
		for (int j = 0; j < 1000; j++)
			change(++seed, false);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void run_rounds(unsigned int vcpus, unsigned int changers, long ms)
{
	pthread_t thread[2 * MOST];

	pthread_barrier_init(&barrier, NULL, vcpus + changers + 1);
	atomic_store(&stop, false);
	for (uintptr_t i = 0; i < vcpus + changers; i++)
		pthread_create(&thread[i], NULL, i < vcpus ? vcpu : changer,
			       (void *)(i * 7));
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		sleep_ms(ms / ROUNDS);
		atomic_store(&stop, true);
		pthread_barrier_wait(&barrier);
		atomic_store(&stop, false);
		pthread_barrier_wait(&barrier);
	}
	for (unsigned int i = 0; i < vcpus + changers; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void check(const char *description, uint64_t pages, bool size_changes,
		  unsigned int vcpus, unsigned int changers)
{
	const char *seconds = getenv("HTAB_TEST_SECONDS");

	host = a_host(description);
	htab_sim_on_hazard(host, count_hazard, NULL);
	vmfd = a_vm_with_table(host, 20);
	changes_size = size_changes;
	vrma_pages = pages;
	entries = changes = refusals = checks = hazards = 0;
	atomic_store(&wrong, false);
	run_rounds(vcpus, changers,
		   1000 * (seconds ? atol(seconds) : SECONDS) / 3);
	print_message("# %s: %lu entries, %lu changes, %lu refusals, %lu looks "
		      "at the VRMA\n",
		      description, entries, changes, refusals, checks);
	assert_false(wrong);
	assert_int_equal(hazards, 0);
	assert_true(entries > 0 && changes > 0 && checks > 0);
	/* The vcpus were inside so often that changes must have been
	 * refused. */
	assert_true(refusals > 0);
	close(vmfd);
	close_host(host);
}

static void a_table_is_only_cleared_without_vcpus(void **state)
{
	check("linux=4.3 page=64K ram=1M", 16, false, 2, 2);
}

static void a_table_is_only_replaced_without_vcpus(void **state)
{
	check("linux=7.2 page=64K ram=1M", 16, true, 2, 2);
}

/* One vcpu and one changer do almost nothing else, so that they meet as often
 * as possible. */
static void
one_that_enters_and_one_that_clears_never_miss_each_other(void **state)
{
	check("linux=4.3 page=64K ram=64K", 1, false, 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(
			one_that_enters_and_one_that_clears_never_miss_each_other),
		SIM_TEST(a_table_is_only_cleared_without_vcpus),
		SIM_TEST(a_table_is_only_replaced_without_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
