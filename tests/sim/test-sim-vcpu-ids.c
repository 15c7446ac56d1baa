/* SPDX-License-Identifier: MIT */
/* KVM_CREATE_VCPU: which ids are valid, and that a VM has each of them once */
#include "model.h"

#include <sys/resource.h>

/* This is the limit in lib/sim/model/vcpu.c. */
static const uintptr_t largest_id = 2047;

static int make_vcpu(int vmfd, uintptr_t id)
{
	return htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, (void *)id);
}

static void an_id_is_there_once(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), other = a_vm(host);
	int vcpufd = make_vcpu(vmfd, 3), last = make_vcpu(vmfd, 0), same;

	assert_true(vcpufd >= 0);
	assert_true(last >= 0);
	assert_result(make_vcpu(vmfd, 3), -EEXIST);
	assert_result(make_vcpu(vmfd, 0), -EEXIST);
	/* Another VM can use the same id. */
	same = make_vcpu(other, 3);
	assert_true(same >= 0);
	close(same);
	close(last);
	close(vcpufd);
	close(other);
	close(vmfd);
	close_host(host);
}

/* Linux 4.19 and later pack the ids on POWER9, and find no room for an id that
 * is in use. */
static void an_id_used_twice_is_einval_on_power9_from_4_19_on(void **state)
{
	static const struct {
		const char *host;
		int result;
	} hosts[] = {
		{ "linux=4.18 cpu=power9", -EEXIST },
		{ "linux=4.19 cpu=power9", -EINVAL },
		{ "linux=4.19 cpu=power8", -EEXIST },
		{ "linux=6.12 cpu=power10 mmu=hash", -EINVAL },
		{ "linux=6.12 cpu=power8", -EEXIST },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		int vmfd = a_vm(host), vcpufd = make_vcpu(vmfd, 3);

		print_message("# %s\n", hosts[i].host);
		assert_true(vcpufd >= 0);
		assert_result(make_vcpu(vmfd, 3), hosts[i].result);
		close(vcpufd);
		close(vmfd);
		close_host(host);
	}
}

/* A vcpu lives as long as its VM. */
static void an_id_is_used_up_when_its_descriptor_is_closed(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);

	assert_int_equal(close(make_vcpu(vmfd, 7)), 0);
	assert_result(make_vcpu(vmfd, 7), -EEXIST);
	close(vmfd);
	vmfd = a_vm(host);
	assert_int_equal(close(make_vcpu(vmfd, 7)), 0);
	close(vmfd);
	close_host(host);
}

static void an_id_above_the_largest_is_einval(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), vcpufd = make_vcpu(vmfd, largest_id);

	assert_true(vcpufd >= 0);
	assert_result(make_vcpu(vmfd, largest_id + 1), -EINVAL);
	assert_result(make_vcpu(vmfd, UINT32_MAX), -EINVAL);
	assert_result(make_vcpu(vmfd, UINTPTR_MAX), -EINVAL);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

static void an_id_has_32_bits(void **state)
{
	const uintptr_t above = (uintptr_t)(UINT64_C(1) << 32);
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), vcpufd = make_vcpu(vmfd, above + 5);

	assert_true(vcpufd >= 0);
	assert_result(make_vcpu(vmfd, 5), -EEXIST);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

/* The kernel checks the id first. If no descriptor is left, the id stays
 * unused. */
static void without_a_descriptor_an_id_is_not_used_up(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host), vcpufd = make_vcpu(vmfd, 1), next = dup(vmfd);
	struct rlimit old, none;

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_result(make_vcpu(vmfd, 0), -EMFILE);
	assert_result(make_vcpu(vmfd, 1), -EEXIST);
	assert_result(make_vcpu(vmfd, largest_id + 1), -EINVAL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	next = make_vcpu(vmfd, 0);
	assert_true(next >= 0);
	close(next);
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(an_id_is_there_once),
		SIM_TEST(an_id_used_twice_is_einval_on_power9_from_4_19_on),
		SIM_TEST(an_id_is_used_up_when_its_descriptor_is_closed),
		SIM_TEST(an_id_above_the_largest_is_einval),
		SIM_TEST(an_id_has_32_bits),
		SIM_TEST(without_a_descriptor_an_id_is_not_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
