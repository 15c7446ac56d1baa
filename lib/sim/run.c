/* SPDX-License-Identifier: MIT */
/* vcpus in KVM_RUN, by a thread of their own or by a test's word */
#include "host.h"

#include <poll.h>
#include <signal.h>

/* The vcpu is inside, or call->entry.result says why not. */
static bool enter(struct call *call, const struct descriptor *descriptor)
{
	int r = -EIO;

	htab_sim_reap_before(call, descriptor);
	/* Another process's VM is not run. */
	if (descriptor->watch)
		r = htab_sim_enter(call, descriptor->vm);
	call->entry.result = r;
	return r == 0;
}

/*
 * Inside until a signal comes. As in the kernel, one that comes between entry
 * and the wait ends it too: signals are held up until ppoll().
 */
int htab_sim_run(struct call *call, struct descriptor *vcpu)
{
	struct htab_sim_host *host = vcpu->host;
	sigset_t all, mask;
	bool inside, off;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &mask);
	inside = enter(call, vcpu);
	htab_sim_journal_add(&host->journal, &call->entry);
	if (inside) {
		ppoll(NULL, 0, NULL, &mask);
		htab_sim_leave(call, vcpu->vm);
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	off = atomic_load(&host->off);
	htab_sim_fd_release(vcpu);
	/* The host may be gone from here on, if it is off. */
	if (off)
		return -EIO;
	htab_sim_report(host, call->hazards);
	return inside ? -EINTR : (int)call->entry.result;
}

/* -ENOTTY, and let go, if it is no VM and no vcpu */
static int require_vm(struct descriptor *descriptor)
{
	if (!descriptor)
		return -ENOTTY;
	if (descriptor->kind == FD_VM || descriptor->kind == FD_VCPU)
		return 0;
	htab_sim_fd_release(descriptor);
	return -ENOTTY;
}

HTAB_EXPORT int htab_sim_vcpu_enter(int fd)
{
	struct call call = htab_sim_call_on(HTAB_SIM_RUN, fd);
	struct descriptor *descriptor;
	bool done;
	int r = htab_sim_arrive_with(&call, &descriptor, &done);

	if (r < 0)
		return r;
	if (done)
		return (int)call.entry.result;
	r = require_vm(descriptor);
	if (r < 0)
		return r;
	enter(&call, descriptor);
	return (int)htab_sim_answer(&call, descriptor);
}

HTAB_EXPORT int htab_sim_vcpu_leave(int fd)
{
	struct call call = htab_sim_call_on(HTAB_SIM_RUN, fd);
	struct descriptor *descriptor;
	struct htab_sim_host *host;
	int r = htab_sim_arrive(fd, &descriptor);

	if (r >= 0)
		r = require_vm(descriptor);
	if (r < 0)
		return r;
	host = descriptor->host;
	r = descriptor->watch ? htab_sim_leave(&call, descriptor->vm) : -EIO;
	htab_sim_fd_release(descriptor);
	htab_sim_report(host, call.hazards);
	return r;
}
