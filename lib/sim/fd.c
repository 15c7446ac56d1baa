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

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 256, REAP_AFTER = 64 };

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct descriptor *registry[BUCKETS];

static struct descriptor **bucket_of(ino_t ino)
{
	return &registry[ino % BUCKETS];
}

/* An open socket as a descriptor of the host, watched */
static int add(struct htab_sim_host *host, int fd,
	       struct descriptor *descriptor)
{
	struct epoll_event event = { .events = EPOLLOUT,
				     .data.ptr = descriptor };
	struct stat st;

	if (fstat(fd, &st) < 0 ||
	    epoll_ctl(host->epollfd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	descriptor->dev = st.st_dev;
	descriptor->ino = st.st_ino;
	pthread_mutex_lock(&registry_lock);
	descriptor->next = *bucket_of(st.st_ino);
	*bucket_of(st.st_ino) = descriptor;
	host->descriptors++;
	host->made++;
	if (descriptor->vm)
		descriptor->vm->references++;
	pthread_mutex_unlock(&registry_lock);
	return fd;
}

int htab_sim_fd_make(struct htab_sim_host *host, enum fd_kind kind,
		     struct vm *vm, struct htabfd *htabfd)
{
	struct descriptor *descriptor;
	int fd, r;

	/* Whoever only resets VMs would leave one behind each time. */
	if (host->made >= REAP_AFTER)
		htab_sim_fd_reap(host);
	descriptor = calloc(1, sizeof(*descriptor));
	if (!descriptor)
		return -ENOMEM;
	descriptor->kind = kind;
	descriptor->host = host;
	descriptor->vm = vm;
	descriptor->htabfd = htabfd;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		r = -errno;
		goto out_free;
	}
	r = add(host, fd, descriptor);
	if (r < 0)
		goto out_close;
	return fd;

out_close:
	close(fd);
out_free:
	free(descriptor);
	return r;
}

int htab_sim_fd_find(int fd, struct descriptor **found)
{
	struct descriptor *at = NULL;
	struct stat st;

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
		at->users++;
	pthread_mutex_unlock(&registry_lock);
	*found = at;
	return 0;
}

void htab_sim_fd_release(struct descriptor *descriptor)
{
	pthread_mutex_lock(&registry_lock);
	descriptor->users--;
	pthread_mutex_unlock(&registry_lock);
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
			    descriptor->users) {
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
		htab_sim_htabfd_destroy(htabfd);
	if (vm) {
		pthread_mutex_lock(&registry_lock);
		last = --vm->references == 0;
		pthread_mutex_unlock(&registry_lock);
	}
	if (last)
		htab_sim_vm_destroy(vm);
}

int htab_sim_fd_reap(struct htab_sim_host *host)
{
	struct descriptor *closed;
	int open_now;

	pthread_mutex_lock(&registry_lock);
	see_open(host);
	closed = take_closed(host);
	host->made = 0;
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
