/* SPDX-License-Identifier: MIT */
/* The path of every call: find the descriptor, offer the call to faults and
 * interceptors, record the answer. */
#include "host.h"

/* A program that closes its htab fds has fewer open than this. */
enum { MANY = 32 };

struct call htab_sim_call_on(enum htab_sim_call kind, int fd)
{
	return (struct call){ .event = { .call = kind, .fd = fd },
			      .entry = { .call = kind } };
}

int htab_sim_arrive(int fd, struct descriptor **descriptor)
{
	const int r = htab_sim_fd_find(fd, descriptor);

	if (r < 0 || !*descriptor)
		return r;
	if ((*descriptor)->host && !atomic_load(&(*descriptor)->host->off))
		return 1;
	htab_sim_fd_release(*descriptor);
	return -EIO;
}

bool htab_sim_is_answered(struct call *call, struct htab_sim_host *host)
{
	struct journal_entry *entry = &call->entry;

	if (!htab_sim_faults_answer(&host->faults, &call->event,
				    &entry->result))
		return false;
	htab_sim_journal_add(&host->journal, entry);
	return true;
}

/* Could the answer to this call depend on what the process has closed? Reaping
 * costs system calls, so calls to which this does not matter skip it. Caller
 * holds the descriptor. */
static bool shows_closed(const struct call *call,
			 const struct descriptor *descriptor)
{
	switch (call->event.call) {
	case HTAB_SIM_CHECK_EXTENSION:
	case HTAB_SIM_READ:
		return false;
	case HTAB_SIM_WRITE:
		/* A write marks entries while an htab fd is open for reading,
		 * and the last of these may have been closed. */
		return descriptor->htabfd &&
		       atomic_load(&descriptor->htabfd->vm->readers);
	case HTAB_SIM_GET_HTAB_FD:
		/* A program that only opens and closes htab fds reaches no
		 * other point that reaps, and closed ones would pile up. */
		return htab_sim_fd_count(&descriptor->host->watch) > MANY;
	default:
		return true;
	}
}

void htab_sim_reap_before(struct call *call,
			  const struct descriptor *descriptor)
{
	if (shows_closed(call, descriptor))
		call->hazards |= htab_sim_fd_reap(&descriptor->host->watch);
}

int htab_sim_arrive_with(struct call *call, struct descriptor **descriptor,
			 bool *done)
{
	struct htab_sim_host *host;
	int r = htab_sim_arrive(call->event.fd, descriptor);

	*done = false;
	if (r <= 0)
		return r;
	host = (*descriptor)->host;
	htab_sim_decode(call, *descriptor);
	if (!atomic_load(&host->faults.armed))
		return r;
	htab_sim_fd_release(*descriptor);
	*done = htab_sim_is_answered(call, host);
	if (*done)
		return 0;
	r = htab_sim_arrive(call->event.fd, descriptor);
	if (r > 0)
		htab_sim_decode(call, *descriptor);
	return r;
}

long htab_sim_answer(struct call *call, struct descriptor *descriptor)
{
	struct htab_sim_host *host = descriptor->host;

	htab_sim_journal_add(&host->journal, &call->entry);
	htab_sim_fd_release(descriptor);
	htab_sim_report(host, call->hazards);
	if (call->unknown)
		htab_sim_report_unknown(host, call);
	return call->entry.result;
}
