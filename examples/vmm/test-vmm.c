/* SPDX-License-Identifier: MIT */
/*
 * Tests of a VMM on simulated hosts. Copy what you can use. Each test has a
 * host of its own, which one line describes (see libhtab-sim.h), and needs no
 * KVM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <libhtab.h>
#include <libhtab-sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

/* --- what all tests share --- */

static const uint64_t gib = UINT64_C(1) << 30;
static struct htab_sim_host *host;
static struct vmm vmm = { .vmfd = -1 };
static int times_stopped;
static FILE *console; /* where the guest prints */
static char *printed;
static size_t printed_size;

static struct vmm *vmm_with(uint64_t ram, const char *description)
{
	host = htab_sim_host_new(description);
	assert_non_null(host);
	times_stopped = 0;
	assert_int_equal(vmm_open(&vmm, htab_sim_kvmfd(host), ram, 2 * ram), 0);
	assert_true(htab_sim_owns(vmm.vmfd));
	vmm.console = console = open_memstream(&printed, &printed_size);
	return &vmm;
}

/* A VMM with a guest of 8 GiB, which wants a table of order 26 (64 MiB), and
 * can become twice as large */
static struct vmm *vmm_on(const char *description)
{
	return vmm_with(8 * gib, description);
}

static struct vmm *booted_on(const char *description)
{
	assert_int_equal(vmm_boot(vmm_on(description)), 0);
	return &vmm;
}

/* This also runs after a failed assertion. It fails if the VMM has left a
 * descriptor open. */
static int teardown(void **state)
{
	int left_open;

	if (console)
		fclose(console);
	console = NULL;
	free(printed);
	printed = NULL;
	if (vmm.vmfd >= 0)
		vmm_close(&vmm);
	left_open = htab_sim_host_free(host);
	/* The next test may fail before it has a host and a VM. */
	host = NULL;
	vmm = (struct vmm){ .vmfd = -1 };
	return left_open;
}

/* --- the tests --- */

/* The kernel does not touch the table while a vcpu runs. The VMM sees the
 * error, and can reset the guest when the vcpu has left KVM_RUN. */
static void reset_of_a_running_guest_is_refused(void **state)
{
	struct vmm *v = booted_on("linux=6.12");
	htab_sim_vcpu_enter(v->vmfd);
	assert_int_equal(vmm_reset(v), -EBUSY);
	htab_sim_vcpu_leave(v->vmfd);
	assert_int_equal(vmm_reset(v), 0);
}

/* The host has less memory than the table needs. The guest gets half the table,
 * and its device tree has to say so. */
static void short_host_gives_a_smaller_table(void **state)
{
	struct vmm *v = vmm_on("cma=32M");
	assert_int_equal(vmm_boot(v), 0);
	assert_int_equal(v->pft_size[1], 25);
}

/* A guest hangs if its table is too small for real mode, so the VMM refuses
 * such a table. On a host with 4K pages a small guest needs a larger table than
 * its memory suggests. */
static void table_too_small_for_real_mode_is_refused(void **state)
{
	struct vmm *v = vmm_on("cma=8M memory=8M");

	assert_int_equal(vmm_boot(v), -ENOMEM);
	v->ram = 512 << 20;
	assert_int_equal(vmm_boot(v), -ENOMEM);
	v->page_shift = 16;
	assert_int_equal(vmm_boot(v), 0);
	assert_int_equal(v->pft_size[1], 22);
}

/* A guest that prints, reboots, prints again and powers off. When it reboots,
 * memory has been plugged, for which the kernel replaces the table. The vcpus
 * run on threads, as they do in the VMM, and execute nothing: guest_script()
 * says what the first one does. */
static void guest_reboots_with_more_memory(void **state)
{
	struct vmm *v = vmm_with(2 * gib, "linux=6.12");

	assert_int_equal(vmm_boot(v), 0);
	assert_int_equal(v->pft_size[1], 24);
	guest_script(v->vcpus[0].fd);
	assert_int_equal(vmm_run(v), RTAS_REBOOT);
	assert_int_equal(vmm_plug(v, 2 * gib), 0);
	assert_int_equal(vmm_reset(v), 0);
	assert_int_equal(v->pft_size[1], 25);
	assert_int_equal(vmm_run(v), RTAS_POWER_OFF);
	fflush(console);
	assert_string_equal(printed, "hello\nhello\n");
}

/* The host cannot give the larger table that the guest wants after memory was
 * plugged. The guest keeps a table of the size that it had. */
static void plugged_memory_does_not_cost_the_table(void **state)
{
	struct vmm *v = booted_on("cma=64M memory=256M");

	assert_int_equal(v->pft_size[1], 26);
	assert_int_equal(vmm_plug(v, 8 * gib), 0);
	assert_int_equal(vmm_reset(v), 0);
	assert_int_equal(v->pft_size[1], 26);
}

/* The kernel ends the hypercall at the next KVM_RUN, so the VMM makes one
 * before it changes the table and the registers. */
static void last_hypercall_ends_before_the_reset(void **state)
{
	struct vmm *v = vmm_with(gib, "linux=6.12");
	const char *run, *allocate;

	assert_int_equal(vmm_boot(v), 0);
	guest_script(v->vcpus[0].fd);
	assert_int_equal(vmm_run(v), RTAS_REBOOT);
	vmm_stop_vcpus(v);
	htab_sim_journal_clear(host);
	assert_int_equal(vmm_reset(v), 0);
	run = strstr(htab_sim_journal(host), "KVM_RUN");
	allocate = strstr(htab_sim_journal(host), "KVM_PPC_ALLOCATE_HTAB");
	assert_non_null(run);
	assert_non_null(allocate);
	assert_true(run < allocate);
}

/* The guest goes on after a hypercall that the VMM does not have. */
static void unknown_hypercall_is_refused(void **state)
{
	struct vmm *v = vmm_with(gib, "linux=6.12");
	const int vcpufd = v->vcpus[0].fd;
	struct kvm_run run = { .papr_hcall.nr = 0x4 };

	assert_int_equal(vmm_boot(v), 0);
	htab_sim_vcpu_exit(vcpufd, KVM_EXIT_PAPR_HCALL, &run.papr_hcall,
			   sizeof(run.papr_hcall));
	run.papr_hcall.nr = H_RTAS;
	run.papr_hcall.args[0] = RTAS_POWER_OFF;
	htab_sim_vcpu_exit(vcpufd, KVM_EXIT_PAPR_HCALL, &run.papr_hcall,
			   sizeof(run.papr_hcall));
	assert_int_equal(vmm_run(v), RTAS_POWER_OFF);
}

/* The VMM ends with an error when the guest crashes. */
static void other_exit_is_an_error(void **state)
{
	struct vmm *v = vmm_with(gib, "linux=6.12");

	assert_int_equal(vmm_boot(v), 0);
	htab_sim_vcpu_exit(v->vcpus[0].fd, KVM_EXIT_SHUTDOWN, NULL, 0);
	assert_int_equal(vmm_run(v), -EPROTO);
}

static void do_not_stop(struct vmm *stopped)
{
	times_stopped++;
}

/* The vcpu was about to enter KVM_RUN when the VMM stopped it, so the VMM has
 * to stop it twice. */
static void stop_late(struct vmm *stopped)
{
	if (++times_stopped == 2)
		htab_sim_vcpu_leave(stopped->vmfd);
}

static void late_vcpu_is_stopped_again(void **state)
{
	struct vmm *v = booted_on("linux=6.12");

	v->stop_vcpus = stop_late;
	assert_int_equal(htab_sim_vcpu_enter(v->vmfd), 0);
	assert_int_equal(vmm_reset(v), 0);
	assert_int_equal(times_stopped, 2);
}

/* The VMM must not hang if the vcpu does not leave KVM_RUN. */
static void vcpu_that_stays_is_an_error(void **state)
{
	struct vmm *v = booted_on("linux=6.12");

	v->stop_vcpus = do_not_stop;
	assert_int_equal(htab_sim_vcpu_enter(v->vmfd), 0);
	assert_int_equal(vmm_reset(v), -EBUSY);
	assert_int_equal(times_stopped, 3);
	assert_int_equal(htab_sim_vcpu_leave(v->vmfd), 0);
}

/* The host has no memory for a table. The user sees the reason, and the VMM
 * does not run the guest. */
static void host_without_memory_is_reported(void **state)
{
	struct vmm *v = vmm_on("cma=0 memory=0");

	assert_int_equal(vmm_boot(v), -ENOMEM);
	assert_string_equal(v->failure, htab_strerror(-ENOMEM));
}

/* PR KVM reports the capability, but has no table. The VMM has a table of its
 * own in the wanted size, and clears that. */
static void on_pr_kvm_the_vmm_keeps_the_table(void **state)
{
	struct vmm *v = booted_on("linux=4.10 kvm=pr");
	unsigned char *table = v->own_table;

	assert_int_equal(v->pft_size[1], 26);
	assert_non_null(table);
	table[(1 << 26) - 1] = 0xff;
	assert_int_equal(vmm_reset(v), 0);
	assert_int_equal(table[(1 << 26) - 1], 0);
}

/* Linux 4.3 itself falls back to the page allocator, which has at most order
 * 24, although the host has 25. The guest has to know the order of the
 * table. */
static void old_kernel_falls_back_to_24(void **state)
{
	struct vmm *v = booted_on("linux=4.3 cma=32M");

	assert_int_equal(v->pft_size[1], 24);
}

/* The journal has the calls that reached the kernel. */
static void boot_asks_once(void **state)
{
	booted_on("linux=6.12");
	assert_non_null(strstr(htab_sim_journal(host),
			       "KVM_PPC_ALLOCATE_HTAB(order=26) = 0\n"));
}

/* Each call fails once in turn, from the first request to /dev/kvm on. The VMM
 * reports the error and leaves nothing open. */
static void any_single_failure_is_reported(void **state)
{
	unsigned int n = 0;
	int r;

	host = htab_sim_host_new(NULL);
	do {
		htab_sim_fail_nth(host, ++n, -EIO);
		r = vmm_open(&vmm, htab_sim_kvmfd(host), 8 * gib, 16 * gib);
		if (r == 0) {
			r = vmm_boot(&vmm);
			htab_sim_fail_nth(host, 0, 0);
			vmm_close(&vmm);
		}
		assert_true(r == 0 || r == -EIO);
	} while (r < 0);
	/* There are more calls than those of the table alone. */
	assert_true(n > 15);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reset_of_a_running_guest_is_refused),
		TEST(short_host_gives_a_smaller_table),
		TEST(table_too_small_for_real_mode_is_refused),
		TEST(guest_reboots_with_more_memory),
		TEST(plugged_memory_does_not_cost_the_table),
		TEST(last_hypercall_ends_before_the_reset),
		TEST(unknown_hypercall_is_refused),
		TEST(other_exit_is_an_error),
		TEST(late_vcpu_is_stopped_again),
		TEST(vcpu_that_stays_is_an_error),
		TEST(host_without_memory_is_reported),
		TEST(on_pr_kvm_the_vmm_keeps_the_table),
		TEST(old_kernel_falls_back_to_24),
		TEST(boot_asks_once),
		TEST(any_single_failure_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
