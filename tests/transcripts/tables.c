/* SPDX-License-Identifier: MIT */
/* ALLOCATE_HTAB, measurements of the table, runs, and resizes */
#include "transcripts.h"

#include <errno.h>
#include <stdio.h>

static void print_allocation(int vmfd, uint32_t order)
{
	int r = host_allocate(vmfd, &order);

	/* From Linux 4.11 on the kernel does not write the order back, so this
	 * is the wanted one. */
	printf(" %ld %s order=%u\n", returned(r), error_name(r), order);
}

static void alloc(int vmfd, uint32_t order)
{
	printf("  ALLOC %u ->", order);
	print_allocation(vmfd, order);
}

/* Measures the table (docs/kernels.md, "Measuring a table"), and prints the
 * answers up to the first refusal. */
static void probe(int vmfd)
{
	int htabfd = host_open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE, 0);
	uint32_t order;

	printf("  probe:");
	for (order = 18; order <= 36; order++) {
		const struct uapi_kvm_get_htab_header record = {
			.index = (uint32_t)((UINT64_C(1) << (order - 4)) - 1),
		};
		ssize_t n = host_write(htabfd, &record, sizeof(record));

		if (n == -EINVAL && order == 18)
			printf(" 18:EINVAL .. (EINVAL for all)");
		else if (n == -EINVAL && order < 24)
			printf(" %u:EINVAL .. (EINVAL from there on)", order);
		else if (n == -EINVAL)
			printf(" .. (EINVAL from there on)");
		else
			printf(" %u:%s", order, n < 0 ? error_name(n) : "ok");
		if (n < 0)
			break;
	}
	printf("\n");
	host_close_fd(htabfd);
}

static void read_twice(int vmfd)
{
	const int htabfd = host_open_htab(vmfd, 0, 0);
	struct contents seen = { 0 };
	ssize_t n;

	do {
		n = host_read_htab(htabfd, 64 << 10, &seen);
	} while (n > 0);
	printf("  read1: bytes=%ld valid=%llu invalid=%llu end=%llu "
	       "lastread=%zd\n",
	       seen.bytes, (unsigned long long)seen.valid,
	       (unsigned long long)seen.invalid, (unsigned long long)seen.end,
	       n);
	printf("  read2 %zd\n", host_read_htab(htabfd, 64 << 10, &seen));
	host_close_fd(htabfd);
}

static void print_resize(const char *step, uint32_t order, int r)
{
	printf("  %s %u -> %ld %s\n", step, order, returned(r), error_name(r));
}

static void prepare(int vmfd, uint32_t order)
{
	int r;

	do {
		r = host_prepare(vmfd, order, 0);
		print_resize("PREPARE", order, r);
	} while (r > 0);
}

static void commit(int vmfd, uint32_t order)
{
	print_resize("COMMIT", order, host_commit(vmfd, order, 0));
}

/* The transcripts have the end of KVM_RUN where this calls vcpu_stop(). */
static void halt(struct vcpu *vcpu)
{
	vcpu_stop(vcpu);
	printf("  halted ret=-1 err=EINTR\n");
}

static void without_vcpu(int vmfd)
{
	int r;

	printf("T fresh VM query\n");
	probe(vmfd);
	read_twice(vmfd);
	printf("T alloc 20 query\n");
	alloc(vmfd, 20);
	probe(vmfd);
	read_twice(vmfd);
	alloc(vmfd, 24);
	probe(vmfd);
	read_twice(vmfd);
	printf("T failed enomem loses table\n");
	alloc(vmfd, 34);
	probe(vmfd);
	printf("T einval loses table\n");
	alloc(vmfd, 24);
	probe(vmfd);
	alloc(vmfd, 17);
	probe(vmfd);
	alloc(vmfd, 24);
	alloc(vmfd, 47);
	probe(vmfd);
	printf("T EFAULT\n");
	r = host_allocate(vmfd, NULL);
	printf("  null -> %ld %s\n", returned(r), error_name(r));
	probe(vmfd);
}

static void with_vcpu(int vmfd, struct vcpu *vcpu)
{
	printf("T run w/o alloc -> default\n");
	vcpu_start(vcpu);
	probe(vmfd);
	alloc(vmfd, 24);
	alloc(vmfd, 47);
	halt(vcpu);
	probe(vmfd);
	read_twice(vmfd);
	printf("T reset after run\n");
	alloc(vmfd, 24);
	probe(vmfd);
	read_twice(vmfd);
	printf("T resize after run\n");
	vcpu_start(vcpu);
	halt(vcpu);
	prepare(vmfd, 20);
	commit(vmfd, 20);
	probe(vmfd);
	read_twice(vmfd);
	prepare(vmfd, 25);
	commit(vmfd, 24);
	commit(vmfd, 25);
	probe(vmfd);
	prepare(vmfd, 17);
	prepare(vmfd, 0);
	commit(vmfd, 0);
	prepare(vmfd, 34);
	printf("T resize while running\n");
	vcpu_start(vcpu);
	prepare(vmfd, 21);
	commit(vmfd, 21);
	probe(vmfd);
	halt(vcpu);
	probe(vmfd);
	printf("T order change while a vcpu exists, idle\n");
	alloc(vmfd, 22);
	probe(vmfd);
	vcpu_start(vcpu);
	alloc(vmfd, 22);
	halt(vcpu);
	probe(vmfd);
}

static void exhaust(void)
{
	enum { LARGE = 26, MOST = 32 };
	int vms[MOST], count = 0;
	uint32_t order = LARGE;

	printf("T pool exhaustion\n");
	do {
		vms[count] = new_vm();
	} while (host_allocate(vms[count], &order) == 0 && ++count < MOST - 1);
	printf("  %d VMs of order %d then ENOMEM\n", count, LARGE);
	for (order = LARGE; order >= 18; order--)
		alloc(vms[count], order);
	do {
		close_vm(vms[count]);
	} while (count--);
}

void observe_tables(void)
{
	int vmfd = new_vm();
	struct vcpu *vcpu;

	without_vcpu(vmfd);
	close_vm(vmfd);
	vmfd = new_vm();
	vcpu = vcpu_new(&host, vmfd);
	with_vcpu(vmfd, vcpu);
	vcpu_free(vcpu);
	close_vm(vmfd);
	exhaust();
}
