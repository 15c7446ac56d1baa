/* SPDX-License-Identifier: MIT */
/*
 * Boot: give a new VM the page table of its guest, before the first vcpu runs.
 *
 * The table suits the guest's RAM, or is smaller if the host is short of
 * memory, but never too small for what the guest uses in real mode.
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

static const struct {
	uint64_t ram, real_mode;
} guest = {
	.ram = (uint64_t)8 << 30,	 /* 8 GiB */
	.real_mode = (uint64_t)64 << 20, /* 64 MiB, its first memory node */
};

static unsigned int page_shift(void)
{
	unsigned int shift = 0;

	while (1L << shift < sysconf(_SC_PAGESIZE))
		shift++;
	return shift;
}

static int boot(int vmfd)
{
	uint32_t least = htab_order_for_vrma(guest.real_mode, page_shift());
	uint32_t order = htab_order_for_ram(guest.ram);
	int r;

	if (order < least)
		order = least;
	r = htab_alloc_at_least(vmfd, &order, least);
	if (r < 0) {
		fprintf(stderr, "boot: %s\n", htab_strerror(r));
		/* KVM keeps no table, or the host runs no hash guests. */
		return r == -ENOTTY || r == -EOPNOTSUPP ? NO_TABLE_HERE : 1;
	}
	/* The device tree needs the order that the table has. */
	printf("ibm,pft-size = <0 %u>\n", (unsigned int)order);
	return 0;
}

int main(void)
{
	int vmfd, status, kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvmfd < 0) {
		perror("/dev/kvm");
		return NO_TABLE_HERE;
	}
	vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);
	if (vmfd < 0) {
		perror("KVM_CREATE_VM");
		close(kvmfd);
		return 1;
	}
	status = boot(vmfd);
	close(vmfd);
	close(kvmfd);
	return status;
}
