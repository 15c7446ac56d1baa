/* SPDX-License-Identifier: MIT */
/* Lets vcpus enter and leave KVM_RUN: from threads of their own, or by calls of
 * a test. */
#include "host.h"

#include <poll.h>
#include <signal.h>

/* Returns true if the vcpu is inside. Otherwise call->entry.result is the
 * error. */
static bool enter(struct call *call, const struct descriptor *descriptor)
{
	int r = -EIO;

	htab_sim_reap_before(call, descriptor);
	/* A VM of the parent process is EIO. */
	if (descriptor->watch)
		r = htab_sim_enter(call, descriptor->vm);
	call->entry.result = r;
	return r == 0;
}

/*
 * Stays inside until a signal arrives. A signal that arrives between the entry
 * and the wait must end KVM_RUN too, as in the kernel, so signals are blocked
 * until ppoll().
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
	/* If the host is off, another thread may free it from here on. */
	if (off)
		return -EIO;
	htab_sim_report(host, call->hazards);
	return inside ? -EINTR : (int)call->entry.result;
}

/* Returns 0 if the descriptor is a VM or a vcpu. Otherwise releases it and
 * returns -ENOTTY. */
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
