/* SPDX-License-Identifier: MIT */
/*
 * A tour of libhtab on one host: what a VMM does at boot and at reset, what the
 * kernel answers, and what that means. The host, its VMs and the vcpu come from
 * tests/host: tour is for the kernel that runs it, tour-sim for a simulated
 * one.
 *
 * A host that cannot give a guest a table is no failure of the tour, which then
 * tells what a VMM does there. The exit status is 1 if an answer contradicts
 * libhtab.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "libhtab.h"

static int contradictions;

/* Prints a line of the step that has begun. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("            ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

/* Prints what a function returned, and says if libhtab.h has it otherwise. */
static void show(const char *function, int result, int expected)
{
	say("%s: %s", function, htab_strerror(result));
	if (result != expected) {
		say("UNEXPECTED: %d, not %d", result, expected);
		contradictions++;
	}
}

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

static unsigned int shift_of(unsigned int page_size)
{
	unsigned int shift = 0;

	while (1u << shift < page_size)
		shift++;
	return shift;
}

static void show_host(int caps)
{
	if (!(caps & HTAB_CAP_ALLOC)) {
		printf("host        KVM keeps no page tables for hash "
		       "guests\n");
		return;
	}
	printf("host        KVM keeps the page tables of hash guests\n");
	say("a VMM can ask for the size: %s, guests can change it: %s",
	    caps & HTAB_CAP_STREAM ? "yes" : "no",
	    caps & HTAB_CAP_RESIZE ? "yes" : "no");
}

/* Returns false if the host has no memory for any table. */
static bool show_largest(int kvmfd, uint32_t *order)
{
	int r;

	printf("largest     what is the largest table the host has just "
	       "now?\n");
	*order = HTAB_ORDER_MAX;
	r = htab_largest(kvmfd, order);
	show("htab_largest", r, r == -ENOMEM ? -ENOMEM : 0);
	if (r == 0)
		say("order %u, that is %s", *order, size_of(*order));
	return r == 0;
}

/* Returns false if the host has no table that is large enough. */
static bool show_allocation(int vmfd, unsigned int page_size)
{
	uint32_t order = htab_order_for_ram(UINT64_C(2) << 30);
	uint32_t least =
		htab_order_for_vrma(UINT64_C(128) << 20, shift_of(page_size));
	int r;

	printf("allocation  a guest of 2 GiB wants order %u; for 128 MiB of\n",
	       order);
	say("real mode in pages of %u KiB it needs order %u", page_size >> 10,
	    least);
	r = htab_alloc_at_least(vmfd, &order, least);
	show("htab_alloc_at_least", r, r == -ENOMEM || r == -ENOSPC ? r : 0);
	if (r == 0)
		say("it has order %u, that is %s", order, size_of(order));
	return r == 0;
}

/* What a VMM does if its guest needs a larger table than the host has */
static void show_smaller_guest(int vmfd)
{
	uint32_t order = HTAB_ORDER_MAX;

	say("So this guest cannot start here. The tour goes on with one");
	say("that needs less, and takes what the host has.");
	show("htab_alloc", htab_alloc(vmfd, &order), 0);
	say("it has order %u, that is %s", order, size_of(order));
}

/* Returns false if the host refuses to run the vcpu of a hash guest. */
static bool show_first_run(struct vcpu *vcpu)
{
	int r;

	printf("first run   the vcpu runs for a moment\n");
	r = vcpu_try(vcpu);
	if (r == 0) {
		say("it runs, and KVM has mapped real mode in the table");
	} else if (r == -EBUSY) {
		say("KVM_RUN returned EBUSY. This early POWER9 cannot run");
		say("hash guests on a radix host, although its kernel reports");
		say("that it can. A VMM learns it here, and starts a radix");
		say("guest instead.");
	} else {
		show("KVM_RUN", r, 0);
	}
	return r == 0;
}

static void show_order(int vmfd, int caps)
{
	uint32_t order = 0;

	if (!(caps & HTAB_CAP_STREAM)) {
		say("This kernel cannot be asked for the size. It keeps the");
		say("first one until the VM is closed.");
		return;
	}
	show("htab_order", htab_order(vmfd, &order), 0);
	say("it has order %u", order);
}

static void show_refusal(int vmfd, int caps, struct vcpu *vcpu)
{
	uint32_t order = 22;

	printf("refusal     the vcpu runs; nothing may change under it\n");
	vcpu_start(vcpu);
	show("htab_alloc", htab_alloc(vmfd, &order), -EBUSY);
	show("htab_reset", htab_reset(vmfd), -EBUSY);
	vcpu_stop(vcpu);
	say("The vcpu is stopped. How large is the table?");
	show_order(vmfd, caps);
}

static void show_reset(int vmfd, int caps)
{
	printf("reset       the guest reboots: same size, empty\n");
	show("htab_reset", htab_reset(vmfd), 0);
	show_order(vmfd, caps);
}

/* VMs that all ask for the same, until one gets less */
static void show_competition(const struct host *host, uint32_t wanted)
{
	enum { MOST = 4 };
	int vms[MOST], count = 0, r = 0;
	uint32_t order = wanted;

	printf("competition more VMs start: each asks for order %u\n", wanted);
	while (count < MOST && r == 0 && order == wanted) {
		vms[count] = host_new_vm(host);
		if (vms[count] < 0)
			break;
		order = wanted;
		r = htab_alloc(vms[count++], &order);
		if (r == 0)
			say("VM %d has order %u", count, order);
	}
	if (r < 0) {
		show("htab_alloc", r, -ENOMEM);
		say("VM %d has no table, and its guest cannot start.", count);
	} else if (order < wanted) {
		say("VM %d got less, and htab_alloc() told its VMM so.", count);
	} else {
		say("All got that, because the host has enough memory.");
	}
	while (count)
		host_close_fd(vms[--count]);
}

static void tour(const struct host *host, int vmfd, int caps)
{
	struct vcpu *vcpu;
	uint32_t largest;

	if (!show_largest(host->kvmfd, &largest)) {
		say("So a VMM cannot give a guest a table until the host has");
		say("memory for one.");
		return;
	}
	if (!show_allocation(vmfd, host->page_size))
		show_smaller_guest(vmfd);
	vcpu = vcpu_new(host, vmfd);
	if (show_first_run(vcpu)) {
		show_refusal(vmfd, caps, vcpu);
		show_reset(vmfd, caps);
		show_competition(host, largest);
	}
	vcpu_free(vcpu);
}

static void tour_without_tables(int vmfd, int caps)
{
	uint32_t order = HTAB_ORDER_DEFAULT;
	int r;

	printf("allocation  a VMM asks all the same\n");
	r = htab_alloc(vmfd, &order);
	show("htab_alloc", r, r == -EOPNOTSUPP ? r : -ENOTTY);
	if (r == -EOPNOTSUPP)
		say("So a VMM starts a radix guest, which needs no such "
		    "table.");
	else if (caps & HTAB_CAP_PR)
		say("Hash guests run here all the same, under KVM PR.");
	else
		say("And there are no PowerPC guests here, which would need "
		    "it.");
}

int main(void)
{
	struct host host;
	const char *why;
	int caps, vmfd;

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
	vmfd = host_new_vm(&host);
	if (vmfd < 0) {
		printf("no tour: KVM_CREATE_VM: %s\n", strerror(-vmfd));
		return 2;
	}
	show_host(caps);
	if (caps & HTAB_CAP_ALLOC)
		tour(&host, vmfd, caps);
	else
		tour_without_tables(vmfd, caps);
	host_close_fd(vmfd);
	host_close(&host);
	if (contradictions)
		printf("end         %d answers contradict libhtab.h\n",
		       contradictions);
	else
		printf("end         all as libhtab.h says\n");
	return contradictions != 0;
}
