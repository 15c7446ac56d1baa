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
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

/* --- what all tests share --- */

static struct htab_sim_host *host;
static struct vmm vmm = { .vmfd = -1 };
static int times_stopped;

static void stop_vcpus(struct vmm *stopped)
{
	times_stopped++;
}

/* A VMM with a guest of 8 GiB, which wants a table of order 26 (64 MiB) */
static struct vmm *vmm_on(const char *description)
{
	host = htab_sim_host_new(description);
	assert_non_null(host);
	times_stopped = 0;
	vmm = (struct vmm){
		.vmfd = htab_sim_vm_new(host),
		.ram = UINT64_C(8) << 30,
		.page_shift = 12,
		.stop_vcpus = stop_vcpus,
	};
	assert_true(htab_sim_owns(vmm.vmfd));
	return &vmm;
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

	vmm_free(&vmm);
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

/* Each call fails once in turn. The VMM reports the error, and the next boot
 * succeeds. */
static void boot_survives_any_single_failure(void **state)
{
	struct vmm *v = vmm_on("linux=6.12");
	unsigned int n = 0;
	int r;

	do {
		htab_sim_fail_nth(host, ++n, -EIO);
		r = vmm_boot(v);
		assert_true(r == 0 || r == -EIO);
		htab_sim_fail_nth(host, 0, 0);
		assert_int_equal(vmm_boot(v), 0);
	} while (r < 0);
	assert_true(n > 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reset_of_a_running_guest_is_refused),
		TEST(short_host_gives_a_smaller_table),
		TEST(table_too_small_for_real_mode_is_refused),
		TEST(late_vcpu_is_stopped_again),
		TEST(vcpu_that_stays_is_an_error),
		TEST(host_without_memory_is_reported),
		TEST(on_pr_kvm_the_vmm_keeps_the_table),
		TEST(old_kernel_falls_back_to_24),
		TEST(boot_asks_once),
		TEST(boot_survives_any_single_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
