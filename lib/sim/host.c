/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static int switch_on(struct htab_sim_host *host, const char *description)
{
	int r = htab_model_config_parse(&host->config, description);

	if (r < 0)
		return r;
	host->rules = htab_model_rules(&host->config);
	host->memory = (struct host_memory){
		.pages_free = host->config.memory,
		.pool_free = host->rules.has_pool ? host->config.pool : 0,
	};
	host->epollfd = epoll_create1(EPOLL_CLOEXEC);
	if (host->epollfd < 0)
		return -errno;
	host->kvmfd = htab_sim_fd_make(host, FD_KVM, NULL, NULL);
	if (host->kvmfd < 0) {
		r = host->kvmfd;
		goto out_epoll;
	}
	r = htab_sim_fd_make_spare(host);
	if (r < 0)
		goto out_kvm;
	return 0;

out_kvm:
	close(host->kvmfd);
	htab_sim_fd_reap(host);
out_epoll:
	close(host->epollfd);
	return r;
}

HTAB_EXPORT struct htab_sim_host *htab_sim_host_new(const char *description)
{
	struct htab_sim_host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return NULL;
	pthread_mutex_init(&host->lock, NULL);
	pthread_mutex_init(&host->journal.lock, NULL);
	pthread_mutex_init(&host->faults.lock, NULL);
	r = switch_on(host, description);
	if (r < 0) {
		free(host);
		errno = -r;
		return NULL;
	}
	return host;
}

HTAB_EXPORT int htab_sim_host_free(struct htab_sim_host *host)
{
	int still_open;

	if (!host)
		return 0;
	/* Without /dev/kvm, and with what the library has not closed */
	still_open = htab_sim_fd_reap(host) - 1 + (host->spare->htabfd != NULL);
	htab_sim_fd_close_spare(host);
	close(host->kvmfd);
	htab_sim_fd_reap(host);
	htab_sim_fd_disown(host);
	close(host->epollfd);
	htab_model_memory_destroy(&host->memory);
	pthread_mutex_destroy(&host->faults.lock);
	pthread_mutex_destroy(&host->journal.lock);
	pthread_mutex_destroy(&host->lock);
	free(host->journal.text);
	free(host);
	return still_open;
}

HTAB_EXPORT int htab_sim_kvmfd(const struct htab_sim_host *host)
{
	return host->kvmfd;
}
