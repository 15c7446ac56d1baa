/* SPDX-License-Identifier: MIT */
/* A vcpu of KVM HV, which runs the program of guest.h */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __powerpc64__

#include <endian.h>
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define MSR_64BIT_REAL_MODE UINT64_C(0x8000000000001000) /* SF | ME */
#define KICK		    SIGUSR1

struct vcpu {
	int fd;
	size_t run_size;
	struct kvm_run *run;
	char *ram;
	size_t ram_size;
	pthread_t thread;
	bool started;
	int result; /* of KVM_RUN */
	atomic_bool ended;
};

static void check(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(EXIT_FAILURE);
	}
}

static void ignore(int signal)
{
	(void)signal;
}

static void add_memory(struct vcpu *vcpu, int vmfd)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = vcpu->ram_size,
	};

	vcpu->ram = mmap(NULL, vcpu->ram_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(vcpu->ram != MAP_FAILED, "guest memory");
	memcpy(vcpu->ram + GUEST_CODE, guest_code, sizeof(guest_code));
	region.userspace_addr = (uintptr_t)vcpu->ram;
	check(ioctl(vmfd, KVM_SET_USER_MEMORY_REGION, &region) == 0,
	      "KVM_SET_USER_MEMORY_REGION");
}

struct vcpu *vcpu_new(const struct host *host, int vmfd)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	struct kvm_regs regs = { .pc = GUEST_CODE, .msr = MSR_64BIT_REAL_MODE };
	int size;

	check(vcpu, "calloc");
	vcpu->ram_size = (size_t)host->ram;
	add_memory(vcpu, vmfd);
	vcpu->fd = ioctl(vmfd, KVM_CREATE_VCPU, 0);
	check(vcpu->fd >= 0, "KVM_CREATE_VCPU");
	size = ioctl(host->kvmfd, KVM_GET_VCPU_MMAP_SIZE, 0);
	check(size > 0, "KVM_GET_VCPU_MMAP_SIZE");
	vcpu->run_size = (size_t)size;
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	check(vcpu->run != MAP_FAILED, "kvm_run");
	/* Without this capability KVM HV refuses to run a vcpu. */
	check(ioctl(vcpu->fd, KVM_ENABLE_CAP, &papr) == 0, "KVM_CAP_PPC_PAPR");
	check(ioctl(vcpu->fd, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");
	return vcpu;
}

int vcpu_fd(const struct vcpu *vcpu)
{
	return vcpu->fd;
}

uint64_t vcpu_memory(const struct vcpu *vcpu)
{
	return (uintptr_t)vcpu->ram;
}

static void *run(void *arg)
{
	struct vcpu *vcpu = arg;

	vcpu->result = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
	atomic_store(&vcpu->ended, true);
	return NULL;
}

/* A word that the guest shares with this program */
static volatile uint32_t *word_at(const struct vcpu *vcpu, size_t offset)
{
	return (volatile uint32_t *)(void *)(vcpu->ram + offset);
}

static uint32_t counter(const struct vcpu *vcpu)
{
	return *word_at(vcpu, GUEST_COUNTER);
}

/* Returns true once the vcpu counts. Returns false if KVM_RUN ends before that,
 * or if the vcpu does not count within a minute. */
static bool start(struct vcpu *vcpu)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	const uint32_t before = counter(vcpu);
	struct sigaction action = { .sa_handler = ignore };
	int patience = 60000;

	sigaction(KICK, &action, NULL);
	vcpu->run->immediate_exit = 0;
	atomic_store(&vcpu->ended, false);
	check(pthread_create(&vcpu->thread, NULL, run, vcpu) == 0, "thread");
	vcpu->started = true;
	while (counter(vcpu) == before) {
		if (atomic_load(&vcpu->ended) || !--patience)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

void vcpu_start(struct vcpu *vcpu)
{
	if (!start(vcpu)) {
		vcpu_stop(vcpu);
		fprintf(stderr, "the vcpu does not count: KVM_RUN %d (%s)\n",
			vcpu->result, strerror(-vcpu->result));
		exit(EXIT_FAILURE);
	}
}

int vcpu_try(struct vcpu *vcpu)
{
	const bool counts = start(vcpu);

	vcpu_stop(vcpu);
	return counts ? 0 : vcpu->result;
}

void vcpu_change_table(struct vcpu *vcpu, unsigned int n)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	const uint32_t all = be32toh(*word_at(vcpu, GUEST_WANTED)) + n;
	int patience = 60000;

	*word_at(vcpu, GUEST_WANTED) = htobe32(all);
	while (be32toh(*word_at(vcpu, GUEST_MADE)) != all) {
		check(!atomic_load(&vcpu->ended) && patience--,
		      "the guest does not change its table");
		nanosleep(&moment, NULL);
	}
}

void vcpu_stop(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	/* The flag stops a vcpu that is about to enter KVM_RUN, the signal one
	 * that is inside. */
	vcpu->run->immediate_exit = 1;
	pthread_kill(vcpu->thread, KICK);
	pthread_join(vcpu->thread, NULL);
	vcpu->started = false;
}

int vcpu_run_with_immediate_exit(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	return ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

void vcpu_free(struct vcpu *vcpu)
{
	vcpu_stop(vcpu);
	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
	munmap(vcpu->ram, vcpu->ram_size);
	free(vcpu);
}

#else

static __attribute__((noreturn)) void cannot(void)
{
	fprintf(stderr, "this program runs vcpus of PowerPC only\n");
	exit(EXIT_FAILURE);
}

struct vcpu *vcpu_new(const struct host *host, int vmfd)
{
	(void)host;
	(void)vmfd;
	cannot();
}

int vcpu_fd(const struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

uint64_t vcpu_memory(const struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

void vcpu_start(struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

int vcpu_try(struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

void vcpu_change_table(struct vcpu *vcpu, unsigned int n)
{
	(void)vcpu;
	(void)n;
	cannot();
}

void vcpu_stop(struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

int vcpu_run_with_immediate_exit(struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

void vcpu_free(struct vcpu *vcpu)
{
	(void)vcpu;
	cannot();
}

#endif
