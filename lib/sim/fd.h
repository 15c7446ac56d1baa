/* SPDX-License-Identifier: MIT */
/* Descriptors of the process, and the objects of the model behind them */
#ifndef HTAB_SIM_FD_H
#define HTAB_SIM_FD_H

#include "model/model.h"

struct epoll_event;

enum fd_kind { FD_KVM, FD_VM, FD_VCPU, FD_HTAB };

/* How a host learns which of its descriptors are closed */
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

struct descriptor {
	struct descriptor *next; /* in its bucket */
	dev_t dev;
	ino_t ino;
	enum fd_kind kind;
	struct htab_sim_host *host; /* NULL: freed, in this process */
	struct watch *watch;	    /* NULL: of the process that forked this */
	struct vm *vm;		    /* but for FD_KVM; a reference */
	struct htabfd *htabfd;	    /* of FD_HTAB */
	atomic_uint users;	    /* calls that work on it */
	bool seen;
};

/* A descriptor that is nobody's yet. */
int htab_sim_fd_open(void);
/* Makes it what the example is, which also gives its references then. Returns
 * the descriptor; on failure that is closed, and the references are not
 * taken. */
int htab_sim_fd_register(int fd, const struct descriptor *example);

/* Whose descriptor is it? 0, and the descriptor, which stays until it is
 * released, or NULL if it is not the simulator's; or -EBADF. */
int htab_sim_fd_find(int fd, struct descriptor **descriptor);
void htab_sim_fd_release(struct descriptor *descriptor);

/* Gives up the objects of what has been closed. Returns their hazards. */
uint32_t htab_sim_fd_reap(struct watch *watch);
/* Takes the objects of all that is open and not in use, although it is open.
 * Returns their hazards. */
uint32_t htab_sim_fd_take_all(struct watch *watch);
/* How many are open, without /dev/kvm */
unsigned int htab_sim_fd_count(const struct watch *watch);
/* True if nothing of the watch is open or in use. What is left of the host
 * then, in a child of the process that opened it, does not name it any more. */
bool htab_sim_fd_let_go(const struct htab_sim_host *host,
			const struct watch *watch);

/* The registry's lock, which is held over fork(); and in the child: from now
 * on, what is registered is another process's. */
void htab_sim_fd_lock(void);
void htab_sim_fd_unlock(void);
void htab_sim_fd_disinherit(void);

#endif
