/* SPDX-License-Identifier: MIT */
/* What tables are made of: CMA, the page allocator, and the boot pool */
#include "sim.h"

#include <stdlib.h>

/* The CMA area's unit and alignment */
#define GRANULE_SHIFT 18

struct extent {
	struct extent *next;
	uint64_t start, count; /* in granules */
};

/* First fit, so that exhaustion leaves the orders that a real kernel leaves */
static int take_cma(struct htab_sim_host *host, uint32_t order,
		    struct memory *memory)
{
	const uint64_t total = host->config.cma >> GRANULE_SHIFT;
	const uint64_t count = UINT64_C(1) << (order - GRANULE_SHIFT);
	struct extent **at = &host->memory.cma_used, *extent;
	uint64_t start = 0;

	while (*at && (*at)->start - start < count) {
		start = (*at)->start + (*at)->count;
		at = &(*at)->next;
	}
	if (!*at && (start > total || total - start < count))
		return -ENOMEM;
	extent = malloc(sizeof(*extent));
	if (!extent)
		return -ENOMEM;
	*extent = (struct extent){ *at, start, count };
	*at = extent;
	memory->source = FROM_CMA;
	memory->start = start;
	memory->bytes = UINT64_C(1) << order;
	return 0;
}

int htab_model_take_cma(struct htab_sim_host *host, uint32_t order,
		      struct memory *memory)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&host->lock);
	if (host->rules.has_cma && order <= 63)
		r = take_cma(host, order, memory);
	pthread_mutex_unlock(&host->lock);
	return r;
}

static int take_bytes(struct htab_sim_host *host, uint64_t bytes)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&host->lock);
	if (host->memory.pages_free >= bytes) {
		host->memory.pages_free -= bytes;
		r = 0;
	}
	pthread_mutex_unlock(&host->lock);
	return r;
}

int htab_model_take_pages(struct htab_sim_host *host, uint32_t order,
			struct memory *memory)
{
	uint64_t bytes;

	if (order > 63)
		return -ENOMEM;
	bytes = UINT64_C(1) << order;
	if (bytes > host->config.block || take_bytes(host, bytes) < 0)
		return -ENOMEM;
	memory->source = FROM_PAGES;
	memory->bytes = bytes;
	return 0;
}

int htab_model_take_pool(struct htab_sim_host *host, struct memory *memory)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&host->lock);
	if (host->rules.has_pool && host->memory.pool_free) {
		host->memory.pool_free--;
		memory->source = FROM_POOL;
		memory->bytes = UINT64_C(1) << HTAB_ORDER_DEFAULT;
		r = 0;
	}
	pthread_mutex_unlock(&host->lock);
	return r;
}

/* As large as the table itself, in single pages (kernel-facts 1.1) */
int htab_model_take_reverse_map(struct htab_sim_host *host,
			      struct memory *memory)
{
	if (htab_sim_faults_reverse_map(host) ||
	    take_bytes(host, memory->bytes) < 0)
		return -ENOMEM;
	memory->reverse_bytes = memory->bytes;
	return 0;
}

static void give_back_cma(struct host_memory *memory, uint64_t start)
{
	struct extent **at = &memory->cma_used, *extent;

	while ((*at)->start != start)
		at = &(*at)->next;
	extent = *at;
	*at = extent->next;
	free(extent);
}

void htab_model_give_back(struct htab_sim_host *host, struct memory *memory)
{
	pthread_mutex_lock(&host->lock);
	switch (memory->source) {
	case NOWHERE:
		break;
	case FROM_CMA:
		give_back_cma(&host->memory, memory->start);
		break;
	case FROM_PAGES:
		host->memory.pages_free += memory->bytes;
		break;
	case FROM_POOL:
		host->memory.pool_free++;
		break;
	}
	host->memory.pages_free += memory->reverse_bytes;
	pthread_mutex_unlock(&host->lock);
	*memory = (struct memory){ .source = NOWHERE };
}

static uint64_t free_cma(const struct htab_sim_host *host)
{
	uint64_t used = 0;

	if (!host->rules.has_cma)
		return 0;
	for (const struct extent *e = host->memory.cma_used; e; e = e->next)
		used += e->count;
	return host->config.cma - (used << GRANULE_SHIFT);
}

HTAB_EXPORT uint64_t htab_sim_free_memory(struct htab_sim_host *host,
					  enum htab_sim_memory memory)
{
	uint64_t free_now = 0;

	htab_sim_fd_reap(host);
	pthread_mutex_lock(&host->lock);
	switch (memory) {
	case HTAB_SIM_CMA:
		free_now = free_cma(host);
		break;
	case HTAB_SIM_PAGES:
		free_now = host->memory.pages_free;
		break;
	case HTAB_SIM_POOL:
		free_now = host->memory.pool_free;
		break;
	}
	pthread_mutex_unlock(&host->lock);
	return free_now;
}

void htab_model_memory_destroy(struct host_memory *memory)
{
	while (memory->cma_used) {
		struct extent *extent = memory->cma_used;

		memory->cma_used = extent->next;
		free(extent);
	}
}
