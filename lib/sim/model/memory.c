/* SPDX-License-Identifier: MIT */
/* Where tables come from: CMA, the page allocator and the boot pool
 * (docs/kernels.md, "Where the memory comes from") */
#include "model.h"

#include <stdlib.h>

/* Size and alignment of the CMA area's granules, as a shift */
#define GRANULE_SHIFT 18

struct extent {
	struct extent *next;
	uint64_t start, count; /* in granules */
};

/* The list keeps the extent, which gcc -fanalyzer does not see. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* First fit, as in the kernel, so that a full area has room for the same orders
 * as there */
static int take_cma(struct kernel *kernel, uint32_t order,
		    struct memory *memory)
{
	const uint64_t total = kernel->config.cma >> GRANULE_SHIFT;
	const uint64_t count = UINT64_C(1) << (order - GRANULE_SHIFT);
	struct extent **at = &kernel->memory.cma_used, *extent;
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

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic pop
#endif

int htab_model_take_cma(struct kernel *kernel, uint32_t order,
			struct memory *memory)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&kernel->lock);
	if (order <= 63)
		r = take_cma(kernel, order, memory);
	pthread_mutex_unlock(&kernel->lock);
	return r;
}

static int take_bytes(struct kernel *kernel, uint64_t bytes)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&kernel->lock);
	if (kernel->memory.pages_free >= bytes) {
		kernel->memory.pages_free -= bytes;
		r = 0;
	}
	pthread_mutex_unlock(&kernel->lock);
	return r;
}

int htab_model_take_pages(struct kernel *kernel, uint32_t order,
			  struct memory *memory)
{
	uint64_t bytes;

	if (order > 63)
		return -ENOMEM;
	bytes = UINT64_C(1) << order;
	if (bytes > kernel->config.block || take_bytes(kernel, bytes) < 0)
		return -ENOMEM;
	memory->source = FROM_PAGES;
	memory->bytes = bytes;
	return 0;
}

int htab_model_take_pool(struct kernel *kernel, struct memory *memory)
{
	int r = -ENOMEM;

	pthread_mutex_lock(&kernel->lock);
	if (kernel->rules.has_pool && kernel->memory.pool_free) {
		kernel->memory.pool_free--;
		memory->source = FROM_POOL;
		memory->bytes = UINT64_C(1) << HTAB_ORDER_DEFAULT;
		r = 0;
	}
	pthread_mutex_unlock(&kernel->lock);
	return r;
}

/* htab_sim_fail_reverse_map() sets how many of the next ones fail. */
static bool reverse_map_fails(struct kernel *kernel)
{
	bool fails;

	pthread_mutex_lock(&kernel->lock);
	fails = kernel->memory.failing_reverse_maps > 0;
	if (fails)
		kernel->memory.failing_reverse_maps--;
	pthread_mutex_unlock(&kernel->lock);
	return fails;
}

/* The reverse map is as large as the table itself, but need not be contiguous,
 * so it needs no block of the page allocator. */
int htab_model_take_reverse_map(struct kernel *kernel, struct memory *memory)
{
	if (reverse_map_fails(kernel) || take_bytes(kernel, memory->bytes) < 0)
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

void htab_model_give_back(struct kernel *kernel, struct memory *memory)
{
	pthread_mutex_lock(&kernel->lock);
	switch (memory->source) {
	case NOWHERE:
		break;
	case FROM_CMA:
		give_back_cma(&kernel->memory, memory->start);
		break;
	case FROM_PAGES:
		kernel->memory.pages_free += memory->bytes;
		break;
	case FROM_POOL:
		kernel->memory.pool_free++;
		break;
	}
	kernel->memory.pages_free += memory->reverse_bytes;
	pthread_mutex_unlock(&kernel->lock);
	*memory = (struct memory){ .source = NOWHERE };
}

static uint64_t free_cma(const struct kernel *kernel)
{
	uint64_t used = 0;

	for (const struct extent *e = kernel->memory.cma_used; e; e = e->next)
		used += e->count;
	return kernel->config.cma - (used << GRANULE_SHIFT);
}

uint64_t htab_model_free_memory(struct kernel *kernel,
				enum htab_sim_memory memory)
{
	uint64_t free_now = 0;

	pthread_mutex_lock(&kernel->lock);
	switch (memory) {
	case HTAB_SIM_CMA:
		free_now = free_cma(kernel);
		break;
	case HTAB_SIM_PAGES:
		free_now = kernel->memory.pages_free;
		break;
	case HTAB_SIM_POOL:
		free_now = kernel->memory.pool_free;
		break;
	}
	pthread_mutex_unlock(&kernel->lock);
	return free_now;
}

void htab_model_fail_reverse_maps(struct kernel *kernel, unsigned int count)
{
	pthread_mutex_lock(&kernel->lock);
	kernel->memory.failing_reverse_maps = count;
	pthread_mutex_unlock(&kernel->lock);
}

void htab_model_memory_init(struct kernel *kernel)
{
	kernel->memory = (struct host_memory){
		.pages_free = kernel->config.memory,
		.pool_free = kernel->rules.has_pool ? kernel->config.pool : 0,
	};
}

void htab_model_memory_destroy(struct kernel *kernel)
{
	while (kernel->memory.cma_used) {
		struct extent *extent = kernel->memory.cma_used;

		kernel->memory.cma_used = extent->next;
		free(extent);
	}
}
