/* SPDX-License-Identifier: MIT */
/* KVM_PPC_CONFIGURE_V3_MMU (docs/kernels.md, "Radix and hash") */
#include "model.h"

#include <errno.h>

#define RADIX UINT64_C(1)
#define GTSE  UINT64_C(2)
#define GR    UINT64_C(0x8000000000000000)

static int configure(int vmfd, uint64_t flags, uint64_t process_table)
{
	struct uapi_kvm_ppc_mmuv3_cfg how = { flags, process_table };

	return htab_sim_ioctl(vmfd, UAPI_KVM_PPC_CONFIGURE_V3_MMU, &how);
}

static int to_hash(int vmfd)
{
	return configure(vmfd, 0, 0);
}

static int to_radix(int vmfd)
{
	return configure(vmfd, RADIX, GR);
}

/* The arguments, and what a host answers to each of them */
enum { CALLS = 10 };
static const struct {
	uint64_t flags, process_table;
} calls[CALLS] = {
	{ 0, 0 },      { 4, 0 },       { 1, 0 },
	{ RADIX, GR }, { 3, GR | 24 }, { 1, GR | 25 },
	{ 0, GR },     { GTSE, 0 },    { 0, ~GR & ~31ull },
	{ 0, 25 },
};

#define E (-EINVAL)
#define D (-ENODEV)
#define T (-ENOTTY)
static const struct {
	const char *host;
	int answers[CALLS];
} hosts[] = {
	{ "linux=4.10", { T, T, T, T, T, T, T, T, T, T } },
	{ "linux=4.11", { D, D, D, D, D, D, D, D, D, D } },
	{ "linux=6.1", { D, D, D, D, D, D, D, D, D, D } },
	{ "linux=4.14 cpu=power9 mmu=hash", { 0, E, E, E, E, E, E, 0, 0, E } },
	{ "linux=4.14 cpu=power9", { E, E, E, 0, 0, E, E, E, E, E } },
	{ "linux=4.15 cpu=power9", { 0, E, E, 0, 0, E, E, 0, 0, E } },
	{ "linux=6.1 cpu=power9 mmu=hash", { 0, E, E, E, E, E, E, 0, 0, E } },
	{ "linux=6.1 cpu=power10", { 0, E, E, 0, 0, E, E, 0, 0, E } },
	{ "linux=6.1 kvm=nested", { E, E, E, 0, 0, E, E, E, E, E } },
	{ "linux=6.1 kvm=pr cpu=power9", { 0, E, E, E, E, E, E, E, E, E } },
	{ "linux=6.1 kvm=pr", { D, D, D, D, D, D, D, D, D, D } },
	{ "linux=4.17 kvm=pr cpu=power9", { E, E, E, E, E, E, E, E, E, E } },
	{ "linux=6.1 kvm=none", { T, T, T, T, T, T, T, T, T, T } },
};
#undef E
#undef D
#undef T

static void hosts_take_or_refuse_modes(void **state)
{
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct htab_sim_host *host = a_host(hosts[i].host);
		const int vmfd = a_vm(host);

		for (size_t j = 0; j < CALLS; j++) {
			print_message("# %s, call %d\n", hosts[i].host, (int)j);
			assert_result(configure(vmfd, calls[j].flags,
						calls[j].process_table),
				      hosts[i].answers[j]);
		}
		close(vmfd);
		close_host(host);
	}
}

static void a_bad_pointer_is_seen_first(void **state)
{
	struct htab_sim_host *old = a_host("linux=4.11");
	const int vmfd = a_vm(old);

	assert_result(htab_sim_ioctl(vmfd, UAPI_KVM_PPC_CONFIGURE_V3_MMU, NULL),
		      -EFAULT);
	assert_result(htab_sim_ioctl(htab_sim_kvmfd(old),
				     UAPI_KVM_PPC_CONFIGURE_V3_MMU, NULL),
		      -EINVAL);
	close(vmfd);
	close_host(old);
}

static void a_mode_change_needs_all_vcpus_outside(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power10");
	const int vmfd = a_vm(host);

	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(to_radix(vmfd), 0); /* changes nothing */
	assert_result(to_hash(vmfd), -EBUSY);
	/* The VM is radix as before: it has no table, and goes on. */
	assert_no_table(vmfd);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_no_table(vmfd);
	htab_sim_vcpu_leave(vmfd);
	htab_sim_vcpu_leave(vmfd);
	assert_result(to_hash(vmfd), 0);
	/* Now the first run makes a table of the default order. */
	assert_no_table(vmfd);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(to_hash(vmfd), 0);
	assert_result(to_radix(vmfd), -EBUSY);
	htab_sim_vcpu_leave(vmfd);
	assert_order(vmfd, 24);
	close(vmfd);
	close_host(host);
}

static void to_radix_frees_the_table(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power10");
	const struct free_memory before = free_memory(host);
	const int vmfd = a_vm_with_table(host, 20);
	const int htabfd = open_htab(vmfd, 0);
	struct record record;

	assert_result(put_entry(vmfd, 8), 0);
	assert_result(to_radix(vmfd), 0);
	assert_int_equal(free_memory(host).cma, before.cma);
	assert_int_equal(free_memory(host).pages, before.pages);
	/* Open htab fds find nothing, and resizing is over. */
	assert_int_equal(read_record(htabfd, &record, sizeof(record)), 0);
	assert_result(put_entry(vmfd, 8), -EINVAL);
	assert_result(prepare(vmfd, 20), -EINVAL);
	/* The VM runs, and makes no table. */
	assert_result(run(vmfd), 0);
	assert_no_table(vmfd);
	/* As a hash VM it has a new table, which is empty. */
	assert_result(allocate_order(vmfd, 18), 0);
	assert_int_equal(valid_entries(vmfd), 0);
	close(htabfd);
	close(vmfd);
	close_host(host);
}

/* Nobody can cancel it until the VM is hash again. */
static void to_radix_keeps_a_pending_resize(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power10");
	const int vmfd = a_vm_with_table(host, 20);

	assert_result(prepare(vmfd, 19), 100);
	assert_result(to_radix(vmfd), 0);
	assert_result(prepare(vmfd, 0), -EINVAL);
	assert_result(to_hash(vmfd), 0);
	assert_result(prepare(vmfd, 19), 0);
	assert_result(prepare(vmfd, 0), 0);
	close(vmfd);
	close_host(host);
}

static void to_radix_needs_memory(void **state)
{
	struct htab_sim_host *host = a_host("cpu=power10 memory=260K");
	const int vmfd = a_vm(host);

	/* The reverse map of the table leaves 4K. */
	assert_result(allocate_order(vmfd, 18), 0);
	assert_result(to_radix(vmfd), -ENOMEM);
	/* The table is still there. */
	assert_order(vmfd, 18);
	assert_result(run(vmfd), 0);
	close(vmfd);
	close_host(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(hosts_take_or_refuse_modes),
		SIM_TEST(a_bad_pointer_is_seen_first),
		SIM_TEST(a_mode_change_needs_all_vcpus_outside),
		SIM_TEST(to_radix_frees_the_table),
		SIM_TEST(to_radix_keeps_a_pending_resize),
		SIM_TEST(to_radix_needs_memory),
	};

	return cmocka_run_group_tests_name("sim-mmu", tests, NULL, NULL);
}
