/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(void)
{
	int vmfd = ioctl(open("/dev/kvm", O_RDWR), KVM_CREATE_VM, 0);
	uint32_t order = htab_order_for_ram((uint64_t)4 << 30);
	int r = htab_alloc_at_least(vmfd, &order, HTAB_ORDER_MIN);

	if (r < 0)
		printf("no table: %s\n", htab_strerror(r));
	else
		printf("a table of order %u\n", (unsigned int)order);
	return r < 0;
}
