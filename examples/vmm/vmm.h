/* SPDX-License-Identifier: MIT */
/* A VMM for a PowerPC hash guest, as small as it can be */
#ifndef VMM_H
#define VMM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { VCPUS = 2 };

/*
 * This signal takes a vcpu out of KVM_RUN. All threads block it, and only
 * KVM_RUN unblocks it (KVM_SET_SIGNAL_MASK). So a signal that comes before
 * KVM_RUN stays pending and ends it at once, and none is lost. This works on
 * all kernels. Since Linux 4.11, kvm_run->immediate_exit is another way.
 */
#define VMM_KICK SIGUSR1

struct vmm;

struct vcpu {
	struct vmm *vmm;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	/* All but the first vcpu run on threads of their own. */
	pthread_t thread;
	bool started;
};

struct vmm {
	int vmfd;
	struct vcpu vcpus[VCPUS];
	atomic_bool stopping;
	/* The guest's memory, and how much it may become. What is plugged while
	 * the guest runs becomes part of `ram` when the guest resets. */
	unsigned char *memory;
	uint64_t ram, plugged, most;
	/* log2 of the size of the pages that back guest address 0 */
	unsigned int page_shift;
	/* Takes all vcpus out of KVM_RUN and keeps them out. */
	void (*stop_vcpus)(struct vmm *vmm);
	/* The guest's "ibm,pft-size": 0, and the order of the table */
	uint32_t pft_size[2];
	/* The VMM's own table where KVM has none, otherwise NULL */
	void *own_table;
	bool lost_table;
	/* Where the guest prints */
	FILE *console;
	/* What failed, for the user */
	const char *failure;
};

/* Functions return 0 or -errno, unless a comment says otherwise. */

/* --- machine.c: the VM, its memory and its vcpus --- */

/* Makes a VM with that much memory, which can become `most`. After a failure
 * there is nothing to close. */
int vmm_open(struct vmm *vmm, int kvmfd, uint64_t ram, uint64_t most);
/* Gives the guest more memory, which it uses after its next reset. */
int vmm_plug(struct vmm *vmm, uint64_t bytes);
void vmm_close(struct vmm *vmm);

int vmm_set_registers(struct vcpu *vcpu);
/* Records what failed. Returns r. */
int vmm_fail(struct vmm *vmm, const char *what, int r);

/* --- run.c: the life of the guest --- */

/* Gives the guest its table and loads it, before the first vcpu runs. */
int vmm_boot(struct vmm *vmm);
/* Runs the guest until it calls an RTAS function. Returns which, or -errno. */
int vmm_run(struct vmm *vmm);
int vmm_reset(struct vmm *vmm);
void vmm_stop_vcpus(struct vmm *vmm);

/* --- table.c: the guest's page table --- */

int table_make(struct vmm *vmm);
/* Empties the table when the guest resets, or gives the guest one that suits
 * its memory, if that has changed. */
int table_reset(struct vmm *vmm, bool resize);
/* The last thing before the VM is closed */
void table_free(struct vmm *vmm);

/* --- guest.c: the program that runs in the guest --- */

/* Its hypercalls. Real guests pass H_RTAS the address of a block that has the
 * number of the RTAS function; this one passes the number itself. */
enum { H_PUT_TERM_CHAR = 0x58, H_RTAS = 0xf000 };
enum { RTAS_REBOOT = 1, RTAS_POWER_OFF };

/* Where the vcpus start */
enum { GUEST_ENTRY = 0x1000, GUEST_IDLE = 0x1100 };

/* Writes the program and the device tree property into the guest's memory. */
void guest_load(unsigned char *memory, const uint32_t pft_size[2]);

/* --- on-simulator.c --- */

/* A simulated vcpu executes nothing. This tells one what the program in
 * guest.c would do, exit by exit. */
void guest_script(int vcpufd);

#endif
