/* SPDX-License-Identifier: MIT */
/*
 * guest COMMAND: a VM with a table that has entries of many kinds, and an image
 * of it in /tmp/image. The command runs with the number of this process in the
 * environment variable GUEST.
 */
#include <fcntl.h>
#include <libhtab.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RAM = 64 << 20, ORDER = 20, ENTRIES = 200, VRMA = 64 };

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* Memory that is there: KVM enters pages that are mapped in another way. */
static int make_vm(void)
{
	struct kvm_userspace_memory_region slot = { .memory_size = RAM };
	const int kvmfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const int vmfd = ioctl(kvmfd, KVM_CREATE_VM, 0);
	void *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(vmfd >= 0 && ram != MAP_FAILED, "KVM_CREATE_VM");
	memset(ram, 1, RAM);
	slot.userspace_addr = (uintptr_t)ram;
	must(ioctl(vmfd, KVM_SET_USER_MEMORY_REGION, &slot) == 0, "slot");
	return vmfd;
}

static void put(int vmfd, uint32_t index, uint64_t v, uint64_t r)
{
	const struct htab_hpte hpte = { v | HTAB_V_VALID, r };

	must(htab_put_hptes(vmfd, index, &hpte, 1) == 0, "htab_put_hptes");
}

/* The pages of the last ones are those of a device, which KVM never maps. */
static void put_entries(int vmfd)
{
	for (uint32_t i = 0; i < ENTRIES; i++) {
		const uint64_t v = (i & 1 ? HTAB_V_1TB : 0) |
				   (i & 2 ? HTAB_V_BOLTED : 0) |
				   (i & 4 ? HTAB_V_SECONDARY : 0) |
				   (uint64_t)(i + 5) << 12;
		const uint64_t r = (i & 8 ? HTAB_R_REFERENCED : 0) |
				   (i & 16 ? HTAB_R_CHANGED : 0) |
				   HTAB_R_COHERENT | 2 | (uint64_t)i << 12;
		const bool device = i >= ENTRIES - 50;

		put(vmfd, i < ENTRIES / 2 ? i : 60000 + i * 7, v,
		    device ? r | HTAB_R_INHIBITED | UINT64_C(1) << 40 : r);
	}
	for (uint32_t i = 0; i < VRMA; i++)
		put(vmfd, (1000 + i) * 8 + 7, UINT64_C(0x4001ffffff000010),
		    i << 12 | 0x190);
}

int main(int argc, char **argv)
{
	const int image =
		open("/tmp/image", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	const int vmfd = make_vm();
	uint32_t order = ORDER;
	char number[16];

	must(argc == 2 && image >= 0, "guest COMMAND");
	must(htab_alloc_at_least(vmfd, &order, ORDER) == 0 && order == ORDER,
	     "htab_alloc_at_least");
	put_entries(vmfd);
	must(htab_save(vmfd, image) == 0, "htab_save");
	snprintf(number, sizeof(number), "%d", (int)getpid());
	must(setenv("GUEST", number, 1) == 0, "setenv");
	return system(argv[1]) != 0;
}
