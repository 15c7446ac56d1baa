/* SPDX-License-Identifier: MIT */
/*
 * The man pages show these tests of a VMM. expect() is what a test framework
 * has, such as assert_int_equal() of CMocka.
 */
#include "examples.h"
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void short_host_gives_a_smaller_table(void)
{
	struct htab_sim_host *host =
		htab_sim_host_new("linux=6.12 cma=32M "
				  "memory=64M block=16M");
	int vmfd = htab_sim_vm_new(host);
	uint32_t order = 26;

	expect(htab_alloc(vmfd, &order), 0);
	expect(order, 25);
	expect((int64_t)htab_sim_free_memory(host, HTAB_SIM_CMA), 0);
	close(vmfd);
	expect(htab_sim_host_free(host), 0);
}

void reset_of_a_running_guest_is_refused(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = htab_sim_vm_new(host);

	expect(htab_sim_vcpu_enter(vmfd), 0);
	expect(htab_reset(vmfd), -EBUSY);
	expect(htab_sim_vcpu_leave(vmfd), 0);
	expect(htab_reset(vmfd), 0);
	close(vmfd);
	htab_sim_host_free(host);
}

/* Before Linux 3.17 only /dev/kvm answers KVM_CHECK_EXTENSION. */
void old_kernel_is_asked_at_dev_kvm(void)
{
	struct htab_sim_host *host = htab_sim_host_new("linux=3.16");
	void *capability = (void *)KVM_CAP_PPC_ALLOC_HTAB;
	int vmfd = htab_sim_vm_new(host);

	expect(htab_sim_ioctl(htab_sim_kvmfd(host), KVM_CHECK_EXTENSION,
			      capability),
	       1);
	expect(htab_sim_ioctl(vmfd, KVM_CHECK_EXTENSION, capability),
	       -ENOTTY);
	close(vmfd);
	htab_sim_host_free(host);
}

void failed_reset_leaves_no_descriptor(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = htab_sim_vm_new(host);
	uint32_t order = 24;

	expect(htab_alloc(vmfd, &order), 0);
	htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1, -EBUSY);
	expect(htab_reset(vmfd), -EBUSY);
	close(vmfd);
	expect(htab_sim_host_free(host), 0);
}

static void count(void *data, const struct htab_sim_event *event,
		  const char *name, long result)
{
	(void)event;
	(void)name;
	(void)result;
	++*(int *)data;
}

/* The simulator knows no interrupt controllers. */
void unknown_request_is_named(void)
{
	struct htab_sim_host *host = htab_sim_host_new("other=accept");
	int n = 0, vmfd = htab_sim_vm_new(host);

	htab_sim_on_unknown(host, count, &n);
	expect(htab_sim_ioctl(vmfd, KVM_CREATE_IRQCHIP, NULL), 0);
	expect(n, 1);
	close(vmfd);
	htab_sim_host_free(host);
}

void reset_makes_these_calls(void)
{
	struct htab_sim_host *host = htab_sim_host_new(NULL);
	int vmfd = htab_sim_vm_new(host);
	uint32_t order = 24;

	expect(htab_alloc(vmfd, &order), 0);
	htab_sim_journal_clear(host);
	expect(htab_reset(vmfd), 0);
	expect(!strstr(htab_sim_journal(host),
		       "KVM_PPC_ALLOCATE_HTAB(order=24) = 0\n"),
	       0);
	close(vmfd);
	htab_sim_host_free(host);
}

static void remember(void *data, enum htab_sim_hazard hazard,
		     const char *sentence)
{
	(void)sentence;
	*(enum htab_sim_hazard *)data = hazard;
}

void closing_a_vm_that_lost_its_table(void)
{
	struct htab_sim_host *host =
		htab_sim_host_new("linux=4.14 memory=1M "
				  "cma=1M");
	enum htab_sim_hazard met = 0;
	int vmfd = htab_sim_vm_new(host);
	uint32_t order = 18;

	htab_sim_on_hazard(host, remember, &met);
	expect(htab_alloc(vmfd, &order), 0);
	order = 30;
	expect(htab_alloc_at_least(vmfd, &order, 30), -ENOMEM);
	close(vmfd);
	htab_sim_host_free(host);
	expect(met, HTAB_SIM_HAZARD_STALE_REVERSE_MAP);
}
