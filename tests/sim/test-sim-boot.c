/* SPDX-License-Identifier: MIT */
/* What a VMM asks /dev/kvm and its VM before it has a vcpu: the version, the
 * size of a vcpu's mapping, and capabilities that do not concern the table
 * (docs/kernels.md, "Capabilities around the table") */
#include "model.h"

#include <errno.h>

static int ask(int fd, unsigned long request)
{
	return htab_sim_ioctl(fd, request, NULL);
}

static void dev_kvm_says_its_version(void **state)
{
	struct htab_sim_host *host = a_host("linux=3.6");
	const int kvmfd = htab_sim_kvmfd(host), vmfd = a_vm(host);

	assert_result(ask(kvmfd, UAPI_KVM_GET_API_VERSION), 12);
	/* The kernel takes no argument, and only /dev/kvm knows the request. */
	assert_result(
		htab_sim_ioctl(kvmfd, UAPI_KVM_GET_API_VERSION, (void *)1),
		-EINVAL);
	assert_result(ask(vmfd, UAPI_KVM_GET_API_VERSION), -ENOTTY);
	assert_result(ask(kvmfd, UAPI_KVM_GET_API_VERSION + 0x60), -EINVAL);
	close(vmfd);
	close_host(host);
}

static void a_vcpu_has_one_page(void **state)
{
	static const struct {
		const char *host;
		int size;
	} sizes[] = {
		{ "page=4K", 4 << 10 },
		{ "page=64K", 64 << 10 },
		{ "linux=4.3 page=64K", 64 << 10 },
		{ "kvm=pr", 4 << 10 },
	};

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct htab_sim_host *host = a_host(sizes[i].host);
		const int kvmfd = htab_sim_kvmfd(host), vmfd = a_vm(host);

		assert_result(ask(kvmfd, UAPI_KVM_GET_VCPU_MMAP_SIZE),
			      sizes[i].size);
		assert_result(htab_sim_ioctl(kvmfd, UAPI_KVM_GET_VCPU_MMAP_SIZE,
					     (void *)1),
			      -EINVAL);
		assert_result(ask(vmfd, UAPI_KVM_GET_VCPU_MMAP_SIZE), -ENOTTY);
		close(vmfd);
		close_host(host);
	}
}

enum { CAPS = 15 };

static const uintptr_t caps[CAPS] = {
	UAPI_KVM_CAP_USER_MEMORY,
	UAPI_KVM_CAP_NR_VCPUS,
	UAPI_KVM_CAP_NR_MEMSLOTS,
	UAPI_KVM_CAP_SYNC_MMU,
	UAPI_KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
	UAPI_KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,
	UAPI_KVM_CAP_ENABLE_CAP,
	UAPI_KVM_CAP_PPC_SMT,
	UAPI_KVM_CAP_MAX_VCPUS,
	UAPI_KVM_CAP_PPC_PAPR,
	UAPI_KVM_CAP_ONE_REG,
	UAPI_KVM_CAP_PPC_GET_SMMU_INFO,
	UAPI_KVM_CAP_CHECK_EXTENSION_VM,
	UAPI_KVM_CAP_MAX_VCPU_ID,
	UAPI_KVM_CAP_IMMEDIATE_EXIT,
};

/* In the order of caps[]. Seen, but for those of PR and none: see
 * docs/kernels.md. */
static const struct {
	const char *host;
	int caps[CAPS];
} claims[] = {
	{ "linux=3.6", { 1, 1, 0, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 0, 0, 0 } },
	{ "linux=4.3", { 1, 1, 0, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 0, 0 } },
	{ "linux=4.10",
	  { 1, 1, 512, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 2048, 0 } },
	{ "linux=4.14",
	  { 1, 1, 512, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 2048, 1 } },
	{ "linux=5.10",
	  { 1, 1, 512, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 16384, 1 } },
	{ "linux=6.1",
	  { 1, 1, 32767, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 16384, 1 } },
	{ "linux=6.12 kvm=nested",
	  { 1, 1, 32767, 1, 1, 1, 1, 1, 2048, 1, 1, 1, 1, 16384, 1 } },
	{ "linux=6.12 kvm=pr",
	  { 1, 1, 32767, 1, 1, 1, 1, 0, 2048, 1, 1, 1, 1, 16384, 1 } },
	{ "linux=6.12 kvm=none",
	  { 1, 1, 32767, 1, 1, 1, 0, 0, 2048, 0, 0, 0, 1, 16384, 1 } },
};

static void kernels_claim_what_they_have(void **state)
{
	for (size_t i = 0; i < COUNT_OF(claims); i++) {
		struct htab_sim_host *host = a_host(claims[i].host);
		const int kvmfd = htab_sim_kvmfd(host), vmfd = a_vm(host);

		for (size_t j = 0; j < CAPS; j++) {
			print_message("# %s, capability %d\n", claims[i].host,
				      (int)caps[j]);
			assert_result(capability(kvmfd, caps[j]),
				      claims[i].caps[j]);
			if (claims[i].caps[12])
				assert_result(capability(vmfd, caps[j]),
					      claims[i].caps[j]);
		}
		close(vmfd);
		close_host(host);
	}
}

/* What the simulator does not do, although kernels have it: KVM_CAP_IRQFD (32),
 * KVM_CAP_SPAPR_TCE (63), KVM_CAP_PPC_SMT_POSSIBLE (147) */
static void other_capabilities_are_0(void **state)
{
	struct htab_sim_host *host = a_host("");

	assert_result(capability(htab_sim_kvmfd(host), 32), 0);
	assert_result(capability(htab_sim_kvmfd(host), 63), 0);
	assert_result(capability(htab_sim_kvmfd(host), 147), 0);
	close_host(host);
}

/* KVM_CAP_PPC_PAPR is one of a vcpu. Kernels have others that a VM enables, and
 * the simulator has none. */
static void a_vm_has_no_capability_to_enable(void **state)
{
	static const struct {
		const char *description;
		int result, bad_pointer;
	} hosts[] = {
		{ "linux=3.16", -ENOTTY, -ENOTTY },
		{ "linux=3.17", -EINVAL, -EFAULT },
		{ "linux=4.3", -EINVAL, -EFAULT },
		{ "linux=6.12", -EINVAL, -EFAULT },
		{ "kvm=nested", -EINVAL, -EFAULT },
	};
	struct uapi_kvm_enable_cap how = { .cap = UAPI_KVM_CAP_PPC_PAPR };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].description);
		const int vmfd = a_vm(host);

		assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_ENABLE_CAP, &how),
			      hosts[i].result);
		assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_ENABLE_CAP, NULL),
			      hosts[i].bad_pointer);
		close(vmfd);
		close_host(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(dev_kvm_says_its_version),
		SIM_TEST(a_vcpu_has_one_page),
		SIM_TEST(kernels_claim_what_they_have),
		SIM_TEST(other_capabilities_are_0),
		SIM_TEST(a_vm_has_no_capability_to_enable),
	};

	return cmocka_run_group_tests_name("sim-boot", tests, NULL, NULL);
}
