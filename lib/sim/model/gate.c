/* SPDX-License-Identifier: MIT */
/*
 * How the kernel keeps vcpus out while a table changes (docs/kernels.md,
 * "Keeping vcpus out").
 *
 * A thread that changes the table clears the flag `ready` and then reads the
 * count `running`. A vcpu increments the count and then reads the flag. Each
 * side has a full barrier between its two steps (sequentially consistent
 * atomics), so at least one of them sees the other: either the change returns
 * EBUSY, or the vcpu waits for the lock.
 *
 * COMMIT of a resize does not return EBUSY. It clears the flag and interrupts
 * all vcpus, and each of them reads the flag again before it returns to the
 * guest.
 */
#include "model.h"

/* Up to Linux 4.14 radix guests run without the flag. */
static bool may_pass(const struct vm *vm)
{
	return atomic_load(&vm->gate.ready) ||
	       (atomic_load(&vm->radix) && !vm->kernel->rules.readies_radix_vm);
}

/* Returns 0 if the host can run this guest, and otherwise the error with which
 * the kernel refuses it, or -EIO after a hazard. */
static int try_guest(struct op *op)
{
	const struct kernel *kernel = op->vm->kernel;

	if (atomic_load(&op->vm->radix))
		return 0;
	if (kernel->config.kvm == KVM_NESTED) {
		htab_model_hazard(op, HTAB_SIM_HAZARD_NESTED_RUN);
		return -EIO;
	}
	return kernel->rules.refuses_hash_run ? -EBUSY : 0;
}

static void stay_outside(struct run *run, int result)
{
	run->result = result;
	run->next = RUN_UNCOUNT;
}

static void look(struct run *run)
{
	const struct vm *vm = run->op.vm;

	if (vm->kernel->config.kvm == KVM_NESTED && try_guest(&run->op) < 0)
		stay_outside(run, -EIO);
	else
		run->next = may_pass(vm) ? RUN_GO_INSIDE : RUN_LOCK;
}

static void begin_change(struct op *op)
{
	const struct vm *vm = op->vm;

	atomic_store(&op->vm->gate.changing, true);
	/* A radix guest does not use the table, so it may run meanwhile. */
	if (atomic_load(&vm->gate.inside) && !atomic_load(&vm->gate.held) &&
	    !atomic_load(&vm->radix))
		htab_model_hazard(op, HTAB_SIM_HAZARD_UNDER_VCPU);
}

static void end_change(struct vm *vm)
{
	atomic_store(&vm->gate.changing, false);
}

/* Caller holds the lock. Another vcpu may have done the work of the first run
 * while this one waited for it. */
static void look_again(struct run *run)
{
	if (may_pass(run->op.vm)) {
		run->next = RUN_UNLOCK;
		return;
	}
	begin_change(&run->op);
	run->next = RUN_SET_UP;
}

static void set_up(struct run *run)
{
	struct vm *vm = run->op.vm;

	run->result = htab_model_set_up_mmu(&run->op);
	end_change(vm);
	if (run->result == 0)
		atomic_store(&vm->gate.ready, true);
	run->next = RUN_UNLOCK;
}

static void go_inside(struct run *run)
{
	const int r = try_guest(&run->op);

	if (r < 0) {
		stay_outside(run, r);
		return;
	}
	atomic_fetch_add(&run->op.vm->gate.inside, 1);
	run->next = RUN_CHECK;
}

/* The vcpu reads the flag once more after it has counted itself in `inside`. A
 * COMMIT that cleared the flag before that did not interrupt it. */
static void check(struct run *run)
{
	struct gate *gate = &run->op.vm->gate;

	if (!may_pass(run->op.vm)) {
		atomic_fetch_sub(&gate->inside, 1);
		run->next = RUN_LOCK;
		return;
	}
	if (atomic_load(&gate->changing) && !atomic_load(&run->op.vm->radix))
		htab_model_hazard(&run->op, HTAB_SIM_HAZARD_UNDER_VCPU);
	run->next = RUN_INSIDE;
}

static void go_out(struct run *run)
{
	atomic_int *inside = &run->op.vm->gate.inside;
	int count = atomic_load(inside);

	do {
		if (count == 0) {
			run->result = -EINVAL;
			run->next = RUN_END;
			return;
		}
	} while (!atomic_compare_exchange_weak(inside, &count, count - 1));
	run->next = RUN_UNCOUNT;
}

void htab_model_run_step(struct run *run)
{
	struct gate *gate = &run->op.vm->gate;

	switch (run->next) {
	case RUN_COUNT:
		atomic_fetch_add(&gate->running, 1);
		run->next = RUN_LOOK;
		break;
	case RUN_LOOK:
		look(run);
		break;
	case RUN_LOCK:
		pthread_mutex_lock(&gate->lock);
		run->next = RUN_LOOK_AGAIN;
		break;
	case RUN_LOOK_AGAIN:
		look_again(run);
		break;
	case RUN_SET_UP:
		set_up(run);
		break;
	case RUN_UNLOCK:
		pthread_mutex_unlock(&gate->lock);
		run->next = run->result < 0 ? RUN_UNCOUNT : RUN_GO_INSIDE;
		break;
	case RUN_GO_INSIDE:
		go_inside(run);
		break;
	case RUN_CHECK:
		check(run);
		break;
	case RUN_INSIDE:
		run->next = RUN_GO_OUT;
		break;
	case RUN_GO_OUT:
		go_out(run);
		break;
	case RUN_UNCOUNT:
		atomic_fetch_sub(&gate->running, 1);
		run->next = RUN_END;
		break;
	case RUN_END:
		break;
	}
}

int htab_model_enter(struct op *op)
{
	struct run run = { .op = *op, .next = RUN_COUNT };

	while (run.next != RUN_INSIDE && run.next != RUN_END)
		htab_model_run_step(&run);
	*op = run.op;
	return run.result;
}

int htab_model_leave(struct op *op)
{
	struct run run = { .op = *op, .next = RUN_GO_OUT };

	while (run.next != RUN_END)
		htab_model_run_step(&run);
	*op = run.op;
	return run.result;
}

/* --- changes --- */

static void close_gate(struct change *change)
{
	struct gate *gate = &change->op->vm->gate;

	change->was_ready = atomic_load(&gate->ready);
	/* If the flag was clear, no vcpu is inside, and none enters without the
	 * lock. */
	if (!change->was_ready) {
		change->next = CHANGE_BEGIN;
		return;
	}
	atomic_store(&gate->ready, false);
	change->next = change->hold ? CHANGE_HOLD : CHANGE_COUNT;
}

static void count_vcpus(struct change *change)
{
	change->next = CHANGE_BEGIN;
	if (!atomic_load(&change->op->vm->gate.running))
		return;
	change->result = -EBUSY;
	change->reopen = true;
	change->next = CHANGE_REOPEN;
}

static void reopen_gate(struct change *change)
{
	struct gate *gate = &change->op->vm->gate;

	if (change->reopen)
		atomic_store(&gate->ready, true);
	atomic_store(&gate->held, false);
	change->next = CHANGE_UNLOCK;
}

void htab_model_change_step(struct change *change)
{
	struct gate *gate = &change->op->vm->gate;

	switch (change->next) {
	case CHANGE_LOCK:
		pthread_mutex_lock(&gate->lock);
		change->next = CHANGE_CLOSE;
		break;
	case CHANGE_CLOSE:
		close_gate(change);
		break;
	case CHANGE_COUNT:
		count_vcpus(change);
		break;
	case CHANGE_HOLD:
		atomic_store(&gate->held, true);
		change->reopen = true;
		change->next = CHANGE_BEGIN;
		break;
	case CHANGE_BEGIN:
		begin_change(change->op);
		change->next = CHANGE_APPLY;
		break;
	case CHANGE_APPLY:
		change->result = change->apply(change, change->arg);
		end_change(change->op->vm);
		change->next = CHANGE_REOPEN;
		break;
	case CHANGE_REOPEN:
		reopen_gate(change);
		break;
	case CHANGE_UNLOCK:
		pthread_mutex_unlock(&gate->lock);
		change->next = CHANGE_END;
		break;
	case CHANGE_END:
		break;
	}
}

long htab_model_change(struct change *change)
{
	while (change->next != CHANGE_END)
		htab_model_change_step(change);
	return change->result;
}
