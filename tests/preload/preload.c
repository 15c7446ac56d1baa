/* SPDX-License-Identifier: MIT */
#include "preload.h"

int a_kvm(void)
{
	const int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

int a_vm(void)
{
	const int kvmfd = a_kvm();
	const int vmfd = ioctl(kvmfd, UAPI_KVM_CREATE_VM, 0);

	assert_true(vmfd >= 0);
	close(kvmfd);
	return vmfd;
}

int a_vcpu(int vmfd)
{
	const int vcpufd = ioctl(vmfd, UAPI_KVM_CREATE_VCPU, 0);

	assert_true(vcpufd >= 0);
	return vcpufd;
}

int an_htabfd(int vmfd, uint64_t flags)
{
	struct uapi_kvm_get_htab_fd how = { .flags = flags };
	uint32_t order = 18;
	int htabfd;

	assert_int_equal(ioctl(vmfd, UAPI_KVM_PPC_ALLOCATE_HTAB, &order), 0);
	htabfd = ioctl(vmfd, UAPI_KVM_PPC_GET_HTAB_FD, &how);
	assert_true(htabfd >= 0);
	return htabfd;
}

bool is_vm(int fd)
{
	return ioctl(fd, UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_PPC_HTAB_FD) ==
	       1;
}

void is_kvm_and_close(int fd)
{
	int vmfd;

	assert_true(fd >= 0);
	vmfd = ioctl(fd, UAPI_KVM_CREATE_VM, 0);
	assert_true(vmfd >= 0);
	assert_true(is_vm(vmfd));
	close(vmfd);
	close(fd);
}
