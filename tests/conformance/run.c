/* SPDX-License-Identifier: MIT */
/* The requests on a vcpu, and KVM_RUN where it does not get to the guest */
#include "conformance.h"

#include <signal.h>

#include "sim/uapi-sim.h"

/* No exit reason of the kernel's */
enum { UNTOUCHED = 0xdead };

static struct uapi_kvm_run *kvm_run;

/* A vcpu without KVM_CAP_PPC_PAPR, with its struct kvm_run mapped */
static int a_bare_vcpu(int vmfd)
{
	int vcpufd = host_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, (void *)1);

	assert_true(vcpufd >= 0);
	kvm_run = host_map_run(vcpufd);
	assert_non_null(kvm_run);
	kvm_run->exit_reason = UNTOUCHED;
	kvm_run->immediate_exit = 0;
	return vcpufd;
}

static void drop(int vcpufd)
{
	host_unmap_run(kvm_run);
	host_close_fd(vcpufd);
}

static int enable(int fd, uint32_t cap, uint32_t flags)
{
	struct uapi_kvm_enable_cap how = { .cap = cap,
					   .flags = flags,
					   .args = { 1, 2, 3, 4 } };

	return host_ioctl(fd, UAPI_KVM_ENABLE_CAP, &how);
}

static void without_papr_a_vcpu_does_not_run(void)
{
	int vmfd = a_vm(), vcpufd = a_bare_vcpu(vmfd);

	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINVAL);
	assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTERNAL_ERROR);
	assert_no_table(vmfd);
	drop(vcpufd);
}

static void immediate_exit_comes_before_papr(void)
{
	int vcpufd = a_bare_vcpu(a_vm());

	kvm_run->immediate_exit = 1;
	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINTR);
	assert_int_equal(kvm_run->exit_reason, UNTOUCHED);
	drop(vcpufd);
}

static void old_kernels_ignore_immediate_exit(void)
{
	int vcpufd = a_bare_vcpu(a_vm());

	kvm_run->immediate_exit = 1;
	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINVAL);
	assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTERNAL_ERROR);
	drop(vcpufd);
}

static void papr_is_enabled_without_flags(void)
{
	int vmfd = a_vm(), vcpufd = a_bare_vcpu(vmfd);

	assert_result(enable(vcpufd, 9999, 0), -EINVAL);
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_ALLOC_HTAB, 0), -EINVAL);
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_PAPR, 1), -EINVAL);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_ENABLE_CAP, NULL), -EFAULT);
	/* None of these has enabled it. */
	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINVAL);
	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_PAPR, 0), 0);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, (void *)8), -EINVAL);
	drop(vcpufd);
}

/* As a VMM kicks a vcpu with a signal that it else blocks */
static void a_pending_signal_is_no_first_run(void)
{
	struct {
		uint32_t len;
		unsigned char sigset[8];
	} mask = { .len = 8 };
	int vmfd = a_vm(), vcpufd = a_bare_vcpu(vmfd);
	const struct timespec no_time = { 0 };
	sigset_t set, pending;

	assert_result(enable(vcpufd, UAPI_KVM_CAP_PPC_PAPR, 0), 0);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_RUN, NULL), -EINTR);
	assert_int_equal(kvm_run->exit_reason, UAPI_KVM_EXIT_INTR);
	assert_no_table(vmfd);
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGUSR1), 1);
	assert_int_equal(sigtimedwait(&set, NULL, &no_time), SIGUSR1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	drop(vcpufd);
}

static void a_signal_mask_has_eight_bytes(void)
{
	struct {
		uint32_t len;
		unsigned char sigset[16];
	} mask = { .len = 4 };
	int vcpufd = a_bare_vcpu(a_vm());

	assert_result(host_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      -EINVAL);
	mask.len = 16;
	assert_result(host_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, &mask),
		      -EINVAL);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, (void *)8),
		      -EFAULT);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_SET_SIGNAL_MASK, NULL), 0);
	drop(vcpufd);
}

static int one_reg(int vcpufd, unsigned long request, uint64_t id, void *value)
{
	struct uapi_kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return host_ioctl(vcpufd, request, &reg);
}

static void a_register_of_another_architecture_is_einval(void)
{
	const uint64_t of_8_bytes = UINT64_C(3) << UAPI_KVM_REG_SIZE_SHIFT;
	const uint64_t of_128_bytes = UINT64_C(7) << UAPI_KVM_REG_SIZE_SHIFT;
	const uint64_t x86 = UINT64_C(2) << 60 | of_8_bytes;
	int vcpufd = a_bare_vcpu(a_vm());
	unsigned char value[128] = { 0 };

	assert_result(one_reg(vcpufd, UAPI_KVM_GET_ONE_REG, x86, value),
		      -EINVAL);
	assert_result(one_reg(vcpufd, UAPI_KVM_SET_ONE_REG, x86, value),
		      -EINVAL);
	assert_result(one_reg(vcpufd, UAPI_KVM_GET_ONE_REG, x86, NULL),
		      -EINVAL);
	assert_result(one_reg(vcpufd, UAPI_KVM_SET_ONE_REG, x86, NULL),
		      -EFAULT);
	assert_result(one_reg(vcpufd, UAPI_KVM_SET_ONE_REG,
			      UAPI_KVM_REG_PPC | of_128_bytes, value),
		      -EINVAL);
	assert_result(host_ioctl(vcpufd, UAPI_KVM_GET_ONE_REG, NULL), -EFAULT);
	drop(vcpufd);
}

static void a_vcpu_refuses_what_it_does_not_know(void)
{
	int vcpufd = a_bare_vcpu(a_vm());
	char byte;

	assert_result(host_ioctl(vcpufd, _IO(UAPI_KVM_TYPE, 0xfe), NULL),
		      -EINVAL);
	assert_result(host_ioctl(vcpufd, _IO('T', 1), NULL), -EINVAL);
	assert_int_equal(host_read(vcpufd, &byte, 1), -EINVAL);
	drop(vcpufd);
}

CASES(run,
      {
	      CASE(without_papr_a_vcpu_does_not_run, BEGINS_HASH, V(3, 8), 0),
	      CASE(immediate_exit_comes_before_papr, HV, V(4, 11), 0),
	      CASE(old_kernels_ignore_immediate_exit, HV, 0, V(4, 11)),
	      CASE(papr_is_enabled_without_flags, HV, 0, 0),
	      CASE(a_pending_signal_is_no_first_run, BEGINS_HASH, V(3, 8), 0),
	      CASE(a_signal_mask_has_eight_bytes, HV, 0, 0),
	      CASE(a_register_of_another_architecture_is_einval, HV, 0, 0),
	      CASE(a_vcpu_refuses_what_it_does_not_know, HV, 0, 0),
      });
