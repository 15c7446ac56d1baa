/* SPDX-License-Identifier: MIT */
/*
 * Reset: empty the table when the guest resets, and give it one of another size
 * when it reboots with more memory.
 *
 * A VMM has stopped all vcpus here, and keeps them out of KVM_RUN. This program
 * has none. "Resetting a guest" in libhtab.h lists the other steps of a reset.
 */
#include <errno.h>
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What a test run by Meson returns if it cannot test anything */
enum { NO_TABLE_HERE = 77 };

static const uint64_t ram = (uint64_t)2 << 30;	   /* 2 GiB at boot */
static const uint64_t plugged = (uint64_t)6 << 30; /* 6 GiB more later */
static const uint32_t least = 20; /* See examples/boot.c for what decides it. */

static int say(const char *step, int r, uint32_t order)
{
	if (r < 0)
		fprintf(stderr, "%s: %s\n", step, htab_strerror(r));
	else
		printf("%s: order %u\n", step, (unsigned int)order);
	return r;
}

static int live(int vmfd)
{
	uint32_t order = htab_order_for_ram(ram);
	int r = htab_alloc_at_least(vmfd, &order, least);

	if (say("boot", r, order) < 0)
		return r;
	/* The guest runs, and resets. */
	r = htab_reset(vmfd);
	if (say("reset", r, order) < 0)
		return r;
	/* The guest runs, memory is plugged, and it reboots. */
	order = htab_order_for_ram(ram + plugged);
	r = htab_renew(vmfd, &order, least);
	return say("reboot", r, order);
}

/* On Linux 4.11 to 4.14, to close a VM that has lost its table corrupts the
 * host. A VM may have lost its table if an allocation returned -ENOMEM. */
static void close_vm(int vmfd, int r)
{
	uint32_t order = HTAB_ORDER_MIN;

	if (r == -ENOMEM)
		say("close", htab_alloc(vmfd, &order), order);
	close(vmfd);
}

int main(void)
{
	int vmfd, r, kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvmfd < 0) {
		perror("/dev/kvm");
		return NO_TABLE_HERE;
	}
	vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);
	close(kvmfd);
	if (vmfd < 0) {
		perror("KVM_CREATE_VM");
		return 1;
	}
	r = live(vmfd);
	close_vm(vmfd, r);
	if (r == -ENOTTY || r == -EOPNOTSUPP)
		return NO_TABLE_HERE;
	return r < 0;
}
