/* SPDX-License-Identifier: MIT */
/* KVM_RUN of a vcpu, from the thread that makes it */
#include "host.h"

#include <poll.h>
#include <stdlib.h>

static int leave_without_entry(const struct descriptor *vcpu, uint32_t reason,
			       int error)
{
	htab_sim_area_exit(vcpu->host, vcpu->vcpu, reason, NULL, 0);
	return error;
}

/* Caller holds the vcpu's lock. Returns 0 if the vcpu is inside. Only the last
 * step can be a first run. */
static int enter(struct call *call, const struct descriptor *vcpu,
		 struct run_signals *signals)
{
	const struct kernel *kernel = &vcpu->host->kernel;

	if (atomic_load(&vcpu->host->off))
		return -EIO;
	if (call->event.arg)
		return -EINVAL;
	if (kernel->rules.has_immediate_exit &&
	    htab_sim_area_says_exit(vcpu->host, vcpu->vcpu))
		return -EINTR;
	if (!htab_model_vcpu_may_run(kernel, vcpu->vcpu))
		return leave_without_entry(vcpu, UAPI_KVM_EXIT_INTERNAL_ERROR,
					   -EINVAL);
	if (htab_sim_signals_pending(signals))
		return leave_without_entry(vcpu, UAPI_KVM_EXIT_INTR, -EINTR);
	return htab_sim_enter(call, vcpu->vm);
}

/* Waits for the wake of an exit, or for a signal. Returns false if a signal
 * came. All waiting vcpus of a host share one descriptor. Each of them wakes
 * and looks for an exit of its own, and the one that has it takes the wake
 * back. */
static bool wait_for_exit(const struct descriptor *vcpu,
			  struct run_signals *signals)
{
	struct pollfd fds[] = {
		{ .fd = vcpu->host->areas.wakefd, .events = POLLIN },
		{ .fd = signals->fd, .events = POLLIN },
	};

	return ppoll(fds, 2, NULL, &signals->wait) >= 0 &&
	       !(fds[1].revents && htab_sim_signals_pending(signals));
}

/* Stays inside until a signal arrives or an exit is planned. */
static int stay(const struct descriptor *vcpu, struct run_signals *signals)
{
	const struct htab_sim_host *host = vcpu->host;
	struct planned_exit *next;
	bool undisturbed = true;

	while (undisturbed && htab_model_vcpu_wait(vcpu->vcpu)) {
		undisturbed = wait_for_exit(vcpu, signals);
		if (htab_model_vcpu_wake(vcpu->vcpu))
			htab_sim_area_take_wake(&host->areas);
	}
	next = undisturbed ? htab_model_vcpu_next_exit(vcpu->vcpu) : NULL;
	if (!next)
		return leave_without_entry(vcpu, UAPI_KVM_EXIT_INTR, -EINTR);
	htab_sim_area_exit(host, vcpu->vcpu, next->reason, next->data,
			   next->len);
	free(next);
	return host->kernel.rules.exit_is_2 ? 2 : 0;
}

/* Caller holds the vcpu's lock. */
static int run(struct call *call, const struct descriptor *vcpu,
	       struct run_signals *signals)
{
	int r = htab_sim_signals_begin(signals, vcpu->vcpu);

	if (r == 0)
		r = enter(call, vcpu, signals);
	call->entry.result = r;
	htab_sim_journal_add(&vcpu->host->journal, &call->entry);
	if (r == 0) {
		r = stay(vcpu, signals);
		htab_sim_leave(call, vcpu->vm);
	}
	htab_sim_signals_end(signals);
	return r;
}

/*
 * Signals are blocked except where the vcpu waits. One that arrives between the
 * entry and the wait must end KVM_RUN, and one that arrives while another
 * thread is inside with the same vcpu must end it as soon as that thread has
 * left.
 */
int htab_sim_run(struct call *call, struct descriptor *vcpu)
{
	struct htab_sim_host *host = vcpu->host;
	struct run_signals signals;
	sigset_t all;
	bool off;
	int r = -EIO;

	htab_sim_reap_before(call, vcpu);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &signals.thread);
	/* A vcpu of the parent process is EIO. */
	if (vcpu->watch) {
		pthread_mutex_lock(&vcpu->vcpu->lock);
		r = run(call, vcpu, &signals);
		pthread_mutex_unlock(&vcpu->vcpu->lock);
	} else {
		call->entry.result = r;
		htab_sim_journal_add(&host->journal, &call->entry);
	}
	off = atomic_load(&host->off);
	htab_sim_fd_release(vcpu);
	pthread_sigmask(SIG_SETMASK, &signals.thread, NULL);
	/* If the host is off, another thread may free it from here on. */
	if (off)
		return -EIO;
	htab_sim_report(host, call->hazards);
	return r;
}
