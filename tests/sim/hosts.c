/* SPDX-License-Identifier: MIT */
/* The hosts of the tests, and the hazards that they meet */
#include "model.h"

#include <dirent.h>

/* The memory that was free when the host was switched on */
static struct free_memory at_first;

/* The hosts that a test has made and not freed yet */
enum { MOST_HOSTS = 8 };
static struct htab_sim_host *hosts[MOST_HOSTS];

static void note_host(struct htab_sim_host *host)
{
	for (int i = 0; i < MOST_HOSTS; i++) {
		if (!hosts[i]) {
			hosts[i] = host;
			return;
		}
	}
	fail_msg("a test has more than %d hosts", MOST_HOSTS);
}

int free_host(struct htab_sim_host *host)
{
	for (int i = 0; i < MOST_HOSTS; i++)
		if (host && hosts[i] == host)
			hosts[i] = NULL;
	return htab_sim_host_free(host);
}

/* The test's own handler may use data that no longer exists. */
static void ignore_hazard(void *data, enum htab_sim_hazard hazard,
			  const char *sentence)
{
}

int free_left_hosts(void **state)
{
	for (int i = 0; i < MOST_HOSTS; i++) {
		if (!hosts[i])
			continue;
		htab_sim_on_hazard(hosts[i], ignore_hazard, NULL);
		htab_sim_intercept(hosts[i], NULL, NULL);
		free_host(hosts[i]);
	}
	return 0;
}

struct free_memory free_memory(struct htab_sim_host *host)
{
	return (struct free_memory){
		.cma = htab_sim_free_memory(host, HTAB_SIM_CMA),
		.pages = htab_sim_free_memory(host, HTAB_SIM_PAGES),
		.pool = htab_sim_free_memory(host, HTAB_SIM_POOL),
	};
}

struct htab_sim_host *a_host(const char *description)
{
	struct htab_sim_host *host = htab_sim_host_new(description);

	assert_non_null(host);
	note_host(host);
	at_first = free_memory(host);
	return host;
}

void close_host(struct htab_sim_host *host)
{
	struct free_memory now = free_memory(host);
	/* Free the host first, so that it is gone if an assertion fails. */
	const int left = free_host(host);

	assert_int_equal(now.cma, at_first.cma);
	assert_int_equal(now.pages, at_first.pages);
	assert_int_equal(now.pool, at_first.pool);
	assert_int_equal(left, 0);
}

static void remember(void *data, enum htab_sim_hazard hazard,
		     const char *sentence)
{
	struct hazards *hazards = data;

	assert_non_null(sentence);
	hazards->count++;
	hazards->last = (int)hazard;
}

void watch_hazards(struct htab_sim_host *host, struct hazards *hazards)
{
	*hazards = (struct hazards){ 0 };
	htab_sim_on_hazard(host, remember, hazards);
}

void assert_hazard_at(struct hazards *hazards, int number, const char *file,
		      int line)
{
	if (hazards->count != (number ? 1 : 0) || hazards->last != number) {
		print_error("%u hazards, the last is %d; not %d\n",
			    hazards->count, hazards->last, number);
		_fail(file, line);
	}
	*hazards = (struct hazards){ 0 };
}

int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}
