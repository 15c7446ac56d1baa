/* SPDX-License-Identifier: MIT */
/* What real kernels 4.3, 4.9, 4.14, 4.19 and 5.10 answered
 * (docs/kernels.md, "Entries"; docs/kernels.md, "Keeping vcpus out";
 * docs/kernels.md, "The first run and real mode";
 * docs/kernels.md, "Processes, descriptors and vcpu ids") */
#include "model.h"

static struct hazards hazards;

static struct htab_sim_host *watched(const char *description)
{
	struct htab_sim_host *host = a_host(description);

	print_message("# %s\n", description);
	watch_hazards(host, &hazards);
	return host;
}

/* --- B, the size of the segment: bits 63 and 62 of dword 0 --- */

static void reserved_segment_sizes_are_refused_from_5_16_on(void **state)
{
	static const struct {
		const char *host;
		int result;
	} hosts[] = {
		{ "linux=3.8", 0 },
		{ "linux=4.3", 0 },
		{ "linux=5.10 cpu=power9 mmu=hash", 0 },
		{ "linux=5.15", 0 },
		{ "linux=5.16", -EIO },
		{ "linux=6.12 cpu=power10 mmu=hash", -EIO },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i].host);
		int vmfd = a_vm_with_table(host, 18);

		for (uint64_t b = 2; b <= 3; b++) {
			const uint64_t v = A_HPTE_V | b << 62;

			assert_result(put_hpte(vmfd, 8, v, A_HPTE_R),
				      hosts[i].result);
			assert_int_equal(entry_at(vmfd, 8).v,
					 hosts[i].result ? 0 : v | HPTE_LOCKED);
		}
		/* All kernels accept segments of 1 TiB and of 256 MiB. */
		assert_result(put_hpte(vmfd, 8, A_HPTE_V | UINT64_C(1) << 62,
				       A_HPTE_R),
			      0);
		assert_result(put_hpte(vmfd, 8, A_HPTE_V, A_HPTE_R), 0);
		close(vmfd);
		close_host(host);
	}
}

/* --- a radix VM of Linux 4.11 to 4.14 is never ready --- */

static void up_to_4_14_a_radix_vm_is_never_ready(void **state)
{
	static const char *const hosts[] = { "linux=4.11 cpu=power9",
					     "linux=4.14 cpu=power9" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i]);
		int vmfd = a_vm(host);

		assert_result(htab_sim_vcpu_enter(vmfd), 0);
		/* The kernel looks for running vcpus only if the VM is ready.
		 * So this is not EBUSY. */
		assert_result(put_entry(vmfd, 0), -EINVAL);
		assert_result(commit(vmfd, 20), -EIO);
		assert_hazard(&hazards, HTAB_SIM_HAZARD_COMMIT_NOT_READY);
		assert_result(htab_sim_vcpu_leave(vmfd), 0);
		/* The VM is not ready after the run either. COMMIT is the same
		 * hazard with a prepared table, and discards that table. */
		assert_result(prepare(vmfd, 20), 100);
		assert_result(prepare(vmfd, 20), 0);
		assert_result(commit(vmfd, 20), -EIO);
		assert_hazard(&hazards, HTAB_SIM_HAZARD_COMMIT_NOT_READY);
		close(vmfd);
		close_host(host);
		assert_hazard(&hazards, 0);
	}
}

/* --- hash guests of a radix host on the first POWER9 --- */

static void from_4_15_to_5_11_such_a_guest_cannot_be_run(void **state)
{
	static const struct {
		const char *host;
		int result;
	} hosts[] = {
		{ "linux=4.15 cpu=power9-dd2.0 mmu=radix page=64K", -EBUSY },
		{ "linux=5.11 cpu=power9-dd2.0 page=64K", -EBUSY },
		{ "linux=5.12 cpu=power9-dd2.0 page=64K", 0 },
		{ "linux=5.10 cpu=power9-dd2.0 mmu=hash page=64K", 0 },
		{ "linux=5.10 cpu=power9 page=64K", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i].host);
		int vmfd = a_vm(host);

		/* Up to Linux 5.11 no call shows beforehand that the guest
		 * cannot run. Linux 5.12 and later report capability 135 as
		 * 0. */
		assert_result(capability(vmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3),
			      i != 2);
		/* On the radix hosts the VM can run as a radix guest first. */
		if (i != 3)
			assert_result(run(vmfd), 0);
		assert_result(allocate_order(vmfd, 20), 0);
		assert_result(run(vmfd), hosts[i].result);
		/* The VM has the table, and KVM_RUN has mapped the VRMA, even
		 * if it failed. */
		assert_order(vmfd, 20);
		assert_int_equal(valid_entries(vmfd), 256);
		/* The vcpu is not inside after the run. */
		assert_result(htab_sim_vcpu_leave(vmfd), -EINVAL);
		assert_result(htab_reset(vmfd), 0);
		close(vmfd);
		close_host(host);
		assert_hazard(&hazards, 0);
	}
}

/* --- descriptor numbers of VMs that live on --- */

static void a_number_is_taken_while_its_vm_lives_on(void **state)
{
	static const struct {
		const char *host;
		bool taken;
	} hosts[] = {
		{ "linux=4.6", false },	 { "linux=4.7", true },
		{ "linux=4.14", true },	 { "linux=4.18", true },
		{ "linux=4.19", false }, { "linux=6.12", false },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = watched(hosts[i].host);
		int vmfd = a_vm_with_table(host, 20);
		int htabfd = open_htab(vmfd, 0), again, elsewhere;

		close(vmfd);
		again = htab_sim_vm_new(host);
		assert_int_equal(again, hosts[i].taken ? -ENOMEM : vmfd);
		if (again >= 0)
			close(again);
		/* KVM_CREATE_VM succeeds if the new VM gets another number. */
		assert_int_equal(dup2(STDERR_FILENO, vmfd), vmfd);
		elsewhere = a_vm(host);
		assert_int_not_equal(elsewhere, vmfd);
		close(elsewhere);
		close(vmfd);
		close(htabfd);
		assert_int_equal(htab_sim_vm_new(host), vmfd);
		close(vmfd);
		close_host(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(reserved_segment_sizes_are_refused_from_5_16_on),
		SIM_TEST(up_to_4_14_a_radix_vm_is_never_ready),
		SIM_TEST(from_4_15_to_5_11_such_a_guest_cannot_be_run),
		SIM_TEST(a_number_is_taken_while_its_vm_lives_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
