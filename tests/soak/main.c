/* SPDX-License-Identifier: MIT */
/*
 * soak [SECONDS]: runs for so long, and prints one point of TAP with its
 * figures. HTAB_SEED repeats the random operations of an earlier run, but not
 * the order in which the threads come to them. HTAB_SOAK_THREADS says how many
 * threads there are.
 *
 * A first second is not counted: the C library keeps some memory that it has
 * once needed. What is left at the end is what is there more than after that.
 */
#include "soak.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

enum { MOST_THREADS = 64, HUNG_AFTER = 120 };

static struct life lives[MOST_THREADS];
static unsigned int threads;

static void *live_in_thread(void *life)
{
	live(life);
	return NULL;
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* malloc() reads this when a program begins. Without the caches and arenas of
 * threads, count_bytes() is exact. */
static void begin_without_caches(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES",
	       "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1", 1);
	execv("/proc/self/exe", argv);
}

static long count_bytes(void)
{
#ifdef HAVE_MALLINFO2
	const struct mallinfo2 info = mallinfo2();

	return (long)(info.uordblks + info.hblkhd);
#else
	return 0;
#endif
}

/* A thread that stands still for two minutes hangs. */
static void watch(long seconds)
{
	const struct timespec moment = { .tv_nsec = 100000000 };
	const long end = now() + seconds;

	while (now() < end) {
		nanosleep(&moment, NULL);
		for (unsigned int i = 0; i < threads; i++)
			if (lives[i].since &&
			    now() - lives[i].since > HUNG_AFTER)
				wrong(&lives[i], lives[i].world, "hangs");
	}
}

static void ignore(int signal)
{
	(void)signal;
}

/* Signals come to all threads, so that real system calls are interrupted. */
static void interrupt(void)
{
	const struct itimerval often = { { 0, 3700 }, { 0, 3700 } };
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void run(long seconds, uint64_t seed)
{
	pthread_t thread[MOST_THREADS];

	soak_stops = false;
	memset(lives, 0, sizeof(lives));
	for (unsigned int i = 0; i < threads; i++) {
		lives[i].random = seed * 1000003 + i + 1;
		lives[i].number = i;
		if (pthread_create(&thread[i], NULL, live_in_thread, &lives[i]))
			abort();
	}
	watch(seconds);
	soak_stops = true;
	for (unsigned int i = 0; i < threads; i++) {
		while (lives[i].since)
			watch(1);
		pthread_join(thread[i], NULL);
	}
	images_free();
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

struct figures {
	unsigned long operations, faults, vms;
};

static struct figures sum(void)
{
	struct figures all = { 0, 0, 0 };

	for (unsigned int i = 0; i < threads; i++) {
		all.operations += lives[i].operations;
		all.faults += lives[i].faults;
		all.vms += lives[i].vms;
	}
	return all;
}

int main(int argc, char **argv)
{
	const long seconds = argc > 1 ? atol(argv[1]) : 1;
	const uint64_t seed = number("HTAB_SEED", (uint64_t)time(NULL));
	int descriptors = count_descriptors();
	struct figures done;
	uint64_t pages;
	long bytes;
	bool good;
	int left;

	begin_without_caches(argv);
	threads = (unsigned int)number("HTAB_SOAK_THREADS", 8);
	if (!threads || threads > MOST_THREADS)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n# HTAB_SEED=%llu\n", (unsigned long long)seed);
	interrupt();
	worlds_open();
	run(1, seed);
	worlds_close(&pages);
	bytes = count_bytes();
	worlds_open();
	run(seconds, seed);
	done = sum();
	left = worlds_close(&pages);
	bytes = count_bytes() - bytes;
	descriptors = count_descriptors() - descriptors;
	good = !left && !descriptors && bytes <= 0 && !pages &&
	       done.operations > 0;
	printf("%sok 1 - %lu operations on %lu VMs by %u threads in %ld s, %lu "
	       "faults; %d descriptors, %ld bytes and %llu bytes of tables "
	       "left\n",
	       good ? "" : "not ", done.operations, done.vms, threads, seconds,
	       done.faults, descriptors > left ? descriptors : left, bytes,
	       (unsigned long long)pages);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
