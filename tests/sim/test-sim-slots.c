/* SPDX-License-Identifier: MIT */
/* KVM_SET_USER_MEMORY_REGION (docs/kernels.md, "Memory slots"), and what the
 * slot at guest address 0 does to real mode */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define PAGE  UINT64_C(0x1000)
#define HERE  UINT64_C(0x10000000) /* in the process; nothing is there */
#define USER  UINT64_C(0x0010000000000000) /* the end of its addresses */
#define FLAG  1u			   /* KVM_MEM_LOG_DIRTY_PAGES */
#define NO_FD (-1)

static int set(int vmfd, uint32_t slot, uint32_t flags, uint64_t start,
	       uint64_t size, uint64_t address)
{
	struct uapi_kvm_userspace_memory_region region = { slot, flags, start,
							   size, address };

	return htab_sim_ioctl(vmfd, UAPI_KVM_SET_USER_MEMORY_REGION, &region);
}

static void assert_set(int vmfd, int result, uint32_t slot, uint64_t start,
		       uint64_t size)
{
	assert_result(set(vmfd, slot, 0, start, size, HERE), result);
}

static void arguments_are_checked(void **state)
{
	struct htab_sim_host *host = a_host("page=64K");
	const int vmfd = a_vm(host);
	const uint64_t page = 0x10000;

	assert_result(
		htab_sim_ioctl(vmfd, UAPI_KVM_SET_USER_MEMORY_REGION, NULL),
		-EFAULT);
	assert_result(htab_sim_ioctl(htab_sim_kvmfd(host),
				     UAPI_KVM_SET_USER_MEMORY_REGION, NULL),
		      -EINVAL);
	/* All three have to be multiples of the host's page. */
	assert_result(set(vmfd, 0, 0, PAGE, page, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0, PAGE, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0, page, HERE + PAGE), -EINVAL);
	/* KVM_MEM_READONLY, and a flag that nobody has */
	assert_result(set(vmfd, 0, 2, 0, page, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 4, 0, page, HERE), -EINVAL);
	/* A slot of more than 2^31 - 1 pages */
	assert_result(set(vmfd, 0, 0, 0, page << 31, 0), -EINVAL);
	/* An end above what a guest or a process has */
	assert_result(set(vmfd, 0, 0, -page, page, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 0, -page, 2 * page, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0, page, USER), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0, 2 * page, USER - page), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0 - 2 * page, page, USER - page), 0);
	close(vmfd);
	close_host(host);
}

static void a_slot_has_a_number_in_range(void **state)
{
	static const struct {
		const char *host;
		uint32_t count;
	} hosts[] = {
		{ "linux=3.6", 32 },	 { "linux=4.4", 32 },
		{ "linux=4.5", 512 },	 { "linux=5.11", 512 },
		{ "linux=5.12", 32767 }, { "linux=6.12", 32767 },
	};

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		const int vmfd = a_vm(host);

		assert_set(vmfd, 0, hosts[i].count - 1, 0, PAGE);
		assert_set(vmfd, -EINVAL, hosts[i].count, PAGE, PAGE);
		/* Another address space */
		assert_set(vmfd, -EINVAL, 0x10000, PAGE, PAGE);
		close(vmfd);
		close_host(host);
	}
}

static void slots_do_not_overlap(void **state)
{
	struct htab_sim_host *host = a_host("");
	const int vmfd = a_vm(host);

	assert_set(vmfd, 0, 0, 4 * PAGE, 4 * PAGE);
	assert_set(vmfd, -EEXIST, 1, 4 * PAGE, PAGE);
	assert_set(vmfd, -EEXIST, 1, 7 * PAGE, PAGE);
	assert_set(vmfd, -EEXIST, 1, 3 * PAGE, 6 * PAGE);
	assert_set(vmfd, 0, 1, 3 * PAGE, PAGE);
	assert_set(vmfd, 0, 2, 8 * PAGE, PAGE);
	close(vmfd);
	close_host(host);
}

static void a_slot_moves_but_keeps_its_size(void **state)
{
	struct htab_sim_host *host = a_host("");
	const int vmfd = a_vm(host);

	assert_set(vmfd, 0, 0, 0, 2 * PAGE);
	assert_set(vmfd, 0, 1, 8 * PAGE, 2 * PAGE);
	assert_set(vmfd, -EINVAL, 0, 0, PAGE);
	assert_result(set(vmfd, 0, 0, 0, 2 * PAGE, HERE + PAGE), -EINVAL);
	assert_result(set(vmfd, 0, FLAG, 0, 2 * PAGE, HERE), 0);
	assert_set(vmfd, -EEXIST, 0, 9 * PAGE, 2 * PAGE);
	/* It may overlap with where it was. */
	assert_set(vmfd, 0, 0, PAGE, 2 * PAGE);
	assert_set(vmfd, 0, 2, 0, PAGE);
	close(vmfd);
	close_host(host);
}

static void a_slot_is_deleted_once(void **state)
{
	struct htab_sim_host *host = a_host("");
	const int vmfd = a_vm(host);

	assert_set(vmfd, -EINVAL, 0, 0, 0);
	assert_set(vmfd, 0, 0, 0, PAGE);
	assert_set(vmfd, 0, 1, PAGE, PAGE);
	/* The rest of the arguments is checked all the same. */
	assert_result(set(vmfd, 0, 4, 0, 0, HERE), -EINVAL);
	assert_result(set(vmfd, 0, 0, 1, 0, HERE), -EINVAL);
	/* It need not say where the slot is. */
	assert_set(vmfd, 0, 0, 77 * PAGE, 0);
	assert_set(vmfd, -EINVAL, 0, 0, 0);
	assert_set(vmfd, 0, 2, 0, PAGE);
	assert_set(vmfd, -EEXIST, 3, PAGE, PAGE);
	close(vmfd);
	close_host(host);
}

static void a_slot_costs_memory_of_the_kernel(void **state)
{
	struct htab_sim_host *host = a_host("memory=0");
	const int vmfd = a_vm(host);

	/* 8 bytes for each page, of the 4 GiB of the host */
	assert_set(vmfd, -ENOMEM, 0, 0, UINT64_C(2) << 40 | PAGE);
	assert_set(vmfd, 0, 0, 0, UINT64_C(2) << 40);
	close(vmfd);
	close_host(host);
}

/* --- real mode --- */

static uint64_t map_pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, NO_FD, 0);

	assert_true(at != MAP_FAILED);
	return ((uintptr_t)at + 0xffff) & ~UINT64_C(0xffff);
}

static void the_slot_at_0_replaces_ram(void **state)
{
	struct htab_sim_host *host = a_host("ram=8M");
	int vmfd = a_vm(host);
	const uint64_t memory = map_pages(2 << 20);

	/* A slot elsewhere leaves it. */
	assert_result(set(vmfd, 1, 0, 1 << 30, 1 << 20, memory), 0);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), (8 << 20) / PAGE);
	close(vmfd);

	vmfd = a_vm(host);
	assert_result(set(vmfd, 0, 0, 0, 1 << 20, memory), 0);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), (1 << 20) / PAGE);
	/* A slot that is gone leaves nothing: */
	assert_set(vmfd, 0, 0, 0, 0);
	assert_result(run(vmfd), 0); /* not a first run */
	assert_result(allocate_order(vmfd, 18), 0);
	assert_result(run(vmfd), -EINVAL);
	/* The table stays. A slot that moves to 0 is memory there. */
	assert_order(vmfd, 18);
	assert_result(set(vmfd, 2, 0, 1 << 30, 1 << 20, memory), 0);
	assert_result(run(vmfd), -EINVAL);
	assert_result(set(vmfd, 2, 0, 0, 1 << 20, memory), 0);
	assert_result(run(vmfd), 0);
	close(vmfd);

	/* One that moves there replaces ram= as one that is made there does. */
	vmfd = a_vm(host);
	assert_result(set(vmfd, 0, 0, 1 << 30, 1 << 20, memory), 0);
	assert_result(set(vmfd, 0, 0, 0, 1 << 20, memory), 0);
	assert_set(vmfd, 0, 0, 0, 0);
	assert_result(run(vmfd), -EINVAL);
	close(vmfd);
	close_host(host);
}

static void a_host_without_ram_takes_a_slot(void **state)
{
	struct htab_sim_host *host = a_host("ram=0 page=64K");
	const int vmfd = a_vm(host);

	assert_result(run(vmfd), -EINVAL);
	assert_result(set(vmfd, 0, 0, 0, 1 << 20, map_pages(2 << 20)), 0);
	assert_result(run(vmfd), 0);
	/* The host has pages of 64K, whatever this process has. */
	assert_int_equal(valid_entries(vmfd), 16);
	close(vmfd);
	close_host(host);
}

/* The kernel looks at the mapping in the first run, and not before. */
/* Returns true if the address is in a mapping. For a program of 32 bits,
 * qemu-user keeps all addresses mapped. */
static bool is_mapped(uint64_t address)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long long start, end;
	bool mapped = false;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%llx", &start, &end) == 2)
			mapped |= start <= address && address < end;
	fclose(maps);
	return mapped;
}

static void memory_that_is_not_mapped_cannot_run(void **state)
{
	struct htab_sim_host *host = a_host("");
	const int vmfd = a_vm(host);
	const uint64_t memory = map_pages(1 << 20);

	assert_result(set(vmfd, 0, 0, 0, 1 << 16, memory), 0);
	assert_int_equal(munmap((void *)(uintptr_t)memory, 1 << 16), 0);
	assert_result(run(vmfd), is_mapped(memory) ? 0 : -EINVAL);
	assert_order(vmfd, 24);
	assert_true(mmap((void *)(uintptr_t)memory, 1 << 16, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NO_FD,
			 0) != MAP_FAILED);
	assert_result(run(vmfd), 0);
	assert_int_equal(valid_entries(vmfd), 16);
	close(vmfd);
	close_host(host);
}

static void entries_fit_into_slots(void **state)
{
	const uint64_t large = A_HPTE_V | 4; /* 16M if nothing else is said */
	const uint64_t at = UINT64_C(32) << 20;
	struct htab_sim_host *host = a_host("ram=0");
	const int vmfd = a_vm_with_table(host, 18);

	/* Where no memory is, each size goes. */
	assert_result(put_hpte(vmfd, 0, large, at), 0);
	assert_set(vmfd, 0, 0, at, 1 << 20);
	assert_result(put_hpte(vmfd, 0, large, at), -EIO);
	assert_result(put_hpte(vmfd, 0, large, at | 0x1000), 0);
	assert_set(vmfd, 0, 0, 0, 0);
	assert_result(put_hpte(vmfd, 0, large, at), 0);
	assert_set(vmfd, 0, 0, at, 16 << 20);
	assert_result(put_hpte(vmfd, 0, large, at), 0);
	/* A slot that does not begin where such a page does */
	assert_set(vmfd, 0, 0, at + PAGE, 16 << 20);
	assert_result(put_hpte(vmfd, 0, large, at + (16 << 20)), -EIO);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(arguments_are_checked),
		SIM_TEST(a_slot_has_a_number_in_range),
		SIM_TEST(slots_do_not_overlap),
		SIM_TEST(a_slot_moves_but_keeps_its_size),
		SIM_TEST(a_slot_is_deleted_once),
		SIM_TEST(a_slot_costs_memory_of_the_kernel),
		SIM_TEST(the_slot_at_0_replaces_ram),
		SIM_TEST(a_host_without_ram_takes_a_slot),
		SIM_TEST(memory_that_is_not_mapped_cannot_run),
		SIM_TEST(entries_fit_into_slots),
	};

	return cmocka_run_group_tests_name("sim-slots", tests, NULL, NULL);
}
