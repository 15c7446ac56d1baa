/* SPDX-License-Identifier: MIT */
/*
 * What the conformance suite and the tour need from the kernel's side: a host,
 * VMs on it, and a vcpu that runs. kernel.c is the real one, sim.c the
 * simulated one. Functions return >= 0 or -errno; what only a broken host can
 * fail at ends the program.
 */
#ifndef HTAB_TEST_HOST_H
#define HTAB_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum host_mmu {
	HOST_UNKNOWN,	    /* PowerPC, and nobody has said more */
	HOST_NO_HV,	    /* another architecture's KVM */
	HOST_PR,	    /* KVM PR: the VMM keeps the table */
	HOST_HASH,	    /* hash, as its guests */
	HOST_RADIX,	    /* a guest begins radix and can be switched */
	HOST_RADIX_NO_HASH, /* a guest is radix, whatever the kernel claims:
			     * early POWER9, or nested */
	HOST_RADIX_NO_RUN,  /* a guest can be switched to hash, but KVM_RUN is
			     * then EBUSY: early POWER9, Linux 4.15 to 5.11 */
};

#define LINUX_VERSION(major, minor) ((major) * 1000u + (minor))

struct host {
	unsigned int linux_version; /* LINUX_VERSION() */
	enum host_mmu mmu;
	unsigned int page_size;
	/* Guest memory of a VM that has a vcpu, from guest address 0 on. A test
	 * may change it before it makes a vcpu, unless it is fixed. */
	uint64_t ram;
	bool ram_is_fixed;
	int kvmfd;
	const char *name; /* for people */
};

/* Guest memory as host_open() sets it; what the VRMA entries map */
enum { GUEST_RAM = 16 << 20 };

/* 0, or -errno with the reason why there is none in *why. */
int host_open(struct host *host, const char **why);
void host_close(struct host *host);

int host_new_vm(const struct host *host);

/* What another program, or the VMM itself, does without libhtab */
int host_ioctl(int fd, unsigned long request, void *arg);
ssize_t host_read(int fd, void *buf, size_t len);
ssize_t host_write(int fd, const void *buf, size_t len);
ssize_t host_write_torn(int fd, const void *buf, size_t len, size_t missing);
int host_close_fd(int fd);

/* A vcpu, and memory for the VM. It counts for ever. */
struct vcpu;
struct vcpu *vcpu_new(const struct host *host, int vmfd);
int vcpu_fd(const struct vcpu *vcpu);
/* Returns when the vcpu is inside KVM_RUN, and counts. */
void vcpu_start(struct vcpu *vcpu);
/* Runs the vcpu for a moment. Returns 0, or the error of a KVM_RUN that fails. */
int vcpu_try(struct vcpu *vcpu);
/* Takes it out of KVM_RUN. */
void vcpu_stop(struct vcpu *vcpu);
/* KVM_RUN with immediate_exit set (Linux 4.11), which completes what the last
 * exit left pending and runs no guest code: what it returns, -EINTR. */
int vcpu_run_with_immediate_exit(struct vcpu *vcpu);
/* Stops it if it runs. */
void vcpu_free(struct vcpu *vcpu);

#endif
