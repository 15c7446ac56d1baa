/* SPDX-License-Identifier: MIT */
/* The registry of descriptors and of the objects of the model behind them */
#ifndef HTAB_SIM_FD_H
#define HTAB_SIM_FD_H

#include "model/model.h"

struct epoll_event;

enum fd_kind { FD_KVM, FD_VM, FD_VCPU, FD_HTAB };

/* With this a host learns which of its descriptors have been closed. */
struct watch {
	int epollfd;
	unsigned int open[FD_HTAB + 1]; /* how many of each kind */
	/* What epoll answers with: room for all that are open, so that learning
	 * of them needs no memory. */
	struct epoll_event *events;
	unsigned int room;
};

/* The rest of a watch is zero, or another one's events. */
int htab_sim_watch_open(struct watch *watch);
void htab_sim_watch_close(struct watch *watch);
/* Returns how many are open. */
unsigned int htab_sim_watch_count(const struct watch *watch);

struct descriptor {
	struct descriptor *next; /* in its bucket */
	dev_t dev;
	ino_t ino;
	enum fd_kind kind;
	struct htab_sim_host *host; /* NULL: this process has freed it */
	struct watch *watch;	    /* NULL: belongs to the parent process */
	struct vm *vm;		    /* a reference; NULL for FD_KVM */
	struct htabfd *htabfd;	    /* NULL unless FD_HTAB */
	struct vcpu *vcpu;	    /* NULL unless FD_VCPU; the VM's */
	atomic_uint users;	    /* calls that are using it */
	bool seen;		    /* by htab_sim_watch_see() */
};

/* For fd.c, which holds the registry's lock. Both return 0 or a negative errno;
 * for htab_sim_watch_see() that means that epoll gave no answer. */
int htab_sim_watch_add(struct watch *watch, int fd,
		       struct descriptor *descriptor);
/* Marks the descriptors that are open. */
int htab_sim_watch_see(const struct watch *watch);

/* Opens a descriptor that is not registered yet. Returns it or a negative
 * errno. */
int htab_sim_fd_open(void);
/* Registers the descriptor as a copy of the example, and takes over the
 * references of the example. Returns the descriptor. On failure closes it,
 * leaves the references to the caller and returns a negative errno. */
int htab_sim_fd_register(int fd, const struct descriptor *example);

/* Looks a descriptor up. Returns 0 and sets *descriptor, which stays valid
 * until it is released, or sets it to NULL if the descriptor is not the
 * simulator's. Returns -EBADF if the descriptor is not open. */
int htab_sim_fd_find(int fd, struct descriptor **descriptor);
void htab_sim_fd_release(struct descriptor *descriptor);

/* Drops the references of descriptors that have been closed. Returns the
 * hazards of that. */
uint32_t htab_sim_fd_reap(struct watch *watch);
/* Drops the references of all descriptors that no call is using, although they
 * are still open. Returns the hazards of that. */
uint32_t htab_sim_fd_take_all(struct watch *watch);
/* Returns how many are open, not counting /dev/kvm. */
unsigned int htab_sim_fd_count(const struct watch *watch);
/* Returns true if no descriptor of the watch is open or in use: the caller may
 * free the host. Descriptors that this process inherited from its parent do not
 * count, and lose their pointer to the host. */
bool htab_sim_fd_let_go(const struct htab_sim_host *host,
			const struct watch *watch);

/* The registry's lock, for fork(). The child then calls
 * htab_sim_fd_disinherit(), after which all registered descriptors belong to
 * its parent. */
void htab_sim_fd_lock(void);
void htab_sim_fd_unlock(void);
void htab_sim_fd_disinherit(void);

#endif
