/* SPDX-License-Identifier: MIT */
/* KVM_PPC_RESIZE_HPT_PREPARE and _COMMIT (docs/kernels.md, "Resizing") */
#include "model.h"

/* The kernel's estimate in milliseconds, the same for every size */
enum { ESTIMATE = 100 };

void htab_model_resize_discard(struct vm *vm)
{
	htab_model_table_forget(&vm->pending.table);
	htab_model_give_back(vm->kernel, &vm->pending.table.memory);
	vm->pending = (struct pending){ .active = false };
}

/* A worker that finds no memory is done at once, so it does not use up the
 * polls. */
static bool is_working(const struct pending *pending)
{
	return pending->active && pending->polls_left > 0 &&
	       pending->result == 0;
}

/* The simulated worker allocates at once. The caller learns the result when the
 * polls are used up. */
static int begin(struct vm *vm, uint32_t shift)
{
	struct pending *pending = &vm->pending;

	*pending = (struct pending){
		.active = true,
		.order = shift,
		.polls_left = vm->kernel->config.polls,
	};
	pending->result =
		htab_model_allocate_exact(vm->kernel, shift, &pending->table);
	return ESTIMATE;
}

static int poll_pending(struct vm *vm)
{
	struct pending *pending = &vm->pending;
	int r;

	if (is_working(pending)) {
		pending->polls_left--;
		if (pending->polls_left)
			return ESTIMATE;
	}
	r = pending->result;
	if (r < 0)
		htab_model_resize_discard(vm);
	return r;
}

static int check_arguments(const struct vm *vm,
			   const struct uapi_kvm_ppc_resize_hpt *how)
{
	if (how->flags ||
	    (atomic_load(&vm->radix) && vm->kernel->rules.switches_radix_vm))
		return -EINVAL;
	if (how->shift &&
	    (how->shift < HTAB_ORDER_MIN || how->shift > HTAB_ORDER_MAX))
		return -EINVAL;
	return 0;
}

static int prepare_locked(struct op *op, uint32_t shift)
{
	struct vm *vm = op->vm;
	struct pending *pending = &vm->pending;

	if (pending->active && pending->order == shift)
		return poll_pending(vm);
	if (is_working(pending) && vm->kernel->rules.cancel_races)
		htab_model_hazard(op, HTAB_SIM_HAZARD_CANCEL_RACE);
	if (pending->active)
		htab_model_resize_discard(vm);
	return shift ? begin(vm, shift) : 0;
}

int htab_model_resize_prepare(struct op *op,
			      const struct uapi_kvm_ppc_resize_hpt *how)
{
	struct vm *vm = op->vm;
	int r = check_arguments(vm, how);

	if (r < 0)
		return r;
	pthread_mutex_lock(&vm->gate.lock);
	r = prepare_locked(op, how->shift);
	pthread_mutex_unlock(&vm->gate.lock);
	return r;
}

/* --- COMMIT --- */

/* The hash of an entry, by which the guest chose its group: it is made from the
 * segment and the page. An entry has no room for the low bits of the page
 * number, so they are recovered from the group where it is now. */
static uint64_t hash_of(const struct hpte *entry, uint64_t groups,
			unsigned int shift)
{
	const uint64_t low = shift > 23 ? (UINT64_C(1) << (shift - 23)) - 1 : 0;
	const uint64_t avpn = (entry->v & UINT64_C(0x3fffffffffffff80)) >> 7 &
			      ~low;
	uint64_t group = entry->index / 8;
	uint64_t segment, offset;

	if (entry->v & HPTE_SECONDARY)
		group = ~group;
	if (entry->v & HPTE_1TB) {
		segment = avpn >> 17;
		segment ^= segment << 25;
		offset = (avpn & 0x1ffff) << 23;
	} else {
		segment = avpn >> 5;
		offset = (avpn & 0x1f) << 23;
	}
	if (shift < 23)
		offset |= ((segment ^ group) & (groups - 1)) << shift;
	return segment ^ offset >> shift;
}

/* Returns the index of an entry in the new table. */
static uint64_t new_index(const struct hpte *entry, uint64_t hash,
			  uint64_t groups)
{
	if (entry->v & HPTE_SECONDARY)
		hash = ~hash;
	return (hash & (groups - 1)) * 8 + entry->index % 8;
}

/* Up to Linux 4.15, BUG_ON() stops the host at an entry that is not in its
 * primary group. For an entry in its secondary group the condition is wrong,
 * and one that is marked as secondary in its primary group is written outside
 * of the new table. */
static bool stops_host(const struct kernel *kernel, const struct hpte *entry,
		       uint64_t hash, uint64_t groups)
{
	if (!kernel->rules.bugs_on_misplaced)
		return false;
	return entry->v & HPTE_SECONDARY ||
	       (hash & (groups - 1)) != entry->index / 8;
}

/* An entry of the new table is in the way. The kernel knows that this can
 * happen in a smaller table, and in another one BUG_ON() stops the host. */
static int collide(struct op *op, const struct table *old,
		   const struct table *new)
{
	if (new->order < old->order)
		return -ENOSPC;
	htab_model_hazard(op, HTAB_SIM_HAZARD_COLLIDING_BOLTED);
	return -EIO;
}

static int carry_over(struct op *op, const struct hpte *entry,
		      const struct table *old, struct table *new)
{
	const unsigned int shift = htab_model_page_shift(entry->v, entry->r);
	const uint64_t old_groups = htab_model_table_entries(old) / 8;
	const uint64_t new_groups = htab_model_table_entries(new) / 8;
	struct hpte *copy;
	uint64_t hash, index;

	if (shift == 0)
		return -EIO;
	hash = hash_of(entry, old_groups, shift);
	if (stops_host(op->vm->kernel, entry, hash, old_groups)) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_MISPLACED_BOLTED);
		return -EIO;
	}
	index = new_index(entry, hash, new_groups);
	copy = htab_model_table_make(new, index);
	if (!copy)
		return -ENOMEM;
	/* An invalid one has only an old mark. */
	if (copy->v)
		return collide(op, old, new);
	copy->v = entry->v;
	copy->r = entry->r;
	/* The kernel keeps the mark in a bit of its copy of dword 1, so it
	 * copies the mark too. */
	copy->dirty = entry->dirty;
	return 0;
}

static int rehash(struct op *op, const struct table *old, struct table *new)
{
	const struct hpte *entry = htab_model_table_next(old, 0);
	int r = 0;

	while (entry && r == 0) {
		if (entry->v & HPTE_BOLTED)
			r = carry_over(op, entry, old, new);
		entry = htab_model_table_next(old, entry->index + 1);
	}
	return r;
}

static void exchange(struct op *op)
{
	struct vm *vm = op->vm;
	struct table old = vm->table;

	if (atomic_load(&vm->reading))
		htab_model_hazard(op, HTAB_SIM_HAZARD_READ_RACE);
	vm->table = vm->pending.table;
	vm->pending.table = old;
}

static int rehash_and_exchange(struct op *op)
{
	struct vm *vm = op->vm;
	int r;

	if (!vm->kernel->rules.rehashes)
		return -EIO;
	pthread_mutex_lock(&vm->data);
	r = rehash(op, &vm->table, &vm->pending.table);
	if (r == 0)
		exchange(op);
	pthread_mutex_unlock(&vm->data);
	return r;
}

static int commit_pending(struct op *op, bool was_ready, uint32_t shift)
{
	const struct vm *vm = op->vm;
	const struct pending *pending = &vm->pending;

	if (!was_ready) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_COMMIT_NOT_READY);
		return -EIO;
	}
	if (!pending->active && vm->kernel->rules.commit_needs_pending) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_COMMIT_NOTHING);
		return -EIO;
	}
	if (!pending->active || pending->order != shift)
		return -ENXIO;
	if (is_working(pending))
		return -EBUSY;
	if (pending->result < 0)
		return pending->result;
	return rehash_and_exchange(op);
}

static long commit(struct change *change, void *arg)
{
	const uint32_t *shift = arg;
	int r = commit_pending(change->op, change->was_ready, *shift);

	/* The kernel discards the pending table on every error, too. */
	htab_model_resize_discard(change->op->vm);
	return r;
}

struct change htab_model_commit(struct op *op, uint32_t *shift)
{
	return (struct change){
		.op = op, .apply = commit, .arg = shift, .hold = true
	};
}

int htab_model_resize_commit(struct op *op,
			     const struct uapi_kvm_ppc_resize_hpt *how)
{
	uint32_t shift = how->shift;
	struct change change = htab_model_commit(op, &shift);
	int r = check_arguments(op->vm, how);

	return r < 0 ? r : (int)htab_model_change(&change);
}
