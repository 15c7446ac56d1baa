/* SPDX-License-Identifier: MIT */
/* The VM: from /dev/kvm to a guest that runs, resets and powers off */
#include "vmm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int vmm_fail(struct vmm *vmm, const char *what, int r)
{
	vmm->failure = what;
	return r;
}

/* As ioctl(), but returns -errno, and records what failed. */
static int request(struct vmm *vmm, int fd, unsigned long number, void *arg,
		   const char *name)
{
	const int r = ioctl(fd, number, arg);

	return r < 0 ? vmm_fail(vmm, name, -errno) : r;
}
#define REQUEST(vmm, fd, number, arg) request(vmm, fd, number, arg, #number)

/* --- the vcpus --- */

/* Lets VMM_KICK through while the vcpu is inside KVM_RUN. */
static int set_signal_mask(struct vcpu *vcpu)
{
	/* struct kvm_signal_mask, with the kernel's signal set behind it */
	struct {
		uint32_t len;
		unsigned char set[8];
	} mask = { .len = sizeof(mask.set) };
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	sigdelset(&set, VMM_KICK);
	memcpy(mask.set, &set, sizeof(mask.set));
	return REQUEST(vcpu->vmm, vcpu->fd, KVM_SET_SIGNAL_MASK, &mask);
}

/* The registers with which a vcpu starts, at boot and after a reset. The struct
 * is the architecture's. Where the VMM is not compiled for PowerPC it can only
 * run on simulated vcpus, which execute nothing. */
int vmm_set_registers(struct vcpu *vcpu)
{
	struct kvm_regs regs = { 0 };

#ifdef __powerpc64__
	regs.pc = vcpu == vcpu->vmm->vcpus ? GUEST_ENTRY : GUEST_IDLE;
	regs.msr = UINT64_C(0x8000000000001000); /* 64-bit, real mode */
#endif
	return REQUEST(vcpu->vmm, vcpu->fd, KVM_SET_REGS, &regs);
}

static int map_run(struct vcpu *vcpu)
{
	void *run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);

	if (run == MAP_FAILED)
		return vmm_fail(vcpu->vmm, "mmap of a vcpu", -errno);
	vcpu->run = run;
	return 0;
}

static int add_vcpu(struct vmm *vmm, unsigned long id, size_t run_size)
{
	struct vcpu *vcpu = &vmm->vcpus[id];
	/* Without this, KVM HV refuses to run the vcpu. */
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	int r = REQUEST(vmm, vmm->vmfd, KVM_CREATE_VCPU, (void *)id);

	if (r < 0)
		return r;
	*vcpu = (struct vcpu){ .vmm = vmm, .fd = r, .run_size = run_size };
	r = map_run(vcpu);
	if (r == 0)
		r = REQUEST(vmm, vcpu->fd, KVM_ENABLE_CAP, &papr);
	if (r == 0)
		r = set_signal_mask(vcpu);
	return r;
}

/* --- the VM --- */

static int add_memory(struct vmm *vmm, uint32_t slot, uint64_t at,
		      uint64_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = at,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)vmm->memory + at,
	};

	return REQUEST(vmm, vmm->vmfd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Can this KVM run the guest? The library's errors speak of the table. */
static int check_host(struct vmm *vmm, int kvmfd)
{
	int r = REQUEST(vmm, kvmfd, KVM_GET_API_VERSION, NULL);

	if (r < 0)
		return r;
	if (r != KVM_API_VERSION)
		return vmm_fail(vmm, "KVM has another API version", -EPROTO);
	r = REQUEST(vmm, kvmfd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_PPC_PAPR);
	if (r == 0)
		return vmm_fail(vmm, "KVM does not run PowerPC guests",
				-ENOTTY);
	return r < 0 ? r : 0;
}

static int make_vm(struct vmm *vmm, int kvmfd)
{
	int run_size, r = REQUEST(vmm, kvmfd, KVM_CREATE_VM, NULL);

	if (r < 0)
		return r;
	vmm->vmfd = r;
	run_size = r = REQUEST(vmm, kvmfd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (r >= 0)
		r = add_memory(vmm, 0, 0, vmm->ram);
	for (unsigned long id = 0; r == 0 && id < VCPUS; id++)
		r = add_vcpu(vmm, id, (size_t)run_size);
	return r;
}

static void ignore(int signal)
{
	(void)signal;
}

int vmm_open(struct vmm *vmm, int kvmfd, uint64_t ram, uint64_t most)
{
	/* Linux before 4.14 kills a process that has no handler for the signal
	 * when it comes during KVM_RUN. */
	const struct sigaction action = { .sa_handler = ignore };
	sigset_t kick;
	int r;

	*vmm = (struct vmm){
		.ram = ram, .most = most, .vmfd = -1, .console = stdout
	};
	vmm->page_shift = (unsigned int)ffsl(sysconf(_SC_PAGESIZE)) - 1;
	vmm->stop_vcpus = vmm_stop_vcpus;
	sigaction(VMM_KICK, &action, NULL);
	sigemptyset(&kick);
	sigaddset(&kick, VMM_KICK);
	pthread_sigmask(SIG_BLOCK, &kick, NULL);
	/* Only what the guest touches takes memory of the host. */
	vmm->memory = mmap(NULL, (size_t)most, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vmm->memory == MAP_FAILED)
		return vmm_fail(vmm, "memory of the guest", -errno);
	r = check_host(vmm, kvmfd);
	if (r == 0)
		r = make_vm(vmm, kvmfd);
	if (r < 0)
		vmm_close(vmm);
	return r;
}

int vmm_plug(struct vmm *vmm, uint64_t bytes)
{
	const uint64_t end = vmm->ram + vmm->plugged;
	int r = bytes > vmm->most - end ? vmm_fail(vmm, "maximum", -ENOSPC)
					: add_memory(vmm, 1, end, bytes);

	if (r == 0)
		vmm->plugged += bytes;
	return r;
}

void vmm_close(struct vmm *vmm)
{
	vmm->stop_vcpus(vmm);
	table_free(vmm);
	for (int id = 0; id < VCPUS; id++) {
		struct vcpu *vcpu = &vmm->vcpus[id];

		if (!vcpu->vmm)
			continue;
		if (vcpu->run)
			munmap(vcpu->run, vcpu->run_size);
		close(vcpu->fd);
	}
	if (vmm->vmfd >= 0)
		close(vmm->vmfd);
	vmm->vmfd = -1;
	munmap(vmm->memory, (size_t)vmm->most);
}
