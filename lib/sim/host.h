/* SPDX-License-Identifier: MIT */
/* A host: a kernel, its descriptors, and what sees its calls */
#ifndef HTAB_SIM_HOST_H
#define HTAB_SIM_HOST_H

#include "call.h"
#include "fd.h"

struct htab_sim_host {
	struct htab_sim_host *next; /* the lock of all hosts */
	struct kernel kernel;
	struct watch watch;
	int kvmfd;
	atomic_bool off; /* calls are answered with -EIO */
	bool freed; /* to be destroyed when nothing is open or in use; with the
		     * lock of all hosts */
	struct journal journal;
	struct faults faults;
	struct hazard_watch hazards;
};

/* --- decode.c --- */

enum htab_sim_call htab_sim_call_of(unsigned long request);
/* What the pointer of an ioctl leads to, if the descriptor knows the call */
void htab_sim_decode(struct call *call, const struct descriptor *descriptor);

/* --- pass.c --- */

struct call htab_sim_call_on(enum htab_sim_call kind, int fd);
/* What is behind a descriptor, which stays until it is released. 1; 0 if it is
 * not the simulator's; -EBADF if it is not open, -EIO if its host is off. */
int htab_sim_arrive(int fd, struct descriptor **descriptor);
/* The same, and the call's arguments are decoded; or *done is set, and a test
 * has answered the call: call->entry.result. */
int htab_sim_arrive_with(struct call *call, struct descriptor **descriptor,
			 bool *done);
/* True if a fault or an interceptor has answered the call. The caller holds
 * nothing: an interceptor may close the descriptor, or never return. */
bool htab_sim_is_answered(struct call *call, struct htab_sim_host *host);
/* What the process has closed is gone before the kernel's answer shows it. The
 * caller holds the descriptor. */
void htab_sim_reap_before(struct call *call,
			  const struct descriptor *descriptor);
/* Notes the answer, lets go of the descriptor, and only then reports hazards:
 * a handler may never return. Returns the answer. */
long htab_sim_answer(struct call *call, struct descriptor *descriptor);

/* --- run.c: KVM_RUN of a vcpu; the descriptor is let go --- */

int htab_sim_run(struct call *call, struct descriptor *vcpu);

/* --- dispatch.c: the kernel's answer --- */

long htab_sim_dispatch(struct call *call, const struct descriptor *descriptor);
/* A vcpu of the VM goes into KVM_RUN, and out; inside, it is a reference. */
int htab_sim_enter(struct call *call, struct vm *vm);
int htab_sim_leave(struct call *call, struct vm *vm);

/* --- the real kernel, for foreign descriptors: lib/shim.c, renamed --- */

int htab_kernel_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_kernel_write(int fd, const void *buf, size_t len);
ssize_t htab_kernel_write_torn(int fd, const void *buf, size_t len,
			       size_t missing);
int htab_kernel_cloexec(int fd);
int htab_kernel_close(int fd);

#endif
