/* SPDX-License-Identifier: MIT */
/* Calls that a test lets fail, or answers itself */
#include "sim.h"

/* With the lock: nothing set costs a call nothing. */
static void rearm(struct faults *faults)
{
	bool armed = faults->nth || faults->interceptor || faults->reverse_maps;

	for (int i = 0; i < CALL_KINDS; i++)
		armed |= faults->next[i].count > 0;
	atomic_store(&faults->armed, armed);
}

HTAB_EXPORT void htab_sim_fail_next(struct htab_sim_host *host,
				    enum htab_sim_call call, unsigned int count,
				    int error)
{
	struct faults *faults = &host->faults;

	if ((int)call < HTAB_SIM_CREATE_VM || (int)call >= CALL_KINDS)
		return;
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

	pthread_mutex_lock(&faults->lock);
	faults->nth = n;
	faults->nth_error = error;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
}

HTAB_EXPORT void htab_sim_fail_reverse_map(struct htab_sim_host *host,
					   unsigned int count)
{
	struct faults *faults = &host->faults;

	pthread_mutex_lock(&faults->lock);
	faults->reverse_maps = count;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
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

/* With the lock: an error that is due, or 0 */
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

bool htab_sim_faults_answer(struct htab_sim_host *host,
			    const struct htab_sim_event *event, long *result)
{
	struct faults *faults = &host->faults;
	htab_sim_interceptor interceptor;
	void *data;
	int error;

	if (!atomic_load(&faults->armed))
		return false;
	pthread_mutex_lock(&faults->lock);
	error = due(faults, event->call);
	interceptor = faults->interceptor;
	data = faults->interceptor_data;
	pthread_mutex_unlock(&faults->lock);

	if (error) {
		*result = error;
		return true;
	}
	/* Without the lock: it may call the simulator. */
	return interceptor && interceptor(data, event, result);
}

bool htab_sim_faults_reverse_map(struct htab_sim_host *host)
{
	struct faults *faults = &host->faults;
	bool fails;

	if (!atomic_load(&faults->armed))
		return false;
	pthread_mutex_lock(&faults->lock);
	fails = faults->reverse_maps > 0;
	if (fails)
		faults->reverse_maps--;
	rearm(faults);
	pthread_mutex_unlock(&faults->lock);
	return fails;
}
