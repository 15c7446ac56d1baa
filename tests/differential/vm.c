/* SPDX-License-Identifier: MIT */
/* VMs, their vcpus, and htab fds that outlive them */
#include "differential.h"

enum { MAX_ORPHANS = 3 };
static int orphans[MAX_ORPHANS] = { -1, -1, -1 };
static int running;

uint32_t peek_order(const struct a_vm *vm)
{
	uint32_t found;

	return htab_order(vm->fd, &found) == 0 ? found : 0;
}

void do_new_vm(struct a_vm *vm)
{
	const int fd = host_new_vm(&host);

	say("new");
	say_result(fd < 0 ? fd : 0);
	if (fd < 0)
		return;
	*vm = (struct a_vm){
		.fd = fd,
		.vcpu = vcpu_new(&host, fd),
		.radix = host.mmu == HOST_RADIX ||
			 host.mmu == HOST_RADIX_NO_HASH ||
			 host.mmu == HOST_RADIX_NO_RUN,
	};
	for (int i = 0; i < MAX_HTABS; i++)
		vm->htabs[i] = -1;
}

static void stop(struct a_vm *vm)
{
	vcpu_stop(vm->vcpu);
	vm->running = false;
	running--;
}

static void keep_or_close(int htabfd)
{
	/* Rule 7 of differential.h */
	const bool can_stay = BEFORE(4, 7) || !BEFORE(4, 19);
	const bool keep = chance(30) && can_stay;

	for (int i = 0; keep && i < MAX_ORPHANS; i++) {
		if (orphans[i] < 0) {
			orphans[i] = htabfd;
			say(", its htab fd stays as orphan%d", i);
			return;
		}
	}
	host_close_fd(htabfd);
}

/* Linux 4.11 to 4.14 free the reverse map of a VM that lost its table a second
 * time when the VM is closed, unless it has a table again by then
 * (docs/kernels.md, "Stale reverse map"). */
static void mend_lost_table(const struct a_vm *vm)
{
	uint32_t smallest = HTAB_ORDER_MIN;

	if (!vm->lost_table || BEFORE(4, 11) || !BEFORE(4, 15))
		return;
	say("ALLOCATE_HTAB(%u)", smallest);
	say_result(host_allocate(vm->fd, &smallest));
	say(", ");
}

void do_close_vm(struct a_vm *vm)
{
	/* The memory of a pending resize would be lost
	 * (docs/kernels.md, "Closed with a resize pending"). The kernel is not
	 * working on one, because PREPARE is always repeated up to its end. */
	host_prepare(vm->fd, 0, 0);
	if (vm->running)
		stop(vm);
	mend_lost_table(vm);
	vcpu_free(vm->vcpu);
	say("close");
	say_result(host_close_fd(vm->fd));
	vm->fd = -1;
	for (int i = 0; i < MAX_HTABS; i++)
		if (vm->htabs[i] >= 0)
			keep_or_close(vm->htabs[i]);
}

bool orphan(void)
{
	for (int i = 0; i < MAX_ORPHANS; i++) {
		if (orphans[i] < 0)
			continue;
		say("orphan%d", i);
		if (chance(50)) {
			read_from(orphans[i]);
		} else {
			say(" close");
			say_result(host_close_fd(orphans[i]));
			orphans[i] = -1;
		}
		return true;
	}
	return false;
}

static bool may_start(const struct a_vm *vm)
{
	return running < MAX_RUNNING && !vm->vcpu_unmapped &&
	       !(vm->ran && vm->lost_table);
}

void do_vcpu_of(struct a_vm *vm)
{
	if (vm->running) {
		say("vcpu stops");
		stop(vm);
		if (chance(30))
			look(vm);
	} else if (may_start(vm) && host.mmu == HOST_RADIX_NO_RUN &&
		   !vm->radix) {
		say("vcpu does not run");
		say_result(vcpu_try(vm->vcpu));
		vm->ran = vm->ready = vm->has_table = true;
	} else if (may_start(vm)) {
		say("vcpu starts");
		vcpu_start(vm->vcpu);
		running++;
		vm->running = vm->ran = true;
		vm->ready = !vm->radix || !BEFORE(4, 15);
		vm->has_table = !vm->radix;
	} else {
		say("vcpu stays out");
	}
}
