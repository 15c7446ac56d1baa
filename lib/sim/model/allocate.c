/* SPDX-License-Identifier: MIT */
/* KVM_PPC_ALLOCATE_HTAB: kernel-facts 1 */
#include "sim.h"

/* Up to 3.11: another size than the pool's from the page allocator, then the
 * pool, then ever smaller from the page allocator */
static int take_3_6(struct htab_sim_host *host, uint32_t *order,
		    struct memory *memory)
{
	if (*order != HTAB_ORDER_DEFAULT) {
		if (htab_model_take_pages(host, *order, memory) == 0)
			return 0;
		--*order;
	}
	if (htab_model_take_pool(host, memory) == 0) {
		*order = HTAB_ORDER_DEFAULT;
		return 0;
	}
	return -ENOMEM;
}

/* 3.12 to 3.15 */
static int take_3_12(struct htab_sim_host *host, uint32_t *order,
		     struct memory *memory)
{
	if (htab_model_take_pages(host, *order, memory) == 0)
		return 0;
	if (htab_model_take_cma(host, *order, memory) == 0)
		return 0;
	--*order;
	return -ENOMEM;
}

/* Up to 4.3. The smallest size is tried only if it was asked for. */
static int take_falling_back(struct htab_sim_host *host, uint32_t *order,
			     struct memory *memory)
{
	int r;

	if (host->rules.has_pool)
		r = take_3_6(host, order, memory);
	else if (host->rules.cma_first)
		r = htab_model_take_cma(host, *order, memory);
	else
		r = take_3_12(host, order, memory);

	for (; r < 0 && *order > HTAB_ORDER_MIN; --*order) {
		r = htab_model_take_pages(host, *order, memory);
		if (r == 0)
			break;
	}
	return r;
}

/* From 4.11 on; the ioctl of 4.4 to 4.10 stops after CMA. */
static int take_exact(struct htab_sim_host *host, uint32_t order,
		      struct memory *memory, bool pages_too)
{
	if (htab_model_take_cma(host, order, memory) == 0)
		return 0;
	return pages_too ? htab_model_take_pages(host, order, memory) : -ENOMEM;
}

/* The table of a first run falls back on every kernel; to 18 from 4.11 on. */
static int take_default(struct htab_sim_host *host, uint32_t *order,
			struct memory *memory)
{
	const bool to_18 = host->rules.default_goes_to_18;
	int r = take_exact(host, *order, memory, true);

	while (r < 0 && *order > (to_18 ? 18 : 19)) {
		--*order;
		r = to_18 ? take_exact(host, *order, memory, true)
			  : htab_model_take_pages(host, *order, memory);
	}
	return r;
}

static int finish_table(struct htab_sim_host *host, uint32_t order,
			struct table *table)
{
	if (htab_model_take_reverse_map(host, &table->memory) < 0) {
		htab_model_give_back(host, &table->memory);
		return -ENOMEM;
	}
	table->order = order;
	return 0;
}

int htab_model_allocate_exact(struct htab_sim_host *host, uint32_t order,
			    struct table *table)
{
	if (take_exact(host, order, &table->memory, true) < 0)
		return -ENOMEM;
	return finish_table(host, order, table);
}

int htab_model_allocate_table(struct vm *vm, uint32_t *order, bool by_user)
{
	struct htab_sim_host *host = vm->host;
	struct table table = { .order = 0 };
	int r;

	/* What was closed meanwhile is free again. */
	htab_sim_fd_reap(host);
	if (host->rules.falls_back)
		r = take_falling_back(host, order, &table.memory);
	else if (by_user)
		r = take_exact(host, *order, &table.memory,
			       host->rules.uses_pages);
	else
		r = take_default(host, order, &table.memory);
	if (r < 0)
		return r;
	r = finish_table(host, *order, &table);
	if (r < 0 && host->rules.dangles) {
		/* It still counts the entries of the table that it freed. */
		vm->dangling = true;
		table.order = *order;
	}
	/* A reader of the htab fd may be there. */
	pthread_mutex_lock(&vm->data);
	vm->table = table;
	pthread_mutex_unlock(&vm->data);
	return r;
}

void htab_model_free_table(struct vm *vm)
{
	if (!vm->table.order)
		return;
	htab_model_begin_change(vm);
	if (atomic_load(&vm->reading))
		htab_sim_hazard(vm->host, HAZARD_READ_RACE);
	pthread_mutex_lock(&vm->data);
	htab_model_table_forget(&vm->table);
	pthread_mutex_unlock(&vm->data);
	htab_model_end_change(vm);
	htab_model_give_back(vm->host, &vm->table.memory);
}

static void clear_table(struct vm *vm)
{
	htab_model_begin_change(vm);
	pthread_mutex_lock(&vm->data);
	htab_model_table_clear(&vm->table);
	pthread_mutex_unlock(&vm->data);
	htab_model_end_change(vm);
}

/* Up to 4.10: a table keeps its size for ever. */
static int clear_or_allocate(struct vm *vm, uint32_t *order)
{
	if (vm->dangling) {
		htab_sim_hazard(vm->host, HAZARD_DANGLING);
		return -EIO;
	}
	if (vm->table.order) {
		clear_table(vm);
		*order = vm->table.order;
		return 0;
	}
	/* No check of the range: from 48 on hosts have been seen to crash. */
	if (*order > HTAB_ORDER_MAX + 1) {
		htab_sim_hazard(vm->host, HAZARD_HUGE_ORDER);
		return -ENOMEM;
	}
	if (*order < HTAB_ORDER_MIN)
		*order = HTAB_ORDER_MIN;
	return htab_model_allocate_table(vm, order, true);
}

/* From 4.11 on: the old table is freed before the order is looked at. */
static int clear_or_replace(struct vm *vm, uint32_t order)
{
	if (vm->table.order == order) {
		if (order == 0) {
			htab_sim_hazard(vm->host, HAZARD_ORDER_0);
			return -EIO;
		}
		clear_table(vm);
		return 0;
	}
	htab_model_free_table(vm);
	if (order < HTAB_ORDER_MIN || order > HTAB_ORDER_MAX)
		return -EINVAL;
	return htab_model_allocate_table(vm, &order, true);
}

static int allocate_locked(struct vm *vm, uint32_t *order)
{
	const struct rules *rules = &vm->host->rules;
	uint32_t granted = *order;
	int r = htab_model_stop_vcpus(vm);

	if (r < 0)
		return r;
	atomic_store(&vm->radix, false);
	if (rules->changes_size)
		return clear_or_replace(vm, granted);
	r = clear_or_allocate(vm, &granted);
	if (r == 0 && rules->writes_back)
		*order = granted;
	return r;
}

int htab_model_allocate_htab(struct vm *vm, uint32_t *order)
{
	const struct htab_sim_host *host = vm->host;
	int r;

	if (host->config.kvm == KVM_NESTED && host->rules.refuses_nested)
		return -EOPNOTSUPP;
	if (!order)
		return -EFAULT;
	if (atomic_load(&vm->radix) && host->rules.refuses_radix_vm)
		return -EINVAL;
	pthread_mutex_lock(&vm->lock);
	r = allocate_locked(vm, order);
	pthread_mutex_unlock(&vm->lock);
	return r;
}
