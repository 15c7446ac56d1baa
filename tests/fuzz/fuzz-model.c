/* SPDX-License-Identifier: MIT */
/*
 * Sequences of operations on the model of the simulated kernel: whatever a
 * program and its vcpus do, no table changes under a vcpu, no entry is outside
 * of its table, and no memory is lost but what libhtab-sim.h says.
 *
 * The first byte chooses the host. Then each operation has a byte that says
 * which, one that says on which VM and htab fd, and the bytes of its arguments.
 */
#include "fuzz.h"
#include "world.h"

#include <string.h>

#include "internal.h"

enum { FDS = 4, ROOM = 4096 };

static void set_slot(struct vm *vm, struct input *input)
{
	struct uapi_kvm_userspace_memory_region region = {
		.slot = (uint32_t)take(input, 1) % 4,
		.flags = (uint32_t)take(input, 1) % 2,
		.userspace_addr = 0x10000000,
	};

	region.guest_phys_addr = take(input, 3) << 12;
	region.memory_size = take(input, 2) << 16;
	(void)htab_model_set_region(vm, &region);
}

/* --- calls on the table --- */

static uint32_t take_order(struct input *input)
{
	/* Most orders are those of a table. Others are possible. */
	const uint32_t order = (uint32_t)take(input, 1);

	return order < 0xe0 ? 18 + order % 8 : (order - 0xe0) * 2;
}

static bool is_same(const struct table *a, const struct table *b)
{
	return a->order == b->order && a->entries == b->entries &&
	       a->memory.source == b->memory.source &&
	       a->memory.start == b->memory.start;
}

static void allocate(struct vm *vm, struct input *input)
{
	const struct table before = vm->table;
	struct op op = { .vm = vm };
	uint32_t order = take_order(input);
	const bool runs = atomic_load(&vm->gate.inside) && !vm->radix;
	const int r = htab_model_allocate_htab(&op, &order);

	check_hazards(op.hazards);
	must(r <= 0);
	if (runs) {
		must(r == -EBUSY || r == -EINVAL);
		must(is_same(&vm->table, &before));
	} else if (r == 0) {
		must(vm->table.order && !vm->radix);
		must(vm->table.order == order ||
		     !vm->kernel->rules.writes_back);
	}
}

static void prepare_or_commit(struct vm *vm, struct input *input, bool commits)
{
	const struct uapi_kvm_ppc_resize_hpt how = {
		.flags = take(input, 1) == 0xff,
		.shift = take_order(input),
	};
	const struct table before = vm->table;
	struct op op = { .vm = vm };
	int r;

	if (!vm->kernel->rules.has_resize)
		return;
	r = commits ? htab_model_resize_commit(&op, &how)
		    : htab_model_resize_prepare(&op, &how);
	check_hazards(op.hazards);
	if (commits && r == 0)
		must(vm->table.order == how.shift && !vm->pending.active);
	else
		must(is_same(&vm->table, &before));
	if (commits && r < 0 && r != -EINVAL)
		must(!vm->pending.active);
}

static void configure(struct vm *vm, struct input *input)
{
	const uint32_t order = vm->table.order;
	struct uapi_kvm_ppc_mmuv3_cfg how = { .flags = take(input, 1) % 8 };
	const bool was_radix = vm->radix;
	struct op op = { .vm = vm };
	int r;

	how.process_table = take(input, 1);
	if (take(input, 1) % 4)
		how.process_table |= how.flags << 63;
	r = htab_model_configure_mmu(&op, &how);
	check_hazards(op.hazards);
	if (r < 0 || was_radix == vm->radix)
		must(vm->table.order == order && was_radix == vm->radix);
	else
		must(!vm->table.order);
}

/* --- htab fds --- */

static void close_fd(struct world *world, struct htabfd **fd)
{
	if (!*fd)
		return;
	note_loss(world, (*fd)->vm);
	check_hazards(htab_model_htabfd_destroy(*fd));
	*fd = NULL;
}

static void open_fd(struct world *world, struct vm *vm, struct htabfd **fd,
		    struct input *input)
{
	const uint64_t flags = take(input, 1) % 4;

	if (!vm->kernel->rules.has_htab_fd)
		return;
	close_fd(world, fd);
	*fd = htab_model_htabfd_make(vm, flags, take(input, 2));
	must(*fd);
}

/* What was read are whole records of this table, in host byte order. */
static void check_records(const struct htabfd *fd, const unsigned char *buf,
			  size_t len)
{
	const uint64_t end = htab_model_table_entries(&fd->vm->table);
	struct htab_record record;
	size_t offset = 0;
	int r;

	while ((r = htab_record_next(buf, len, &offset, &record)) > 0) {
		must(htab_entries_are_valid(record.entries, record.n_valid));
		must((uint64_t)record.index + record.n_valid +
			     record.n_invalid <=
		     end);
		must(record.n_valid || record.n_invalid);
	}
	must(r == 0);
}

static void read_fd(struct htabfd *fd, struct input *input)
{
	const size_t len = (size_t)take(input, 2) % ROOM;
	const size_t writable = len - (size_t)take(input, 1) % (len + 1);
	unsigned char *buf = malloc(writable + 1);
	ssize_t n;

	must(buf);
	n = fd ? htab_model_htabfd_read(fd, buf, len, writable) : 0;
	if (n > 0) {
		must((size_t)n <= writable);
		check_records(fd, buf, (size_t)n);
	} else {
		must(n == 0 || n == -EFAULT || n == -EBADF);
	}
	free(buf);
}

static void write_fd(struct world *world, struct htabfd *fd,
		     struct input *input)
{
	const size_t len = (size_t)take(input, 1);
	const size_t more = (size_t)take(input, 1) % 16;
	const size_t less = len < 8 ? 0 : (size_t)take(input, 1) % 8;
	const size_t readable = len + more - less;
	unsigned char *buf = malloc(readable + 1);
	struct op op = { .vm = fd ? fd->vm : vm_at(world, 0) };
	const bool runs = atomic_load(&op.vm->gate.inside);
	const struct table before = op.vm->table;
	ssize_t n = 0;

	must(buf);
	for (size_t i = 0; i < readable; i++)
		buf[i] = (unsigned char)take(input, 1);
	if (fd)
		n = htab_model_htabfd_write(&op, fd, buf, len, readable);
	check_hazards(op.hazards);
	if (runs && !op.vm->radix)
		must(is_same(&op.vm->table, &before) && n <= 0);
	free(buf);
}

/* --- a sequence --- */

static void step(struct world *world, struct htabfd *fds[FDS],
		 struct input *input)
{
	const unsigned int operation = (unsigned int)take(input, 1) % 13;
	const unsigned int where = (unsigned int)take(input, 1);
	const unsigned int i = where % VMS;
	struct htabfd **fd = &fds[where / VMS % FDS];
	const bool keeps_tables = world->kernel.config.kvm != KVM_PR;

	switch (operation) {
	case 0:
		enter(world, i);
		break;
	case 1:
		leave(world, i);
		break;
	case 2:
		close_vm(world, i);
		break;
	case 3:
		set_slot(vm_at(world, i), input);
		break;
	case 4:
		configure(vm_at(world, i), input);
		break;
	case 5:
		htab_model_fail_reverse_maps(&world->kernel, where % 3);
		break;
	case 6:
		close_fd(world, fd);
		break;
	case 7:
		read_fd(*fd, input);
		break;
	case 8:
		write_fd(world, *fd, input);
		break;
	default:
		/* KVM PR knows none of these. */
		if (!keeps_tables)
			break;
		if (operation == 9)
			allocate(vm_at(world, i), input);
		else if (operation == 10)
			open_fd(world, vm_at(world, i), fd, input);
		else
			prepare_or_commit(vm_at(world, i), input,
					  operation == 12);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct htabfd *fds[FDS] = { NULL };
	struct world world;

	begin_world(&world, (unsigned int)take(&input, 1));
	while (input.left) {
		step(&world, fds, &input);
		check_world(&world);
	}
	for (int i = 0; i < FDS; i++)
		close_fd(&world, &fds[i]);
	end_world(&world);
	return 0;
}
