/* SPDX-License-Identifier: MIT */
/* htab_configure_mmu() */
#include "conformance.h"

#define RADIX_TABLE UINT64_C(0x8000000000000000)

static int a_hash_vm(void)
{
	int vmfd = a_vm_with_table(20);

	write_entry(vmfd, 8);
	return vmfd;
}

static void hash_to_radix_frees_the_table(void)
{
	int vmfd = a_hash_vm();
	uint32_t order = 20;

	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, RADIX_TABLE), 0);
	assert_no_table(vmfd);
	assert_result(htab_configure_mmu(vmfd, 0, 0), 0);
	assert_no_table(vmfd);
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 0);
}

/* Each kind of guest runs after each switch. */
static void guests_of_both_kinds_run(void)
{
	int vmfd = a_vm();
	struct vcpu *vcpu = a_vcpu(vmfd);

	for (int i = 0; i < 2; i++) {
		run_for_a_moment(vcpu);
		assert_no_table(vmfd);
		assert_result(htab_configure_mmu(vmfd, 0, 0), 0);
		run_for_a_moment(vcpu);
		assert_order(vmfd, HTAB_ORDER_DEFAULT);
		assert_int_equal(contents_of(vmfd).valid, vrma_entries());
		assert_result(htab_configure_mmu(vmfd,
						 HTAB_MMU_RADIX | HTAB_MMU_GTSE,
						 RADIX_TABLE),
			      0);
	}
	run_for_a_moment(vcpu);
	assert_no_table(vmfd);
}

static void switch_under_a_running_vcpu_is_ebusy(void)
{
	int vmfd = a_hash_vm();
	struct vcpu *vcpu = a_vcpu(vmfd);

	vcpu_start(vcpu);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, RADIX_TABLE),
		      -EBUSY);
	/* The same kind is no switch. */
	assert_result(htab_configure_mmu(vmfd, 0, 0x100000), 0);
	vcpu_stop(vcpu);
	assert_order(vmfd, 20);
	assert_true(contents_of(vmfd).valid > 1);
	run_for_a_moment(vcpu);
}

static void switch_of_a_running_radix_guest_is_ebusy(void)
{
	int vmfd = a_vm();
	struct vcpu *vcpu = a_vcpu(vmfd);

	vcpu_start(vcpu);
	assert_result(htab_configure_mmu(vmfd, 0, 0), -EBUSY);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX,
					 RADIX_TABLE | 0x100000 | 4),
		      0);
	vcpu_stop(vcpu);
	assert_no_table(vmfd);
	run_for_a_moment(vcpu);
}

static void wrong_arguments_change_nothing(void)
{
	int vmfd = a_hash_vm();

	assert_result(htab_configure_mmu(vmfd, 4, 0), -EINVAL);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, 0), -EINVAL);
	assert_result(htab_configure_mmu(vmfd, 0, RADIX_TABLE), -EINVAL);
	assert_result(htab_configure_mmu(vmfd, 0, 25), -EINVAL);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 1);
}

/* POWER9 and later say so with a capability that was new in Linux 4.11. */
static void hash_host_has_no_radix_guests(void)
{
	const bool power9 =
		host_capability(host.kvmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3) > 0;
	int vmfd = a_hash_vm();

	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, RADIX_TABLE),
		      power9 ? -EOPNOTSUPP : -ENODEV);
	assert_result(htab_configure_mmu(vmfd, 0, 0), power9 ? 0 : -ENODEV);
	assert_order(vmfd, 20);
	assert_int_equal(contents_of(vmfd).valid, 1);
}

static void old_kernels_cannot_be_asked(void)
{
	int vmfd = a_vm_with_table(20);

	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, RADIX_TABLE),
		      -ENOTTY);
	assert_result(htab_configure_mmu(vmfd, 0, 0), -ENOTTY);
	assert_result(htab_reset(vmfd), 0);
}

static void radix_guest_stays_radix(void)
{
	int vmfd = a_vm();

	assert_result(htab_configure_mmu(vmfd, 0, 0), -EOPNOTSUPP);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX, RADIX_TABLE), 0);
	assert_result(htab_configure_mmu(vmfd, HTAB_MMU_RADIX | HTAB_MMU_GTSE,
					 RADIX_TABLE | 0x100000 | 4),
		      0);
	assert_no_table(vmfd);
}

CASES(mmu,
      {
	      CASE(hash_to_radix_frees_the_table, BEGINS_RADIX | HASH_GUESTS,
		   V(4, 15), 0),
	      CASE(guests_of_both_kinds_run, BEGINS_RADIX | HASH_RUNS, V(4, 15),
		   0),
	      CASE(switch_under_a_running_vcpu_is_ebusy,
		   BEGINS_RADIX | HASH_RUNS, V(4, 15), 0),
	      CASE(switch_of_a_running_radix_guest_is_ebusy,
		   BEGINS_RADIX | HASH_GUESTS, V(4, 15), 0),
	      CASE(wrong_arguments_change_nothing, HASH_GUESTS, V(4, 11), 0),
	      CASE(hash_host_has_no_radix_guests, BEGINS_HASH, V(4, 11), 0),
	      CASE(old_kernels_cannot_be_asked, BEGINS_HASH, 0, V(4, 11)),
	      CASE(radix_guest_stays_radix, NO_HASH, V(4, 11), 0),
      });
