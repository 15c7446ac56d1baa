/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of the process, and what is behind them.
 *
 * Each is a socket, because a socket has a number of its own (st_ino) that
 * dup() shares, so that a descriptor is recognised whatever its number; and
 * because epoll says of a socket, which is always writable, that it is there,
 * and stops to when the last copy is closed. So close() need not be seen.
 */
#include "sim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 256, REAP_AFTER = 64 };

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct descriptor *registry[BUCKETS];

/* What htab_sim_fd_lend() has lent to this thread: the library closes it before
 * it returns, so that its number cannot come to mean another one. */
static _Thread_local struct {
	int fd;
	struct descriptor *descriptor; /* NULL: nothing */
} lent;

static struct descriptor **bucket_of(ino_t ino)
{
	return &registry[ino % BUCKETS];
}

/* An open socket as a descriptor of the host */
static int add(struct htab_sim_host *host, int fd,
	       struct descriptor *descriptor)
{
	struct epoll_event event = { .events = EPOLLOUT,
				     .data.ptr = descriptor };
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	descriptor->dev = st.st_dev;
	descriptor->ino = st.st_ino;
	/* Whoever sees what is open must know all that are watched. */
	pthread_mutex_lock(&registry_lock);
	if (descriptor->watched &&
	    epoll_ctl(host->epollfd, EPOLL_CTL_ADD, fd, &event) < 0) {
		r = -errno;
		pthread_mutex_unlock(&registry_lock);
		return r;
	}
	descriptor->next = *bucket_of(st.st_ino);
	*bucket_of(st.st_ino) = descriptor;
	if (descriptor->watched) {
		host->descriptors++;
		atomic_fetch_add(&host->made, 1);
	}
	if (descriptor->vm)
		descriptor->vm->references++;
	pthread_mutex_unlock(&registry_lock);
	return fd;
}

/* A new socket for the descriptor, which it owns only if that goes well */
static int make(struct htab_sim_host *host, struct descriptor *descriptor)
{
	int fd, r;

	if (!descriptor)
		return -ENOMEM;
	descriptor->host = host;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : add(host, fd, descriptor);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		free(descriptor);
	}
	return r;
}

static struct descriptor *new_descriptor(enum fd_kind kind, bool watched)
{
	struct descriptor *descriptor = calloc(1, sizeof(*descriptor));

	if (descriptor) {
		descriptor->kind = kind;
		descriptor->watched = watched;
	}
	return descriptor;
}

int htab_sim_fd_make(struct htab_sim_host *host, enum fd_kind kind,
		     struct vm *vm, struct htabfd *htabfd)
{
	struct descriptor *descriptor;

	/* Whoever only resets VMs would leave one behind each time. */
	if (atomic_load(&host->made) >= REAP_AFTER)
		htab_sim_fd_reap(host);
	descriptor = new_descriptor(kind, true);
	if (descriptor) {
		descriptor->vm = vm;
		descriptor->htabfd = htabfd;
	}
	return make(host, descriptor);
}

int htab_sim_fd_make_spare(struct htab_sim_host *host)
{
	struct descriptor *spare = new_descriptor(FD_HTAB, false);
	int fd = make(host, spare);

	if (fd < 0)
		return fd;
	host->spare = spare;
	host->sparefd = fd;
	return 0;
}

/* From here on it is one that was closed. */
void htab_sim_fd_close_spare(struct htab_sim_host *host)
{
	close(host->sparefd);
	pthread_mutex_lock(&registry_lock);
	host->spare->watched = true;
	host->descriptors++;
	pthread_mutex_unlock(&registry_lock);
}

int htab_sim_fd_lend(struct htab_sim_host *host, struct vm *vm,
		     struct htabfd *htabfd)
{
	struct descriptor *spare = host->spare;
	bool is_free;
	int fd = -1;

	pthread_mutex_lock(&registry_lock);
	is_free = !spare->htabfd;
	if (is_free) {
		fd = fcntl(host->sparefd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			fd = -errno;
	}
	if (fd >= 0) {
		spare->vm = vm;
		spare->htabfd = htabfd;
		vm->references++;
		lent.fd = fd;
		lent.descriptor = spare;
	}
	pthread_mutex_unlock(&registry_lock);
	return is_free ? fd : htab_sim_fd_make(host, FD_HTAB, vm, htabfd);
}

int htab_sim_fd_find(int fd, struct descriptor **found)
{
	struct descriptor *at = NULL;
	struct stat st;

	if (lent.descriptor && lent.fd == fd) {
		atomic_fetch_add(&lent.descriptor->users, 1);
		*found = lent.descriptor;
		return 0;
	}
	*found = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return 0;
	pthread_mutex_lock(&registry_lock);
	for (at = *bucket_of(st.st_ino); at; at = at->next)
		if (at->ino == st.st_ino && at->dev == st.st_dev)
			break;
	if (at)
		atomic_fetch_add(&at->users, 1);
	pthread_mutex_unlock(&registry_lock);
	*found = at;
	return 0;
}

struct vm *htab_sim_fd_vm(const struct descriptor *descriptor)
{
	struct vm *vm;

	pthread_mutex_lock(&registry_lock);
	vm = descriptor->vm;
	pthread_mutex_unlock(&registry_lock);
	return vm;
}

void htab_sim_fd_release(struct descriptor *descriptor)
{
	atomic_fetch_sub(&descriptor->users, 1);
}

/* With the registry's lock: marks what is open. */
static void see_open(struct htab_sim_host *host)
{
	const int most = (int)host->descriptors + 1;
	struct epoll_event *events = calloc((size_t)most, sizeof(*events));
	int count = -1;

	if (events)
		count = epoll_wait(host->epollfd, events, most, 0);
	for (int i = 0; i < count; i++)
		((struct descriptor *)events[i].data.ptr)->seen = true;
	free(events);
	/* Without memory, or a signal: nothing is known to be closed. */
	if (count < 0)
		for (int i = 0; i < BUCKETS; i++)
			for (struct descriptor *d = registry[i]; d; d = d->next)
				d->seen = true;
}

/* With the registry's lock: takes those of the host that are not seen out, and
 * returns them as a list. */
static struct descriptor *take_closed(struct htab_sim_host *host)
{
	struct descriptor *closed = NULL;

	for (int i = 0; i < BUCKETS; i++) {
		struct descriptor **at = &registry[i];

		while (*at) {
			struct descriptor *descriptor = *at;

			if (descriptor->host != host || descriptor->seen ||
			    !descriptor->watched || atomic_load(&descriptor->users)) {
				descriptor->seen = false;
				at = &descriptor->next;
				continue;
			}
			*at = descriptor->next;
			descriptor->next = closed;
			closed = descriptor;
			host->descriptors--;
		}
	}
	return closed;
}

static void finish(struct vm *vm, struct htabfd *htabfd)
{
	bool last = false;

	if (htabfd)
		htab_model_htabfd_destroy(htabfd);
	if (vm) {
		pthread_mutex_lock(&registry_lock);
		last = --vm->references == 0;
		pthread_mutex_unlock(&registry_lock);
	}
	if (last)
		htab_model_vm_destroy(vm);
}

void htab_sim_fd_take_back(struct descriptor *descriptor)
{
	struct htabfd *htabfd;
	struct vm *vm;

	if (descriptor->watched)
		return;
	pthread_mutex_lock(&registry_lock);
	vm = descriptor->vm;
	htabfd = descriptor->htabfd;
	descriptor->vm = NULL;
	descriptor->htabfd = NULL;
	pthread_mutex_unlock(&registry_lock);
	lent.descriptor = NULL;
	finish(vm, htabfd);
}

int htab_sim_fd_reap(struct htab_sim_host *host)
{
	struct descriptor *closed;
	int open_now;

	pthread_mutex_lock(&registry_lock);
	see_open(host);
	closed = take_closed(host);
	atomic_store(&host->made, 0);
	open_now = (int)host->descriptors;
	pthread_mutex_unlock(&registry_lock);

	while (closed) {
		struct descriptor *next = closed->next;

		finish(closed->vm, closed->htabfd);
		free(closed);
		closed = next;
	}
	return open_now;
}

/* Takes the objects of one of the host's descriptors; false: it has none. */
static bool disown_one(struct htab_sim_host *host, struct vm **vm,
		       struct htabfd **htabfd)
{
	struct descriptor *descriptor = NULL;

	pthread_mutex_lock(&registry_lock);
	for (int i = 0; i < BUCKETS && !descriptor; i++)
		for (descriptor = registry[i];
		     descriptor && descriptor->host != host;
		     descriptor = descriptor->next)
			;
	if (descriptor) {
		*vm = descriptor->vm;
		*htabfd = descriptor->htabfd;
		descriptor->host = NULL;
		descriptor->vm = NULL;
		descriptor->htabfd = NULL;
	}
	pthread_mutex_unlock(&registry_lock);
	return descriptor;
}

void htab_sim_fd_disown(struct htab_sim_host *host)
{
	struct htabfd *htabfd;
	struct vm *vm;

	while (disown_one(host, &vm, &htabfd))
		finish(vm, htabfd);
}
