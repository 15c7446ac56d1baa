/* SPDX-License-Identifier: MIT */
/* Requests that the simulator does not know */
#include "host.h"

HTAB_EXPORT void htab_sim_on_unknown(struct htab_sim_host *host,
				     htab_sim_unknown_handler handler,
				     void *data)
{
	struct unknown_watch *watch = &host->unknown;

	pthread_mutex_lock(&watch->lock);
	watch->handler = handler;
	watch->data = data;
	pthread_mutex_unlock(&watch->lock);
}

/* A request that the simulator knows on another descriptor is a mistake of the
 * program, and one of another type (isatty() makes such a request) is none of
 * KVM. */
static bool is_unknown(const struct call *call)
{
	const unsigned long request = call->event.request;

	return UAPI_IOC_TYPE(request) == UAPI_KVM_TYPE &&
	       !htab_sim_request_is_known(request);
}

int htab_sim_unknown(struct call *call, const struct kernel *kernel, int error)
{
	call->unknown = is_unknown(call);
	return call->unknown && kernel->config.accept_other ? 0 : error;
}

void htab_sim_report_unknown(struct htab_sim_host *host,
			     const struct call *call)
{
	struct unknown_watch *watch = &host->unknown;
	htab_sim_unknown_handler handler;
	void *data;

	pthread_mutex_lock(&watch->lock);
	handler = watch->handler;
	data = watch->data;
	pthread_mutex_unlock(&watch->lock);
	if (handler)
		handler(data, &call->event,
			htab_sim_request_name(call->event.request),
			call->entry.result);
}
