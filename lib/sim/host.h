/* SPDX-License-Identifier: MIT */
/* A host: a kernel, its descriptors, and the tools that observe its calls */
#ifndef HTAB_SIM_HOST_H
#define HTAB_SIM_HOST_H

#include "call.h"
#include "fd.h"

#include <signal.h>

/* Where the vcpus of a host have their struct kvm_run */
struct areas {
	pthread_mutex_t lock;
	bool open;
	int memfd;
	int wakefd; /* readable while a vcpu has to wake for a planned exit */
	unsigned int count;
};

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
	struct unknown_watch unknown;
	struct areas areas;
};

/* --- decode.c --- */

enum htab_sim_call htab_sim_call_of(unsigned long request);
/* Copies the argument of an ioctl, if the descriptor knows the ioctl. */
void htab_sim_decode(struct call *call, const struct descriptor *descriptor);

/* --- linked.c --- */

/* Returns 0, or -ELIBBAD if the functions of libhtab.h are not ours and do not
 * reach the simulator. The journal is empty afterwards. */
int htab_sim_check_linked(struct htab_sim_host *host);

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
/* Records the answer and releases the descriptor. Then reports hazards and an
 * unknown request, last, because a handler may leave by longjmp(). Returns the
 * answer. */
long htab_sim_answer(struct call *call, struct descriptor *descriptor);

/* --- area.c --- */

/* Returns 0 or a negative errno. */
int htab_sim_areas_open(struct areas *areas);
void htab_sim_areas_close(struct areas *areas);
/* Makes the area of a new vcpu. Returns 0 or a negative errno. */
int htab_sim_area_make(struct htab_sim_host *host, struct vcpu *vcpu);
/* Returns whether immediate_exit is set. */
bool htab_sim_area_says_exit(const struct htab_sim_host *host,
			     const struct vcpu *vcpu);
/* Writes an exit reason, and what belongs to it. */
void htab_sim_area_exit(const struct htab_sim_host *host,
			const struct vcpu *vcpu, uint32_t reason,
			const void *data, size_t len);
/* Wakes the waiting vcpus once, and takes that back. */
void htab_sim_area_wake(const struct areas *areas);
void htab_sim_area_take_wake(const struct areas *areas);

/* --- vcpu-ioctl.c --- */

/* KVM_CREATE_VCPU. Returns the descriptor or a negative errno. */
int htab_sim_create_vcpu(struct htab_sim_host *host, struct vm *vm,
			 uint32_t id);
/* Requests on a vcpu other than KVM_RUN */
int htab_sim_vcpu_ioctl(struct call *call, const struct descriptor *descriptor);

/* --- signals.c --- */

struct run_signals {
	sigset_t thread;  /* blocked before KVM_RUN; set by the caller */
	sigset_t run;	  /* blocked during KVM_RUN */
	sigset_t wait;	  /* blocked while ppoll() waits */
	sigset_t watched; /* blocked by the thread, but not during KVM_RUN */
	int fd;		  /* of the watched ones, or -1 */
};

/* Returns 0, or a negative errno if there is no descriptor. */
int htab_sim_signals_begin(struct run_signals *signals,
			   const struct vcpu *vcpu);
void htab_sim_signals_end(const struct run_signals *signals);
/* Returns whether a signal that ends KVM_RUN is pending. */
bool htab_sim_signals_pending(struct run_signals *signals);

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

/* --- dispatch-vm.c --- */

/* Answers a request on a VM that has no name in enum htab_sim_call. */
int htab_sim_vm_request(struct call *call, struct vm *vm);

/* --- backing.c --- */

/* Returns the size of the pages that back an address of this process: the
 * host's, or a larger one of hugetlbfs. Returns 0 if nothing is mapped there
 * that a guest can use as memory. */
uint64_t htab_sim_backing_page(uint64_t address, uint64_t host_page);

/* --- kernel.c: the real kernel, for descriptors that are not simulated --- */

/* All but htab_kernel_mmap() return >= 0 or a negative errno. */
int htab_kernel_ioctl(int fd, unsigned long request, void *arg);
ssize_t htab_kernel_read(int fd, void *buf, size_t len);
ssize_t htab_kernel_write(int fd, const void *buf, size_t len);
ssize_t htab_kernel_write_torn(int fd, const void *buf, size_t len,
			       size_t missing);
int htab_kernel_cloexec(int fd);
int htab_kernel_close(int fd);
int htab_kernel_epoll_ctl(int epollfd, int op, int fd,
			  struct epoll_event *event);
/* As mmap(): MAP_FAILED and errno */
void *htab_kernel_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset);

#endif
