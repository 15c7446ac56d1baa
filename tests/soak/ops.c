/* SPDX-License-Identifier: MIT */
/*
 * The functions that make, clear, measure and fill a table. They are more than
 * 300 lines, because each is a few, and all end in the list of them.
 */
#include "soak.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static bool is_old(const struct vm *vm)
{
	return vm->world->linux_version < LINUX_VERSION(4, 11);
}

static bool has_tables(const struct vm *vm)
{
	return vm->world->caps & HTAB_CAP_ALLOC;
}

static uint32_t an_order(struct vm *vm)
{
	struct life *life = vm->life;
	const uint32_t most = vm->world->largest - HTAB_ORDER_MIN + 1;

	return HTAB_ORDER_MIN + dice(life, dice(life, 8) ? 3 : most);
}

/* Without a fault, the result must be one of these. (The kernel may be out of
 * memory for tables at any time.) */
static void check_new_table(const struct vm *vm, const char *name, int r)
{
	contract_check(vm, name, r);
	if (vm->life->fault_came)
		return;
	if (has_tables(vm)
		    ? r == 0 || r == -ENOMEM || (r == -ENOSPC && is_old(vm))
		    : r == -EOPNOTSUPP || r == -ENOTTY)
		return;
	wrong(vm->life, vm->world, "%s: %d", name, r);
}

/* What an allocation has left. An error that comes after the kernel could not
 * give one order, and before another one was tried, leaves no table. */
static void settle_new_table(struct vm *vm, const char *name, int r,
			     uint32_t order, unsigned int after_error)
{
	const uint32_t had = vm->table.order;
	static __thread struct table given;
	unsigned int allowed = SAME | after_error;

	table_empty(&given, order);
	if (r == 0 || r == -ENOSPC)
		allowed = GIVEN;
	else if (r == -ENOMEM && !is_old(vm) && !vm->life->fault_came)
		allowed = NO_TABLE | after_error;
	else if (r == -EPROTO || fault_misleads(vm->life))
		allowed = WHATEVER;
	else if (r == -ENOMEM || vm->life->fault_came)
		allowed |= NO_TABLE;
	vm->dead = r == -ENOTRECOVERABLE;
	if (vm->dead)
		return;
	vm->has_run &= r < 0;
	vm_settle(vm, name, r, allowed, &given);
	if (vm->table.order)
		vm->lost = false;
	else
		vm->lost |= had != 0;
}

static void check_order(const struct vm *vm, const char *name, uint32_t order,
			uint32_t wanted, uint32_t least)
{
	if (order < least || (order > wanted && !is_old(vm)))
		wrong(vm->life, vm->world, "%s: order %u for %u to %u", name,
		      order, least, wanted);
}

static void op_alloc(struct vm *vm)
{
	const uint32_t wanted = an_order(vm);
	uint32_t order = wanted;
	int r;

	CALL(vm->life, r, htab_alloc(vm->fd, &order));
	check_new_table(vm, "htab_alloc", r);
	if (r == 0)
		check_order(vm, "htab_alloc", order, wanted, HTAB_ORDER_MIN);
	settle_new_table(vm, "htab_alloc", r, order, 0);
}

static void at_least(struct vm *vm, const char *name,
		     int (*call)(int, uint32_t *, uint32_t),
		     unsigned int after_error)
{
	const uint32_t wanted = an_order(vm);
	const uint32_t least = dice(vm->life, 2) ? wanted : HTAB_ORDER_MIN;
	uint32_t order = wanted;
	int r;

	CALL(vm->life, r, call(vm->fd, &order, least));
	check_new_table(vm, name, r);
	if (r == 0)
		check_order(vm, name, order, wanted, least);
	settle_new_table(vm, name, r, order, after_error);
}

static void op_alloc_at_least(struct vm *vm)
{
	at_least(vm, "htab_alloc_at_least", htab_alloc_at_least, 0);
}

static void op_renew(struct vm *vm)
{
	at_least(vm, "htab_renew", htab_renew, CLEARED);
}

/* A function that needs a table, and has not failed for another reason */
static void check_needs_table(const struct vm *vm, const char *name, int r)
{
	contract_check(vm, name, r);
	if (vm->life->fault_came || !vm_can_be_measured(vm))
		return;
	if (vm->table.order ? r < 0 : r != -ENOENT)
		wrong(vm->life, vm->world, "%s: %d, with order %u", name, r,
		      vm->table.order);
}

static void op_reset(struct vm *vm)
{
	int r;

	CALL(vm->life, r, htab_reset(vm->fd));
	check_needs_table(vm, "htab_reset", r);
	vm->has_run &= r < 0;
	vm_settle(vm, "htab_reset", r,
		  r == 0				     ? CLEARED
		  : r == -EPROTO || fault_misleads(vm->life) ? WHATEVER
							     : SAME,
		  NULL);
}

static void op_order(struct vm *vm)
{
	uint32_t order = 0;
	int r;

	CALL(vm->life, r, htab_order(vm->fd, &order));
	check_needs_table(vm, "htab_order", r);
	if (r == 0 && order != vm->table.order && !vm->life->fault_came)
		wrong(vm->life, vm->world, "htab_order: %u, not %u", order,
		      vm->table.order);
	vm_settle(vm, "htab_order", r, SAME, NULL);
}

static void op_largest(struct vm *vm)
{
	const uint32_t wanted = an_order(vm);
	uint32_t order = wanted;
	int r;

	CALL(vm->life, r, htab_largest(vm->world->kvmfd, &order));
	/* Linux 4.7 to 4.18 make no VM while another one is being closed that
	 * had the number of its descriptor. */
	if (r != -EINTR && r != -ENOMEM)
		check_new_table(vm, "htab_largest", r);
	if (r == 0 && order > wanted)
		wrong(vm->life, vm->world, "htab_largest: %u", order);
	vm_settle(vm, "htab_largest", r, SAME, NULL);
}

static void op_caps(struct vm *vm)
{
	int r;

	CALL(vm->life, r, htab_caps(vm->world->kvmfd));
	contract_check(vm, "htab_caps", r);
	if (!vm->life->fault_came && r != vm->world->caps)
		wrong(vm->life, vm->world, "htab_caps: %x, not %x", r,
		      vm->world->caps);
}

/* A page of 4 KiB that is not bolted. The last entry of a group stays free for
 * real mode. */
static struct htab_hpte an_entry(struct life *life)
{
	struct htab_hpte hpte = {
		.v = UINT64_C(0x12300001) | dice(life, 1 << 12) << 7,
		.r = HTAB_R_COHERENT,
	};

	return hpte;
}

enum { SLOTS = 8 };

static uint32_t a_group(struct vm *vm)
{
	const uint32_t order = vm->table.order ? vm->table.order : 18;

	return dice(vm->life, UINT32_C(1) << (order - 7)) * SLOTS;
}

static void op_get(struct vm *vm)
{
	const uint32_t index = a_group(vm);
	struct htab_hpte hptes[SLOTS];
	static __thread struct table is;
	int r;

	CALL(vm->life, r, htab_get_hptes(vm->fd, index, hptes, SLOTS));
	check_needs_table(vm, "htab_get_hptes", r);
	if (r == 0 && vm->table.is_known && vm_can_be_measured(vm)) {
		is = vm->table;
		for (uint32_t i = 0; i < SLOTS; i++)
			table_set(&is, index + i, &hptes[i]);
		vm_settle(vm, "htab_get_hptes", r, SAME, NULL);
		if (is.n != vm->table.n)
			wrong(vm->life, vm->world, "htab_get_hptes: entries");
	}
}

static void op_put(struct vm *vm)
{
	const uint32_t index = a_group(vm);
	const uint32_t n = 1 + dice(vm->life, SLOTS - 1);
	static __thread struct table given;
	struct htab_hpte hptes[SLOTS];
	int r;

	given = vm->table;
	for (uint32_t i = 0; i < n; i++) {
		hptes[i] = an_entry(vm->life);
		if (dice(vm->life, 3) == 0)
			hptes[i].v = hptes[i].r = 0;
		table_set(&given, index + i, &hptes[i]);
	}
	CALL(vm->life, r, htab_put_hptes(vm->fd, index, hptes, n));
	check_needs_table(vm, "htab_put_hptes", r);
	vm_settle(vm, "htab_put_hptes", r,
		  r == 0		 ? GIVEN
		  : vm->life->fault_came ? WHATEVER | SAME
					 : SAME,
		  &given);
}

/* Records with one entry each */
static void op_stream(struct vm *vm)
{
	static __thread struct table given;
	unsigned char records[3 * 24];
	size_t len = 0, done = 0;
	const uint32_t index = a_group(vm);
	int htabfd, r;

	CALL(vm->life, htabfd, htab_open(vm->fd, HTAB_OPEN_WRITE));
	check_needs_table(vm, "htab_open", htabfd);
	/* A kernel that says EBUSY has a table. */
	if (htabfd < 0 || !vm->table.order) {
		if (htabfd >= 0)
			close(htabfd);
		vm_settle(vm, "htab_open", htabfd, SAME, NULL);
		return;
	}
	given = vm->table;
	for (uint32_t i = 0; i < 3; i++) {
		const struct htab_hpte hpte = an_entry(vm->life);
		const uint64_t dwords[] = { htobe64(hpte.v), htobe64(hpte.r) };
		const struct htab_record record = { index + 2 * i, 1, 0,
						    dwords };

		len += (size_t)htab_record_put(records + len,
					       sizeof(records) - len, &record);
	}
	CALL(vm->life, r, htab_write(htabfd, records, len, &done));
	contract_check(vm, "htab_write", r);
	close(htabfd);
	if ((r == 0) != (done == len) || (r < 0 && !vm->life->fault_came))
		wrong(vm->life, vm->world, "htab_write: %d, %zu bytes", r,
		      done);
	for (size_t at = 0; at < done;) {
		struct htab_record record;
		struct htab_hpte hpte;

		if (htab_record_next(records, len, &at, &record) == 1 &&
		    htab_record_hpte(&record, 0, &hpte) == 0)
			table_set(&given, record.index, &hpte);
	}
	vm_settle(vm, "htab_write", r, GIVEN, &given);
}

static void op_read(struct vm *vm)
{
	unsigned char buf[HTAB_READ_MIN];
	int htabfd, r = 0;

	CALL(vm->life, htabfd, htab_open(vm->fd, HTAB_OPEN_BOLTED));
	check_needs_table(vm, "htab_open", htabfd);
	if (htabfd < 0)
		return;
	for (int i = 0; i < 4; i++) {
		CALL(vm->life, r, htab_read(htabfd, buf, sizeof(buf)));
		contract_check(vm, "htab_read", r);
		if (r < 0 && !vm->life->fault_came)
			wrong(vm->life, vm->world, "htab_read: %d", r);
		if (r <= 0)
			break;
	}
	close(htabfd);
	vm_settle(vm, "htab_read", r, SAME, NULL);
}

/* Nothing changes while a vcpu is inside KVM_RUN. */
static void op_busy(struct vm *vm)
{
	uint32_t order = HTAB_ORDER_MIN;
	int r;

	if (!vm_run(vm) || world_enter(vm->vcpu) < 0)
		return;
	switch (dice(vm->life, 4)) {
	case 0:
		CALL(vm->life, r, htab_alloc(vm->fd, &order));
		break;
	case 1:
		CALL(vm->life, r, htab_reset(vm->fd));
		break;
	case 2:
		CALL(vm->life, r, htab_renew(vm->fd, &order, order));
		break;
	default:
		CALL(vm->life, r, htab_order(vm->fd, &order));
	}
	world_leave(vm->vcpu);
	if (r == -ENOTTY && !vm_can_be_measured(vm))
		return;
	if (r != -EBUSY && !vm->life->fault_came)
		wrong(vm->life, vm->world, "%d with a vcpu inside KVM_RUN", r);
	contract_check(vm, "htab_renew", r);
	vm_settle(vm, "busy", r, fault_misleads(vm->life) ? WHATEVER : SAME,
		  NULL);
}

const struct operation operations[] = {
	{ "htab_alloc", op_alloc },
	{ "htab_alloc_at_least", op_alloc_at_least },
	{ "htab_renew", op_renew },
	{ "htab_reset", op_reset },
	{ "htab_order", op_order },
	{ "htab_largest", op_largest },
	{ "htab_caps", op_caps },
	{ "htab_get_hptes", op_get },
	{ "htab_put_hptes", op_put },
	{ "htab_write", op_stream },
	{ "htab_read", op_read },
	{ "htab_save", op_save },
	{ "htab_restore", op_restore },
	{ "a vcpu inside KVM_RUN", op_busy },
	{ "htab_resize_prepare", op_prepare },
	{ "htab_resize_commit", op_commit },
	{ "htab_resize_cancel", op_cancel },
	{ "htab_resize", op_resize },
	{ "htab_configure_mmu", op_configure },
};

unsigned int operations_count(void)
{
	return sizeof(operations) / sizeof(operations[0]);
}
