/* SPDX-License-Identifier: MIT */
/*
 * A host, its VMs, and a vcpu that runs, for the conformance suite, the random
 * operations, the transcripts and the tour. kernel.c uses the kernel that runs
 * the program, sim.c a simulated one. The functions return >= 0 or -errno. If
 * something fails that cannot fail on a working host, they end the program.
 */
#ifndef HTAB_TEST_HOST_H
#define HTAB_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum host_mmu {
	HOST_UNKNOWN,	    /* PowerPC, but HTAB_HOST does not say more */
	HOST_NO_HV,	    /* another architecture's KVM */
	HOST_PR,	    /* KVM PR, where the VMM keeps the table */
	HOST_HASH,	    /* Host and guests are hash. */
	HOST_RADIX,	    /* A guest begins as radix and can become hash. */
	HOST_RADIX_NO_HASH, /* A guest is radix only, also if the kernel claims
			     * more: early POWER9, or nested. */
	HOST_RADIX_NO_RUN,  /* A guest can become hash, but then KVM_RUN returns
			     * EBUSY: early POWER9, Linux 4.15 to 5.11. */
};

#define LINUX_VERSION(major, minor) ((major)*1000u + (minor))

struct host {
	unsigned int linux_version; /* LINUX_VERSION() */
	enum host_mmu mmu;
	unsigned int page_size;
	/* Guest memory of a VM that has a vcpu. It begins at guest address 0. A
	 * test may change its size before it makes a vcpu, unless the size is
	 * fixed. */
	uint64_t ram;
	bool ram_is_fixed;
	uint64_t cma; /* bytes of the area for tables; 0: there is none */
	int kvmfd;
	const char *name; /* for messages */
};

/* The guest memory that host_open() sets */
enum { GUEST_RAM = 16 << 20 };

/* Returns 0, or -errno with the reason in *why. */
int host_open(struct host *host, const char **why);
void host_close(struct host *host);

int host_new_vm(const struct host *host);

/* System calls without libhtab */
int host_ioctl(int fd, unsigned long request, void *arg);
ssize_t host_read(int fd, void *buf, size_t len);
ssize_t host_write(int fd, const void *buf, size_t len);
ssize_t host_write_torn(int fd, const void *buf, size_t len, size_t missing);
int host_close_fd(int fd);

/* Maps the struct kvm_run of a vcpu. Returns NULL on failure. */
struct uapi_kvm_run *host_map_run(int vcpufd);
void host_unmap_run(struct uapi_kvm_run *run);

/* A vcpu that counts in an endless loop (guest.h), and memory for its VM */
struct vcpu;
struct vcpu *vcpu_new(const struct host *host, int vmfd);
int vcpu_fd(const struct vcpu *vcpu);
/* Where its memory, slot 0 of its VM, is in this process */
uint64_t vcpu_memory(const struct vcpu *vcpu);
/* Returns when the vcpu is inside KVM_RUN and counts. */
void vcpu_start(struct vcpu *vcpu);
/* Runs the vcpu for a moment. Returns 0, or the error of KVM_RUN. */
int vcpu_try(struct vcpu *vcpu);
/* The guest of a vcpu that runs makes n more changes to its table (guest.h).
 * Returns when they are made. The simulator runs no guest: there the vcpu is
 * outside for the time that this takes. */
void vcpu_change_table(struct vcpu *vcpu, unsigned int n);
/* Takes the vcpu out of KVM_RUN. */
void vcpu_stop(struct vcpu *vcpu);
/* Calls KVM_RUN with immediate_exit set (Linux 4.11 and later). It completes
 * what the last exit left pending, runs no guest code, and returns -EINTR. */
int vcpu_run_with_immediate_exit(struct vcpu *vcpu);
/* Also stops a vcpu that runs. */
void vcpu_free(struct vcpu *vcpu);

#endif
