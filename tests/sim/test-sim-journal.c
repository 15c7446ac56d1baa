/* SPDX-License-Identifier: MIT */
/* The journal lists the calls in their order, with names. */
#include "model.h"

#include <stdio.h>

static void calls_are_written_with_names(void **state)
{
	struct htab_sim_host *host = a_host("linux=4.3");
	char bytes[64] = { 0 };
	struct uapi_kvm_ppc_resize_hpt how = { 5, 24, 0 };
	uint32_t order = 28;
	int vmfd = a_vm(host), vcpufd, htabfd;

	assert_result(allocate(vmfd, &order), 0);
	assert_result(allocate(vmfd, NULL), -EFAULT);
	vcpufd = htab_sim_ioctl(vmfd, UAPI_KVM_CREATE_VCPU, NULL);
	assert_result(htab_sim_vcpu_enter(vmfd), 0);
	assert_result(allocate_order(vmfd, 24), -EBUSY);
	assert_result(htab_sim_vcpu_leave(vmfd), 0);
	capability(vmfd, UAPI_KVM_CAP_PPC_GET_PVINFO);
	capability(vmfd, UAPI_KVM_CAP_PPC_ALLOC_HTAB);
	capability(vmfd, UAPI_KVM_CAP_PPC_HTAB_FD);
	capability(vmfd, UAPI_KVM_CAP_SPAPR_RESIZE_HPT);
	capability(vmfd, UAPI_KVM_CAP_PPC_MMU_RADIX);
	capability(vmfd, UAPI_KVM_CAP_PPC_MMU_HASH_V3);
	capability(vmfd, 7);
	htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_PREPARE, &how);
	how.flags = 0;
	htab_sim_ioctl(vmfd, UAPI_KVM_PPC_RESIZE_HPT_COMMIT, &how);
	htab_sim_ioctl(vmfd, 0xae99, NULL);
	open_htab_from(vmfd, 8, 0);
	htabfd = open_htab_from(vmfd, 1, 0x100000 - 4);
	/* The read returns a record of three invalid entries and one of the
	 * first VRMA entry. */
	assert_int_equal(htab_sim_read(htabfd, bytes, sizeof(bytes)), 32);
	close(htabfd);
	htabfd = open_htab(vmfd, UAPI_KVM_GET_HTAB_WRITE);
	assert_int_equal(write_hpte(htabfd, 9, A_HPTE_V, A_HPTE_R), 24);
	assert_int_equal(htab_sim_write(htabfd, bytes, 7, 7), 0);
	close(htabfd);
	close(vcpufd);
	close(vmfd);
	assert_string_equal(
		htab_sim_journal(host),
		"KVM_CREATE_VM() = fd\n"
		"KVM_PPC_ALLOCATE_HTAB(order=28) = 0 (order=24)\n"
		"KVM_PPC_ALLOCATE_HTAB(order=0) = -EFAULT\n"
		"KVM_CREATE_VCPU() = fd\n"
		"KVM_RUN() = 0\n"
		"KVM_PPC_ALLOCATE_HTAB(order=24) = -EBUSY\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_GET_PVINFO) = 0\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_ALLOC_HTAB) = 1\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_HTAB_FD) = 1\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_SPAPR_RESIZE_HPT) = 0\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_MMU_RADIX) = 0\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_MMU_HASH_V3) = 0\n"
		"KVM_CHECK_EXTENSION(7) = 0\n"
		"KVM_PPC_RESIZE_HPT_PREPARE(order=24, flags=0x5) = -ENOTTY\n"
		"KVM_PPC_RESIZE_HPT_COMMIT(order=24) = -ENOTTY\n"
		"ioctl(0xae99) = -ENOTTY\n"
		"KVM_PPC_GET_HTAB_FD(read, flags=0x8) = -EINVAL\n"
		"KVM_PPC_GET_HTAB_FD(read, bolted only, start=1048572) = fd\n"
		"read(64 bytes) = 32\n"
		"KVM_PPC_GET_HTAB_FD(write) = fd\n"
		"write(index=9, 1 valid, 0 invalid) = 24\n"
		"write(index=0, 0 valid, 0 invalid) = 0\n");
	close_host(host);
}

static void a_negotiation_can_be_compared(void **state)
{
	struct htab_sim_host *host = a_host("cma=32M");
	int vmfd = a_vm(host);
	uint32_t order = 26;

	htab_sim_journal_clear(host);
	assert_string_equal(htab_sim_journal(host), "");
	assert_result(htab_alloc(vmfd, &order), 0);
	assert_string_equal(
		htab_sim_journal(host),
		"KVM_CHECK_EXTENSION(KVM_CAP_PPC_MMU_RADIX) = 0\n"
		"KVM_PPC_ALLOCATE_HTAB(order=26) = -ENOMEM\n"
		"KVM_CHECK_EXTENSION(KVM_CAP_SPAPR_RESIZE_HPT) = 1\n"
		"KVM_PPC_ALLOCATE_HTAB(order=25) = 0\n");
	close(vmfd);
	close_host(host);
}

static void calls_that_a_test_answered_are_there_too(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);

	htab_sim_journal_clear(host);
	htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1, -ENOMEM);
	assert_result(allocate_order(vmfd, 20), -ENOMEM);
	htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1, -4095);
	assert_int_equal(allocate_order(vmfd, 20), -4095);
	assert_string_equal(htab_sim_journal(host),
			    "KVM_PPC_ALLOCATE_HTAB(order=20) = -ENOMEM\n"
			    "KVM_PPC_ALLOCATE_HTAB(order=20) = -4095\n");
	close(vmfd);
	close_host(host);
}

/* libhtab.h lists these, and the rest of them comes from the simulator. */
static void errors_have_names(void **state)
{
	static const struct {
		int error;
		const char *line;
	} known[] = {
		{ -EACCES, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EACCES\n" },
		{ -EBADF, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EBADF\n" },
		{ -EINTR, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EINTR\n" },
		{ -EIO, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EIO\n" },
		{ -EMFILE, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EMFILE\n" },
		{ -ENOENT, "KVM_PPC_ALLOCATE_HTAB(order=20) = -ENOENT\n" },
		{ -EPERM, "KVM_PPC_ALLOCATE_HTAB(order=20) = -EPERM\n" },
		{ -ENOSYS, "KVM_PPC_ALLOCATE_HTAB(order=20) = -ENOSYS\n" },
	};
	struct htab_sim_host *host = a_host(NULL);
	int vmfd = a_vm(host);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		htab_sim_journal_clear(host);
		htab_sim_fail_next(host, HTAB_SIM_ALLOCATE_HTAB, 1,
				   known[i].error);
		assert_result(allocate_order(vmfd, 20), known[i].error);
		assert_string_equal(htab_sim_journal(host), known[i].line);
	}
	close(vmfd);
	close_host(host);
}

static void it_keeps_the_last_1024_calls(void **state)
{
	struct htab_sim_host *host = a_host(NULL);
	int kvmfd = htab_sim_kvmfd(host);
	const char *journal;
	unsigned int lines = 0;

	for (uintptr_t i = 0; i < 1000 + 1024; i++)
		capability(kvmfd, 1000 + i);
	journal = htab_sim_journal(host);
	assert_ptr_equal(strstr(journal, "KVM_CHECK_EXTENSION(2000) = 0\n"),
			 journal);
	for (const char *at = journal; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 1024);
	assert_non_null(strstr(journal, "\nKVM_CHECK_EXTENSION(3023) = 0\n"));
	close_host(host);
}

static void each_host_has_its_own(void **state)
{
	struct htab_sim_host *one = htab_sim_host_new(NULL);
	struct htab_sim_host *other = htab_sim_host_new(NULL);

	close(a_vm(one));
	assert_string_equal(htab_sim_journal(other), "");
	assert_string_equal(htab_sim_journal(one), "KVM_CREATE_VM() = fd\n");
	assert_int_equal(free_host(one), 0);
	assert_int_equal(free_host(other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(calls_are_written_with_names),
		SIM_TEST(a_negotiation_can_be_compared),
		SIM_TEST(calls_that_a_test_answered_are_there_too),
		SIM_TEST(errors_have_names),
		SIM_TEST(it_keeps_the_last_1024_calls),
		SIM_TEST(each_host_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
