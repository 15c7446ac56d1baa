/* SPDX-License-Identifier: MIT */
/* KVM_CHECK_EXTENSION: what each kernel reports
 * (docs/kernels.md, "Capabilities"), and what htab_caps() returns for it */
#include "model.h"

struct claims {
	const char *host;
	/* The answers for `caps` below: on /dev/kvm, and on a VM if the kernel
	 * can be asked there */
	int caps[6];
	int htab_caps;
};

enum { ALL = HTAB_CAP_ALLOC | HTAB_CAP_STREAM | HTAB_CAP_RESIZE };
enum { NO_RESIZE = HTAB_CAP_ALLOC | HTAB_CAP_STREAM };

static const uintptr_t caps[] = {
	UAPI_KVM_CAP_PPC_GET_PVINFO, UAPI_KVM_CAP_PPC_ALLOC_HTAB,
	UAPI_KVM_CAP_PPC_HTAB_FD,    UAPI_KVM_CAP_SPAPR_RESIZE_HPT,
	UAPI_KVM_CAP_PPC_MMU_RADIX,  UAPI_KVM_CAP_PPC_MMU_HASH_V3,
};

static const struct claims since_3_17[] = {
	{ "linux=3.17", { 0, 1, 1, 0, 0, 0 }, NO_RESIZE },
	{ "linux=4.10", { 0, 1, 1, 0, 0, 0 }, NO_RESIZE },
	{ "linux=4.10 cpu=power8", { 0, 1, 1, 0, 0, 0 }, NO_RESIZE },
	{ "linux=4.11", { 0, 1, 1, 1, 0, 0 }, ALL },
	{ "linux=4.11 cpu=power7", { 0, 1, 1, 1, 0, 0 }, ALL },
	{ "linux=4.11 cpu=power9", { 0, 1, 1, 0, 1, 0 }, HTAB_CAP_RADIX },
	{ "linux=4.14 cpu=power9", { 0, 1, 1, 0, 1, 0 }, HTAB_CAP_RADIX },
	{ "linux=4.14 cpu=power9 mmu=hash", { 0, 1, 1, 0, 0, 1 }, NO_RESIZE },
	{ "linux=4.15 cpu=power9",
	  { 0, 1, 1, 0, 1, 1 },
	  NO_RESIZE | HTAB_CAP_RADIX },
	{ "linux=4.16 cpu=power9", { 0, 1, 1, 1, 1, 1 }, ALL | HTAB_CAP_RADIX },
	{ "linux=5.11 cpu=power9-dd2.0",
	  { 0, 1, 1, 1, 1, 1 },
	  ALL | HTAB_CAP_RADIX },
	{ "linux=5.12 cpu=power9-dd2.0", { 0, 1, 1, 1, 1, 0 }, HTAB_CAP_RADIX },
	{ "linux=5.12 cpu=power9-dd2.0 mmu=hash", { 0, 1, 1, 1, 0, 1 }, ALL },
	{ "linux=7.2", { 0, 1, 1, 1, 0, 0 }, ALL },
	{ "linux=7.2 cpu=power9", { 0, 1, 1, 1, 1, 1 }, ALL | HTAB_CAP_RADIX },
	{ "linux=7.2 cpu=power10", { 0, 1, 1, 1, 1, 1 }, ALL | HTAB_CAP_RADIX },
	{ "linux=7.2 cpu=power10 mmu=hash", { 0, 1, 1, 1, 0, 1 }, ALL },
	{ "linux=4.20 kvm=nested", { 0, 1, 1, 1, 1, 0 }, HTAB_CAP_RADIX },
	{ "linux=7.2 kvm=nested cpu=power10",
	  { 0, 1, 1, 1, 1, 0 },
	  HTAB_CAP_RADIX },
	/* Up to Linux 4.10 KVM PR reports capability 80, although it does not
	 * have the ioctl. Linux 4.11 and later report 0. */
	{ "linux=3.17 kvm=pr", { 1, 1, 0, 0, 0, 0 }, HTAB_CAP_PR },
	{ "linux=4.10 kvm=pr", { 1, 1, 0, 0, 0, 0 }, HTAB_CAP_PR },
	{ "linux=4.11 kvm=pr", { 1, 0, 0, 0, 0, 0 }, HTAB_CAP_PR },
	{ "linux=7.2 kvm=pr cpu=power9", { 1, 0, 0, 0, 0, 0 }, HTAB_CAP_PR },
	{ "linux=4.10 kvm=none", { 0, 0, 0, 0, 0, 0 }, 0 },
	{ "linux=7.2 kvm=none", { 0, 0, 0, 0, 0, 0 }, 0 },
};

static const struct claims before_3_17[] = {
	{ "linux=3.6", { 0, 1, 0, 0, 0, 0 }, HTAB_CAP_ALLOC },
	{ "linux=3.7", { 0, 1, 0, 0, 0, 0 }, HTAB_CAP_ALLOC },
	{ "linux=3.8", { 0, 1, 1, 0, 0, 0 }, NO_RESIZE },
	{ "linux=3.16", { 0, 1, 1, 0, 0, 0 }, NO_RESIZE },
	{ "linux=3.6 kvm=pr", { 1, 1, 0, 0, 0, 0 }, HTAB_CAP_PR },
};

static void check_claims(const struct claims *claims, size_t count,
			 bool vm_can_be_asked)
{
	for (size_t i = 0; i < count; i++) {
		struct htab_sim_host *host = a_host(claims[i].host);
		int kvmfd = htab_sim_kvmfd(host), vmfd = a_vm(host);

		print_message("# %s\n", claims[i].host);
		for (size_t j = 0; j < COUNT_OF(caps); j++) {
			int claimed = claims[i].caps[j];

			assert_result(capability(kvmfd, caps[j]), claimed);
			assert_result(capability(vmfd, caps[j]),
				      vm_can_be_asked ? claimed : -ENOTTY);
		}
		assert_result(htab_caps(kvmfd), claims[i].htab_caps);
		assert_result(htab_caps(vmfd),
			      vm_can_be_asked ? claims[i].htab_caps : -ENOTTY);
		/* An unknown capability is reported as 0. */
		assert_result(capability(kvmfd, 0), 0);
		assert_result(capability(kvmfd, 99999), 0);
		close(vmfd);
		close_host(host);
	}
}

static void kernels_claim_what_they_claimed(void **state)
{
	check_claims(since_3_17, COUNT_OF(since_3_17), true);
}

static void before_3_17_a_vm_cannot_be_asked(void **state)
{
	check_claims(before_3_17, COUNT_OF(before_3_17), false);
}

/* The argument of KVM_CREATE_VM is a type: 0 for the KVM that the host has, 1
 * for HV, 2 for PR. Linux 3.13 and later know the types 1 and 2, because HV and
 * PR can both be loaded there. */
static void a_vm_is_of_the_type_that_kvm_has(void **state)
{
	static const struct {
		const char *host;
		int hv, pr;
	} hosts[] = {
		{ "linux=3.12", -EINVAL, -EINVAL },
		{ "linux=3.13", 0, -EINVAL },
		{ "linux=7.2 kvm=nested", 0, -EINVAL },
		{ "linux=7.2 kvm=pr", -EINVAL, 0 },
		{ "linux=7.2 kvm=none", -EINVAL, -EINVAL },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		const int expected[] = { 0, hosts[i].hv, hosts[i].pr, -EINVAL };

		print_message("# %s\n", hosts[i].host);
		for (uintptr_t type = 0; type < 4; type++) {
			int vmfd = htab_sim_ioctl(htab_sim_kvmfd(host),
						  UAPI_KVM_CREATE_VM,
						  (void *)type);

			assert_result(vmfd < 0 ? vmfd : 0, expected[type]);
			if (vmfd >= 0)
				close(vmfd);
		}
		close_host(host);
	}
}

static void before_3_8_there_is_no_htab_fd(void **state)
{
	struct htab_sim_host *host = a_host("linux=3.7");
	int vmfd = a_vm(host);
	uint32_t order;

	assert_result(open_htab_from(vmfd, 0, 0), -ENOTTY);
	assert_result(htab_order(vmfd, &order), -ENOTTY);
	/* Without an htab fd htab_reset() cannot measure the table. Its ioctl
	 * clears a table that exists; this VM has none and gets one of order
	 * 24. */
	assert_result(htab_reset(vmfd), 0);
	assert_int_equal(htab_sim_free_memory(host, HTAB_SIM_PAGES),
			 (UINT64_C(3) << 30) - (32 << 20));
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(kernels_claim_what_they_claimed),
		SIM_TEST(before_3_17_a_vm_cannot_be_asked),
		SIM_TEST(a_vm_is_of_the_type_that_kvm_has),
		SIM_TEST(before_3_8_there_is_no_htab_fd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
