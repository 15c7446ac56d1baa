/* SPDX-License-Identifier: MIT */
/*
 * Measures what htab_save() and htab_restore() need, on the simulator, whose
 * tables are sparse.
 *
 * The time to save a sparse table of order 36 follows its entries and not the
 * 2^32 that it has room for. A record of the kernel names at most 65535 invalid
 * entries, so that there are 65537 records even in an empty table of this order.
 * Hence it is compared with a table of order 30, a 64th of it, that has as many
 * records, and it takes at most as long.
 *
 * The memory is the same for each order and each number of entries: the process
 * grows by less than 2 MiB. (The entries of the simulator are memory of the
 * process, so the table exists before.)
 *
 * The output is TAP.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "libhtab-sim.h"
#include "libhtab.h"

enum { ROUNDS = 20, MOST_TRIES = 10, MOST_KIB = 2048 };

static const struct {
	uint32_t order;
	unsigned int entries;
} tables[] = {
	{ 36, 1000 },
	{ 36, 2000 },
	{ 36, 4000 },
	{ 30, 65537 + 1000 }, /* each entry has a record of its own */
};
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* One table takes at most so many times as long as another. */
static const struct {
	int table, other;
	double limit;
} limits[] = {
	{ 1, 0, 3 },
	{ 2, 0, 6 },
	{ 0, 3, 1 },
};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static int null, points, failures;

static void point(bool good, const char *name)
{
	failures += !good;
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++points, name);
}

/* A VM whose table has entries at equal distances, or a negative errno */
static int open_table(struct htab_sim_host *host, uint32_t order,
		      uint64_t entries)
{
	static const unsigned char entry[16] = { [7] = HTAB_V_VALID };
	const uint64_t distance = (UINT64_C(1) << (order - 4)) / entries;
	int r, htabfd, vmfd = htab_sim_vm_new(host);
	uint32_t granted = order;

	r = htab_alloc_at_least(vmfd, &granted, order);
	htabfd = r < 0 ? r : htab_open(vmfd, HTAB_OPEN_WRITE);
	for (uint64_t i = 0; htabfd >= 0 && r == 0 && i < entries; i++) {
		const struct htab_record record = {
			.index = (uint32_t)(i * distance),
			.n_valid = 1,
			.entries = entry,
		};

		r = htab_write_record(htabfd, &record);
	}
	close(htabfd);
	return htabfd < 0 || r < 0 ? -1 : vmfd;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure(const int vmfds[TABLES], double fastest[TABLES])
{
	for (int i = 0; i < ROUNDS * TABLES; i++) {
		const double start = now();
		const int table = i % TABLES;
		int r = htab_save(vmfds[table], null);
		double seconds = r < 0 ? 1e9 : now() - start;

		if (fastest[table] == 0 || seconds < fastest[table])
			fastest[table] = seconds;
	}
}

static bool is_within_limit(const double fastest[TABLES], int i)
{
	return fastest[limits[i].table] <=
	       fastest[limits[i].other] * limits[i].limit;
}

static bool are_within_limits(const double fastest[TABLES])
{
	for (int i = 0; i < LIMITS; i++)
		if (!is_within_limit(fastest, i))
			return false;
	return true;
}

static void report_time(const double fastest[TABLES], int i)
{
	const int table = limits[i].table, other = limits[i].other;
	char name[100];

	snprintf(name, sizeof(name),
		 "saving %u entries of order %u, against %u of order %u",
		 tables[table].entries, tables[table].order,
		 tables[other].entries, tables[other].order);
	point(is_within_limit(fastest, i), name);
	printf("# %.3f ms, %.3f ms: %.2f, at most %.0f\n", fastest[table] * 1e3,
	       fastest[other] * 1e3, fastest[table] / fastest[other],
	       limits[i].limit);
}

static void measure_time(struct htab_sim_host *host)
{
	double fastest[TABLES] = { 0 };
	int vmfds[TABLES];

	for (int i = 0; i < TABLES; i++)
		vmfds[i] = open_table(host, tables[i].order, tables[i].entries);
	/* A busy machine can only make a table slower, so more rounds make the
	 * fastest of each more exact. */
	for (int tries = 0; tries < MOST_TRIES; tries++) {
		measure(vmfds, fastest);
		if (are_within_limits(fastest))
			break;
	}
	for (int i = 0; i < LIMITS; i++)
		report_time(fastest, i);
	for (int i = 0; i < TABLES; i++)
		close(vmfds[i]);
}

/* The most memory that the process has had */
static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void report_memory(const char *what, uint32_t order, uint64_t entries,
			  int r, long kib)
{
	char name[80];

	snprintf(name, sizeof(name), "memory of %s, order %u, %llu entries",
		 what, order, (unsigned long long)entries);
	point(r == 0 && kib < MOST_KIB, name);
	printf("# %ld KiB, below %d; result %d\n", kib, MOST_KIB, r);
}

/* Restores the image twice, because the simulator takes memory for the entries
 * the first time. */
static void measure_memory(struct htab_sim_host *host, uint32_t order,
			   uint64_t entries)
{
	int image = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	int vmfd = open_table(host, order, entries);
	long before = peak_kib();
	int r = htab_save(vmfd, image);

	report_memory("htab_save()", order, entries, r, peak_kib() - before);
	for (int i = 0; i < 2; i++) {
		lseek(image, 0, SEEK_SET);
		before = peak_kib();
		r = htab_restore(vmfd, image);
	}
	report_memory("htab_restore()", order, entries, r, peak_kib() - before);
	close(vmfd);
	close(image);
}

int main(void)
{
	struct htab_sim_host *host;

#if !defined(__OPTIMIZE__) || defined(INSTRUMENTED)
	printf("1..0 # SKIP a build that is not optimised, or instrumented, "
	       "says nothing about speed\n");
	return 0;
#endif
	host = htab_sim_host_new("cma=4T memory=4T");
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!host || null < 0) {
		perror("Bail out! htab_sim_host_new");
		return 1;
	}
	/* The peak of the process never falls, so that what needs little comes
	 * first. */
	measure_memory(host, 18, 1000);
	measure_memory(host, 36, 1000);
	measure_memory(host, 22, 1 << 18);
	measure_time(host);
	htab_sim_host_free(host);
	printf("1..%d\n", points);
	return failures > 0;
}
