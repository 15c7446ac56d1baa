/* SPDX-License-Identifier: MIT */
/*
 * What htab_alloc() does, one order at a time, to show each answer and its
 * time. Each is asked for on a VM of its own, which never had a table before:
 * so nothing can be lost, and before Linux 4.11 nothing that a failure has left
 * behind is used (docs/kernels.md, "Dangling table").
 */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "libhtab.h"
#include "try.h"

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void ask(int kvmfd, struct try_step *step)
{
	const int vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);
	uint64_t begin;

	if (vmfd < 0) {
		step->result = -errno;
		step->without_vm = true;
		return;
	}
	step->given = step->order;
	begin = microseconds();
	step->result = htab_alloc_at_least(vmfd, &step->given, step->order);
	step->microseconds = microseconds() - begin;
	close(vmfd);
}

/* Is a lack of memory the answer, and may less be there? Linux 3.6 and 3.7,
 * which have no htab fd, have tried all smaller orders by themselves. */
static bool may_go_down(const struct try *try, const struct try_step *step)
{
	return step->result == -ENOMEM && !step->without_vm &&
	       step->order > HTAB_ORDER_MIN && try->kvm.caps & HTAB_CAP_STREAM;
}

static void go_down(struct try *try)
{
	uint32_t order = try->wanted;
	struct try_step *step;

	do {
		step = &try->steps[try->n_steps++];
		step->order = order--;
		ask(try->kvm.fd, step);
	} while (may_go_down(try, step));
	if (step->result == 0 || step->result == -ENOSPC)
		try->given = step->given;
	try->largest = try->given;
}

/* A kernel that chooses a smaller order by itself may have a larger one. */
static void look_for_more(struct try *try)
{
	uint32_t order = try->wanted;

	if (try->steps[try->n_steps - 1].result == -ENOSPC &&
	    htab_largest(try->kvm.fd, &order) == 0 && order > try->given)
		try->largest = order;
}

bool try_lacks_memory(const struct try *try)
{
	const struct try_step *last = &try->steps[try->n_steps - 1];

	/* Before Linux 4.11, -ENOTRECOVERABLE is a lack of memory for the
	 * reverse map. */
	return !last->without_vm &&
	       (last->result == -ENOMEM || last->result == -ENOTRECOVERABLE);
}

void try_negotiate(struct try *try)
{
	host_read(&try->host);
	kvm_open(&try->kvm, &try->host);
	try->why_no_table = kvm_why_no_table(&try->kvm, &try->host);
	if (try->kvm.kind == KVM_HV) {
		go_down(try);
		look_for_more(try);
	}
	kvm_close(&try->kvm);
}
