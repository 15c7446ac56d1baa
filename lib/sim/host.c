/* SPDX-License-Identifier: MIT */
/* Switches hosts on and off, and handles fork(). */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The hosts that are on, and those that are off and still in use. Take this
 * lock before that of the registry of descriptors. */
static pthread_mutex_t hosts_lock = PTHREAD_MUTEX_INITIALIZER;
static struct htab_sim_host *hosts;

/* --- fork --- */

static void for_each_lock(struct htab_sim_host *host,
			  int (*function)(pthread_mutex_t *lock))
{
	function(&host->kernel.lock);
	function(&host->journal.lock);
	function(&host->faults.lock);
	function(&host->hazards.lock);
	function(&host->unknown.lock);
	function(&host->areas.lock);
}

/* If another thread held a lock during fork(), the lock would stay locked in
 * the child, and what it protects could be half changed. So fork() takes all
 * locks first. */
static void before_fork(void)
{
	pthread_mutex_lock(&hosts_lock);
	htab_sim_fd_lock();
	for (struct htab_sim_host *host = hosts; host; host = host->next)
		for_each_lock(host, pthread_mutex_lock);
}

static void after_fork(void)
{
	for (struct htab_sim_host *host = hosts; host; host = host->next)
		for_each_lock(host, pthread_mutex_unlock);
	htab_sim_fd_unlock();
	pthread_mutex_unlock(&hosts_lock);
}

/* The child shares the epoll instance and the descriptors with its parent. It
 * gets an instance of its own and starts without VMs. It keeps the inherited
 * descriptors registered, so that calls on them are EIO. */
static void after_fork_in_child(void)
{
	for (struct htab_sim_host *host = hosts; host; host = host->next) {
		struct watch *watch = &host->watch;

		close(watch->epollfd);
		*watch = (struct watch){ .events = watch->events,
					 .room = watch->room };
		/* If none can be made, nothing can be opened. */
		htab_sim_watch_open(watch);
		host->kernel.vms = NULL;
		/* Its parent goes on making areas in the file that both
		 * have. */
		htab_sim_areas_close(&host->areas);
		htab_sim_areas_open(&host->areas);
	}
	htab_sim_fd_disinherit();
	after_fork();
}

/* Registers the handlers of fork() when the first host is made. Returns 0, or
 * -ENOMEM. */
static int watch_forks(void)
{
	static bool watched;
	int r = 0;

	pthread_mutex_lock(&hosts_lock);
	if (!watched)
		r = -pthread_atfork(before_fork, after_fork,
				    after_fork_in_child);
	watched = r == 0;
	pthread_mutex_unlock(&hosts_lock);
	return r;
}

/* --- switched on --- */

static int open_kvm(struct htab_sim_host *host)
{
	const struct descriptor example = { .kind = FD_KVM,
					    .host = host,
					    .watch = &host->watch };
	const int fd = htab_sim_fd_open();

	return fd < 0 ? fd : htab_sim_fd_register(fd, &example);
}

static int init_mutex(pthread_mutex_t *lock)
{
	return pthread_mutex_init(lock, NULL);
}

static int switch_on(struct htab_sim_host *host)
{
	int r = watch_forks();

	if (r == 0)
		r = htab_sim_watch_open(&host->watch);
	if (r < 0)
		return r;
	r = htab_sim_areas_open(&host->areas);
	if (r == 0)
		r = host->kvmfd = open_kvm(host);
	if (r < 0) {
		htab_sim_areas_close(&host->areas);
		htab_sim_watch_close(&host->watch);
		return r;
	}
	host->journal.fd = -1;
	htab_model_boot(&host->kernel);
	for_each_lock(host, init_mutex);
	pthread_mutex_lock(&hosts_lock);
	host->next = hosts;
	hosts = host;
	pthread_mutex_unlock(&hosts_lock);
	return 0;
}

static void sweep(void);

HTAB_EXPORT struct htab_sim_host *htab_sim_host_new(const char *description)
{
	struct htab_sim_host *host = calloc(1, sizeof(*host));
	char why[128] = "";
	int r;

	if (!host)
		return NULL;
	sweep();
	r = htab_model_config_parse(&host->kernel.config, description, why,
				    sizeof(why));
	if (*why)
		fprintf(stderr, "libhtab-sim: %s\n", why);
	if (r == 0)
		r = switch_on(host);
	if (r < 0) {
		free(host);
		errno = -r;
		return NULL;
	}
	r = htab_sim_check_linked(host);
	if (r < 0) {
		htab_sim_host_free(host);
		errno = -r;
		return NULL;
	}
	return host;
}

/* --- switched off --- */

static void destroy(struct htab_sim_host *host)
{
	htab_sim_watch_close(&host->watch);
	htab_sim_areas_close(&host->areas);
	htab_model_halt(&host->kernel);
	for_each_lock(host, pthread_mutex_destroy);
	free(host);
}

/* Frees the hosts that are off and have no descriptor open or in use. */
static void sweep(void)
{
	struct htab_sim_host **at = &hosts;

	pthread_mutex_lock(&hosts_lock);
	while (*at) {
		struct htab_sim_host *host = *at;

		/* The test that set the handler has freed the host, so
		 * hazards are dropped. */
		if (host->freed) {
			htab_sim_fd_reap(&host->watch);
			htab_model_drop_parked(&host->kernel);
		}
		if (host->freed && htab_sim_fd_let_go(host, &host->watch)) {
			*at = host->next;
			destroy(host);
		} else {
			at = &host->next;
		}
	}
	pthread_mutex_unlock(&hosts_lock);
}

/* Returns what was still open or inside. */
static unsigned int switch_off(struct htab_sim_host *host, uint32_t *hazards)
{
	unsigned int left;

	*hazards = htab_sim_fd_reap(&host->watch);
	atomic_store(&host->off, true);
	left = htab_sim_fd_count(&host->watch);
	left += htab_model_vcpus_inside(&host->kernel);
	*hazards |= htab_sim_fd_take_all(&host->watch);
	*hazards |= htab_model_drop_parked(&host->kernel);
	return left;
}

/* From now on any thread that makes or frees a host may destroy this one. */
static void release(struct htab_sim_host *host)
{
	pthread_mutex_lock(&hosts_lock);
	host->freed = true;
	pthread_mutex_unlock(&hosts_lock);
}

HTAB_EXPORT int htab_sim_host_free(struct htab_sim_host *host)
{
	unsigned int left;
	uint32_t hazards;

	if (!host)
		return 0;
	close(host->kvmfd);
	left = switch_off(host, &hazards);
	htab_sim_report(host, hazards);
	release(host);
	sweep();
	return (int)left;
}

HTAB_EXPORT int htab_sim_kvmfd(const struct htab_sim_host *host)
{
	return host->kvmfd;
}

HTAB_EXPORT uint64_t htab_sim_free_memory(struct htab_sim_host *host,
					  enum htab_sim_memory memory)
{
	const uint32_t hazards = htab_sim_fd_reap(&host->watch);
	const uint64_t bytes = htab_model_free_memory(&host->kernel, memory);

	htab_sim_report(host, hazards);
	return bytes;
}
