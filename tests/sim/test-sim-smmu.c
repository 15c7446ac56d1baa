/* SPDX-License-Identifier: MIT */
/* KVM_PPC_GET_SMMU_INFO (docs/kernels.md, "Page sizes of the guest") */
#include "model.h"

#include <errno.h>
#include <string.h>

static int smmu_info(int vmfd, struct uapi_kvm_ppc_smmu_info *info)
{
	memset(info, 0xff, sizeof(*info));
	return htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_SMMU_INFO, info);
}

static struct uapi_kvm_ppc_smmu_info info_of(const char *description,
					     bool with_vcpu)
{
	struct htab_sim_host *host = a_host(description);
	const int vmfd = a_vm(host);
	struct uapi_kvm_ppc_smmu_info info;
	int vcpufd = -1;

	if (with_vcpu)
		vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	assert_result(smmu_info(vmfd, &info), 0);
	if (with_vcpu)
		close(vcpufd);
	close(vmfd);
	close_host(host);
	return info;
}

static void assert_segment(const struct uapi_kvm_ppc_smmu_info *info, int at,
			   uint32_t shift, uint32_t slb, uint32_t first,
			   uint32_t of_16m)
{
	assert_int_equal(info->sps[at].page_shift, shift);
	assert_int_equal(info->sps[at].slb_enc, slb);
	assert_int_equal(info->sps[at].enc[0].page_shift, shift);
	assert_int_equal(info->sps[at].enc[0].pte_enc, first);
	assert_int_equal(info->sps[at].enc[1].page_shift, of_16m ? 24 : 0);
	assert_int_equal(info->sps[at].enc[1].pte_enc, of_16m);
	assert_int_equal(info->sps[at].enc[2].page_shift, 0);
}

/* As the lab has seen it on all of its kernels and machines */
static void hv_has_three_segment_sizes(void **state)
{
	static const struct {
		const char *host;
		unsigned int flags, data_keys, instr_keys, in_4k, in_64k;
	} seen[] = {
		{ "linux=3.15", 3, 0, 0, 0, 0 },
		{ "linux=4.3", 3, 0, 0, 56, 8 },
		{ "linux=4.13", 3, 0, 0, 56, 8 },
		{ "linux=4.14", 3, 32, 32, 56, 8 },
		{ "linux=4.14 cpu=power7", 3, 32, 0, 56, 8 },
		{ "linux=4.14 cpu=power9 mmu=hash", 3, 32, 32, 56, 8 },
		{ "linux=4.15 cpu=power9", 3, 32, 32, 56, 8 },
		{ "linux=6.12 kvm=nested", 7, 32, 32, 56, 8 },
	};

	for (size_t i = 0; i < COUNT_OF(seen); i++) {
		const struct uapi_kvm_ppc_smmu_info info =
			info_of(seen[i].host, false);

		print_message("# %s\n", seen[i].host);
		assert_int_equal(info.flags, seen[i].flags);
		assert_int_equal(info.slb_size, 32);
		assert_int_equal(info.data_keys, seen[i].data_keys);
		assert_int_equal(info.instr_keys, seen[i].instr_keys);
		assert_segment(&info, 0, 12, 0, 0, seen[i].in_4k);
		assert_segment(&info, 1, 16, 0x110, 1, seen[i].in_64k);
		assert_segment(&info, 2, 24, 0x100, 0, 0);
		assert_int_equal(info.sps[3].page_shift, 0);
	}
}

static void pr_knows_more_with_a_vcpu(void **state)
{
	struct uapi_kvm_ppc_smmu_info info = info_of("kvm=pr", false);

	assert_int_equal(info.flags, 0);
	assert_int_equal(info.slb_size, 64);
	assert_segment(&info, 0, 12, 0, 0, 0);
	assert_segment(&info, 1, 24, 0x100, 0, 0);
	assert_int_equal(info.sps[2].page_shift, 0);
	info = info_of("kvm=pr", true);
	assert_int_equal(info.flags, 2);
	assert_segment(&info, 1, 16, 0x110, 1, 0);
	assert_segment(&info, 2, 24, 0x100, 0, 0);
}

static void some_hosts_have_no_smmu_info(void **state)
{
	struct htab_sim_host *radix = a_host("linux=4.14 cpu=power9");
	struct htab_sim_host *none = htab_sim_host_new("kvm=none");
	const int radix_vm = a_vm(radix), none_vm = a_vm(none);
	struct uapi_kvm_ppc_smmu_info info;

	assert_result(smmu_info(radix_vm, &info), -EINVAL);
	assert_result(smmu_info(none_vm, &info), -ENOTTY);
	close(none_vm);
	assert_int_equal(free_host(none), 0);
	close(radix_vm);
	close_host(radix);
}

static void smmu_info_needs_a_good_pointer(void **state)
{
	struct htab_sim_host *host = a_host("");
	const int vmfd = a_vm(host);

	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_GET_SMMU_INFO, NULL),
		      -EFAULT);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(hv_has_three_segment_sizes),
		SIM_TEST(pr_knows_more_with_a_vcpu),
		SIM_TEST(some_hosts_have_no_smmu_info),
		SIM_TEST(smmu_info_needs_a_good_pointer),
	};

	return cmocka_run_group_tests_name("sim-smmu", tests, NULL, NULL);
}
