/* SPDX-License-Identifier: MIT */
/* What a test does to a vcpu without KVM_RUN: it lets it enter and leave, and
 * plans exits. */
#include "host.h"

#include <signal.h>

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
	htab_sim_reap_before(&call, descriptor);
	/* A VM of the parent process is EIO. */
	call.entry.result = descriptor->watch
				    ? htab_sim_enter(&call, descriptor->vm)
				    : -EIO;
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

/* A signal handler that left by longjmp() between the two steps would keep the
 * vcpu waiting for a wake that never comes. */
static int plan_exit(const struct descriptor *vcpu, uint32_t reason,
		     const void *data, size_t len)
{
	sigset_t all, mask;
	bool wake = false;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &mask);
	r = htab_model_vcpu_plan_exit(vcpu->vcpu, reason, data, len, &wake);
	if (wake)
		htab_sim_area_wake(&vcpu->host->areas);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return r;
}

HTAB_EXPORT int htab_sim_vcpu_exit(int vcpufd, uint32_t reason,
				   const void *data, size_t len)
{
	struct descriptor *descriptor;
	int r = htab_sim_arrive(vcpufd, &descriptor);

	if (r <= 0)
		return r < 0 ? r : -ENOTTY;
	if (descriptor->kind != FD_VCPU)
		r = -ENOTTY;
	else if (!descriptor->watch)
		r = -EIO;
	else
		r = plan_exit(descriptor, reason, data, len);
	htab_sim_fd_release(descriptor);
	return r;
}
