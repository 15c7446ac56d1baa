/* SPDX-License-Identifier: MIT */
/* Lets calls fail or be answered by a test. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

/* A test with a fault that can never occur would pass without testing anything,
 * so that is an error of the test. */
static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "libhtab-sim: %s\n", what);
	abort();
}

static void require_error(unsigned int count, int error)
{
	require(count == 0 || (error < 0 && error > -4096),
		"a fault needs a negative errno");
}

/* Caller holds faults->lock. Updates `armed`, which lets calls skip the lock
 * when no fault is configured. */
static void rearm(struct faults *faults)
{
	bool armed = faults->nth || faults->interceptor;

	for (int i = 0; i < CALL_KINDS; i++)
		armed |= faults->next[i].count > 0;
	atomic_store(&faults->armed, armed);
}

HTAB_EXPORT void htab_sim_fail_next(struct htab_sim_host *host,
				    enum htab_sim_call call, unsigned int count,
				    int error)
{
	struct faults *faults = &host->faults;

	require((int)call >= HTAB_SIM_CREATE_VM && (int)call < CALL_KINDS,
		"a fault of an unknown kind of call");
	require_error(count, error);
	pthread_mutex_lock(&faults->lock);
	faults->next[call].count = count;
	faults->next[call].error = error;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
}

HTAB_EXPORT void htab_sim_fail_nth(struct htab_sim_host *host, unsigned int n,
				   int error)
{
	struct faults *faults = &host->faults;

	require_error(n, error);
	pthread_mutex_lock(&faults->lock);
	faults->nth = n;
	faults->nth_error = error;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
}

HTAB_EXPORT void htab_sim_fail_reverse_map(struct htab_sim_host *host,
					   unsigned int count)
{
	htab_model_fail_reverse_maps(&host->kernel, count);
}

HTAB_EXPORT void htab_sim_intercept(struct htab_sim_host *host,
				    htab_sim_interceptor interceptor,
				    void *data)
{
	struct faults *faults = &host->faults;

	pthread_mutex_lock(&faults->lock);
	faults->interceptor = interceptor;
	faults->interceptor_data = data;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
}

/* Caller holds faults->lock. Returns an error that is due, or 0. */
static int due(struct faults *faults, enum htab_sim_call call)
{
	int error = 0;

	if (faults->next[call].count) {
		faults->next[call].count--;
		error = faults->next[call].error;
	}
	if (faults->nth && --faults->nth == 0)
		error = faults->nth_error;
	rearm(faults);
	return error;
}

bool htab_sim_faults_answer(struct faults *faults,
			    const struct htab_sim_event *event, long *result)
{
	htab_sim_interceptor interceptor;
	void *data;
	int error;

	pthread_mutex_lock(&faults->lock);
	error = due(faults, event->call);
	interceptor = faults->interceptor;
	data = faults->interceptor_data;
	pthread_mutex_unlock(&faults->lock);

	if (error) {
		*result = error;
		return true;
	}
	return interceptor && interceptor(data, event, result);
}
