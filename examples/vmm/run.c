/* SPDX-License-Identifier: MIT */
/* The guest runs, resets and powers off. */
#include "vmm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

/* --- vcpus in and out of KVM_RUN --- */

/* Returns 0 after an exit of the guest or a signal, or -errno. The signal stays
 * pending, because the thread blocks it, and is taken away here. */
static int run_once(struct vcpu *vcpu)
{
	const struct timespec at_once = { 0 };
	sigset_t kick;

	/* Linux up to 5.10 at least returns 2 after an exit, 6.1 returns 0. */
	if (ioctl(vcpu->fd, KVM_RUN, 0) >= 0)
		return 0;
	if (errno != EINTR)
		return -errno;
	sigemptyset(&kick);
	sigaddset(&kick, VMM_KICK);
	sigtimedwait(&kick, NULL, &at_once);
	vcpu->run->exit_reason = KVM_EXIT_INTR;
	return 0;
}

static void *idle(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!vcpu->vmm->stopping && run_once(vcpu) == 0)
		continue;
	return NULL;
}

static int start_vcpus(struct vmm *vmm)
{
	vmm->stopping = false;
	for (struct vcpu *vcpu = vmm->vcpus + 1; vcpu < vmm->vcpus + VCPUS;
	     vcpu++) {
		const int r = pthread_create(&vcpu->thread, NULL, idle, vcpu);

		if (r > 0)
			return vmm_fail(vmm, "thread of a vcpu", -r);
		vcpu->started = true;
	}
	return 0;
}

void vmm_stop_vcpus(struct vmm *vmm)
{
	vmm->stopping = true;
	for (int id = 1; id < VCPUS; id++) {
		struct vcpu *vcpu = &vmm->vcpus[id];

		if (!vcpu->started)
			continue;
		pthread_kill(vcpu->thread, VMM_KICK);
		pthread_join(vcpu->thread, NULL);
		vcpu->started = false;
	}
}

/* --- boot and reset --- */

/* Loads what the guest starts with, and sets the registers. */
static int start_over(struct vmm *vmm)
{
	int r = 0;

	guest_load(vmm->memory, vmm->pft_size);
	for (int id = 0; r == 0 && id < VCPUS; id++)
		r = vmm_set_registers(&vmm->vcpus[id]);
	return r;
}

int vmm_boot(struct vmm *vmm)
{
	const int r = table_make(vmm);

	return r < 0 ? r : start_over(vmm);
}

/* After an exit, the kernel writes the result of the hypercall into registers
 * at the next KVM_RUN, which must not come after the registers are set for the
 * reset. A signal that is pending ends this KVM_RUN before the guest runs. */
static int complete_exits(struct vmm *vmm)
{
	int r = 0;

	for (int id = 0; r == 0 && id < VCPUS; id++) {
		pthread_kill(pthread_self(), VMM_KICK);
		r = run_once(&vmm->vcpus[id]);
	}
	return r;
}

/* These are the steps of "Resetting a guest" in libhtab.h. */
int vmm_reset(struct vmm *vmm)
{
	const bool resize = vmm->plugged;
	int r, patience = 3;

	vmm->ram += vmm->plugged;
	vmm->plugged = 0;
	/* A vcpu that was about to enter KVM_RUN when it was stopped may be
	 * inside now. If it stays there, the VMM has a bug. */
	do {
		vmm->stop_vcpus(vmm);
		r = complete_exits(vmm);
		if (r == 0)
			r = table_reset(vmm, resize);
	} while (r == -EBUSY && --patience);
	return r < 0 ? r : start_over(vmm);
}

/* --- the guest runs --- */

/* The bytes are in two registers, in big-endian order. */
static void put_chars(FILE *console, const __u64 *args)
{
	for (unsigned int i = 0; i < args[1] && i < 16; i++)
		fputc((int)(args[2 + i / 8] >> (56 - i % 8 * 8) & 0xff),
		      console);
}

/* Returns 0 if the guest goes on, or the RTAS function that it calls. */
static int hypercall(struct vmm *vmm, struct kvm_run *run)
{
	const __u64 *args = run->papr_hcall.args;

	run->papr_hcall.ret = 0; /* H_SUCCESS */
	switch (run->papr_hcall.nr) {
	case H_PUT_TERM_CHAR:
		put_chars(vmm->console, args);
		return 0;
	case H_RTAS:
		return (int)args[0];
	default:
		run->papr_hcall.ret = (__u64)-2; /* H_FUNCTION */
		return 0;
	}
}

int vmm_run(struct vmm *vmm)
{
	struct kvm_run *run = vmm->vcpus[0].run;
	int r = start_vcpus(vmm);

	while (r == 0) {
		r = run_once(&vmm->vcpus[0]);
		if (r < 0)
			return vmm_fail(vmm, "KVM_RUN", r);
		if (run->exit_reason == KVM_EXIT_PAPR_HCALL)
			r = hypercall(vmm, run);
		else if (run->exit_reason != KVM_EXIT_INTR)
			r = vmm_fail(vmm, "exit of the guest", -EPROTO);
	}
	return r;
}
