/* SPDX-License-Identifier: MIT */
#include "mock-shim.h"
#include "unit.h"

enum { PVINFO, ALLOC, HTAB_FD, RESIZE, RADIX, HASH, CAPS };

static const unsigned int numbers[CAPS] = {
	[PVINFO] = UAPI_KVM_CAP_PPC_GET_PVINFO,
	[ALLOC] = UAPI_KVM_CAP_PPC_ALLOC_HTAB,
	[HTAB_FD] = UAPI_KVM_CAP_PPC_HTAB_FD,
	[RESIZE] = UAPI_KVM_CAP_SPAPR_RESIZE_HPT,
	[RADIX] = UAPI_KVM_CAP_PPC_MMU_RADIX,
	[HASH] = UAPI_KVM_CAP_PPC_MMU_HASH_V3,
};

static void will_say(int cap, int result)
{
	will_check(KVMFD, numbers[cap], result);
}

static void x86_is_nothing_after_two_calls(void **state)
{
	will_say(ALLOC, 0);
	will_say(PVINFO, 0);
	assert_result(htab_caps(KVMFD), 0);
}

static void power8_can_do_everything(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 1);
	will_say(RADIX, 0);
	will_say(RESIZE, 1);
	assert_result(htab_caps(KVMFD),
		      HTAB_CAP_ALLOC | HTAB_CAP_STREAM | HTAB_CAP_RESIZE);
}

static void radix_host_with_hash_guests_can_do_everything(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 1);
	will_say(RADIX, 1);
	will_say(HASH, 1);
	will_say(RESIZE, 1);
	assert_result(htab_caps(KVMFD), HTAB_CAP_ALLOC | HTAB_CAP_STREAM |
						HTAB_CAP_RESIZE |
						HTAB_CAP_RADIX);
}

static void kernel_before_4_11_cannot_resize(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 1);
	will_say(RADIX, 0);
	will_say(RESIZE, 0);
	assert_result(htab_caps(KVMFD), HTAB_CAP_ALLOC | HTAB_CAP_STREAM);
}

static void hv_of_3_6_can_allocate(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 0);
	will_say(PVINFO, 0);
	assert_result(htab_caps(KVMFD), HTAB_CAP_ALLOC);
}

/* Up to 4.10 it claims to have the ioctl. */
static void pr_that_claims_to_allocate_is_pr(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 0);
	will_say(PVINFO, 1);
	assert_result(htab_caps(KVMFD), HTAB_CAP_PR);
}

static void pr_of_4_11_is_pr(void **state)
{
	will_say(ALLOC, 0);
	will_say(PVINFO, 1);
	assert_result(htab_caps(KVMFD), HTAB_CAP_PR);
}

/* A nested hypervisor says yes to 80, 84 and 133; an early POWER9, and radix
 * before 4.15, to some of them. */
static void radix_without_hash_guests_is_radix(void **state)
{
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 1);
	will_say(RADIX, 1);
	will_say(HASH, 0);
	assert_result(htab_caps(KVMFD), HTAB_CAP_RADIX);
}

/* Whichever question fails, it is the last. */
static void failing_question_is_passed_on(void **state)
{
	static const struct {
		int cap, answer;
	} path[] = { { ALLOC, 1 },
		     { HTAB_FD, 1 },
		     { RADIX, 1 },
		     { HASH, 1 },
		     { RESIZE, 1 } };
	const int error = errno_row(state);

	for (int failing = 0; failing < 5; failing++) {
		for (int i = 0; i < failing; i++)
			will_say(path[i].cap, path[i].answer);
		will_say(path[failing].cap, error);
		assert_result(htab_caps(KVMFD), error);
	}
	will_say(ALLOC, 1);
	will_say(HTAB_FD, 0);
	will_say(PVINFO, error);
	assert_result(htab_caps(KVMFD), error);
	will_say(ALLOC, 0);
	will_say(PVINFO, error);
	assert_result(htab_caps(KVMFD), error);
}

static void foreign_descriptor_is_enotty(void **state)
{
	will_say(ALLOC, errno_row(state));
	assert_result(htab_caps(KVMFD), -ENOTTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mocked_test(x86_is_nothing_after_two_calls),
		mocked_test(power8_can_do_everything),
		mocked_test(radix_host_with_hash_guests_can_do_everything),
		mocked_test(kernel_before_4_11_cannot_resize),
		mocked_test(hv_of_3_6_can_allocate),
		mocked_test(pr_that_claims_to_allocate_is_pr),
		mocked_test(pr_of_4_11_is_pr),
		mocked_test(radix_without_hash_guests_is_radix),
		mocked_test_of(failing_question_is_passed_on, -EBADF),
		mocked_test_of(failing_question_is_passed_on, -EINVAL),
		mocked_test_of(failing_question_is_passed_on, -EIO),
		mocked_test_of(foreign_descriptor_is_enotty, -ENOTTY),
		mocked_test_of(foreign_descriptor_is_enotty, -ENOSYS),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
