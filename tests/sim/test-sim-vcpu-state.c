/* SPDX-License-Identifier: MIT */
/* What a vcpu keeps for the VMM: capabilities, registers, a signal mask */
#include "model.h"

#include <string.h>
#include <sys/mman.h>

static struct htab_sim_host *host;
static int vmfd, vcpufd;

static int set_up(void **state)
{
	host = a_host(NULL);
	vmfd = a_vm(host);
	vcpufd = a_vcpu(vmfd);
	return 0;
}

static int tear_down(void **state)
{
	close(vcpufd);
	close(vmfd);
	close_host(host);
	return free_left_hosts(state);
}

#define STATE_TEST(function)                                                   \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void *unmapped(void)
{
	return (void *)(uintptr_t)8;
}

/* --- capabilities --- */

static int enable(int fd, uint32_t cap, uint32_t flags)
{
	struct uapi_kvm_enable_cap how = { .cap = cap,
					   .flags = flags,
					   .args = { 1, 2, 3, 4 } };

	memset(how.pad, 0xff, sizeof(how.pad));
	return htab_sim_ioctl(fd, UAPI_KVM_ENABLE_CAP, &how);
}

static void papr_is_the_only_capability(void **state)
{
	/* The kernel ignores the arguments and the padding. */
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_PAPR, 0), 0);
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_PAPR, 1), -EINVAL);
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_ALLOC_HTAB, 0), -EINVAL);
	assert_result(enable(vcpufd, 9999, 0), -EINVAL);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_ENABLE_CAP, NULL),
		      -EFAULT);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_ENABLE_CAP, unmapped()),
		      -EFAULT);
}

static void other_architectures_have_no_papr(void **state)
{
	static const struct {
		const char *description;
		int result;
	} hosts[] = { { "kvm=none", -EINVAL }, { "kvm=pr", 0 } };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *other =
			htab_sim_host_new(hosts[i].description);
		int vm = a_vm(other);
		int vcpu = htab_sim_ioctl(vm, UAPI_KVM_CREATE_VCPU, NULL);

		assert_result(enable_papr(vcpu), hosts[i].result);
		close(vcpu);
		close(vm);
		assert_int_equal(free_host(other), 0);
	}
}

/* --- registers --- */

struct small {
	char bytes[144]; /* struct kvm_regs of x86 */
};
struct large {
	char bytes[4096];
};
struct absurd {
	char bytes[4097];
};

static void registers_are_kept(void **state)
{
	struct small regs, got;
	struct large sregs, other;

	memset(&regs, 0x5a, sizeof(regs));
	memset(&sregs, 0xa5, sizeof(sregs));
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_SET_REGS(struct small), &regs),
		0);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SREGS(struct large),
				     &sregs),
		      0);
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_GET_REGS(struct small), &got),
		0);
	assert_memory_equal(&got, &regs, sizeof(regs));
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_GET_SREGS(struct large),
				     &other),
		      0);
	assert_memory_equal(&other, &sregs, sizeof(sregs));

	memset(&regs, 0x11, sizeof(regs));
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_SET_REGS(struct small), &regs),
		0);
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_GET_REGS(struct small), &got),
		0);
	assert_memory_equal(&got, &regs, sizeof(regs));
}

static void registers_begin_as_zero(void **state)
{
	static const struct large zero;
	struct large got;

	memset(&got, 0xff, sizeof(got));
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_GET_REGS(struct large), &got),
		0);
	assert_memory_equal(&got, &zero, sizeof(got));
	memset(&got, 0xff, sizeof(got));
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_GET_SREGS(struct large), &got),
		0);
	assert_memory_equal(&got, &zero, sizeof(got));
}

/* Each vcpu has its own. */
static void registers_are_those_of_one_vcpu(void **state)
{
	int other = a_vcpu(vmfd);
	struct small regs, got;

	memset(&regs, 0x5a, sizeof(regs));
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_SET_REGS(struct small), &regs),
		0);
	assert_result(
		htab_sim_ioctl(other, UAPI_KVM_GET_REGS(struct small), &got),
		0);
	assert_int_equal(got.bytes[0], 0);
	close(other);
}

static void no_struct_of_registers_is_larger_than_a_page(void **state)
{
	static struct absurd regs;

	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_SET_REGS(struct absurd), &regs),
		-EINVAL);
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_GET_REGS(struct absurd), &regs),
		-EINVAL);
	assert_result(htab_sim_ioctl(vcpufd, _IO(UAPI_KVM_TYPE, 0x81), &regs),
		      -EINVAL);
	/* The direction is a part of the request. */
	assert_result(htab_sim_ioctl(vcpufd,
				     _IOW(UAPI_KVM_TYPE, 0x81, struct small),
				     &regs),
		      -EINVAL);
}

static void a_bad_pointer_to_registers_is_efault(void **state)
{
	void *bad[] = { NULL, unmapped() };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_result(htab_sim_ioctl(vcpufd,
					     UAPI_KVM_SET_REGS(struct small),
					     bad[i]),
			      -EFAULT);
		assert_result(htab_sim_ioctl(vcpufd,
					     UAPI_KVM_GET_SREGS(struct small),
					     bad[i]),
			      -EFAULT);
	}
}

/* --- single registers --- */

/* Of PowerPC, with 2^size bytes */
#define REG_ID(size, number)                                                   \
	(UAPI_KVM_REG_PPC | (uint64_t)(size) << UAPI_KVM_REG_SIZE_SHIFT |      \
	 (number))

static int one_reg(unsigned long request, uint64_t id, void *value)
{
	struct uapi_kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return htab_sim_ioctl(vcpufd, request, &reg);
}

static void a_register_has_the_size_that_its_id_says(void **state)
{
	for (unsigned int size = 0; size <= 4; size++) {
		unsigned char value[17], got[17];

		memset(value, (int)size + 1, sizeof(value));
		memset(got, 0xff, sizeof(got));
		assert_result(
			one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(size, 7), got), 0);
		assert_int_equal(got[(1 << size) - 1], 0);
		assert_result(
			one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(size, 7), value),
			0);
		assert_result(
			one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(size, 7), got), 0);
		assert_memory_equal(got, value, (size_t)1 << size);
		assert_int_equal(got[1 << size], 0xff);
	}
}

static void a_register_is_kept_until_it_is_set_again(void **state)
{
	uint64_t one = 1, two = 2, got = 0;

	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(3, 1), &one), 0);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(3, 2), &two), 0);
	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(3, 1), &got), 0);
	assert_int_equal(got, 1);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(3, 1), &two), 0);
	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(3, 1), &got), 0);
	assert_int_equal(got, 2);
}

/* In the kernel's order: the size, the pointer of SET, the architecture */
static void an_id_that_is_no_register_is_einval(void **state)
{
	const uint64_t arm = REG_ID(3, 1) + UAPI_KVM_REG_PPC;
	uint64_t value[32] = { 0 };

	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, arm, value), -EINVAL);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, arm, value), -EINVAL);
	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(5, 1), value),
		      -EINVAL);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(5, 1), NULL),
		      -EINVAL);
	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, arm, NULL), -EINVAL);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, arm, NULL), -EFAULT);
	assert_result(one_reg(UAPI_KVM_SET_ONE_REG, REG_ID(3, 1), unmapped()),
		      -EFAULT);
	assert_result(one_reg(UAPI_KVM_GET_ONE_REG, REG_ID(3, 1), unmapped()),
		      -EFAULT);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_GET_ONE_REG, NULL),
		      -EFAULT);
}

/* --- the signal mask --- */

static void a_signal_mask_has_eight_bytes(void **state)
{
	struct {
		uint32_t len;
		unsigned char sigset[16];
	} mask = { .len = 8 };

	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      0);
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, NULL),
		      0);
	mask.len = 4;
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      -EINVAL);
	mask.len = 16;
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      -EINVAL);
	assert_result(
		htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, unmapped()),
		-EFAULT);
}

/* The struct ends where its page ends, so that the sigset_t cannot be read. */
static void a_signal_mask_that_ends_early_is_efault(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint32_t len = 8;

	assert_ptr_not_equal(map, MAP_FAILED);
	munmap(map + page, page);
	memcpy(map + page - sizeof(len), &len, sizeof(len));
	assert_result(htab_sim_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK,
				     map + page - sizeof(len)),
		      -EFAULT);
	munmap(map, page);
}

/* These requests are those of a vcpu. */
static void other_descriptors_do_not_know_them(void **state)
{
	struct small regs = { { 0 } };

	assert_result(enable_papr(vmfd), -EINVAL);
	assert_result(
		htab_sim_ioctl(vmfd, UAPI_KVM_SET_REGS(struct small), &regs),
		-ENOTTY);
	assert_result(htab_sim_ioctl(htab_sim_kvmfd(host), UAPI_KVM_GET_ONE_REG,
				     &regs),
		      -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(papr_is_the_only_capability),
		SIM_TEST(other_architectures_have_no_papr),
		STATE_TEST(registers_are_kept),
		STATE_TEST(registers_begin_as_zero),
		STATE_TEST(registers_are_those_of_one_vcpu),
		STATE_TEST(no_struct_of_registers_is_larger_than_a_page),
		STATE_TEST(a_bad_pointer_to_registers_is_efault),
		STATE_TEST(a_register_has_the_size_that_its_id_says),
		STATE_TEST(a_register_is_kept_until_it_is_set_again),
		STATE_TEST(an_id_that_is_no_register_is_einval),
		STATE_TEST(a_signal_mask_has_eight_bytes),
		STATE_TEST(a_signal_mask_that_ends_early_is_efault),
		STATE_TEST(other_descriptors_do_not_know_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
