/* SPDX-License-Identifier: MIT */
/*
 * A VMM's own ioctl() and mmap() reach the simulator through the linker's
 * --wrap ("Linking a VMM" in libhtab-sim.h). Linked statically, the simulator's
 * own way to the kernel must not come back here: with ioctl() in it, a
 * descriptor that is not the simulator's ended in a recursion without end.
 */
#include "model.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

/* --- what libhtab-sim.h recommends --- */

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, request);
	r = htab_sim_ioctl(fd, request, va_arg(arguments, void *));
	va_end(arguments);
	errno = r < 0 ? -r : errno;
	return r < 0 ? -1 : r;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	return htab_sim_mmap(addr, len, prot, flags, fd, offset);
}

/* What mmap() is called with _FILE_OFFSET_BITS=64 on 32-bit machines */
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    off_t offset)
{
	return htab_sim_mmap(addr, len, prot, flags, fd, offset);
}

/* --- a VMM --- */

static void a_vmm_runs_on_the_simulator(void **state)
{
	struct uapi_kvm_enable_cap papr = { .cap = UAPI_KVM_CAP_PPC_PAPR };
	const uint64_t reboot[] = { 0xf001, 0, 1 };
	struct htab_sim_host *host = a_host(NULL);
	struct uapi_kvm_run *run;
	uint32_t order = 20;
	int vmfd, vcpufd;

	vmfd = ioctl(htab_sim_kvmfd(host), UAPI_KVM_CREATE_VM, 0);
	assert_true(vmfd >= 0);
	assert_result(htab_alloc(vmfd, &order), 0);
	vcpufd = ioctl(vmfd, UAPI_KVM_CREATE_VCPU, 0);
	assert_true(vcpufd >= 0);
	assert_int_equal(ioctl(vcpufd, UAPI_KVM_ENABLE_CAP, &papr), 0);
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpufd, 0);
	assert_ptr_not_equal(run, MAP_FAILED);

	assert_result(htab_sim_vcpu_exit(vcpufd, UAPI_KVM_EXIT_PAPR_HCALL,
					 reboot, sizeof(reboot)),
		      0);
	assert_int_equal(ioctl(vcpufd, UAPI_KVM_RUN, 0), 0);
	assert_int_equal(run->exit_reason, UAPI_KVM_EXIT_PAPR_HCALL);
	assert_int_equal(run->exit.papr_hcall.nr, 0xf001);
	assert_int_equal(run->exit.papr_hcall.args[0], 1);
	assert_result(htab_reset(vmfd), 0);
	run->immediate_exit = 1;
	errno = 0;
	assert_int_equal(ioctl(vcpufd, UAPI_KVM_RUN, 0), -1);
	assert_int_equal(errno, EINTR);

	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, vmfd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	munmap(run, sizeof(*run));
	close(vcpufd);
	close(vmfd);
	close_host(host);
}

/* --- descriptors that are not the simulator's --- */

static void the_rest_is_the_kernels(void **state)
{
	int pipes[2], waiting = 0;
	char byte = 'x', *map;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(htab_sim_write(pipes[1], &byte, 1, 1), 1);
	assert_int_equal(ioctl(pipes[0], FIONREAD, &waiting), 0);
	assert_int_equal(waiting, 1);
	assert_int_equal(htab_sim_read(pipes[0], &byte, 1), 1);
	assert_result(htab_reset(pipes[0]), -ENOTTY);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(ioctl(pipes[0], FIONREAD, &waiting), -1);
	assert_int_equal(errno, EBADF);

	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	*map = 1;
	munmap(map, 4096);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, -1, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_vmm_runs_on_the_simulator),
		cmocka_unit_test(the_rest_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
