/* SPDX-License-Identifier: MIT */
/* Learns from epoll which descriptors of a host are still open. */
#include "host.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

int htab_sim_watch_open(struct watch *watch)
{
	watch->epollfd = epoll_create1(EPOLL_CLOEXEC);
	return watch->epollfd < 0 ? -errno : 0;
}

void htab_sim_watch_close(struct watch *watch)
{
	close(watch->epollfd);
	free(watch->events);
}

unsigned int htab_sim_watch_count(const struct watch *watch)
{
	unsigned int count = 0;

	for (int kind = FD_KVM; kind <= FD_HTAB; kind++)
		count += watch->open[kind];
	return count;
}

/* Makes room for what epoll answers about one more. */
static int make_room(struct watch *watch)
{
	const unsigned int room = watch->room ? 2 * watch->room : 16;
	struct epoll_event *events;

	if (htab_sim_watch_count(watch) < watch->room)
		return 0;
	events = realloc(watch->events, room * sizeof(*events));
	if (!events)
		return -ENOMEM;
	watch->events = events;
	watch->room = room;
	return 0;
}

int htab_sim_watch_add(struct watch *watch, int fd,
		       struct descriptor *descriptor)
{
	struct epoll_event event = { .events = EPOLLOUT,
				     .data.ptr = descriptor };
	int r;

	/* epoll_create1() failed in after_fork_in_child(), for lack of a free
	 * descriptor. */
	if (watch->epollfd < 0)
		return -EMFILE;
	if (make_room(watch) < 0)
		return -ENOMEM;
	/* ENOSPC is the limit of what all processes of a user watch. */
	r = htab_kernel_epoll_ctl(watch->epollfd, EPOLL_CTL_ADD, fd, &event);
	if (r < 0)
		return r == -ENOSPC ? -ENFILE : r;
	return 0;
}

int htab_sim_watch_see(const struct watch *watch)
{
	int count;

	if (htab_sim_watch_count(watch) == 0)
		return 0;
	count = epoll_wait(watch->epollfd, watch->events, (int)watch->room, 0);
	for (int i = 0; i < count; i++)
		((struct descriptor *)watch->events[i].data.ptr)->seen = true;
	return count < 0 ? -errno : 0;
}
