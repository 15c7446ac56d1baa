/* SPDX-License-Identifier: MIT */
/*
 * Measures what the simulator costs the tests of a VMM: how long a pair of
 * htab_alloc() and htab_reset() takes, with a small table and with the largest
 * one, and how much memory a VM with the largest table takes after a run of its
 * guest. The unit of time is an open() and close() of a real device, so that the
 * limit means the same on each machine.
 *
 * The output is TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "libhtab.h"
#include "libhtab-sim.h"

/* clang 19 warns of enumerators in arithmetic with a double. */
static const int PAIRS = 2000;
static const double MOST_OPENS = 9;
enum { ROUNDS = 50 };
enum { MOST_BYTES = 1 << 20 };

static int points, failures;

static void point(int good, const char *name)
{
	failures += !good;
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++points, name);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Returns the time in seconds, or 0 if a call failed. */
static double time_pairs(int vmfd, uint32_t order)
{
	const double start = now();

	for (int i = 0; i < PAIRS; i++) {
		uint32_t granted = order;

		if (htab_alloc(vmfd, &granted) || granted != order)
			return 0;
		/* htab_reset() cannot measure orders above 36. */
		if (htab_reset(vmfd) != (order > 36 ? -EOVERFLOW : 0))
			return 0;
	}
	return now() - start;
}

static double time_opens(void)
{
	const double start = now();

	for (int i = 0; i < PAIRS; i++) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (fd < 0)
			return 0;
		close(fd);
	}
	return now() - start;
}

/* The two take turns, and the best of many short rounds counts, because other
 * work on the machine slows down some. */
static void measure_speed(struct htab_sim_host *host, uint32_t order)
{
	int vmfd = htab_sim_vm_new(host);
	double best_pairs = 0, best_opens = 0;
	char name[80];
	int good = 1;

	for (int i = 0; i < ROUNDS; i++) {
		const double pairs = time_pairs(vmfd, order);
		const double opens = time_opens();

		good = good && pairs > 0 && opens > 0;
		if (i == 0 || pairs < best_pairs)
			best_pairs = pairs;
		if (i == 0 || opens < best_opens)
			best_opens = opens;
	}
	snprintf(name, sizeof(name), "htab_alloc and htab_reset at order %u",
		 order);
	point(good && best_pairs <= best_opens * MOST_OPENS, name);
	printf("# %.0f pairs a second, one takes %.1f of an open() and "
	       "close(), "
	       "at most %.0f\n",
	       PAIRS / best_pairs, best_pairs / best_opens, MOST_OPENS);
	close(vmfd);
}

static void measure_memory(struct htab_sim_host *host)
{
	const size_t before = mallinfo2().uordblks;
	int vmfd = htab_sim_vm_new(host);
	uint32_t order = HTAB_ORDER_MAX;
	size_t bytes;
	int good = htab_alloc(vmfd, &order) == 0 &&
		   htab_sim_vcpu_enter(vmfd) == 0;

	bytes = mallinfo2().uordblks - before;
	point(good && bytes < MOST_BYTES, "memory of a VM of order 46");
	printf("# %zu bytes after the first run, below %d\n", bytes,
	       MOST_BYTES);
	htab_sim_vcpu_leave(vmfd);
	close(vmfd);
}

int main(void)
{
	struct htab_sim_host *host;

#if !defined(__OPTIMIZE__) || defined(INSTRUMENTED)
	printf("1..0 # SKIP a build that is not optimised, or instrumented, "
	       "says nothing about speed\n");
	return 0;
#endif
	host = htab_sim_host_new("cma=128T memory=128T");
	if (!host) {
		perror("Bail out! htab_sim_host_new");
		return 1;
	}
	measure_speed(host, HTAB_ORDER_DEFAULT);
	measure_speed(host, HTAB_ORDER_MAX);
	measure_memory(host);
	htab_sim_host_free(host);
	printf("1..%d\n", points);
	return failures > 0;
}
