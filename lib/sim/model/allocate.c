/* SPDX-License-Identifier: MIT */
/* KVM_PPC_ALLOCATE_HTAB (docs/kernels.md, "Allocating a table") */
#include "model.h"

/* Linux 3.6 to 3.11 try the page allocator first, unless the order is the
 * pool's, and then the pool. */
static int take_pages_or_pool(struct kernel *kernel, uint32_t *order,
			      struct memory *memory)
{
	if (*order != HTAB_ORDER_DEFAULT) {
		if (htab_model_take_pages(kernel, *order, memory) == 0)
			return 0;
		--*order;
	}
	if (htab_model_take_pool(kernel, memory) == 0) {
		*order = HTAB_ORDER_DEFAULT;
		return 0;
	}
	return -ENOMEM;
}

/* Linux 3.12 to 3.15 */
static int take_pages_or_cma(struct kernel *kernel, uint32_t *order,
			     struct memory *memory)
{
	if (htab_model_take_pages(kernel, *order, memory) == 0)
		return 0;
	if (htab_model_take_cma(kernel, *order, memory) == 0)
		return 0;
	--*order;
	return -ENOMEM;
}

/* Linux up to 4.3 tries ever smaller orders in the page allocator. Its loop
 * ends above the smallest order, which is tried only if it was asked for. */
static int take_falling_back(struct kernel *kernel, uint32_t *order,
			     struct memory *memory)
{
	int r;

	if (kernel->rules.has_pool)
		r = take_pages_or_pool(kernel, order, memory);
	else if (kernel->rules.cma_first)
		r = htab_model_take_cma(kernel, *order, memory);
	else
		r = take_pages_or_cma(kernel, order, memory);

	for (; r < 0 && *order > HTAB_ORDER_MIN; --*order) {
		r = htab_model_take_pages(kernel, *order, memory);
		if (r == 0)
			break;
	}
	return r;
}

/* The ioctl of Linux 4.4 to 4.10 tries CMA only; Linux 4.11 and later try the
 * page allocator too. */
static int take_exact(struct kernel *kernel, uint32_t order,
		      struct memory *memory, bool pages_too)
{
	if (htab_model_take_cma(kernel, order, memory) == 0)
		return 0;
	return pages_too ? htab_model_take_pages(kernel, order, memory)
			 : -ENOMEM;
}

/* On every kernel the table of a first run falls back to smaller orders: down
 * to 18 on Linux 4.11 and later, to 19 before. */
static int take_default(struct kernel *kernel, uint32_t *order,
			struct memory *memory)
{
	const bool to_18 = kernel->rules.default_goes_to_18;
	int r = take_exact(kernel, *order, memory, true);

	while (r < 0 && *order > (to_18 ? 18 : 19)) {
		--*order;
		r = to_18 ? take_exact(kernel, *order, memory, true)
			  : htab_model_take_pages(kernel, *order, memory);
	}
	return r;
}

static int finish_table(struct kernel *kernel, uint32_t order,
			struct table *table)
{
	if (htab_model_take_reverse_map(kernel, &table->memory) < 0) {
		htab_model_give_back(kernel, &table->memory);
		return -ENOMEM;
	}
	table->order = order;
	htab_model_leave_old_marks(kernel, table);
	return 0;
}

int htab_model_allocate_exact(struct kernel *kernel, uint32_t order,
			      struct table *table)
{
	if (take_exact(kernel, order, &table->memory, true) < 0)
		return -ENOMEM;
	return finish_table(kernel, order, table);
}

/* Allocates a table of that order, or of the order to which this kernel falls
 * back, and sets *order to the one that it has. by_user says that the ioctl
 * asks for the table, and not a first run. */
static int allocate_table(struct vm *vm, uint32_t *order, bool by_user)
{
	struct kernel *kernel = vm->kernel;
	struct table table = { .order = 0 };
	int r;

	if (kernel->rules.falls_back)
		r = take_falling_back(kernel, order, &table.memory);
	else if (by_user)
		r = take_exact(kernel, *order, &table.memory,
			       kernel->rules.uses_pages);
	else
		r = take_default(kernel, order, &table.memory);
	if (r < 0)
		return r;
	r = finish_table(kernel, *order, &table);
	if (r == 0) {
		vm->stale_reverse_map = false;
	} else if (kernel->rules.dangles) {
		/* The kernel keeps the entry count of the table that it freed,
		 * so htab_order() finds a size there. */
		vm->dangling = true;
		table.order = *order;
	}
	/* A thread may be reading the htab fd, which takes this lock only. */
	pthread_mutex_lock(&vm->data);
	vm->table = table;
	pthread_mutex_unlock(&vm->data);
	return r;
}

int htab_model_allocate_default(struct op *op)
{
	uint32_t order = HTAB_ORDER_DEFAULT;

	return allocate_table(op->vm, &order, false);
}

void htab_model_free_table(struct op *op)
{
	struct vm *vm = op->vm;

	if (!vm->table.order)
		return;
	if (atomic_load(&vm->reading))
		htab_model_hazard(op, HTAB_SIM_HAZARD_READ_RACE);
	pthread_mutex_lock(&vm->data);
	htab_model_table_forget(&vm->table);
	pthread_mutex_unlock(&vm->data);
	htab_model_give_back(vm->kernel, &vm->table.memory);
	vm->stale_reverse_map = vm->kernel->rules.keeps_reverse_map;
}

static void clear_table(struct vm *vm)
{
	pthread_mutex_lock(&vm->data);
	htab_model_table_clear(&vm->table);
	pthread_mutex_unlock(&vm->data);
}

/* Up to Linux 4.10 a table keeps its first size until the VM is closed. */
static int clear_or_allocate(struct op *op, uint32_t *order)
{
	struct vm *vm = op->vm;

	if (vm->dangling) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_DANGLING_TABLE);
		return -EIO;
	}
	if (vm->table.order) {
		clear_table(vm);
		*order = vm->table.order;
		return 0;
	}
	/* These kernels do not check the range, and order 48 and above crash
	 * some of them (docs/kernels.md, "Huge order"). */
	if (*order > HTAB_ORDER_MAX + 1) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_HUGE_ORDER);
		return -ENOMEM;
	}
	if (*order < HTAB_ORDER_MIN)
		*order = HTAB_ORDER_MIN;
	return allocate_table(vm, order, true);
}

/* Linux 4.11 and later free the old table before they check the order. */
static int clear_or_replace(struct op *op, uint32_t order)
{
	struct vm *vm = op->vm;

	if (vm->table.order == order) {
		if (order == 0) {
			htab_model_hazard(op, HTAB_SIM_HAZARD_ORDER_0);
			return -EIO;
		}
		clear_table(vm);
		return 0;
	}
	htab_model_free_table(op);
	if (order < HTAB_ORDER_MIN || order > HTAB_ORDER_MAX)
		return -EINVAL;
	return allocate_table(vm, &order, true);
}

static long allocate(struct change *change, void *arg)
{
	const struct rules *rules = &change->op->vm->kernel->rules;
	uint32_t *order = arg, granted = *order;
	int r;

	atomic_store(&change->op->vm->radix, false);
	if (rules->changes_size)
		return clear_or_replace(change->op, granted);
	r = clear_or_allocate(change->op, &granted);
	if (r == 0 && rules->writes_back)
		*order = granted;
	return r;
}

struct change htab_model_allocation(struct op *op, uint32_t *order)
{
	return (struct change){ .op = op, .apply = allocate, .arg = order };
}

int htab_model_allocate_htab(struct op *op, uint32_t *order)
{
	const struct kernel *kernel = op->vm->kernel;
	struct change change = htab_model_allocation(op, order);

	if (atomic_load(&op->vm->radix) && kernel->rules.refuses_radix_vm)
		return -EINVAL;
	return (int)htab_model_change(&change);
}
