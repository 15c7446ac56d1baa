/* SPDX-License-Identifier: MIT */
/*
 * A tour of libhtab on one host: what a VMM does at boot and at reset, and
 * what a kernel answers. The host, its VMs and the vcpu come from tests/host:
 * tour is for the kernel that runs it, tour-sim for a simulated one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "libhtab.h"

/* The size of a table of that order, as people write it */
static const char *size_of(uint32_t order)
{
	static char text[32];

	if (order < 20)
		snprintf(text, sizeof(text), "%u KiB", 1u << (order - 10));
	else if (order < 30)
		snprintf(text, sizeof(text), "%u MiB", 1u << (order - 20));
	else
		snprintf(text, sizeof(text), "%u GiB", 1u << (order - 30));
	return text;
}

/* Prints what came out of a step, and whether it is what the tour is to show.
 */
static int failures;

static void show(const char *step, int result, int expected)
{
	printf("            %s: %s\n", step, htab_strerror(result));
	if (result != expected) {
		printf("            UNEXPECTED (%d, not %d)\n", result,
		       expected);
		failures++;
	}
}

static void show_host(int caps)
{
	printf("host        hash tables for guests: %s\n",
	       caps & HTAB_CAP_ALLOC ? "yes" : "no");
	printf("            size can be asked: %s, guests can resize: %s\n",
	       caps & HTAB_CAP_STREAM ? "yes" : "no",
	       caps & HTAB_CAP_RESIZE ? "yes" : "no");
}

static uint32_t show_largest(int kvmfd)
{
	uint32_t order = HTAB_ORDER_MAX;
	int r = htab_largest(kvmfd, &order);

	printf("largest     what can this host give just now?\n");
	show("htab_largest", r, 0);
	if (r == 0)
		printf("            order %u, that is %s\n", order,
		       size_of(order));
	return order;
}

static unsigned int shift_of(unsigned int page_size)
{
	unsigned int shift = 0;

	while (1u << shift < page_size)
		shift++;
	return shift;
}

static void show_allocation(int vmfd, unsigned int page_size)
{
	uint32_t order = htab_order_for_ram(UINT64_C(2) << 30);
	uint32_t least =
		htab_order_for_vrma(UINT64_C(128) << 20, shift_of(page_size));

	printf("allocation  a guest of 2 GiB wants order %u; for 128 MiB of\n"
	       "            real mode in pages of %u KiB it needs order %u\n",
	       order, page_size >> 10, least);
	show("htab_alloc_at_least", htab_alloc_at_least(vmfd, &order, least),
	     0);
	printf("            it has order %u, that is %s\n", order,
	       size_of(order));
}

static void show_refusal(int vmfd, struct vcpu *vcpu)
{
	uint32_t order = 22;

	printf("refusal     a vcpu runs; nothing may change under it\n");
	vcpu_start(vcpu);
	show("htab_alloc", htab_alloc(vmfd, &order), -EBUSY);
	show("htab_reset", htab_reset(vmfd), -EBUSY);
	vcpu_stop(vcpu);
	printf("            the vcpu is stopped; how large is the table?\n");
	show("htab_order", htab_order(vmfd, &order), 0);
	printf("            still order %u\n", order);
}

static void show_reset(int vmfd, struct vcpu *vcpu)
{
	uint32_t order = 0;

	printf("reset       the guest reboots: same size, empty\n");
	show("htab_reset", htab_reset(vmfd), 0);
	show("htab_order", htab_order(vmfd, &order), 0);
	printf("            order %u; and the vcpu runs again:", order);
	vcpu_start(vcpu);
	vcpu_stop(vcpu);
	printf(" it does\n");
}

/* VMs that all ask for the same, until one gets less */
static void show_downgrade(const struct host *host, uint32_t wanted)
{
	enum { MOST = 16 };
	int vms[MOST], count = 0;
	uint32_t order = wanted;

	printf("downgrade   VMs compete: each asks for order %u\n", wanted);
	while (count < MOST && order == wanted) {
		int r, vmfd = host_new_vm(host);

		if (vmfd < 0)
			break;
		vms[count++] = vmfd;
		order = wanted;
		r = htab_alloc(vmfd, &order);
		printf("            VM %d: %s, order %u\n", count,
		       htab_strerror(r), order);
		if (r)
			break;
	}
	if (order >= wanted) {
		printf("            UNEXPECTED (no downgrade)\n");
		failures++;
	}
	while (count)
		host_close_fd(vms[--count]);
}

static void tour(const struct host *host)
{
	uint32_t largest = show_largest(host->kvmfd);
	int vmfd = host_new_vm(host);
	struct vcpu *vcpu = vcpu_new(host, vmfd);

	show_allocation(vmfd, host->page_size);
	show_refusal(vmfd, vcpu);
	show_reset(vmfd, vcpu);
	show_downgrade(host, largest);
	vcpu_free(vcpu);
	host_close_fd(vmfd);
}

/* PR KVM, another architecture, nested: the VMM must keep the table itself, or
 * run a radix guest. */
static void short_tour(const struct host *host)
{
	uint32_t order = HTAB_ORDER_DEFAULT;
	int r, vmfd = host_new_vm(host);

	r = htab_alloc(vmfd, &order);
	printf("allocation  htab_alloc: %s\n", htab_strerror(r));
	if (r != -ENOTTY && r != -EOPNOTSUPP)
		failures++;
	host_close_fd(vmfd);
}

int main(void)
{
	struct host host;
	const char *why;
	int caps;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (host_open(&host, &why) < 0) {
		printf("no tour: %s\n", why);
		return 2;
	}
	printf("libhtab %s, on %s\n", htab_version(), host.name);
	caps = htab_caps(host.kvmfd);
	if (caps < 0) {
		printf("no tour: htab_caps: %s\n", htab_strerror(caps));
		return 2;
	}
	show_host(caps);
	if (caps & HTAB_CAP_ALLOC)
		tour(&host);
	else
		short_tour(&host);
	host_close(&host);
	printf(failures ? "end         %d steps went wrong\n"
			: "end         all as it should be\n",
	       failures);
	return failures != 0;
}
