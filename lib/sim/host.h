/* SPDX-License-Identifier: MIT */
/* A host: a kernel, its descriptors, and the tools that observe its calls */
#ifndef HTAB_SIM_HOST_H
#define HTAB_SIM_HOST_H

#include "call.h"
#include "fd.h"

struct htab_sim_host {
	struct htab_sim_host *next; /* protected by hosts_lock of host.c */
	struct kernel kernel;
	struct watch watch;
	int kvmfd;
	atomic_bool off; /* calls are answered with -EIO */
	/* Protected by hosts_lock. The host is destroyed when nothing of it is
	 * open or in use any more. */
	bool freed;
	struct journal journal;
	struct faults faults;
	struct hazard_watch hazards;
};

/* --- decode.c --- */

enum htab_sim_call htab_sim_call_of(unsigned long request);
/* Copies the argument of an ioctl, if the descriptor knows the ioctl. */
void htab_sim_decode(struct call *call, const struct descriptor *descriptor);

/* --- pass.c --- */

struct call htab_sim_call_on(enum htab_sim_call kind, int fd);
/* Looks up the descriptor of a call. Returns 1 and sets *descriptor, which the
 * caller releases. Returns 0 if it is not the simulator's, -EBADF if it is not
 * open, -EIO if its host is off. */
int htab_sim_arrive(int fd, struct descriptor **descriptor);
/* Looks up the descriptor, and decodes the arguments of the call. If a fault or
 * an interceptor answered the call, sets *done instead and returns 0; the
 * answer is call->entry.result. */
int htab_sim_arrive_with(struct call *call, struct descriptor **descriptor,
			 bool *done);
/* Returns true if a fault or an interceptor answered the call. Caller holds no
 * lock and no descriptor, because an interceptor may close the descriptor, or
 * leave by longjmp(). */
bool htab_sim_is_answered(struct call *call, struct htab_sim_host *host);
/* Drops what the process has closed, if the answer to this call depends on it.
 * Caller holds the descriptor. */
void htab_sim_reap_before(struct call *call,
			  const struct descriptor *descriptor);
/* Records the answer and releases the descriptor. Then reports hazards, last,
 * because a handler may leave by longjmp(). Returns the answer. */
long htab_sim_answer(struct call *call, struct descriptor *descriptor);

/* --- run.c --- */

/* KVM_RUN of a vcpu. Releases the descriptor. */
int htab_sim_run(struct call *call, struct descriptor *vcpu);

/* --- dispatch.c --- */

/* Returns the kernel's answer to a call. */
long htab_sim_dispatch(struct call *call, const struct descriptor *descriptor);
/* A vcpu of the VM enters KVM_RUN, and leaves it. It holds a reference to the
 * VM while it is inside. */
int htab_sim_enter(struct call *call, struct vm *vm);
int htab_sim_leave(struct call *call, struct vm *vm);

/* --- kernel.c: the real kernel, for descriptors that are not simulated --- */

/* All but htab_kernel_mmap() return >= 0 or a negative errno. */
int htab_kernel_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_kernel_read(int fd, void *buf, size_t len);
ssize_t htab_kernel_write(int fd, const void *buf, size_t len);
ssize_t htab_kernel_write_torn(int fd, const void *buf, size_t len,
			       size_t missing);
int htab_kernel_cloexec(int fd);
int htab_kernel_close(int fd);
/* As mmap(): MAP_FAILED and errno */
void *htab_kernel_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset);

#endif
