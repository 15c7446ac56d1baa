/* SPDX-License-Identifier: MIT */
/* Capabilities of the host, and descriptors that are not VMs */
#include "conformance.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int true_caps(void)
{
	if (host.mmu == HOST_PR)
		return HTAB_CAP_PR;
	if (host.mmu == HOST_NO_HV)
		return 0;
	if (host.mmu == HOST_RADIX_NO_HASH)
		return HTAB_CAP_RADIX;
	return HTAB_CAP_ALLOC | (host.mmu == HOST_HASH ? 0 : HTAB_CAP_RADIX) |
	       (host.linux_version >= V(3, 8) ? HTAB_CAP_STREAM : 0) |
	       (host_resizes() ? HTAB_CAP_RESIZE : 0);
}

static void caps_are_true(void)
{
	assert_result(htab_caps(host.kvmfd), true_caps());
}

static void caps_of_a_vm_are_true(void)
{
	assert_result(htab_caps(a_vm()), true_caps());
}

static void vm_that_cannot_be_asked_is_enotty(void)
{
	assert_result(htab_caps(a_vm()), -ENOTTY);
}

static void every_function_refuses_foreign_descriptors(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint32_t order = 20;

	assert_true(null >= 0);
	assert_result(htab_alloc(null, &order), -ENOTTY);
	assert_result(htab_alloc_at_least(null, &order, 20), -ENOTTY);
	assert_result(htab_largest(null, &order), -ENOTTY);
	assert_result(htab_renew(null, &order, 20), -ENOTTY);
	assert_result(htab_reset(null), -ENOTTY);
	assert_result(htab_order(null, &order), -ENOTTY);
	assert_result(htab_caps(null), -ENOTTY);
	close(null);

	assert_result(htab_alloc(null, &order), -EBADF);
	assert_result(htab_alloc_at_least(null, &order, 20), -EBADF);
	assert_result(htab_largest(null, &order), -EBADF);
	assert_result(htab_renew(null, &order, 20), -EBADF);
	assert_result(htab_reset(null), -EBADF);
	assert_result(htab_order(null, &order), -EBADF);
	assert_result(htab_caps(null), -EBADF);
	assert_int_equal(order, 20);
}

/* htab_alloc() and htab_renew() ask first whether the host runs hash guests,
 * and /dev/kvm answers that question. */
static void functions_of_a_vm_refuse_the_kvm_device(void)
{
	const int refused = host.mmu == HOST_RADIX_NO_HASH ? -EOPNOTSUPP
							   : -EINVAL;
	uint32_t order = 20;

	assert_result(htab_alloc(host.kvmfd, &order), refused);
	assert_result(htab_renew(host.kvmfd, &order, 20), refused);
	assert_result(htab_reset(host.kvmfd), -EINVAL);
	assert_result(htab_order(host.kvmfd, &order), -EINVAL);
	assert_int_equal(order, 20);
}

static void largest_refuses_a_vm(void)
{
	uint32_t order = 20;

	assert_result(htab_largest(a_vm(), &order), -ENOTTY);
	assert_int_equal(order, 20);
}

static void every_function_refuses_a_vcpu(void)
{
	const int vcpufd = vcpu_fd(a_vcpu(a_vm()));
	uint32_t order = 20;

	assert_result(htab_alloc(vcpufd, &order), -EINVAL);
	assert_result(htab_largest(vcpufd, &order), -EINVAL);
	assert_result(htab_renew(vcpufd, &order, 20), -EINVAL);
	assert_result(htab_reset(vcpufd), -EINVAL);
	assert_result(htab_order(vcpufd, &order), -EINVAL);
	assert_result(htab_caps(vcpufd), -EINVAL);
	assert_int_equal(order, 20);
}

/* Runs in a child. Returns 0 if all functions say that the VM belongs to
 * another process. */
static int try_foreign_vm(int vmfd)
{
	uint32_t order = 20;

	return !(htab_alloc(vmfd, &order) == -EIO &&
		 htab_renew(vmfd, &order, 20) == -EIO &&
		 htab_reset(vmfd) == -EIO && htab_order(vmfd, &order) == -EIO &&
		 htab_caps(vmfd) == -EIO && order == 20);
}

static void vm_of_another_process_is_eio(void)
{
	int vmfd = a_vm();
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(try_foreign_vm(vmfd));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void vm_without_hv_is_enotty(void)
{
	int vmfd = a_vm();
	uint32_t order = 20;

	assert_result(htab_alloc(vmfd, &order), -ENOTTY);
	assert_result(htab_alloc_at_least(vmfd, &order, 20), -ENOTTY);
	assert_result(htab_largest(host.kvmfd, &order), -ENOTTY);
	assert_result(htab_renew(vmfd, &order, 20), -ENOTTY);
	assert_result(htab_reset(vmfd), -ENOTTY);
	assert_result(htab_order(vmfd, &order), -ENOTTY);
	assert_int_equal(order, 20);
}

/* Each function fails when it asks for the size, so the table is unchanged. */
static void without_a_free_descriptor_is_emfile(void)
{
	int vmfd = a_vm_with_table(18);
	struct rlimit before, none;
	uint32_t order = 1234;
	int r_order, r_renew, r_reset, r_largest, free_fd;

	write_entry(vmfd, 5);
	free_fd = dup(0);
	assert_true(free_fd >= 0);
	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)free_fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r_order = htab_order(vmfd, &order);
	r_reset = htab_reset(vmfd);
	order = 18;
	r_renew = htab_renew(vmfd, &order, 18);
	r_largest = htab_largest(host.kvmfd, &order);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

	assert_result(r_order, -EMFILE);
	assert_result(r_reset, -EMFILE);
	assert_result(r_renew, -EMFILE);
	assert_result(r_largest, -EMFILE);
	assert_int_equal(order, 18);
	assert_int_equal(contents_of(vmfd).valid, 1);
}

CASES(host, {
		    CASE(caps_are_true, 0, 0, 0),
		    CASE(caps_of_a_vm_are_true, 0, V(3, 17), 0),
		    CASE(vm_that_cannot_be_asked_is_enotty, 0, 0, V(3, 17)),
		    CASE(every_function_refuses_foreign_descriptors, 0, 0, 0),
		    CASE(functions_of_a_vm_refuse_the_kvm_device, 0, 0, 0),
		    CASE(largest_refuses_a_vm, 0, 0, 0),
		    CASE(every_function_refuses_a_vcpu, HV, 0, 0),
		    CASE(vm_of_another_process_is_eio, HASH_GUESTS, 0, 0),
		    CASE(vm_without_hv_is_enotty, NO_HV, 0, 0),
		    CASE(without_a_free_descriptor_is_emfile, HASH_GUESTS,
			 V(3, 8), 0),
	    });
