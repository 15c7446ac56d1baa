/* SPDX-License-Identifier: MIT */
/* htab_configure_mmu() */
#include "mock-shim.h"
#include "unit.h"

#define GR UINT64_C(0x8000000000000000)

static void will_find_both(void)
{
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 1);
}

static void each_switch_is_one_call(void **state)
{
	will_find_both();
	will_configure(HTAB_MMU_RADIX, GR | 0x12340004, 0);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR | 0x12340004),
		      0);
	will_find_both();
	will_configure(3, GR, 0);
	assert_result(
		htab_configure_mmu(VMFD, HTAB_MMU_RADIX | HTAB_MMU_GTSE, GR),
		0);
	will_find_both();
	will_configure(0, 0x12340018, 0);
	assert_result(htab_configure_mmu(VMFD, 0, 0x12340018), 0);
}

static void bad_arguments_are_einval_without_a_call(void **state)
{
	assert_result(htab_configure_mmu(VMFD, 4, 0), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, 0x80000001, GR), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, 0), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, 0, GR), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_GTSE, GR), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, 0, 25), -EINVAL);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR | 31),
		      -EINVAL);
}

/* A nested host, an early POWER9, radix before Linux 4.15 */
static void hash_guest_that_cannot_run_is_eopnotsupp(void **state)
{
	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	assert_result(htab_configure_mmu(VMFD, 0, 0), -EOPNOTSUPP);

	will_check(VMFD, CAP_RADIX, 1);
	will_check(VMFD, CAP_HASH, 0);
	will_configure(HTAB_MMU_RADIX, GR, 0);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR), 0);
}

static void radix_guest_on_a_hash_host_is_eopnotsupp(void **state)
{
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_HASH, 1);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR),
		      -EOPNOTSUPP);

	will_check(VMFD, CAP_RADIX, 0);
	will_configure(0, 0, 0);
	assert_result(htab_configure_mmu(VMFD, 0, 0), 0);
}

static void radix_guest_before_power9_is_enodev(void **state)
{
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_HASH, 0);
	will_configure(HTAB_MMU_RADIX, GR, -ENODEV);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR), -ENODEV);
}

/* Before Linux 3.17 a VM does not support KVM_CHECK_EXTENSION. */
static void kernel_without_radix_is_enotty(void **state)
{
	will_check(VMFD, CAP_RADIX, -ENOTTY);
	will_check(VMFD, CAP_HASH, -ENOTTY);
	will_configure(HTAB_MMU_RADIX, GR, -ENOTTY);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR), -ENOTTY);
}

static void configure_passes_on_what_the_kernel_says(void **state)
{
	const int error = errno_row(state);

	will_check(VMFD, CAP_RADIX, error);
	assert_result(htab_configure_mmu(VMFD, 0, 0), error);
	will_check(VMFD, CAP_RADIX, 0);
	will_check(VMFD, CAP_HASH, error);
	assert_result(htab_configure_mmu(VMFD, HTAB_MMU_RADIX, GR), error);
	will_find_both();
	will_configure(0, 0, error);
	assert_result(htab_configure_mmu(VMFD, 0, 0), error);
}

static void configure_with_a_positive_result_is_eproto(void **state)
{
	will_find_both();
	will_configure(0, 0, 1);
	assert_result(htab_configure_mmu(VMFD, 0, 0), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(each_switch_is_one_call),
		mocked_test(bad_arguments_are_einval_without_a_call),
		mocked_test(hash_guest_that_cannot_run_is_eopnotsupp),
		mocked_test(radix_guest_on_a_hash_host_is_eopnotsupp),
		mocked_test(radix_guest_before_power9_is_enodev),
		mocked_test(kernel_without_radix_is_enotty),
		mocked_test_of(configure_passes_on_what_the_kernel_says,
			       -EBADF),
		mocked_test_of(configure_passes_on_what_the_kernel_says, -EIO),
		mocked_test_of(configure_passes_on_what_the_kernel_says,
			       -EBUSY),
		mocked_test_of(configure_passes_on_what_the_kernel_says,
			       -EINVAL),
		mocked_test_of(configure_passes_on_what_the_kernel_says,
			       -ENOMEM),
		mocked_test(configure_with_a_positive_result_is_eproto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
