/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ffsl() */
/*
 * The VMM as a program on /dev/kvm. It boots a guest of 8 GiB with one vcpu,
 * resets it while the vcpu runs and then after it has stopped, and prints the
 * results. On a real host there is more to set up. On the simulator it runs as
 *
 *	HTAB_SIM='cma=32M' LD_PRELOAD=libhtab-sim-preload.so ./vmm
 */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int vcpufd;
static pthread_t vcpu_thread;
static atomic_bool stopping, outside;
static atomic_int run_error; /* errno of KVM_RUN */

static void ignore(int signal)
{
	(void)signal;
}

static void *run_vcpu(void *arg)
{
	while (!stopping && ioctl(vcpufd, KVM_RUN, 0) < 0 && errno == EINTR)
		run_error = errno;
	outside = true;
	return arg;
}

static void do_not_stop(struct vmm *vmm)
{
	(void)vmm;
}

/* The first signals may come before the vcpu is inside KVM_RUN, so the loop
 * repeats them. */
static void stop_vcpu(struct vmm *vmm)
{
	(void)vmm;
	if (stopping)
		return;
	stopping = true;
	while (!outside) {
		pthread_kill(vcpu_thread, SIGUSR1);
		usleep(1000);
	}
	pthread_join(vcpu_thread, NULL);
}

static void say(const char *step, const struct vmm *vmm, int r)
{
	printf("%s: %s\n", step, r < 0 ? vmm->failure : "done");
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(void)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct vmm vmm = {
		.ram = (uint64_t)8 << 30,
		.page_shift = (unsigned int)ffsl(sysconf(_SC_PAGESIZE)) - 1,
	};
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	int r, kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvmfd < 0)
		return fail("/dev/kvm");
	vmm.vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);
	if (vmm.vmfd < 0)
		return fail("KVM_CREATE_VM");
	vcpufd = ioctl(vmm.vmfd, KVM_CREATE_VCPU, 0);
	if (vcpufd < 0)
		return fail("KVM_CREATE_VCPU");
	/* KVM HV does not run a vcpu without it. */
	if (ioctl(vcpufd, KVM_ENABLE_CAP, &papr) < 0)
		return fail("KVM_CAP_PPC_PAPR");

	r = vmm_boot(&vmm);
	say("boot", &vmm, r);
	if (r < 0)
		return 2;
	printf("ibm,pft-size: <%u %u>\n", vmm.pft_size[0], vmm.pft_size[1]);

	sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&vcpu_thread, NULL, run_vcpu, NULL))
		return fail("thread");
	/* A reset succeeds until the vcpu is inside KVM_RUN. With a table of
	 * the VMM's own it always succeeds. */
	vmm.stop_vcpus = do_not_stop;
	for (int i = 0; r == 0 && i < 1000 && !vmm.own_table; i++) {
		usleep(1000);
		r = vmm_reset(&vmm);
	}
	say("reset with the vcpu in KVM_RUN", &vmm, r);

	vmm.stop_vcpus = stop_vcpu;
	r = vmm_reset(&vmm);
	say("reset", &vmm, r);
	printf("KVM_RUN: %s\n", strerror(run_error));
	close(vcpufd);
	close(kvmfd);
	vmm_free(&vmm);
	return r < 0;
}
