/* SPDX-License-Identifier: MIT */
/*
 * Finds the simulated object behind a descriptor of the process.
 *
 * Each descriptor is a socket. Its inode number is unique and shared by dup(),
 * so fstat() identifies every copy. epoll reports it, always writable, until
 * the last copy is closed, so close() need not be intercepted: what epoll does
 * not report any more has been closed.
 */
#include "host.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 256 };

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct descriptor *registry[BUCKETS];
static atomic_ulong made;

void htab_sim_fd_lock(void)
{
	pthread_mutex_lock(&registry_lock);
}

void htab_sim_fd_unlock(void)
{
	pthread_mutex_unlock(&registry_lock);
}

static struct descriptor **bucket_of(ino_t ino)
{
	return &registry[ino % BUCKETS];
}

int htab_sim_fd_open(void)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* A descriptor of KVM is always ready for reading and for writing
	 * (docs/kernels.md, "Processes, descriptors and vcpu ids"). Without the
	 * shutdown, poll() for reading would wait. */
	shutdown(fd, SHUT_RD);
	return fd;
}

/* Caller holds the lock, so that a descriptor is watched and registered in one
 * step. Otherwise htab_sim_fd_reap() would take it for a closed one. */
static int add(int fd, struct descriptor *descriptor)
{
	const int r = htab_sim_watch_add(descriptor->watch, fd, descriptor);

	if (r < 0)
		return r;
	descriptor->next = *bucket_of(descriptor->ino);
	*bucket_of(descriptor->ino) = descriptor;
	descriptor->watch->open[descriptor->kind]++;
	return 0;
}

/* The list keeps the descriptor, which gcc -fanalyzer does not see. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static int register_new(int fd, const struct descriptor *example)
{
	struct descriptor *descriptor = malloc(sizeof(*descriptor));
	struct stat st;
	int r;

	if (!descriptor)
		return -ENOMEM;
	*descriptor = *example;
	if (fstat(fd, &st) < 0) {
		r = -errno;
	} else {
		descriptor->dev = st.st_dev;
		descriptor->ino = st.st_ino;
		htab_sim_fd_lock();
		r = add(fd, descriptor);
		htab_sim_fd_unlock();
		/* From here on htab_sim_owns() finds it. */
		atomic_fetch_add(&made, 1);
	}
	if (r < 0)
		free(descriptor);
	return r;
}

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic pop
#endif

int htab_sim_fd_register(int fd, const struct descriptor *example)
{
	const int r = register_new(fd, example);

	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

HTAB_EXPORT unsigned long htab_sim_made(void)
{
	return atomic_load(&made);
}

int htab_sim_fd_find(int fd, struct descriptor **found)
{
	struct descriptor *at;
	struct stat st;

	*found = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return 0;
	htab_sim_fd_lock();
	for (at = *bucket_of(st.st_ino); at; at = at->next)
		if (at->ino == st.st_ino && at->dev == st.st_dev)
			break;
	if (at)
		atomic_fetch_add(&at->users, 1);
	htab_sim_fd_unlock();
	*found = at;
	return 0;
}

void htab_sim_fd_release(struct descriptor *descriptor)
{
	atomic_fetch_sub(&descriptor->users, 1);
}

/* Drops the references of a descriptor that is not in the registry any more. */
static uint32_t give_up(const struct descriptor *descriptor)
{
	uint32_t hazards = 0;

	if (descriptor->htabfd)
		hazards |= htab_model_htabfd_destroy(descriptor->htabfd);
	if (descriptor->vm)
		hazards |= htab_model_vm_put(descriptor->vm);
	return hazards;
}

/* Caller holds the lock. Unlinks the descriptors of the watch that
 * htab_sim_watch_see() did not mark and that no call is using. Returns them as
 * a list. */
static struct descriptor *unlink_closed(struct watch *watch)
{
	struct descriptor *closed = NULL;

	for (int i = 0; i < BUCKETS; i++) {
		struct descriptor **at = &registry[i];

		while (*at) {
			struct descriptor *descriptor = *at;

			if (descriptor->watch != watch || descriptor->seen ||
			    atomic_load(&descriptor->users)) {
				descriptor->seen = false;
				at = &descriptor->next;
				continue;
			}
			*at = descriptor->next;
			descriptor->next = closed;
			closed = descriptor;
			watch->open[descriptor->kind]--;
		}
	}
	return closed;
}

uint32_t htab_sim_fd_reap(struct watch *watch)
{
	struct descriptor *closed = NULL;
	uint32_t hazards = 0;

	htab_sim_fd_lock();
	/* If epoll gives no answer, every descriptor may still be open. */
	if (htab_sim_watch_see(watch) == 0)
		closed = unlink_closed(watch);
	htab_sim_fd_unlock();
	while (closed) {
		struct descriptor *next = closed->next;

		hazards |= give_up(closed);
		free(closed);
		closed = next;
	}
	return hazards;
}

/* Moves the references of one descriptor that is not in use to *taken. Returns
 * false if there is none. */
static bool take_one(const struct watch *watch, struct descriptor *taken)
{
	struct descriptor *at = NULL;

	htab_sim_fd_lock();
	for (int i = 0; i < BUCKETS && !at; i++)
		for (at = registry[i]; at; at = at->next)
			if (at->watch == watch && at->vm &&
			    !atomic_load(&at->users))
				break;
	if (at) {
		*taken = *at;
		at->vm = NULL;
		at->htabfd = NULL;
	}
	htab_sim_fd_unlock();
	return at;
}

uint32_t htab_sim_fd_take_all(struct watch *watch)
{
	struct descriptor taken;
	uint32_t hazards = 0;

	while (take_one(watch, &taken))
		hazards |= give_up(&taken);
	return hazards;
}

unsigned int htab_sim_fd_count(const struct watch *watch)
{
	unsigned int count;

	htab_sim_fd_lock();
	count = htab_sim_watch_count(watch) - watch->open[FD_KVM];
	htab_sim_fd_unlock();
	return count;
}

bool htab_sim_fd_let_go(const struct htab_sim_host *host,
			const struct watch *watch)
{
	bool idle;

	htab_sim_fd_lock();
	idle = htab_sim_watch_count(watch) == 0;
	for (int i = 0; i < BUCKETS && idle; i++)
		for (struct descriptor *at = registry[i]; at; at = at->next)
			if (at->host == host)
				at->host = NULL;
	htab_sim_fd_unlock();
	return idle;
}

void htab_sim_fd_disinherit(void)
{
	for (int i = 0; i < BUCKETS; i++)
		for (struct descriptor *at = registry[i]; at; at = at->next)
			at->watch = NULL;
}
